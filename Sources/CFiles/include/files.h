#ifndef TACHO_FILES_H
#define TACHO_FILES_H

#include <stdint.h>

/// Starts writing bytes of a file to the disk and does not wait for it; nothing where the system
/// has no such call.
void tacho_begin_writing(int file, int64_t offset, int64_t count);

#endif
