// What Swift's runtime does before a program begins, and a hook's process has no use for.
//
// It looks for the arguments in `/proc/self/maps` and the stack, and for the program that prints
// backtraces in eight directories: together a tenth of what one call takes. Both are parts of a
// static library that are linked because something in it names these functions. Where they are
// defined already, those parts stay out; and because they are weak here, a runtime that brings
// them all the same has its own.
//
// So `CommandLine.arguments` is empty in this process, and a crash is not printed: nobody reads
// what a hook prints.

#if defined(__linux__)

#include <stddef.h>

#define UNUSED_BY_HOOK __attribute__((weak))

char **_swift_stdlib_getUnsafeArgvArgc(int *count);
void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count);
char *swift_copyAuxiliaryExecutablePath(const char *name);
const char *swift_getRootPath(void);
const char *swift_getRuntimeLibraryPath(void);

UNUSED_BY_HOOK char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
    static char *none[1];
    *count = 0;
    return none;
}

UNUSED_BY_HOOK void _swift_stdlib_overrideUnsafeArgvArgc(char **arguments, int count) {
    (void)arguments;
    (void)count;
}

UNUSED_BY_HOOK char *swift_copyAuxiliaryExecutablePath(const char *name) {
    (void)name;
    return NULL;
}

UNUSED_BY_HOOK const char *swift_getRootPath(void) { return NULL; }

UNUSED_BY_HOOK const char *swift_getRuntimeLibraryPath(void) { return NULL; }

#endif
