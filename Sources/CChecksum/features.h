// What the processor can do, asked of the C library, which has asked the processor already. The
// compiler's own `__builtin_cpu_supports` asks it again at the start of every process that has a
// call of it: in a virtual machine that is a dozen trips to its host, a fifteenth of what a hook's
// process takes.
#ifndef TACHO_FEATURES_H
#define TACHO_FEATURES_H

#if defined(__x86_64__)
#if defined(__has_include) && __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define TACHO_HAS_CRC (CPU_FEATURE_ACTIVE(SSE4_2))
#define TACHO_HAS_PRODUCT (TACHO_HAS_CRC && CPU_FEATURE_ACTIVE(PCLMULQDQ))
#define TACHO_HAS_SHA (CPU_FEATURE_ACTIVE(SHA) && CPU_FEATURE_ACTIVE(SSE4_1))
#else
#define TACHO_HAS_CRC (__builtin_cpu_supports("sse4.2"))
#define TACHO_HAS_PRODUCT (TACHO_HAS_CRC && __builtin_cpu_supports("pclmul"))
// Not every compiler knows the name of this one.
#define TACHO_HAS_SHA 0
#endif
#endif

#endif
