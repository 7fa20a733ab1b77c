#include "lz4_start.h"

// Format: LZ4 Block Format Description, 2022-07-31. A sequence is a token, whose high half is the
// count of literals and whose low half is that of the match less 4; 15 in either says that bytes
// follow which are added to it, up to the first that is not 255. Then:
//
//   token | bytes of the literals' count | literals | u16 offset | bytes of the match's count
//
// In lines of events, sealed at level 1 and compacted at 9, 1 % of the sequences have 15 literals or
// more, 13 % have more than 32 bytes together, 0.7 % more than 96, and 1 % an offset below 32. What
// is more seldom than that costs a branch that is almost never taken.

#if defined(__x86_64__) && defined(__has_include) && __has_include(<sys/platform/x86.h>)

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
// What the C library has asked the processor already (see features.h of CChecksum).
#include <sys/platform/x86.h>

#define WITH_AVX2 __attribute__((target("avx2,prfchw")))
#define INLINE static inline __attribute__((always_inline))
#define seldom(condition) __builtin_expect(condition, 0)

enum {
    // A sequence is begun if so much of the block is left from its token on: of one with less than
    // 15 literals 33 bytes are read at most, and behind it is left what liblz4 wants to be there
    // unless it is the last one (8 behind its literals).
    block_margin = 64,
    // And so much of the target: such a sequence writes at most nine times 32 bytes, its 14
    // literals and a match of 19 and 254, and behind it is left what liblz4 wants to be there (12).
    target_margin = 320,
    // So far ahead memory is asked for that is written to: a target may have been somebody else's a
    // moment ago.
    prefetched = 1024,
};

INLINE uint16_t load_offset(const uint8_t *bytes) {
    uint16_t offset;
    memcpy(&offset, bytes, 2);
    return offset;
}

INLINE void copy_8(uint8_t *to, const uint8_t *from) { memcpy(to, from, 8); }

INLINE void copy_16(uint8_t *to, const uint8_t *from) {
    _mm_storeu_si128(
        (__m128i *)(void *)to, _mm_loadu_si128((const __m128i *)(const void *)from));
}

WITH_AVX2 INLINE void copy_32(uint8_t *to, const uint8_t *from) {
    _mm256_storeu_si256(
        (__m256i *)(void *)to, _mm256_loadu_si256((const __m256i *)(const void *)from));
}

// What is decoded, and where it ends.
typedef struct {
    const uint8_t *block, *block_end;
    uint8_t *target, *target_end;
} bounds;

// Adds the bytes that follow a 15; `NULL` if they come near the end of the block.
INLINE const uint8_t *add_count(const uint8_t *in, const bounds *bounds, size_t *count) {
    uint8_t byte;
    do {
        if (bounds->block_end - in < block_margin) return NULL;
        byte = *in++;
        *count += byte;
    } while (byte == 255);
    return in;
}

// Any sequence, step by step. Whether it was decoded; `in` and `out` are then behind it.
__attribute__((noinline)) WITH_AVX2 static int decode_one(
    const uint8_t **in, uint8_t **out, const bounds *bounds)
{
    const uint8_t *from = *in;
    uint8_t *to = *out;
    if (bounds->block_end - from < block_margin) return 0;
    uint8_t token = *from++;
    size_t literals = token >> 4, count = token & 15;
    if (literals == 15) {
        from = add_count(from, bounds, &literals);
        if (!from) return 0;
    }
    if ((size_t)(bounds->block_end - from) < literals + block_margin) return 0;
    if ((size_t)(bounds->target_end - to) < literals + block_margin) return 0;
    for (size_t done = 0; done < literals; done += 32) copy_32(to + done, from + done);
    from += literals;
    to += literals;

    size_t offset = load_offset(from);
    from += 2;
    if (count == 15) {
        from = add_count(from, bounds, &count);
        if (!from) return 0;
    }
    count += 4;
    if (offset == 0 || offset > (size_t)(to - bounds->target)) return 0;
    if ((size_t)(bounds->target_end - to) < count + block_margin) return 0;
    uint8_t *end = to + count;
    *in = from;
    *out = end;
    if (offset >= 16) {
        for (; to < end; to += 16) copy_16(to, to - offset);
        return 1;
    }
    // The match repeats what it writes. Eight bytes one by one, then those again that lie a multiple
    // of the offset before, and at least eight.
    size_t multiple = offset;
    while (multiple < 8) multiple += offset;
    for (int i = 0; i < 8; i++) to[i] = to[i - (ptrdiff_t)offset];
    for (to += 8; to < end; to += 8) copy_8(to, to - multiple);
    return 1;
}

// From 16 - n on, n bytes are set.
static const uint8_t masks[48] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

WITH_AVX2 static tacho_lz4_progress decode(const bounds bounds) {
    uint8_t *target = bounds.target;
    const uint8_t *in = bounds.block, *last_in = bounds.block_end - block_margin;
    size_t written = 0, last_written = (size_t)(bounds.target_end - target) - target_margin;
    uint8_t *out = target;
    // So that there are 32 bytes to go back to.
    while (written < 32) {
        if (!decode_one(&in, &out, &bounds)) goto end;
        written = (size_t)(out - target);
    }
    while (in <= last_in && written <= last_written) {
        out = target + written;
        // The next sequence begins behind the token, the literals, the offset, and a byte of the
        // match's count if there is one: a token whose low half is 15 carries into the high half.
        // Each sequence waits for that of the one before, so that it is found in as few steps as
        // there can be; the compiler would make one more of it.
        unsigned token = *in;
        const uint8_t *next = in + 3;
        __builtin_prefetch(out + prefetched, 1);
        __asm__("" : "+r"(next));
        size_t literals = token >> 4, steps = (token + 1) >> 4;
        next += steps;
        size_t offset = load_offset(in + 1 + literals), more = in[3 + literals];
        if (seldom(token >= 0xF0)) {
            if (in[1] == 255) goto any;
            literals = 15u + in[1];
            // Both margins hold behind the literals, too.
            if (literals > (size_t)(last_in - in) || literals > last_written - written) goto any;
            next = in + 2 + literals + 2;
            offset = load_offset(next - 2);
            size_t count = (token & 15) + 4;
            if (count == 19) {
                if (*next == 255) goto any;
                count += *next++;
            }
            if (offset < 32 || offset > written + literals) goto any;
            for (size_t done = 0; done < literals; done += 32) copy_32(out + done, in + 2 + done);
            out += literals;
            for (size_t done = 0; done < count; done += 32) copy_32(out + done, out + done - offset);
            written += literals + count;
            in = next;
            continue;
        }
        // All bits of `literals - steps` are set, or none.
        size_t count = literals + (token & 15) + 4 + (more & (literals - steps));
        // Where the match would begin if it began where the literals do.
        size_t start = written - offset;
        // Below nothing is far above everything.
        if (seldom(start > written - 32)) {
            if (offset > written || offset < 16 || count > 96) goto any;
            const uint8_t *from = target + start;
            __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(masks + 16 - literals));
            __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(in + 1));
            __m128i match = _mm_loadu_si128((const __m128i *)(const void *)from);
            _mm_storeu_si128((__m128i *)(void *)out, _mm_blendv_epi8(match, text, mask));
            for (size_t done = 16; done < 96; done += 16) copy_16(out + done, from + done);
            written += count;
            in = next;
            continue;
        }
        const uint8_t *from = target + start;
        __m256i mask = _mm256_loadu_si256((const __m256i *)(const void *)(masks + 16 - literals));
        __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)(in + 1));
        __m256i match = _mm256_loadu_si256((const __m256i *)(const void *)from);
        _mm256_storeu_si256(
            (__m256i *)(void *)out,
            _mm256_or_si256(_mm256_and_si256(mask, text), _mm256_andnot_si256(mask, match)));
        copy_32(out + 32, from + 32);
        copy_32(out + 64, from + 64);
        if (seldom(count > 96)) {
            // Only then can 255 have been added.
            if (more == 255 && (token & 15) == 15) goto any;
            for (size_t done = 96; done < count; done += 32) copy_32(out + done, from + done);
        }
        written += count;
        in = next;
        continue;

    any:;
        const uint8_t *in_now = in;
        if (!decode_one(&in_now, &out, &bounds)) break;
        in = in_now;
        written = (size_t)(out - target);
    }
end:
    return (tacho_lz4_progress){(size_t)(in - bounds.block), written};
}

tacho_lz4_progress tacho_lz4_start(
    const void *block, size_t count, void *target, size_t capacity)
{
    if (count < block_margin || capacity < target_margin || !CPU_FEATURE_ACTIVE(AVX2))
        return (tacho_lz4_progress){0, 0};
    return decode((bounds){
        (const uint8_t *)block, (const uint8_t *)block + count, (uint8_t *)target,
        (uint8_t *)target + capacity});
}

#else

tacho_lz4_progress tacho_lz4_start(
    const void *block, size_t count, void *target, size_t capacity)
{
    (void)block, (void)count, (void)target, (void)capacity;
    return (tacho_lz4_progress){0, 0};
}

#endif
