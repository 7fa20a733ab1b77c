// Which members of an object are wanted ones, found without walking over the others.

#ifndef TACHO_MEMBERS_H
#define TACHO_MEMBERS_H

#include <stddef.h>
#include <stdint.h>

// A wanted key with the quote before it: `"name`.
typedef struct {
    // Of the quote and the key.
    uint32_t count;
    // Where they are among the texts.
    uint32_t offset;
    // Their last eight bytes, the last of them in the highest byte; of a shorter text what there is
    // of them, below it zeros, and in `mask` which bits that leaves.
    uint64_t tail, mask;
} tacho_key;

// The keys that are looked for.
typedef struct {
    const tacho_key *keys;
    size_t count;
    // Their texts, one after the other.
    const uint8_t *texts;
    // Four times 16 bytes. Of each key one bit: it is set in the first table at the low half of its
    // text's last byte, in the second at the high half of it, and in the others for the byte before
    // that. A text of one byte has its bit everywhere in the others.
    const uint8_t *halves;
} tacho_keys;

typedef struct {
    // Which of the keys.
    uint32_t key;
    // Where the bytes behind its colon are, counted from the object's brace.
    uint32_t value;
} tacho_member;

// Finds the first member of each key, until there is one of each.
//
// The object begins with its brace and is valid JSON: of anything else the answer means nothing, but
// no byte outside of it is read. `found` has room for a member of each key; they come in the order of
// the object. At most `width` bytes are compared with one instruction. The result is how many there
// are, or -1 where this function does not know: the processor lacks the instructions, a key holds
// escapes, a key and its colon stand apart, or there are more than 64 keys or 4 GiB.
int tacho_find_members(
    const void *object, size_t count, const tacho_keys *keys, tacho_member *found, int width);

#endif
