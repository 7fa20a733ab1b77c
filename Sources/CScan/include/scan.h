// Which of 64 bytes are a certain one: the processor's own comparison of 16 bytes, whose result
// Swift cannot take as bits.
//
// Bit n of the result is byte n. Reads exactly 64 bytes.

#ifndef TACHO_SCAN_H
#define TACHO_SCAN_H

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

#else

// Eight bytes at a time; the multiplication gathers the eight high bits.
static inline __attribute__((always_inline)) uint64_t tacho_marks64(const void *start, uint8_t byte) {
    const uint8_t *bytes = (const uint8_t *)start;
    uint64_t marks = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t word = 0;
        for (int k = 0; k < 8; k++) word |= (uint64_t)bytes[8 * i + k] << (8 * k);
        word ^= 0x0101010101010101u * byte;
        uint64_t low = (word & 0x7F7F7F7F7F7F7F7Fu) + 0x7F7F7F7F7F7F7F7Fu;
        uint64_t zeros = ~(low | word | 0x7F7F7F7F7F7F7F7Fu) >> 7;
        marks |= (zeros * 0x0102040810204080u >> 56) << (8 * i);
    }
    return marks;
}

#endif

#endif
