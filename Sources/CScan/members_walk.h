// The walk of members.c for registers of one width; included once for each.
//
// Of every 64 bytes it finds which quotes are escaped, which bytes are inside of strings (from one
// quote to the next), and which colons are not: those end a key. Colons behind the last two bytes of
// a wanted key are looked at later, many blocks at once, and how deep they are is counted from the
// brackets before them: a decision for each block would be guessed wrongly too often.

TARGET static int WIDTH(find)(
    const uint8_t *object, size_t count, const tacho_keys *keys, tacho_member *found)
{
    WIDTH(tables) tables = WIDTH(start)(keys->halves);
    uint64_t missing = keys->count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << keys->count) - 1;
    // What of the 64 bytes before matters: whether they end inside of a string (all bits or none),
    // with an escape, behind a backslash of the same string, with a quote, with one that closes a
    // string with a backslash, and the last two tails.
    uint64_t inside = 0, escape = 0, slash = 0, quote = 0, end = 0, tail = 0;
    int64_t depth = 0;
    int total = 0;
    // Colons that are worth a look, the brackets beside them, and the depth before them.
    uint64_t heldColons[batch], heldOpens[batch], heldCloses[batch];
    int64_t depths[batch];
    size_t offsets[batch];
    for (size_t offset = 0; offset < count;) {
        size_t heldCount = 0;
        uint64_t unusual = 0;
        size_t stop = count - offset > 64 * batch ? offset + 64 * batch : count;
        for (; offset < stop; offset += 64) {
            marks marks = WIDTH(marks)(&tables, object, offset, count);
            uint64_t quotes = marks.quotes;
            uint64_t hasEscapes = marks.backslashes | escape | slash | end;
            if (hasEscapes != 0) quotes &= ~escaped_bytes(marks.backslashes, &escape);
            // A product without carries with all ones: each bit is the sum of those up to it.
            __m128i product = _mm_clmulepi64_si128(
                _mm_cvtsi64_si128((long long)quotes), _mm_set1_epi8((char)0xFF), 0);
            uint64_t strings = (uint64_t)_mm_cvtsi128_si64(product) ^ inside;
            inside = (uint64_t)((int64_t)strings >> 63);
            uint64_t colons = marks.colons & ~strings;
            unusual |= colons & ~(quotes << 1 | quote);
            quote = quotes >> 63;
            if (hasEscapes != 0) {
                // Added to the ones of a string, a backslash carries into the quote behind them.
                uint64_t sum;
                uint64_t over = __builtin_add_overflow(strings, marks.backslashes & strings, &sum);
                slash = over | __builtin_add_overflow(sum, slash, &sum);
                uint64_t ends = sum & ~strings;
                unusual |= colons & (ends << 1 | end);
                end = ends >> 63;
            }
            uint64_t opens = marks.opens & ~strings, closes = marks.closes & ~strings;
            uint64_t colonsOfOurs = colons & (marks.tails << 2 | tail);
            tail = marks.tails >> 62;
            heldColons[heldCount] = colonsOfOurs;
            heldOpens[heldCount] = opens;
            heldCloses[heldCount] = closes;
            depths[heldCount] = depth;
            offsets[heldCount] = offset;
            heldCount += colonsOfOurs != 0;
            depth += __builtin_popcountll(opens) - __builtin_popcountll(closes);
        }
        if (unusual != 0) return -1;
        for (size_t i = 0; i < heldCount;) {
            uint64_t colons = heldColons[i], below = (colons & -colons) - 1;
            int64_t inner = depths[i] + __builtin_popcountll(heldOpens[i] & below) -
                        __builtin_popcountll(heldCloses[i] & below);
            size_t colon = offsets[i] + (size_t)__builtin_ctzll(colons);
            heldColons[i] = colons & (colons - 1);
            i += heldColons[i] == 0;
            if (inner != 1) continue;
            // Each has a quote before it, so it is not the first byte.
            int key = key_before(object, colon - 1, keys);
            if (key < 0 || (missing >> key & 1) == 0) continue;
            found[total++] = (tacho_member){(uint32_t)key, (uint32_t)(colon + 1)};
            missing &= ~((uint64_t)1 << key);
            if (missing == 0) return total;
        }
        if (depth <= 0) return total;
    }
    return total;
}
