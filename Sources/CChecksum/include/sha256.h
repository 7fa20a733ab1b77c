// SHA-256, FIPS 180-4.
#ifndef TACHO_SHA256_H
#define TACHO_SHA256_H

#include <stddef.h>
#include <stdint.h>

// A message on its way to its digest: a value without pointers, which may be copied.
typedef struct {
    uint32_t state[8];
    // Of the whole message so far.
    uint64_t byte_count;
    // What does not fill a block yet.
    unsigned char rest[64];
} tacho_sha256;

void tacho_sha256_begin(tacho_sha256 *message);
void tacho_sha256_update(tacho_sha256 *message, const void *bytes, size_t count);
// The same bytes for two messages: on some processors little more work than for one.
void tacho_sha256_update_two(
    tacho_sha256 *first, tacho_sha256 *second, const void *bytes, size_t count);
// Writes 32 bytes; the message is then over and has to begin again.
void tacho_sha256_end(tacho_sha256 *message, unsigned char *digest);

// For tests: what a processor without instructions for it does with whole blocks.
void tacho_sha256_take_plainly(uint32_t *state, const void *bytes, size_t blocks);

#endif
