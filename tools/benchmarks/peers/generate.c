// Writes synthetic agent events: the same bytes for the same seed on every machine.
//
//     generate --events N [--seed S] [--format envelope|data]
//
// About 200 workflows in 100,000 events, 16 of them running at any time. Each goes through its
// phases; in a phase it calls tools (a hook before and after each call), talks to a model, and
// reports. Only integers decide anything, because floating point rounds differently elsewhere, and
// no two arguments of one call draw a random number, because compilers order them as they like.

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

// MARK: - Random numbers (splitmix64)

static uint64_t state;

static uint64_t next(void) {
    uint64_t z = (state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t below(uint64_t bound) { return (next() >> 32) * bound >> 32; }
static bool chance(unsigned perMille) { return below(1000) < perMille; }

// A skewed value: `table` holds the values at 0, 1/8, …, 7/8, 0.99, 0.999 and 1.
static uint64_t skewed(const uint32_t table[11]) {
    static const uint32_t at[11] = {0,      12500,  25000,  37500,  50000, 62500,
                                    75000, 87500, 99000, 99900, 100000};
    uint32_t draw = (uint32_t)below(100000);
    unsigned i = 0;
    while (draw >= at[i + 1]) i++;
    return table[i] + (uint64_t)(table[i + 1] - table[i]) * (draw - at[i]) / (at[i + 1] - at[i]);
}

// MARK: - Text

static char line[1 << 17];
static size_t length;

static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void put(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    length += (size_t)vsnprintf(line + length, sizeof line - length, format, arguments);
    va_end(arguments);
}

static const char *const words[] = {
    "the",      "test",     "fails",    "because",  "value",   "is",        "not",      "set",
    "return",   "const",    "import",   "from",     "error",   "function",  "update",   "file",
    "in",       "module",   "with",     "expected", "actual",  "branch",    "merge",    "commit",
    "line",     "server",   "client",   "request",  "handler", "response",  "timeout",  "retry",
    "database", "query",    "row",      "column",   "index",   "workflow",  "phase",    "build",
    "lint",     "review",   "document", "ship",     "cleanup", "plan",      "validate", "type",
    "string",   "number",   "boolean",  "object",   "array",   "interface", "class",    "async",
    "await",    "promise",  "export",   "default",  "if",      "else",      "while",    "for",
    "let",      "state",    "props",    "render",   "hook",    "effect",    "cache",    "token",
    "session",  "user",     "password", "config",   "env",     "path",      "install",  "package",
    "version",  "warning",  "passed",   "failed",   "skipped", "coverage",  "snapshot", "assert",
    "true",     "false",    "null",     "undefined", "0x1f",   "2026",      "src",      "main",
};

static const char *word(void) { return words[below(COUNT(words))]; }

// Words, numbers, names, line breaks and quotes, up to about `size` bytes of JSON string.
static void text(size_t size) {
    size_t end = length + size;
    if (end > sizeof line - 4096) end = sizeof line - 4096;
    bool first = true;
    while (length < end) {
        uint64_t kind = below(100);
        if (!first) line[length++] = ' ';
        first = false;
        if (kind < 78) {
            const char *plain = word();
            size_t count = strlen(plain);
            memcpy(line + length, plain, count);
            length += count;
        } else if (kind < 88) {
            put("%llu", (unsigned long long)below(100000));
        } else if (kind < 93) {
            put("%s_", word());
            put("%s", word());
        } else if (kind < 96) {
            put("%08llx", (unsigned long long)(next() >> 32));
        } else if (kind < 99) {
            memcpy(line + length, "\\n", 2);
            length += 2;
        } else {
            put("\\\"%s\\\"", word());
        }
    }
}

static const char *const folders[] = {"server", "routes", "client", "adws", "tests", "scripts"};
static const char *const suffixes[] = {"py", "ts", "tsx", "md", "json"};

static void path(void) {
    put("%s/", folders[below(COUNT(folders))]);
    put("%s.", word());
    put("%s", suffixes[below(COUNT(suffixes))]);
}

// MARK: - Workflows

static const char *const phases[] = {"Plan",   "Validate", "Build", "Lint",   "Test",
                                     "Review", "Document", "Ship",  "Cleanup"};
static const char *const agents[] = {"sdlc_planner",    "sdlc_validator", "sdlc_implementor",
                                     "linter",          "test_runner",    "reviewer",
                                     "documenter",      "shipper",        "cleanup"};
static const char *const templates[] = {"adw_sdlc_iso", "adw_plan_build_test_iso", "adw_patch_iso",
                                        "adw_stepwise_iso"};
static const char *const models[] = {"claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101",
                                     "claude-haiku-4-5-20251001"};

static const struct {
    const char *name;
    unsigned weight;         // of 1000
    uint32_t milliseconds;   // of a usual call
} tools[] = {{"Bash", 330, 900},  {"Read", 260, 12},      {"Edit", 160, 20},    {"Grep", 90, 60},
             {"Write", 50, 15},   {"Glob", 40, 30},       {"TodoWrite", 35, 2}, {"Task", 20, 40000},
             {"WebFetch", 15, 1800}};

struct workflow {
    uint32_t id;
    uint64_t session;
    unsigned issue, template, model;
    unsigned remaining;       // events left in this phase
    int phase;                // −1 before the first
    int step;                 // what comes next at a phase's beginning and end
    uint64_t phaseBegan, began;
    unsigned tool;            // of the call that is running
    uint64_t call, input;
    bool calling, failing;
    uint64_t tokens, turns, microdollars;
};

enum { slots = 16, inPhase = 0, phaseStart = 1, phaseResult, phaseEnd, phaseSnapshot, workflowEnd };

static uint64_t now = 1767603600000000u;  // 2026-01-05T09:00:00Z in microseconds
static struct workflow running[slots];

static void begin(struct workflow *flow) {
    memset(flow, 0, sizeof *flow);
    flow->id = (uint32_t)(next() >> 32);
    flow->session = next();
    flow->issue = 1 + (unsigned)below(900);
    flow->template = (unsigned)below(COUNT(templates));
    flow->model = chance(700) ? 0 : 1 + (unsigned)below(2);
    flow->phase = -1;
    flow->began = now;
    flow->step = phaseSnapshot;
}

static void moment(uint64_t microseconds) {
    // Days to a date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    uint64_t milliseconds = microseconds / 1000, seconds = milliseconds / 1000;
    uint64_t day = seconds / 86400 + 719468, era = day / 146097, of = day % 146097;
    uint64_t year = (of - of / 1460 + of / 36524 - of / 146096) / 365;
    uint64_t dayOfYear = of - (365 * year + year / 4 - year / 100), month = (5 * dayOfYear + 2) / 153;
    unsigned date = (unsigned)(dayOfYear - (153 * month + 2) / 5 + 1);
    month = month < 10 ? month + 3 : month - 9;
    put("%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)(year + era * 400 + (month <= 2)),
        (unsigned)month, date, (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
        (unsigned)(seconds % 60), (unsigned)(milliseconds % 1000));
}

static void session(const struct workflow *flow) {
    put("%010llx", (unsigned long long)(flow->session >> 24));
}

// MARK: - Data of the event types

static const uint32_t responseSizes[11] = {1,  2,   4,    6,    8,   14,
                                           40, 330, 1500, 3500, 9000};
static const uint32_t messageSizes[11] = {10,  14,  20,  28,   40,  60,
                                           90, 200, 1100, 3000, 5000};

static void toolInput(struct workflow *flow) {
    unsigned tool = flow->tool;
    put("\"tool_input\":{");
    switch (tool) {
        case 0:
            put("\"command\":\"");
            text(6 + below(20));
            put("\"");
            break;
        case 2:
            put("\"file_path\":\"");
            path();
            put("\",\"old_string\":\"");
            text(4 + below(14));
            put("\",\"new_string\":\"");
            text(4 + below(20));
            put("\"");
            break;
        case 3:
        case 5:
            put("\"pattern\":\"%s.*", word());
            put("%s\"", word());
            break;
        case 7:
            put("\"subagent_type\":\"general-purpose\",\"prompt\":\"");
            text(80 + below(200));
            put("\"");
            break;
        case 8:
            put("\"url\":\"https://docs.example.com/%s\"", word());
            break;
        default:
            put("\"file_path\":\"");
            path();
            put("\"");
    }
    put("}");
}

static void hook(const struct workflow *flow, const char *event) {
    put("{\"session_id\":\"");
    session(flow);
    put("\",\"hook_event_name\":\"%s\"", event);
}

static const char *preToolUse(struct workflow *flow) {
    uint64_t draw = below(1000);
    flow->tool = 0;
    while (flow->tool + 1 < COUNT(tools) && draw >= tools[flow->tool].weight)
        draw -= tools[flow->tool++].weight;
    flow->call = next() >> 16;
    flow->calling = true;
    hook(flow, "PreToolUse");
    put(",\"tool_name\":\"%s\",", tools[flow->tool].name);
    flow->input = state;
    toolInput(flow);
    put(",\"tool_use_id\":\"toolu_%012llx\"}", (unsigned long long)flow->call);
    return "hook.PreToolUse";
}

static const char *postToolUse(struct workflow *flow) {
    flow->calling = false;
    bool good = !chance(45);
    hook(flow, "PostToolUse");
    put(",\"tool_name\":\"%s\",", tools[flow->tool].name);
    // The call's own input again: from the random numbers it was made of.
    uint64_t here = state;
    state = flow->input;
    toolInput(flow);
    state = here;
    put(",\"tool_response\":{\"stdout\":\"");
    // One in 20,000 is a whole file.
    text(below(20000) == 0 ? 8000 + below(51000) : skewed(responseSizes));
    put("\",\"kept\":[%u]}", (unsigned)below(40));
    uint64_t base = tools[flow->tool].milliseconds;
    uint64_t spread = chance(40) ? 12 : 2;
    put(",\"tool_use_id\":\"toolu_%012llx\",\"duration_ms\":%llu,\"success\":%s}",
        (unsigned long long)flow->call, (unsigned long long)(base / 3 + below(base * spread + 1)),
        good ? "true" : "false");
    return "hook.PostToolUse";
}

static const char *assistant(struct workflow *flow) {
    uint64_t output = 20 + below(900), input = 2 + below(40), read = 9000 + below(60000);
    uint64_t request = next() >> 16, message = next() >> 16, created = below(2500);
    flow->turns++;
    flow->tokens += input + output;
    flow->microdollars += output * 15 + input * 3 + read * 3 / 10;
    put("{\"type\":\"assistant\",\"uuid\":\"%016llx\",\"sessionId\":\"", (unsigned long long)next());
    session(flow);
    put("\",\"timestamp\":\"");
    moment(now);
    put("\",\"requestId\":\"req_%012llx\",\"message\":{\"id\":\"msg_%012llx\",\"role\":\"assistant\","
        "\"model\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"",
        (unsigned long long)request, (unsigned long long)message,
        models[flow->model]);
    text(skewed(messageSizes));
    put("\"}],\"usage\":{\"input_tokens\":%llu,\"cache_read_input_tokens\":%llu,"
        "\"cache_creation_input_tokens\":%u,\"output_tokens\":%llu}}}",
        (unsigned long long)input, (unsigned long long)read, (unsigned)created,
        (unsigned long long)output);
    return "transcript.assistant";
}

static const char *user(struct workflow *flow) {
    put("{\"type\":\"user\",\"uuid\":\"%016llx\",\"sessionId\":\"", (unsigned long long)next());
    session(flow);
    put("\",\"timestamp\":\"");
    moment(now);
    put("\",\"message\":{\"role\":\"user\",\"content\":\"");
    text(skewed(messageSizes));
    put("\"}}");
    return "transcript.user";
}

static const char *logLine(void) {
    static const char *const levels[] = {"INFO", "INFO", "INFO", "DEBUG", "WARNING", "ERROR"};
    put("{\"level\":\"%s\",\"message\":\"", levels[below(COUNT(levels))]);
    text(20 + below(120));
    put("\"}");
    return "log.line";
}

static const char *notification(struct workflow *flow) {
    hook(flow, "Notification");
    put(",\"message\":\"");
    text(15 + below(60));
    put("\"}");
    return "hook.Notification";
}

static const char *phase(struct workflow *flow, const char *status) {
    bool started = !strcmp(status, "started");
    put("{\"event_id\":\"evt_%012llx\",\"timestamp\":\"", (unsigned long long)(next() >> 16));
    moment(now);
    put("\",\"level\":\"%s\",\"source\":\"adw_workflow\",\"event_type\":\"phase\",\"message\":\"",
        flow->failing && !started ? "error" : "info");
    put("%s %s", phases[flow->phase], status);
    put("\",\"adw_id\":\"%08x\",\"issue_number\":%u,\"workflow_template\":\"%s\",\"phase_name\":\"%s\","
        "\"phase_number\":%d,\"phase_status\":\"%s\",\"started_at\":\"",
        flow->id, flow->issue, templates[flow->template], phases[flow->phase], flow->phase + 1,
        status);
    moment(flow->phaseBegan);
    put("\"");
    if (!started) {
        uint64_t milliseconds = (now - flow->phaseBegan) / 1000;
        put(",\"completed_at\":\"");
        moment(now);
        put("\",\"duration_seconds\":%llu.%03llu,\"tokens_used\":%llu,\"cost_usd\":%llu.%06llu",
            (unsigned long long)(milliseconds / 1000), (unsigned long long)(milliseconds % 1000),
            (unsigned long long)flow->tokens, (unsigned long long)(flow->microdollars / 1000000),
            (unsigned long long)(flow->microdollars % 1000000));
        if (flow->failing) {
            put(",\"error_message\":\"");
            text(20 + below(80));
            put("\"");
        }
    }
    put(",\"context\":{}}");
    return started ? "phase.started" : flow->failing ? "phase.failed" : "phase.completed";
}

static const char *result(struct workflow *flow) {
    unsigned created = (unsigned)below(90000), read = (unsigned)below(900000);
    put("{\"type\":\"result\",\"subtype\":\"%s\",\"is_error\":%s,\"duration_ms\":%llu,"
        "\"duration_api_ms\":%llu,\"num_turns\":%llu,\"result\":\"",
        flow->failing ? "error_during_execution" : "success", flow->failing ? "true" : "false",
        (unsigned long long)((now - flow->phaseBegan) / 1000),
        (unsigned long long)((now - flow->phaseBegan) / 1300), (unsigned long long)flow->turns);
    text(skewed(messageSizes));
    put("\",\"session_id\":\"");
    session(flow);
    put("\",\"total_cost_usd\":%llu.%06llu,\"usage\":{\"input_tokens\":%llu,"
        "\"cache_creation_input_tokens\":%u,\"cache_read_input_tokens\":%u,\"output_tokens\":%llu}}",
        (unsigned long long)(flow->microdollars / 1000000),
        (unsigned long long)(flow->microdollars % 1000000), (unsigned long long)(flow->tokens / 9),
        created, read, (unsigned long long)flow->tokens);
    return "output.result";
}

static const char *snapshot(struct workflow *flow, const char *status) {
    put("{\"adw_id\":\"%08x\",\"issue_number\":\"%u\",\"branch_name\":\"feature-issue-%u-adw-%08x\","
        "\"plan_file\":\"specs/issue-%u.md\",\"issue_class\":\"%s\",\"worktree_path\":"
        "\"/srv/trees/%08x\",\"backend_port\":%u,\"frontend_port\":%u,\"model_set\":\"base\","
        "\"all_adws\":[\"%s\"],\"workflow_template\":\"%s\",\"model_used\":\"%s\",\"start_time\":\"",
        flow->id, flow->issue, flow->issue, flow->id, flow->issue,
        flow->issue % 3 ? "/feature" : "/bug", flow->id, 9100 + flow->issue % 15,
        9200 + flow->issue % 15, templates[flow->template], templates[flow->template],
        models[flow->model]);
    moment(flow->began);
    put("\",\"nl_input\":\"issue %u of the %s\",\"status\":\"%s\"", flow->issue,
        words[flow->issue % COUNT(words)], status);
    if (flow->phase >= 0) put(",\"current_phase\":\"%s\"", phases[flow->phase]);
    if (strcmp(status, "running")) {
        put(",\"end_time\":\"");
        moment(now);
        put("\"");
    }
    put("}");
    return "state.snapshot";
}

// MARK: - One event

static void beginPhase(struct workflow *flow) {
    flow->phase++;
    flow->phaseBegan = now;
    flow->tokens = flow->turns = flow->microdollars = 0;
    flow->failing = chance(25);
    flow->remaining = 25 + (unsigned)below(54);
    flow->step = phaseStart;
}

static const char *inside(struct workflow *flow) {
    if (flow->remaining > 0) flow->remaining--;
    if (flow->calling && chance(880)) return postToolUse(flow);
    if (flow->remaining == 0 && !flow->calling) flow->step = phaseResult;
    uint64_t draw = below(1000);
    if (!flow->calling && draw < 680) return preToolUse(flow);
    if (draw < 750) return assistant(flow);
    if (draw < 770) return user(flow);
    if (draw < 985) return logLine();
    return notification(flow);
}

static const char *event(struct workflow *flow) {
    bool last = flow->failing || flow->phase + 1 == (int)COUNT(phases);
    switch (flow->step) {
        case phaseStart:
            flow->step = inPhase;
            return phase(flow, "started");
        case phaseResult:
            flow->step = phaseEnd;
            return result(flow);
        case phaseEnd:
            flow->step = last ? workflowEnd : phaseSnapshot;
            return phase(flow, flow->failing ? "failed" : "completed");
        case phaseSnapshot: {
            const char *type = snapshot(flow, "running");
            beginPhase(flow);
            return type;
        }
        case workflowEnd: {
            const char *type = snapshot(flow, flow->failing ? "failed" : "completed");
            begin(flow);
            return type;
        }
        default: return inside(flow);
    }
}

static void source(const struct workflow *flow, const char *type) {
    if (!strncmp(type, "hook.", 5)) put("claude-code/hook");
    else if (!strncmp(type, "transcript.", 11)) put("claude-code/transcript");
    else if (!strncmp(type, "phase.", 6)) put("adw/structured-log");
    else if (!strncmp(type, "state.", 6)) put("adw/state");
    else if (!strncmp(type, "output.", 7)) put("adw/output/%s", agents[flow->phase]);
    else put("adw/log/%s", agents[flow->phase]);
}

int main(int argumentCount, char **arguments) {
    uint64_t events = 0, seed = 1;
    bool onlyData = false;
    for (int i = 1; i + 1 < argumentCount; i += 2) {
        if (!strcmp(arguments[i], "--events")) events = strtoull(arguments[i + 1], NULL, 10);
        else if (!strcmp(arguments[i], "--seed")) seed = strtoull(arguments[i + 1], NULL, 10);
        else if (!strcmp(arguments[i], "--format")) onlyData = !strcmp(arguments[i + 1], "data");
        else return fprintf(stderr, "generate: unknown option %s\n", arguments[i]), 2;
    }
    if (events == 0) return fprintf(stderr, "generate: --events N is missing\n"), 2;
    state = seed;
    static char buffer[1 << 20];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    for (int i = 0; i < slots; i++) begin(&running[i]);

    static char data[1 << 17];
    for (uint64_t i = 0; i < events; i++) {
        struct workflow *flow = &running[below(slots)], before = *flow;
        now += 1000 * (1 + below(120));
        length = 0;
        const char *type = event(flow);
        size_t dataLength = length;
        if (!onlyData) {
            memcpy(data, line, dataLength);
            length = 0;
            put("{\"id\":\"evt_%08llx%08llx\",\"stream\":\"", (unsigned long long)(seed & 0xFFFFFFFF),
                (unsigned long long)i);
            if (!strncmp(type, "transcript.", 11)) session(&before);
            else put("%08x", before.id);
            put("\",\"type\":\"%s\",\"source\":\"", type);
            source(&before, type);
            put("\",\"version\":1,\"time\":\"");
            moment(now);
            put("\",\"data\":");
            fwrite(line, 1, length, stdout);
            fwrite(data, 1, dataLength, stdout);
            fputs("}\n", stdout);
        } else {
            line[length++] = '\n';
            fwrite(line, 1, length, stdout);
        }
    }
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
