#include "sha256.h"

#include <string.h>

#include "features.h"

// Two forms of one function, as of the CRC: the processor's own instructions where there are any,
// plain C elsewhere. Of libcrypto the same is to be had, at the price of its start: it asks the
// processor a dozen questions before a program begins.

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotated(uint32_t word, int count) {
    return word >> count | word << (32 - count);
}

static void take_plainly(uint32_t state[8], const unsigned char *bytes, size_t blocks) {
    while (blocks-- > 0) {
        uint32_t words[64];
        for (int i = 0; i < 16; i++, bytes += 4)
            words[i] = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16
                | (uint32_t)bytes[2] << 8 | bytes[3];
        for (int i = 16; i < 64; i++) {
            uint32_t early = words[i - 15], late = words[i - 2];
            early = rotated(early, 7) ^ rotated(early, 18) ^ early >> 3;
            late = rotated(late, 17) ^ rotated(late, 19) ^ late >> 10;
            words[i] = words[i - 16] + early + words[i - 7] + late;
        }
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int i = 0; i < 64; i++) {
            uint32_t upper = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
            uint32_t first = h + upper + ((e & f) ^ (~e & g)) + constants[i] + words[i];
            uint32_t lower = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
            uint32_t second = lower + ((a & b) ^ (a & c) ^ (b & c));
            h = g, g = f, f = e, e = d + first;
            d = c, c = b, b = a, a = first + second;
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
    }
}

#if defined(__x86_64__)

#include <immintrin.h>

#define TACHO_SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))
#define TACHO_SHA_PART static inline __attribute__((always_inline)) TACHO_SHA_TARGET

// The instructions hold the state as (a b e f) and (c d g h), highest word first, and do two
// rounds at a time; four words of the message schedule come from the sixteen before them.
typedef struct {
    __m128i abef, cdgh, words[4];
} lane;

TACHO_SHA_PART void load_state(lane *lane, const uint32_t state[8]) {
    __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    lane->abef = _mm_alignr_epi8(dcba, hgfe, 8);
    lane->cdgh = _mm_blend_epi16(hgfe, dcba, 0xF0);
}

TACHO_SHA_PART void store_state(const lane *lane, uint32_t state[8]) {
    __m128i feba = _mm_shuffle_epi32(lane->abef, 0x1B);
    __m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

TACHO_SHA_PART void load_words(lane *lane, const unsigned char *bytes) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (int i = 0; i < 4; i++)
        lane->words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)bytes + i), order);
}

TACHO_SHA_PART void four_rounds(lane *lane, int i) {
    __m128i *words = lane->words, *word = &words[i & 3];
    __m128i sum = _mm_add_epi32(*word, _mm_load_si128((const __m128i *)constants + i));
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(sum, 0x0E));
    if (i >= 12) return;
    __m128i third = words[(i + 2) & 3], fourth = words[(i + 3) & 3];
    __m128i next = _mm_sha256msg1_epu32(*word, words[(i + 1) & 3]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(fourth, third, 4));
    *word = _mm_sha256msg2_epu32(next, fourth);
}

TACHO_SHA_TARGET
static void take_fast(uint32_t state[8], const unsigned char *bytes, size_t blocks) {
    lane one;
    load_state(&one, state);
    for (; blocks > 0; blocks--, bytes += 64) {
        const lane before = one;
        load_words(&one, bytes);
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) four_rounds(&one, i);
        one.abef = _mm_add_epi32(one.abef, before.abef);
        one.cdgh = _mm_add_epi32(one.cdgh, before.cdgh);
    }
    store_state(&one, state);
}

// Each round waits for the one before it, so that one message leaves the processor idle for half
// the time; two that know nothing of each other fill it.
TACHO_SHA_TARGET
static void take_two_fast(
    uint32_t first[8], const unsigned char *first_bytes,
    uint32_t second[8], const unsigned char *second_bytes, size_t blocks
) {
    lane one, other;
    load_state(&one, first);
    load_state(&other, second);
    for (; blocks > 0; blocks--, first_bytes += 64, second_bytes += 64) {
        const __m128i one_abef = one.abef, one_cdgh = one.cdgh;
        const __m128i other_abef = other.abef, other_cdgh = other.cdgh;
        load_words(&one, first_bytes);
        load_words(&other, second_bytes);
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            four_rounds(&one, i);
            four_rounds(&other, i);
        }
        one.abef = _mm_add_epi32(one.abef, one_abef);
        one.cdgh = _mm_add_epi32(one.cdgh, one_cdgh);
        other.abef = _mm_add_epi32(other.abef, other_abef);
        other.cdgh = _mm_add_epi32(other.cdgh, other_cdgh);
    }
    store_state(&one, first);
    store_state(&other, second);
}

#define TACHO_HAS_TWO 1

#elif defined(__aarch64__) && defined(__ARM_FEATURE_SHA2)

#include <arm_neon.h>

#define TACHO_HAS_SHA 1

static void take_fast(uint32_t state[8], const unsigned char *bytes, size_t blocks) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; blocks > 0; blocks--, bytes += 64) {
        const uint32x4_t abcd_before = abcd, efgh_before = efgh;
        uint32x4_t words[4];
        for (int i = 0; i < 4; i++)
            words[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * i)));
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            uint32x4_t *word = &words[i & 3];
            uint32x4_t sum = vaddq_u32(*word, vld1q_u32(constants + 4 * i)), before = abcd;
            abcd = vsha256hq_u32(abcd, efgh, sum);
            efgh = vsha256h2q_u32(efgh, before, sum);
            if (i >= 12) continue;
            uint32x4_t next = vsha256su0q_u32(*word, words[(i + 1) & 3]);
            *word = vsha256su1q_u32(next, words[(i + 2) & 3], words[(i + 3) & 3]);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

#else

#define TACHO_HAS_SHA 0

static void take_fast(uint32_t state[8], const unsigned char *bytes, size_t blocks) {
    take_plainly(state, bytes, blocks);
}

#endif

static void take(uint32_t state[8], const unsigned char *bytes, size_t blocks) {
    if (TACHO_HAS_SHA) {
        take_fast(state, bytes, blocks);
    } else {
        take_plainly(state, bytes, blocks);
    }
}

static void take_two(
    uint32_t first[8], const unsigned char *first_bytes,
    uint32_t second[8], const unsigned char *second_bytes, size_t blocks
) {
#if defined(TACHO_HAS_TWO)
    if (TACHO_HAS_SHA) {
        take_two_fast(first, first_bytes, second, second_bytes, blocks);
        return;
    }
#endif
    take(first, first_bytes, blocks);
    take(second, second_bytes, blocks);
}

void tacho_sha256_begin(tacho_sha256 *message) {
    static const uint32_t start[8] = {
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    };
    memcpy(message->state, start, sizeof start);
    message->byte_count = 0;
}

// Fills up a block that was begun, and takes it.
//
// Returns how many bytes are left at `*next` for whole blocks and what stands behind them.
static size_t fill(tacho_sha256 *message, const unsigned char **next, size_t count) {
    size_t used = message->byte_count % 64;
    message->byte_count += count;
    if (used + count < 64) {
        if (count > 0) memcpy(message->rest + used, *next, count);
        return 0;
    }
    if (used == 0) return count;
    size_t missing = 64 - used;
    memcpy(message->rest + used, *next, missing);
    take(message->state, message->rest, 1);
    *next += missing;
    return count - missing;
}

// Takes whole blocks, and keeps what stands behind them.
static void take_all(tacho_sha256 *message, const unsigned char *next, size_t count) {
    take(message->state, next, count / 64);
    if (count % 64 > 0) memcpy(message->rest, next + count / 64 * 64, count % 64);
}

void tacho_sha256_update(tacho_sha256 *message, const void *bytes, size_t count) {
    const unsigned char *next = bytes;
    size_t left = fill(message, &next, count);
    take_all(message, next, left);
}

void tacho_sha256_update_two(
    tacho_sha256 *first, tacho_sha256 *second, const void *bytes, size_t count
) {
    const unsigned char *next = bytes, *other = bytes;
    size_t left = fill(first, &next, count), other_left = fill(second, &other, count);
    size_t blocks = (left < other_left ? left : other_left) / 64;
    take_two(first->state, next, second->state, other, blocks);
    take_all(first, next + 64 * blocks, left - 64 * blocks);
    take_all(second, other + 64 * blocks, other_left - 64 * blocks);
}

void tacho_sha256_end(tacho_sha256 *message, unsigned char *digest) {
    size_t used = message->byte_count % 64;
    uint64_t bit_count = message->byte_count * 8;
    message->rest[used++] = 0x80;
    if (used > 56) {
        memset(message->rest + used, 0, 64 - used);
        take(message->state, message->rest, 1);
        used = 0;
    }
    memset(message->rest + used, 0, 56 - used);
    for (int i = 0; i < 8; i++) message->rest[56 + i] = (unsigned char)(bit_count >> (56 - 8 * i));
    take(message->state, message->rest, 1);
    for (int i = 0; i < 32; i++)
        digest[i] = (unsigned char)(message->state[i / 4] >> (24 - 8 * (i % 4)));
}

// For tests: the form that is not the processor's, over whole blocks.
void tacho_sha256_take_plainly(uint32_t *state, const void *bytes, size_t blocks) {
    take_plainly(state, bytes, blocks);
}
