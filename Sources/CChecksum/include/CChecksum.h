#include "crc32c.h"
#include "sha256.h"
