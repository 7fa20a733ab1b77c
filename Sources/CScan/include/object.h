// Whether bytes are a JSON object, told without walking over its tokens.

#ifndef TACHO_OBJECT_H
#define TACHO_OBJECT_H

#include <stddef.h>
#include <stdint.h>

enum {
    // Nothing is known: the bytes may be an object or not.
    tacho_object_unknown = 0,
    // They are one object by RFC 8259, from its first brace to its last, and hold no line breaks.
    tacho_object_valid = 1,
    // As before, if they are UTF-8.
    tacho_object_valid_if_utf8 = 2,
};

// Reads no byte outside of `bytes`. At most `width` bytes are compared with one instruction.
//
// Unknown are faults of every kind, whitespace around the object, line breaks between its tokens,
// more than 64 open containers, surrogate escapes, and everything where the processor lacks the
// instructions. Who wants to know more walks over it.
int tacho_is_object(const void *bytes, size_t count, int width);

#endif
