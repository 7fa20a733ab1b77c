// The judgement of object.c for registers of one width; included once for each.
//
// Each token is looked at through what stands before it. Behind `{`, `[`, `,`, and `:` a value (or a
// key) has to begin, everywhere else it must not: that is one comparison of bits for 64 bytes. Colons
// stand behind strings. What is left is whether they stand behind the right ones: in an object every
// `{` and `,` is followed by one colon before the next comma or bracket, and in an array none is. With
// the bits of commas, colons, and brackets alone, side by side, that is a comparison with the same
// bits moved by one. Only brackets are walked over, and numbers and literals looked at one by one.

TARGET static int WIDTH(judge)(const uint8_t *object, size_t count) {
    // What of the 64 bytes before matters: whether they end inside of a string (all bits or none)
    // and with an escape; what is carried over to the next token: a value has to begin, a bracket
    // has been opened, a string has ended; whether they end in a number or literal; and whether the
    // next of commas, colons, and brackets has to be a colon.
    uint64_t inside = 0, escape = 0, begin = 1, opened = 0, closed = 0, scalar = 0, awaited = 0;
    // Bit 0 is the innermost container, set if it is an array.
    uint64_t arrays = 0, high = 0;
    int depth = 0;
    for (size_t offset = 0; offset < count; offset += 64) {
        size_t rest = count - offset;
        uint64_t valid = rest >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << rest) - 1;
        classes found = WIDTH(classes)(object + offset, rest);
        uint64_t quotes = found.quotes;
        if ((found.backslashes | escape) != 0) {
            uint64_t escaped = escaped_bytes(found.backslashes, &escape);
            quotes &= ~escaped;
            for (; escaped != 0; escaped &= escaped - 1) {
                size_t at = offset + (size_t)__builtin_ctzll(escaped);
                if (at >= count || !is_escape(object + at, count - at))
                    return tacho_object_unknown;
            }
        }
        // A product without carries with all ones: each bit is the sum of those up to it. Set from
        // an opening quote up to the byte before the closing one.
        __m128i product = _mm_clmulepi64_si128(
            _mm_cvtsi64_si128((long long)quotes), _mm_set1_epi8((char)0xFF), 0);
        uint64_t strings = (uint64_t)_mm_cvtsi128_si64(product) ^ inside;
        inside = (uint64_t)((int64_t)strings >> 63);
        if ((found.controls & strings & valid) != 0) return tacho_object_unknown;
        high |= found.high;

        uint64_t outside = ~(strings | quotes) & valid;
        uint64_t colons = found.colons & outside, commas = found.commas & outside;
        uint64_t opens = found.opens & outside, closes = found.closes & outside;
        uint64_t blanks = found.blanks & outside;
        uint64_t marks = colons | commas | opens | closes;
        // All else belongs to numbers and literals, or is a fault that is found there.
        uint64_t scalars = outside & ~(marks | blanks);
        uint64_t starts = scalars & ~(scalars << 1 | scalar);
        scalar = scalars >> 63;

        uint64_t begins = followers(colons | commas | opens, blanks, &begin);
        uint64_t behindOpens = followers(opens, blanks, &opened);
        uint64_t behindStrings = followers(quotes & ~strings, blanks, &closed);
        uint64_t empty = closes & begins;
        uint64_t faults = (((quotes & strings) | starts | opens) & ~begins) |
                          ((colons | commas) & begins) | (empty & ~behindOpens) |
                          (colons & ~behindStrings);
        if (faults != 0) return tacho_object_unknown;

        // Added to a run of digits, a bit at its start carries into the bit behind it.
        uint64_t digits = found.digits & scalars, ends = (digits + (digits & starts)) & ~digits;
        for (; starts != 0; starts &= starts - 1) {
            size_t start = (size_t)__builtin_ctzll(starts);
            const uint8_t *at = object + offset + start;
            uint64_t end = 0;
            if (is_digit(*at)) {
                end = ends & -ends;
                ends &= ends - 1;
            }
            // Digits alone are a number, but for zeros in front of others.
            if (end != 0 && (end & scalars) == 0 && (*at != '0' || end >> start == 2)) continue;
            if (!is_scalar(at, count - offset - start)) return tacho_object_unknown;
        }

        uint64_t inArrays = 0, passed = 0;
        for (uint64_t brackets = opens | closes; brackets != 0; brackets &= brackets - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(brackets);
            uint64_t isArray = found.squares >> bit & 1, before = ((uint64_t)1 << bit) - 1;
            inArrays |= -(arrays & 1) & before & ~passed;
            passed = before;
            if ((opens >> bit & 1) != 0) {
                if (depth++ == 64) return tacho_object_unknown;
                arrays = arrays << 1 | isArray;
            } else {
                if ((arrays & 1) != isArray) return tacho_object_unknown;
                arrays >>= 1;
                // The first byte opens a container: none is closed that was not opened.
                if (--depth == 0 && offset + bit != count - 1) return tacho_object_unknown;
            }
        }
        inArrays |= -(arrays & 1) & ~passed;

        unsigned markCount = (unsigned)__builtin_popcountll(marks);
        uint64_t keyed = _pext_u64((commas & ~inArrays) | (opens & ~found.squares), marks);
        uint64_t wanted = _bzhi_u64(keyed << 1 | awaited, markCount) & ~_pext_u64(empty, marks);
        if (wanted != _pext_u64(colons, marks)) return tacho_object_unknown;
        if (markCount > 0) awaited = keyed >> (markCount - 1) & 1;
    }
    if (depth != 0 || inside != 0) return tacho_object_unknown;
    return high != 0 ? tacho_object_valid_if_utf8 : tacho_object_valid;
}
