#include "CMemory.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <malloc.h>
#endif

void tacho_keep_arrays_apart(unsigned long byte_count) {
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, (int)byte_count);
#else
    (void)byte_count;
#endif
}
