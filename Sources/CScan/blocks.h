// What members.c and object.c share: both look at 64 bytes of JSON at once, with the widest registers
// that the processor has.

#ifndef TACHO_BLOCKS_H
#define TACHO_BLOCKS_H

#if defined(__x86_64__) && defined(__has_include) && __has_include(<sys/platform/x86.h>)

#define TACHO_HAS_BLOCKS 1

#include <immintrin.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
// What the C library has asked the processor already (see features.h of CChecksum).
#include <sys/platform/x86.h>

#define TACHO_TARGET_512 \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx2,pclmul,popcnt,bmi,bmi2,lzcnt")))
#define TACHO_TARGET_256 __attribute__((target("avx2,pclmul,popcnt,bmi,bmi2,lzcnt")))

// Which bytes are escaped: those behind an odd number of backslashes. `carry` says whether the first
// of the 64 is, and then whether the first of the next 64 is. Source: `json_escape_scanner` of
// simdjson.
static inline uint64_t escaped_bytes(uint64_t backslashes, uint64_t *carry) {
    const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
    uint64_t first = backslashes & ~*carry;
    uint64_t codes = (((first << 1) | odd) - first) ^ odd;
    uint64_t escaped = codes ^ (backslashes | *carry);
    *carry = (codes & backslashes) >> 63;
    return escaped;
}

// The sign of each of 64 bytes, as a bit.
TACHO_TARGET_256 static inline __attribute__((always_inline)) uint64_t bits_256(__m256i low, __m256i high) {
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

// Which of 64 bytes are a certain one.
TACHO_TARGET_256 static inline __attribute__((always_inline)) uint64_t equal_256(
    __m256i low, __m256i high, char byte)
{
    __m256i wanted = _mm256_set1_epi8(byte);
    return bits_256(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

// The widest registers that the processor has with all else that is needed, in bytes; 1 if it lacks
// something.
static int widest(void) {
    static atomic_int known;
    int width = atomic_load_explicit(&known, memory_order_relaxed);
    if (width != 0) return width;
    width = 1;
    if (CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(PCLMULQDQ) && CPU_FEATURE_ACTIVE(POPCNT) &&
        CPU_FEATURE_ACTIVE(BMI1) && CPU_FEATURE_ACTIVE(BMI2) && CPU_FEATURE_ACTIVE(LZCNT)) {
        width = 32;
        if (CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512BW) &&
            CPU_FEATURE_ACTIVE(AVX512VL))
            width = 64;
    }
    // Threads that ask at the same time find the same.
    atomic_store_explicit(&known, width, memory_order_relaxed);
    return width;
}

#else

#define TACHO_HAS_BLOCKS 0

#endif

#endif
