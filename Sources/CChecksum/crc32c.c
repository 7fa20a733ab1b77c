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
// mirrored numbers lacks one bit, so the factors are x^(8n − 33). Below, by the stretch's length in
// words of eight bytes: a record has a few hundred bytes, and is taken in three equal stretches.
enum { longest_stretch = 32 };
static const uint32_t factors[2 * longest_stretch + 1] = {
    0x00000000, 0x00000001, 0x493c7d27, 0xf20c0dfe, 0xba4fc28e, 0x3da6d0cb, 0xddc0152b, 0x1c291d04,
    0x9e4addf8, 0x740eef02, 0x39d3b296, 0x083a6eec, 0x0715ce53, 0xc49f4f67, 0x47db8317, 0x2ad91c30,
    0x0d3b6092, 0x6992cea2, 0xc96cfdc0, 0x7e908048, 0x878a92a7, 0x1b3d8f29, 0xdaece73e, 0xf1d0f55e,
    0xab7aff2a, 0xa87ab8a8, 0x2162d385, 0x8462d800, 0x83348832, 0x71d111a8, 0x299847d5, 0xffd852c6,
    0xb9e02b86, 0xdcb17aa4, 0x18b33a4e, 0xf37c5aee, 0xb6dd949b, 0x6051d5a2, 0x78d9ccb7, 0x18b0d4ff,
    0xbac2fd7b, 0x21f3d99c, 0xa60ce07b, 0x8f158014, 0xce7f39f4, 0xa00457f7, 0x61d82e56, 0x8d6d2c43,
    0xd270f1a2, 0x00ac29cf, 0xc619809d, 0xe9adf796, 0x2b3cac5d, 0x96638b34, 0x65863b64, 0xe0e9f351,
    0x1b03397f, 0x9af01f2d, 0xebb883bd, 0x2cff42cf, 0xb3e32c28, 0x88f25a3a, 0x064f7f26, 0x4e36f0b0,
    0xdd7e3b0c,
};
// Of fewer bytes the product takes longer than it saves.
enum { shortest_with_product = 96 };

__attribute__((target("sse4.2,pclmul")))
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    while (count >= shortest_with_product) {
        size_t words_in_all = count / 24;
        size_t words = words_in_all < longest_stretch ? words_in_all : longest_stretch;
        size_t stretch = 8 * words;
        uint64_t first = crc, second = 0, third = 0;
        for (const unsigned char *end = bytes + stretch; bytes < end; bytes += 8) {
            uint64_t a, b, c;
            memcpy(&a, bytes, 8);
            memcpy(&b, bytes + stretch, 8);
            memcpy(&c, bytes + 2 * stretch, 8);
            first = __builtin_ia32_crc32di(first, a);
            second = __builtin_ia32_crc32di(second, b);
            third = __builtin_ia32_crc32di(third, c);
        }
        bytes += 2 * stretch;
        count -= 3 * stretch;
        __m128i over = _mm_set_epi64x(factors[words], factors[2 * words]);
        __m128i products = _mm_xor_si128(
            _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)first), over, 0x00),
            _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)second), over, 0x10));
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
enum { shortest_with_product = 96 };
static int has_product(void) { return 0; }
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_instruction(crc, bytes, count);
}

#else

static uint32_t with_instruction(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_table(crc, bytes, count);
}

static int has_instruction(void) { return 0; }
enum { shortest_with_product = 96 };
static int has_product(void) { return 0; }
static uint32_t with_product(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_instruction(crc, bytes, count);
}

#endif

uint32_t tacho_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
    if (count >= shortest_with_product && has_product()) return ~with_product(crc, bytes, count);
    crc = has_instruction() ? with_instruction(crc, bytes, count) : with_table(crc, bytes, count);
    return ~crc;
}
