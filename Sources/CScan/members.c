#include "members.h"

#include "blocks.h"

#if TACHO_HAS_BLOCKS

// What 64 bytes are: a bit for each of them.
typedef struct {
    uint64_t quotes, backslashes, colons;
    // Braces and brackets.
    uint64_t opens, closes;
    // The last byte of a wanted key, behind its last but one.
    uint64_t tails;
} marks;

// So many blocks are searched for candidates before these are looked at: a kilobyte.
enum { batch = 16 };

static inline uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    return word;
}

// The wanted key that ends before the quote at `close`; -1 if it is none.
static inline int key_before(const uint8_t *object, size_t close, const tacho_keys *keys) {
    for (size_t i = 0; i < keys->count; i++) {
        tacho_key key = keys->keys[i];
        const uint8_t *text = keys->texts + key.offset;
        if (close >= 8) {
            if ((word_at(object + close - 8) & key.mask) != key.tail) continue;
            if (key.count <= 8) return (int)i;
            if (key.count <= 16 && key.count <= close) {
                if (word_at(object + close - key.count) == word_at(text)) return (int)i;
                continue;
            }
        }
        if (key.count > close) continue;
        if (memcmp(object + close - key.count, text, key.count) == 0) return (int)i;
    }
    return -1;
}

// MARK: - 64 bytes at once

#define WIDTH(name) name##_512
#define TARGET TACHO_TARGET_512
#define INLINE TARGET static inline __attribute__((always_inline))

typedef struct {
    __m512i last_low, last_high, before_low, before_high;
    // Of the 64 bytes before: which keys have each byte as their last but one.
    __m512i before;
} tables_512;

INLINE __m512i table_512(const uint8_t *halves) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)halves));
}

INLINE tables_512 start_512(const uint8_t *halves) {
    return (tables_512){table_512(halves), table_512(halves + 16), table_512(halves + 32),
                        table_512(halves + 48), _mm512_setzero_si512()};
}

INLINE marks marks_512(tables_512 *tables, const uint8_t *object, size_t offset, size_t count) {
    size_t rest = count - offset;
    // Bytes that are masked out are not read.
    __m512i block = rest >= 64
        ? _mm512_loadu_si512(object + offset)
        : _mm512_maskz_loadu_epi8(_bzhi_u64(~(uint64_t)0, (unsigned)rest), object + offset);
    __m512i lower = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
    __m512i half = _mm512_set1_epi8(0x0F);
    __m512i low = _mm512_and_si512(block, half);
    __m512i high = _mm512_and_si512(_mm512_srli_epi16(block, 4), half);
    __m512i last = _mm512_and_si512(
        _mm512_shuffle_epi8(tables->last_low, low), _mm512_shuffle_epi8(tables->last_high, high));
    __m512i before = _mm512_and_si512(
        _mm512_shuffle_epi8(tables->before_low, low),
        _mm512_shuffle_epi8(tables->before_high, high));
    // Each byte's left neighbour.
    __m512i left = _mm512_alignr_epi8(
        before, _mm512_alignr_epi32(before, tables->before, 12), 15);
    tables->before = before;
    return (marks){
        .quotes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')),
        .backslashes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')),
        .colons = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(':')),
        .opens = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('{')),
        .closes = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('}')),
        .tails = _mm512_test_epi8_mask(last, left)};
}

#include "members_walk.h"
#undef WIDTH
#undef TARGET

// MARK: - 32 bytes at once

#define WIDTH(name) name##_256
#define TARGET TACHO_TARGET_256

typedef struct {
    __m256i last_low, last_high, before_low, before_high;
    __m256i before;
} tables_256;

INLINE __m256i table_256(const uint8_t *halves) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)halves));
}

INLINE tables_256 start_256(const uint8_t *halves) {
    return (tables_256){table_256(halves), table_256(halves + 16), table_256(halves + 32),
                        table_256(halves + 48), _mm256_setzero_si256()};
}

// All ones where a byte is the last of no key whose last but one is the byte before it.
INLINE __m256i others_256(tables_256 *tables, __m256i block) {
    __m256i half = _mm256_set1_epi8(0x0F);
    __m256i low = _mm256_and_si256(block, half);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(block, 4), half);
    __m256i last = _mm256_and_si256(
        _mm256_shuffle_epi8(tables->last_low, low), _mm256_shuffle_epi8(tables->last_high, high));
    __m256i before = _mm256_and_si256(
        _mm256_shuffle_epi8(tables->before_low, low),
        _mm256_shuffle_epi8(tables->before_high, high));
    __m256i left = _mm256_alignr_epi8(
        before, _mm256_permute2x128_si256(tables->before, before, 0x21), 15);
    tables->before = before;
    return _mm256_cmpeq_epi8(_mm256_and_si256(last, left), _mm256_setzero_si256());
}

INLINE marks marks_256(tables_256 *tables, const uint8_t *object, size_t offset, size_t count) {
    size_t rest = count - offset;
    const uint8_t *bytes = object + offset;
    uint8_t copy[64];
    unsigned surplus = 0;
    if (rest < 64) {
        if (count >= 64) {
            // The last 64 bytes, of which those that were looked at are shifted out.
            surplus = (unsigned)(64 - rest);
            bytes -= surplus;
        } else {
            memset(copy, 0, sizeof copy);
            memcpy(copy, bytes, rest);
            bytes = copy;
        }
    }
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    __m256i space = _mm256_set1_epi8(0x20);
    __m256i lower_low = _mm256_or_si256(low, space), lower_high = _mm256_or_si256(high, space);
    __m256i others = others_256(tables, low);
    return (marks){
        .quotes = equal_256(low, high, '"') >> surplus,
        .backslashes = equal_256(low, high, '\\') >> surplus,
        .colons = equal_256(low, high, ':') >> surplus,
        .opens = equal_256(lower_low, lower_high, '{') >> surplus,
        .closes = equal_256(lower_low, lower_high, '}') >> surplus,
        .tails = ~bits_256(others, others_256(tables, high)) >> surplus};
}

#include "members_walk.h"
#undef WIDTH
#undef TARGET

// MARK: - The choice

int tacho_find_members(
    const void *object, size_t count, const tacho_keys *keys, tacho_member *found, int width)
{
    if (width > widest()) width = widest();
    if (width < 32 || keys->count > 64 || count > UINT32_MAX) return -1;
    return width < 64 ? find_256(object, count, keys, found) : find_512(object, count, keys, found);
}

#else

int tacho_find_members(
    const void *object, size_t count, const tacho_keys *keys, tacho_member *found, int width)
{
    (void)object, (void)count, (void)keys, (void)found, (void)width;
    return -1;
}

#endif
