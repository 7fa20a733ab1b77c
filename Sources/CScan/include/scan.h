// The processor's own comparison of 16 bytes, whose result Swift cannot take as bits.
//
// `tacho_marks64`: which of 64 bytes are a certain one; bit n of the result is byte n.
// `tacho_plain16`: how many of 16 bytes stand before the first that a JSON string does not just go
// on with: a quote, a backslash, a control character, a byte that is not ASCII. 16 if there is none.
// `tacho_string_marks16`: which of 16 bytes are quotes or backslashes; bit n of the result is byte n.
// `tacho_is_plain_text`: whether no byte of a text is one of those or DEL.
//
// The first three read exactly 64, 16, and 16 bytes.

#ifndef TACHO_SCAN_H
#define TACHO_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __attribute__((always_inline)) uint64_t tacho_marks16(const uint8_t *bytes, __m128i wanted) {
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, wanted));
}

static inline __attribute__((always_inline)) uint64_t tacho_marks64(const void *start, uint8_t byte) {
    const uint8_t *bytes = (const uint8_t *)start;
    __m128i wanted = _mm_set1_epi8((char)byte);
    return tacho_marks16(bytes, wanted) | tacho_marks16(bytes + 16, wanted) << 16 |
           tacho_marks16(bytes + 32, wanted) << 32 | tacho_marks16(bytes + 48, wanted) << 48;
}

static inline __attribute__((always_inline)) uint32_t tacho_string_marks16(const void *start) {
    __m128i block = _mm_loadu_si128((const __m128i *)start);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(
        _mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))));
}

static inline unsigned tacho_plain16(const void *start) {
    __m128i block = _mm_loadu_si128((const __m128i *)start);
    // As signed numbers all that are not ASCII are below the blank, too.
    __m128i special = _mm_or_si128(
        _mm_or_si128(
            _mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))),
        _mm_cmpgt_epi8(_mm_set1_epi8(' '), block));
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(special) | 0x10000u);
}

static inline __attribute__((always_inline)) int tacho_is_plain_block(__m128i block) {
    __m128i special = _mm_or_si128(
        _mm_or_si128(
            _mm_cmpeq_epi8(block, _mm_set1_epi8('"')), _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'))),
        _mm_or_si128(
            _mm_cmpgt_epi8(_mm_set1_epi8(' '), block), _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7F))));
    return _mm_movemask_epi8(special) == 0;
}

#define TACHO_HAS_PLAIN_BLOCK 1

#else

// Eight bytes at a time; the multiplication gathers the eight high bits.
static inline __attribute__((always_inline)) uint64_t tacho_marks8(const uint8_t *bytes, uint8_t byte) {
    uint64_t word = 0;
    for (int k = 0; k < 8; k++) word |= (uint64_t)bytes[k] << (8 * k);
    word ^= 0x0101010101010101u * byte;
    uint64_t low = (word & 0x7F7F7F7F7F7F7F7Fu) + 0x7F7F7F7F7F7F7F7Fu;
    uint64_t zeros = ~(low | word | 0x7F7F7F7F7F7F7F7Fu) >> 7;
    return zeros * 0x0102040810204080u >> 56;
}

static inline __attribute__((always_inline)) uint64_t tacho_marks64(const void *start, uint8_t byte) {
    const uint8_t *bytes = (const uint8_t *)start;
    uint64_t marks = 0;
    for (int i = 0; i < 8; i++) marks |= tacho_marks8(bytes + 8 * i, byte) << (8 * i);
    return marks;
}

static inline __attribute__((always_inline)) uint32_t tacho_string_marks16(const void *start) {
    const uint8_t *bytes = (const uint8_t *)start;
    uint64_t marks = 0;
    for (int i = 0; i < 2; i++)
        marks |= (tacho_marks8(bytes + 8 * i, '"') | tacho_marks8(bytes + 8 * i, '\\')) << (8 * i);
    return (uint32_t)marks;
}

#if defined(__ARM_NEON)
#include <arm_neon.h>

static inline unsigned tacho_plain16(const void *start) {
    uint8x16_t block = vld1q_u8((const uint8_t *)start);
    uint8x16_t special = vorrq_u8(
        vorrq_u8(vceqq_u8(block, vdupq_n_u8('"')), vceqq_u8(block, vdupq_n_u8('\\'))),
        vcltq_s8(vreinterpretq_s8_u8(block), vdupq_n_s8(' ')));
    // Half of each byte, so that the sixteen fit into a word.
    uint64_t halves = vget_lane_u64(
        vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(special), 4)), 0);
    return halves ? (unsigned)__builtin_ctzll(halves) >> 2 : 16;
}

#else

static inline unsigned tacho_plain16(const void *start) {
    const uint8_t *bytes = (const uint8_t *)start;
    unsigned count = 0;
    while (count < 16 && bytes[count] >= ' ' && bytes[count] < 0x80 && bytes[count] != '"' &&
           bytes[count] != '\\')
        count++;
    return count;
}

#endif

#endif

static inline int tacho_is_plain_text(const void *start, size_t count) {
    const uint8_t *bytes = (const uint8_t *)start;
#if defined(TACHO_HAS_PLAIN_BLOCK)
    // The last bytes together with some that were looked at before.
    if (count >= 16) {
        for (size_t offset = 0; offset + 16 < count; offset += 16)
            if (!tacho_is_plain_block(_mm_loadu_si128((const __m128i *)(const void *)(bytes + offset))))
                return 0;
        return tacho_is_plain_block(
            _mm_loadu_si128((const __m128i *)(const void *)(bytes + count - 16)));
    }
    if (count >= 8) {
        return tacho_is_plain_block(_mm_unpacklo_epi64(
            _mm_loadl_epi64((const __m128i *)(const void *)bytes),
            _mm_loadl_epi64((const __m128i *)(const void *)(bytes + count - 8))));
    }
#endif
    for (size_t offset = 0; offset < count; offset++) {
        uint8_t byte = bytes[offset];
        if (byte < 0x20 || byte >= 0x7F || byte == '"' || byte == '\\') return 0;
    }
    return 1;
}

#endif
