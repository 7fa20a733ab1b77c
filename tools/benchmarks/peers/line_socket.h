// A connection whose answers are lines, for the peers that speak such a protocol.

#ifndef TACHO_BENCH_LINE_SOCKET_H
#define TACHO_BENCH_LINE_SOCKET_H

#include "writer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

static int server;
static char input[1 << 16];
static size_t inputStart, inputEnd;

static inline void connectToSocket(const char *directory) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
    server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address)) fail(directory);
}

// The file `port` of the directory says which one of this machine.
static inline void connectToPort(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/port", directory);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(readFile(path).bytes)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int yes = 1;
    server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof address)) fail(directory);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

static inline void sendAll(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = write(server, bytes, count);
        if (sent <= 0) fail("send");
        bytes += sent;
        count -= (size_t)sent;
    }
}

static inline void receiveMore(void) {
    if (inputStart > 0) {
        memmove(input, input + inputStart, inputEnd - inputStart);
        inputEnd -= inputStart;
        inputStart = 0;
    }
    if (inputEnd == sizeof input) fail("a line is too long");
    ssize_t got = read(server, input + inputEnd, sizeof input - inputEnd);
    if (got <= 0) fail("receive");
    inputEnd += (size_t)got;
}

// The next line without its end; valid until the next call.
static inline char *receiveLine(void) {
    for (size_t looked = 0;;) {
        char *from = input + inputStart + looked;
        char *newline = memchr(from, '\n', inputEnd - inputStart - looked);
        if (newline) {
            char *line = input + inputStart;
            inputStart = (size_t)(newline - input) + 1;
            newline[newline > line && newline[-1] == '\r' ? -1 : 0] = 0;
            return line;
        }
        looked = inputEnd - inputStart;
        receiveMore();
    }
}

// The next bytes, however many they are.
static inline void receiveBytes(char *bytes, size_t count) {
    while (count > 0) {
        if (inputStart == inputEnd) receiveMore();
        size_t have = inputEnd - inputStart;
        if (have > count) have = count;
        memcpy(bytes, input + inputStart, have);
        inputStart += have;
        bytes += have;
        count -= have;
    }
}

// Bytes on their way out.
static char *output;
static size_t outputCount, outputCapacity;

static inline void put(const char *bytes, size_t count) {
    if (outputCount + count > outputCapacity)
        output = realloc(output, outputCapacity = 2 * (outputCount + count));
    memcpy(output + outputCount, bytes, count);
    outputCount += count;
}

static inline void flushOutput(void) {
    sendAll(output, outputCount);
    outputCount = 0;
}

#endif
