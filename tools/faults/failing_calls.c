// A library to be preloaded: lets one system call on files of a store fail.
//
//     cc -shared -fPIC -o failing_calls.so failing_calls.c -ldl
//     FAIL_DIR=/path/of/store FAIL_CALL=7 FAIL_ERRNO=28 FAIL_FOREVER=1 LD_PRELOAD=... tacho append
//
// Calls on paths below FAIL_DIR, and on descriptors opened there, are counted from 1. The one with
// the number FAIL_CALL fails with FAIL_ERRNO and does nothing; with FAIL_FOREVER=1 all later ones
// do, too. FAIL_SHORT=1 instead lets writes be short by half. FAIL_COUNT names a file that gets the
// number of calls at the end. Closing and unlocking never fail.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char ours[1024];
static long calls, failing, number;
static int forever, shortens;
static const char *directory;

__attribute__((constructor)) static void begin(void) {
    const char *value = getenv("FAIL_DIR");
    directory = value ? value : "/nowhere";
    failing = (value = getenv("FAIL_CALL")) ? atol(value) : 0;
    number = (value = getenv("FAIL_ERRNO")) ? atol(value) : EIO;
    forever = getenv("FAIL_FOREVER") != NULL;
    shortens = getenv("FAIL_SHORT") != NULL;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAIL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

static int strikes(void) {
    calls++;
    if (failing == 0 || calls < failing || (calls > failing && !forever)) return 0;
    errno = (int)number;
    return 1;
}

static int is_path(const char *path) { return path && strncmp(path, directory, strlen(directory)) == 0; }
static int is_file(int file) { return file >= 0 && file < (int)sizeof ours && ours[file]; }

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                                   \
    int name(const char *path, int flags, ...) {                                     \
        REAL(name);                                                                  \
        va_list arguments;                                                           \
        va_start(arguments, flags);                                                  \
        mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;             \
        va_end(arguments);                                                           \
        if (is_path(path) && strikes()) return -1;                                   \
        int file = real(path, flags, mode);                                          \
        if (file >= 0 && file < (int)sizeof ours) ours[file] = (char)is_path(path);  \
        return file;                                                                 \
    }
OPEN(open)
OPEN(open64)

int close(int file) {
    REAL(close);
    if (file >= 0 && file < (int)sizeof ours) ours[file] = 0;
    return real(file);
}

#define READ(name, offset_type)                                                      \
    ssize_t name(int file, void *bytes, size_t count, offset_type offset) {          \
        REAL(name);                                                                  \
        if (is_file(file) && strikes()) return -1;                                   \
        return real(file, bytes, count, offset);                                     \
    }
READ(pread, off_t)
READ(pread64, off64_t)

#define WRITE(name, offset_type)                                                     \
    ssize_t name(int file, const void *bytes, size_t count, offset_type offset) {    \
        REAL(name);                                                                  \
        if (is_file(file) && strikes()) return -1;                                   \
        if (is_file(file) && shortens && count > 1) count = (count + 1) / 2;         \
        return real(file, bytes, count, offset);                                     \
    }
WRITE(pwrite, off_t)
WRITE(pwrite64, off64_t)

#define ON_FILE(name, parameters, arguments)                                         \
    int name parameters {                                                            \
        REAL(name);                                                                  \
        if (is_file(file) && strikes()) return -1;                                   \
        return real arguments;                                                       \
    }
ON_FILE(fdatasync, (int file), (file))
ON_FILE(fsync, (int file), (file))
ON_FILE(ftruncate, (int file, off_t size), (file, size))
ON_FILE(ftruncate64, (int file, off64_t size), (file, size))
ON_FILE(fstat, (int file, struct stat *status), (file, status))

int flock(int file, int operation) {
    REAL(flock);
    if (!(operation & LOCK_UN) && is_file(file) && strikes()) return -1;
    return real(file, operation);
}

#define ON_PATH(name, parameters, arguments)                                         \
    int name parameters {                                                            \
        REAL(name);                                                                  \
        if (is_path(path) && strikes()) return -1;                                   \
        return real arguments;                                                       \
    }
ON_PATH(rename, (const char *path, const char *to), (path, to))
ON_PATH(link, (const char *path, const char *to), (path, to))
ON_PATH(unlink, (const char *path), (path))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))
ON_PATH(lstat, (const char *restrict path, struct stat *restrict status), (path, status))
