// The peer simdjson: ten fields of each line, by its on-demand interface, one document a line, on one
// core, from lines in memory with room behind them.
//
//     scan_simdjson FILE --megabytes M     `done NANOSECONDS BYTES`, then `name count sum`
//
// The object is walked once, and a field's key is compared with those that are wanted: asking for
// each key by name goes over all of the object again for every one that it has not.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <simdjson.h>
#include <string_view>
#include <time.h>
#include <vector>

using namespace simdjson;

static const char *const names[] = {"stream",       "type",        "tool_name", "duration_ms", "success",
                                    "phase_status", "tokens_used", "cost_usd",  "status",      "level"};
enum { fieldCount = 10 };

struct found { uint64_t count, sum; };

static uint64_t now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return uint64_t(time.tv_sec) * 1000000000u + uint64_t(time.tv_nsec);
}

static void take(found *all, int field, ondemand::value value) {
    found &found = all[field];
    found.count++;
    switch (field) {
        case 3:
        case 6: found.sum += uint64_t(int64_t(value.get_int64())); break;
        case 4: found.sum += bool(value.get_bool()) ? 1 : 0; break;
        case 7: found.sum += uint64_t(std::llround(double(value.get_double()) * 1e6)); break;
        default: found.sum += std::string_view(value.get_string()).size();
    }
}

static void scan(ondemand::parser &parser, const char *lines, size_t count, size_t room, found *all) {
    for (size_t at = 0; at < count;) {
        const char *newline = static_cast<const char *>(memchr(lines + at, '\n', count - at));
        size_t length = size_t(newline - (lines + at));
        ondemand::document document = parser.iterate(lines + at, length, room - at);
        ondemand::object line = document.get_object();
        take(all, 0, line.find_field("stream"));
        take(all, 1, line.find_field("type"));
        ondemand::object data = line.find_field("data").get_object();
        for (auto field : data) {
            ondemand::raw_json_string key = field.key();
            for (int wanted = 2; wanted < fieldCount; wanted++) {
                if (key == names[wanted]) {
                    take(all, wanted, field.value());
                    break;
                }
            }
        }
        at += length + 1;
    }
}

int main(int argumentCount, char **arguments) {
    if (argumentCount < 2) return fprintf(stderr, "scan_simdjson FILE …\n"), 2;
    size_t limit = size_t(256) << 20;
    for (int i = 2; i + 1 < argumentCount; i += 2)
        if (!strcmp(arguments[i], "--megabytes")) limit = strtoull(arguments[i + 1], nullptr, 10) << 20;
    FILE *file = fopen(arguments[1], "rb");
    if (!file) return perror(arguments[1]), 1;
    std::vector<char> bytes(limit + SIMDJSON_PADDING);
    size_t count = fread(bytes.data(), 1, limit, file);
    while (count > 0 && bytes[count - 1] != '\n') count--;
    try {
        ondemand::parser parser;
        found all[fieldCount] = {};
        scan(parser, bytes.data(), count, bytes.size(), all);
        memset(all, 0, sizeof all);
        uint64_t start = now();
        scan(parser, bytes.data(), count, bytes.size(), all);
        printf("done %llu %zu\n", (unsigned long long)(now() - start), count);
        for (int i = 0; i < fieldCount; i++)
            printf("%s\t%llu\t%llu\n", names[i], (unsigned long long)all[i].count,
                   (unsigned long long)all[i].sum);
    } catch (const simdjson_error &error) {
        return fprintf(stderr, "scan_simdjson: %s\n", error.what()), 1;
    }
    return 0;
}
