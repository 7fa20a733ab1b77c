#ifndef CMEMORY_H
#define CMEMORY_H

/// Has arrays of this many bytes and more lie in pages of their own, which go back to the system when
/// the array does.
///
/// Left to itself, glibc raises the limit with each large array that is freed, up to 32 MiB, and
/// growing columns leave holes in its heap: a fifth of what a rebuild takes. Does nothing elsewhere.
void tacho_keep_arrays_apart(unsigned long byte_count);

#endif
