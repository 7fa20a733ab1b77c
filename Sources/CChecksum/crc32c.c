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

static int has_instruction(void) { return TACHO_HAS_CRC; }

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

#else

static uint32_t with_instruction(uint32_t crc, const unsigned char *bytes, size_t count) {
    return with_table(crc, bytes, count);
}

static int has_instruction(void) { return 0; }

#endif

uint32_t tacho_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
    crc = has_instruction() ? with_instruction(crc, bytes, count) : with_table(crc, bytes, count);
    return ~crc;
}
