// The start of an LZ4 block, decoded without a branch on the lengths of its sequences.
//
// liblz4 branches on them, and in lines of events, whose matches are of 5 to 96 bytes, every second
// guess of the processor is wrong. Here every sequence writes 96 bytes, whatever its length, and the
// next one writes over those that are too many. That needs room, so that the end of a block, and
// all that is unusual, is left to liblz4, which then says whether the block is a good one.

#ifndef TACHO_LZ4_START_H
#define TACHO_LZ4_START_H

#include <stddef.h>

// Between two sequences: bytes of the block before here, and what they decode to.
typedef struct {
    size_t consumed, written;
} tacho_lz4_progress;

// Decodes sequences from the first one on until one that is left to liblz4: it lies near the end of
// the block or of the target, or is not a good one. Nothing is decoded if the processor lacks the
// instructions.
//
// Reads no byte outside of the block and of the target, writes none outside of the target, and may
// write behind what it says is written. What it decodes is what liblz4 would decode, and it goes on
// over nothing that liblz4 would refuse.
tacho_lz4_progress tacho_lz4_start(
    const void *block, size_t count, void *target, size_t capacity);

#endif
