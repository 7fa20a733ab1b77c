#include "crc32c.h"

#include <stdatomic.h>
#include <string.h>

#include "features.h"

// Two forms of one function: the processor's own instruction where there is one, a table
// elsewhere. The choice is made once, at the first call.

static uint32_t table[256];
static atomic_int table_is_ready;

static void make_table(void) {
    // Writing the same values from two threads at once is harmless: both write the same bytes.
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ (0x82f63b78u & (0u - (value & 1u)));
        }
        table[i] = value;
    }
    atomic_store_explicit(&table_is_ready, 1, memory_order_release);
}

static uint32_t with_table(uint32_t crc, const unsigned char *bytes, size_t count) {
    if (!atomic_load_explicit(&table_is_ready, memory_order_acquire)) make_table();
    while (count-- > 0) crc = table[(crc ^ *bytes++) & 0xff] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)

#include <immintrin.h>

__attribute__((target("sse4.2")))
static uint32_t with_instruction(uint32_t crc, const unsigned char *bytes, size_t count) {
    uint64_t wide = crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        bytes += 8;
        count -= 8;
    }
    crc = (uint32_t)wide;
    while (count-- > 0) crc = __builtin_ia32_crc32qi(crc, *bytes++);
    return crc;
}

// The instruction takes eight bytes a cycle, and has its result two cycles later: three stretches
// at once keep it busy. What stands before a stretch of n bytes counts in it as its product with
// x^(8n) modulo the polynomial; the instruction itself multiplies by x^32 and the product of
// mirrored numbers lacks one bit, so the factors are x^(8n − 33).
enum { stretch = 256 };
static const uint64_t over_one_stretch = 0xb9e02b86, over_two_stretches = 0xdd7e3b0c;

__attribute__((target("sse4.2,pclmul")))
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    for (; count >= 3 * stretch; bytes += 3 * stretch, count -= 3 * stretch) {
        uint64_t first = crc, second = 0, third = 0;
        for (int i = 0; i < stretch; i += 8) {
            uint64_t words[3];
            for (int j = 0; j < 3; j++) memcpy(&words[j], bytes + j * stretch + i, 8);
            first = __builtin_ia32_crc32di(first, words[0]);
            second = __builtin_ia32_crc32di(second, words[1]);
            third = __builtin_ia32_crc32di(third, words[2]);
        }
        __m128i factors = _mm_set_epi64x((long long)over_one_stretch, (long long)over_two_stretches);
        __m128i products = _mm_xor_si128(
            _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)first), factors, 0x00),
            _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)second), factors, 0x10));
        uint64_t product = (uint64_t)_mm_cvtsi128_si64(products);
        crc = (uint32_t)(__builtin_ia32_crc32di(0, product) ^ third);
    }
    return with_instruction(crc, bytes, count);
}

static int has_instruction(void) { return TACHO_HAS_CRC; }
static int has_product(void) { return TACHO_HAS_PRODUCT; }

#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>

static uint32_t with_instruction(uint32_t crc, const unsigned char *bytes, size_t count) {
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __crc32cd(crc, word);
        bytes += 8;
        count -= 8;
    }
    while (count-- > 0) crc = __crc32cb(crc, *bytes++);
    return crc;
}

static int has_instruction(void) { return 1; }
static int has_product(void) { return 0; }
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_instruction(crc, bytes, count);
}

#else

static uint32_t with_instruction(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_table(crc, bytes, count);
}

static int has_instruction(void) { return 0; }
static int has_product(void) { return 0; }
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_instruction(crc, bytes, count);
}

#endif

uint32_t tacho_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
    if (count >= 768 && has_product()) return ~with_product(crc, bytes, count);
    crc = has_instruction() ? with_instruction(crc, bytes, count) : with_table(crc, bytes, count);
    return ~crc;
}
