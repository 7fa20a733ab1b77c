// What the machine can do with the same bytes, above which no replay can get: copying them, and
// decoding them from LZ4 blocks into a buffer that is used again.
//
//     limits FILE --threads N --megabytes M     lines of `name threads bytes nanoseconds`

#define _GNU_SOURCE
#include <fcntl.h>
#include <lz4.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { blockByteCount = 1 << 20 };

struct block { char *packed; int packedCount, plainCount; };

static struct block *blocks;
static size_t blockCount;
static _Atomic size_t nextBlock;
static _Atomic int failures;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void *decode(void *unused) {
    (void)unused;
    char *buffer = malloc(blockByteCount);
    memset(buffer, 1, blockByteCount);
    size_t i;
    while ((i = atomic_fetch_add(&nextBlock, 1)) < blockCount) {
        int count = LZ4_decompress_safe(blocks[i].packed, buffer, blocks[i].packedCount,
                                        blockByteCount);
        if (count != blocks[i].plainCount) atomic_fetch_add(&failures, 1);
    }
    free(buffer);
    return NULL;
}

static void timeDecoding(int threads, size_t byteCount) {
    pthread_t others[64];
    nextBlock = 0;
    uint64_t start = now();
    for (int i = 1; i < threads; i++) pthread_create(&others[i], NULL, decode, NULL);
    decode(NULL);
    for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
    printf("decode %d %zu %llu\n", threads, byteCount, (unsigned long long)(now() - start));
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 2) return fprintf(stderr, "limits FILE …\n"), 2;
    int threads = 2;
    size_t capacity = (size_t)256 << 20, count = 0;
    for (int i = 2; i + 1 < argumentCount; i += 2) {
        if (!strcmp(arguments[i], "--threads")) threads = atoi(arguments[i + 1]);
        else if (!strcmp(arguments[i], "--megabytes"))
            capacity = strtoull(arguments[i + 1], NULL, 10) << 20;
    }
    if (threads < 1 || threads > 64) return fprintf(stderr, "limits: --threads\n"), 2;
    int file = open(arguments[1], O_RDONLY);
    char *plain = malloc(capacity);
    ssize_t got;
    while (count < capacity && (got = read(file, plain + count, capacity - count)) > 0)
        count += (size_t)got;
    if (count == 0) return perror(arguments[1]), 1;

    // Touched before it is timed: the limit is the memory, not the kernel's zeroing of pages.
    size_t copyCount = count < (64 << 20) ? count : 64 << 20;
    char *copy = malloc(copyCount);
    memset(copy, 1, copyCount);
    uint64_t start = now();
    for (size_t at = 0; at < count; at += copyCount)
        memcpy(copy, plain + at, count - at < copyCount ? count - at : copyCount);
    uint64_t end = now();
    __asm__ volatile("" : : "r"(copy) : "memory");
    printf("copy 1 %zu %llu\n", count, (unsigned long long)(end - start));

    blocks = calloc(count / (blockByteCount / 2) + 2, sizeof *blocks);
    for (size_t at = 0; at < count;) {
        size_t size = count - at < blockByteCount ? count - at : blockByteCount;
        if (at + size < count) {  // whole lines, as a frame has
            char *newline = memrchr(plain + at, '\n', size);
            if (newline && newline - (plain + at) > blockByteCount / 2)
                size = (size_t)(newline - (plain + at)) + 1;
        }
        struct block *block = &blocks[blockCount++];
        block->packed = malloc((size_t)LZ4_compressBound((int)size));
        block->packedCount = LZ4_compress_default(
            plain + at, block->packed, (int)size, LZ4_compressBound((int)size));
        block->packed = realloc(block->packed, (size_t)block->packedCount);
        block->plainCount = (int)size;
        at += size;
    }
    timeDecoding(1, count);
    timeDecoding(threads, count);
    return failures ? 1 : 0;
}
