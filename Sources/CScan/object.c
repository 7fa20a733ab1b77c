#include "object.h"

#include "blocks.h"

#if TACHO_HAS_BLOCKS

// What 64 bytes are: a bit for each of them.
typedef struct {
    uint64_t quotes, backslashes, colons, commas;
    // Braces and brackets, and which bytes would be brackets, not braces, if they were one of both.
    uint64_t opens, closes, squares;
    uint64_t blanks, digits;
    // Below the blank; above ASCII.
    uint64_t controls, high;
} classes;

// What stands next behind each of `marks`, blanks passed over. `carry` is what the 64 bytes before
// leave for the first of these.
//
// Added to a run of blanks, a bit at its start carries into the bit behind it.
static inline uint64_t followers(uint64_t marks, uint64_t blanks, uint64_t *carry) {
    uint64_t next = marks << 1 | *carry;
    *carry = marks >> 63;
    if (blanks == 0) return next;
    uint64_t sum;
    *carry |= (uint64_t)__builtin_add_overflow(blanks, next & blanks, &sum);
    return (next | sum) & ~blanks;
}

static inline int ends_scalar(uint8_t byte) {
    return byte == ',' || byte == '}' || byte == ']' || byte == ' ' || byte == '\t';
}

static inline int is_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

// Whether a number begins here: `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`. A brace
// ends all bytes, so that no step leaves them.
static int is_number(const uint8_t *at) {
    if (*at == '-') at++;
    if (!is_digit(*at)) return 0;
    if (*at == '0') at++;
    else while (is_digit(*at)) at++;
    if (*at == '.') {
        if (!is_digit(*++at)) return 0;
        while (is_digit(*at)) at++;
    }
    if ((*at | 0x20) == 'e') {
        at++;
        if (*at == '+' || *at == '-') at++;
        if (!is_digit(*at)) return 0;
        while (is_digit(*at)) at++;
    }
    return ends_scalar(*at);
}

// Whether a literal or number begins here that takes all bytes up to what may stand behind a value.
static int is_scalar(const uint8_t *at, size_t rest) {
    if (rest > 5) {
        uint32_t word;
        memcpy(&word, at, 4);
        if (word == 0x65757274u || word == 0x6C6C756Eu) return ends_scalar(at[4]);  // true, null
        if (word == 0x736C6166u) return at[4] == 'e' && ends_scalar(at[5]);         // fals
    } else if (rest == 5 && (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0)) {
        return ends_scalar(at[4]);
    }
    return is_number(at);
}

// Whether this byte may stand behind a backslash. Of `\uXXXX` none of the surrogates, which come in
// pairs.
static int is_escape(const uint8_t *at, size_t rest) {
    switch (*at) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't': return 1;
    case 'u': break;
    default: return 0;
    }
    if (rest < 5) return 0;
    for (int i = 1; i <= 4; i++) {
        uint8_t letter = at[i] | 0x20;
        if (!is_digit(at[i]) && (letter < 'a' || letter > 'f')) return 0;
    }
    return (at[1] | 0x20) != 'd' || at[2] < '8';
}

// MARK: - 64 bytes at once

#define WIDTH(name) name##_512
#define TARGET TACHO_TARGET_512
#define INLINE TARGET static inline __attribute__((always_inline))

INLINE classes classes_512(const uint8_t *bytes, size_t rest) {
    // Bytes that are masked out are not read.
    __m512i block = rest >= 64
        ? _mm512_loadu_si512(bytes)
        : _mm512_maskz_loadu_epi8(_bzhi_u64(~(uint64_t)0, (unsigned)rest), bytes);
    __m512i blank = _mm512_set1_epi8(0x20);
    __m512i lower = _mm512_or_si512(block, blank);
    return (classes){
        .quotes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')),
        .backslashes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')),
        .colons = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(':')),
        .commas = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(',')),
        .opens = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('{')),
        .closes = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8('}')),
        .squares = _mm512_testn_epi8_mask(block, blank),
        .blanks = _mm512_cmpeq_epi8_mask(block, blank) |
                  _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\t')),
        .digits = _mm512_cmplt_epu8_mask(
            _mm512_sub_epi8(block, _mm512_set1_epi8('0')), _mm512_set1_epi8(10)),
        .controls = _mm512_cmplt_epu8_mask(block, blank),
        .high = _mm512_movepi8_mask(block)};
}

#include "object_walk.h"
#undef WIDTH
#undef TARGET
#undef INLINE

// MARK: - 32 bytes at once

#define WIDTH(name) name##_256
#define TARGET TACHO_TARGET_256
#define INLINE TARGET static inline __attribute__((always_inline))

// Bytes that are at most `limit`, as numbers without a sign.
INLINE uint64_t atMost_256(__m256i low, __m256i high, char limit) {
    __m256i most = _mm256_set1_epi8(limit);
    return bits_256(_mm256_cmpeq_epi8(_mm256_min_epu8(low, most), low),
                    _mm256_cmpeq_epi8(_mm256_min_epu8(high, most), high));
}

INLINE classes classes_256(const uint8_t *bytes, size_t rest) {
    uint8_t copy[64];
    if (rest < 64) {
        memset(copy, 0, sizeof copy);
        memcpy(copy, bytes, rest);
        bytes = copy;
    }
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32));
    __m256i blank = _mm256_set1_epi8(0x20), zero = _mm256_set1_epi8('0');
    __m256i lower_low = _mm256_or_si256(low, blank), lower_high = _mm256_or_si256(high, blank);
    return (classes){
        .quotes = equal_256(low, high, '"'),
        .backslashes = equal_256(low, high, '\\'),
        .colons = equal_256(low, high, ':'),
        .commas = equal_256(low, high, ','),
        .opens = equal_256(lower_low, lower_high, '{'),
        .closes = equal_256(lower_low, lower_high, '}'),
        // The bit of the blank, moved to where a byte's sign is.
        .squares = ~bits_256(_mm256_slli_epi16(low, 2), _mm256_slli_epi16(high, 2)),
        .blanks = equal_256(low, high, ' ') | equal_256(low, high, '\t'),
        .digits = atMost_256(_mm256_sub_epi8(low, zero), _mm256_sub_epi8(high, zero), 9),
        .controls = atMost_256(low, high, 0x1F),
        .high = bits_256(low, high)};
}

#include "object_walk.h"
#undef WIDTH
#undef TARGET
#undef INLINE

// MARK: - The choice

int tacho_is_object(const void *bytes, size_t count, int width) {
    if (width > widest()) width = widest();
    const uint8_t *object = bytes;
    if (width < 32 || count < 2 || object[0] != '{' || object[count - 1] != '}')
        return tacho_object_unknown;
    return width < 64 ? judge_256(object, count) : judge_512(object, count);
}

#else

int tacho_is_object(const void *bytes, size_t count, int width) {
    (void)bytes, (void)count, (void)width;
    return tacho_object_unknown;
}

#endif
