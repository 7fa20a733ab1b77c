// Starts programs as an agent starts its hooks, and times each from before its start to its end.
//
//     spawn PLAN PAYLOAD --rounds N --at-once K --seed S --first F
//
// PLAN has a program on each line, its arguments separated by tabs. In each round every program
// has its turn, in an order drawn from the seed: K processes are started at once, each with
// PAYLOAD on its stdin through a pipe, in which the run of '@', if there is one, is replaced by the
// number of the call (from F on). Prints for each call: program, number, nanoseconds, peak memory in KiB, exit.
//
// The spawner is small and statically linked, because the kernel counts the memory of the process
// that spawned into the child's peak: a big one would be measured instead of the child.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { maximumPrograms = 16, maximumArguments = 16, maximumAtOnce = 64 };

extern char **environ;
static char *programs[maximumPrograms][maximumArguments + 1];
static char plan[16384], payload[60000];
static size_t payloadCount, numberAt, numberWidth;
static uint64_t state;

struct call { pid_t process; uint64_t number, start, nanoseconds; long kilobytes; int status; };

static uint64_t next(void) {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static size_t load(const char *path, char *bytes, size_t capacity) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : read(file, bytes, capacity - 1);
    if (count < 0) perror(path), exit(1);
    close(file);
    bytes[count] = 0;
    return (size_t)count;
}

static int loadPlan(const char *path) {
    load(path, plan, sizeof plan);
    int count = 0;
    char *lineState, *fieldState;
    for (char *line = strtok_r(plan, "\n", &lineState); line && count < maximumPrograms;
         line = strtok_r(NULL, "\n", &lineState), count++) {
        int argument = 0;
        for (char *field = strtok_r(line, "\t", &fieldState); field && argument < maximumArguments;
             field = strtok_r(NULL, "\t", &fieldState))
            programs[count][argument++] = field;
    }
    return count;
}

static void loadPayload(const char *path) {
    payloadCount = load(path, payload, sizeof payload);
    char *run = strchr(payload, '@');
    if (!run) return;
    numberAt = (size_t)(run - payload);
    numberWidth = strspn(run, "@");
}

static void start(char **program, uint64_t number, struct call *call) {
    char digits[24];
    snprintf(digits, sizeof digits, "%0*llu", (int)numberWidth, (unsigned long long)number);
    memcpy(payload + numberAt, digits, numberWidth);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) || write(ends[1], payload, payloadCount) != (ssize_t)payloadCount)
        perror("pipe"), exit(1);
    close(ends[1]);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    call->number = number;
    call->start = now();
    int error = posix_spawn(&call->process, program[0], &actions, NULL, program, environ);
    if (error) fprintf(stderr, "spawn: %s: %s\n", program[0], strerror(error)), exit(1);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
}

static void finish(struct call *calls, int count) {
    for (int left = count; left > 0;) {
        int status;
        struct rusage usage;
        pid_t process = wait4(-1, &status, 0, &usage);
        uint64_t end = now();
        for (int i = 0; i < count; i++) {
            if (calls[i].process != process) continue;
            calls[i].nanoseconds = end - calls[i].start;
            calls[i].kilobytes = usage.ru_maxrss;
            calls[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            left--;
        }
    }
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 3) return fprintf(stderr, "spawn PLAN PAYLOAD …\n"), 2;
    uint64_t rounds = 1, atOnce = 1, number = 0;
    for (int i = 3; i + 1 < argumentCount; i += 2) {
        uint64_t value = strtoull(arguments[i + 1], NULL, 10);
        if (!strcmp(arguments[i], "--rounds")) rounds = value;
        else if (!strcmp(arguments[i], "--at-once")) atOnce = value;
        else if (!strcmp(arguments[i], "--seed")) state = value;
        else if (!strcmp(arguments[i], "--first")) number = value;
    }
    if (atOnce < 1 || atOnce > maximumAtOnce) return fprintf(stderr, "spawn: --at-once\n"), 2;
    int count = loadPlan(arguments[1]);
    loadPayload(arguments[2]);
    for (uint64_t round = 0; round < rounds; round++) {
        int order[maximumPrograms];
        for (int i = 0; i < count; i++) {
            int other = (int)(next() % (uint64_t)(i + 1));
            order[i] = order[other];
            order[other] = i;
        }
        for (int turn = 0; turn < count; turn++) {
            struct call calls[maximumAtOnce];
            for (uint64_t i = 0; i < atOnce; i++) start(programs[order[turn]], number++, &calls[i]);
            finish(calls, (int)atOnce);
            for (uint64_t i = 0; i < atOnce; i++)
                printf("%d %llu %llu %ld %d\n", order[turn], (unsigned long long)calls[i].number,
                       (unsigned long long)calls[i].nanoseconds, calls[i].kilobytes,
                       calls[i].status);
        }
    }
    return 0;
}
