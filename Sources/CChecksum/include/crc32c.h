#ifndef TACHO_CRC32C_H
#define TACHO_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 §12.1) of `count` bytes, continuing from `crc` (0 to begin).
///
/// The result of one call is the `crc` of the next, so that a checksum can be taken in pieces
/// and seeded with other bytes.
uint32_t tacho_crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
