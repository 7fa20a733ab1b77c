"""a store of generated events: sizes, start to answer, tables, selective reads, mining

One store is made, sealed, and opened once, so that its tables have snapshots; then it is asked.
"""

import json
import os
import shutil
import subprocess

from replay import History
from report import percentile
from setting import BenchError, PEERS, run as run_program, say

# Of the raw lines, for compressors that would take minutes for all of them.
SAMPLE_BYTES = 64_000_000
# A little less than what a segment is sealed at.
UNSEALED_BYTES = 40_000_000


def run(setting, report):
    count = setting.choose(20_000, 2_000_000, setting.options.events)
    calls = setting.choose(5, 60)
    runs = setting.choose(2, 5, setting.options.runs)
    history = History(setting, count)
    report.parameters = {
        "events": count, "calls": calls, "runs": runs, "seed": setting.seed,
        "MB": round(history.bytes / 1e6, 1),
    }
    tacho = Tacho(setting, history.store)
    say("store: opening all tables once")
    tacho.run("tables")
    start_to_answer(report, tacho, calls)
    figures = tacho.json("bench", "--runs", str(runs))
    fold(report, figures)
    tables(setting, report, tacho, figures, runs)
    sql(report, tacho, runs, calls)
    selective(setting, report, tacho)
    sizes(setting, report, tacho, history)
    behind_snapshot(report, tacho, calls, history)
    unsealed(report, tacho, calls, history)


class Tacho:
    def __init__(self, setting, store):
        self.program = setting.tacho()
        self.store = store
        self.spawn = setting.peer("spawn")
        self.plan = setting.path("plan")
        self.payload = setting.path("payload")
        with open(self.payload, "w") as file:
            file.write("{}")

    def command(self, *words):
        return [self.program, *words, "--store", self.store]

    def run(self, *words):
        return run_program(self.command(*words))

    def json(self, *words):
        return json.loads(self.run(*words, "--json", "--quiet"))["data"]

    def times(self, words, rounds):
        """Milliseconds from before the start of the process to after its end, and peak MB."""
        with open(self.plan, "w") as file:
            file.write("\t".join(self.command(*words)) + "\n")
        lines = run_program(
            [self.spawn, self.plan, self.payload, "--rounds", str(rounds)]).splitlines()
        calls = [list(map(int, line.split())) for line in lines]
        if any(call[4] != 0 for call in calls):
            raise BenchError(f"tacho {' '.join(words)} failed")
        return [call[2] / 1e6 for call in calls], [call[3] / 1024 for call in calls]


def start_to_answer(report, tacho, calls):
    rows = json.loads(tacho.run("history", "--limit", "1", "--json"))["data"]
    workflow = rows[0]["adw_id"]
    questions = [
        (["show", workflow], "one workflow (show)", 50),
        (["history", "--limit", "20"], "the newest workflows (history)", None),
        (["table", "tool_calls", "--where", f"adw_id={workflow}", "--columns",
          "tool_name,status"], "calls of a workflow (table)", None),
        (["status"], "status", None),
        (["statusline"], "status line", 15),
    ]
    for words, name, goal in questions:
        say(f"store: {name}")
        times, memory = tacho.times(words, calls)
        if words[0] == "statusline":
            report.row("Q3", f"start to answer: {name}, p99", "ms", [percentile(times, 99)],
                       goal=("<=", goal))
        else:
            report.row("Q3", f"start to answer: {name}, p50", "ms", [percentile(times, 50)],
                       goal=("<=", goal) if goal else None)
        if words[0] == "show":
            report.row("", "the same, peak memory", "MB", [max(memory)])


def append_again(tacho, history, name, byte_count, event_count=0):
    """Appends what the history ends with once more, under other ids; returns the bytes."""
    with open(history.plain, "rb") as file:
        file.seek(-min(history.bytes, byte_count), os.SEEK_END)
        # The first may be a part of a line; -0 is all of the others.
        lines = file.read().splitlines()[1:][-event_count:]
    events = [json.loads(line) for line in lines]
    for event in events:
        event["id"] = f"{name}-{event['id']}"
        event.pop("position", None)
        event.pop("recorded", None)
    text = "".join(json.dumps(event) + "\n" for event in events).encode()
    subprocess.run(tacho.command("append", "--envelope", "--quiet"), input=text, check=True,
                   stdout=subprocess.DEVNULL)
    return len(text)


def behind_snapshot(report, tacho, calls, history):
    """The same answer of a store that is being written: what came last is in no snapshot."""
    count = 200
    workflow = json.loads(tacho.run("history", "--limit", "1", "--json"))["data"][0]["adw_id"]
    append_again(tacho, history, "again", count * 65536, count)
    times, memory = tacho.times(["show", workflow], calls)
    report.row("Q3", f"start to answer: show, {count} events behind the snapshot, p50", "ms",
               [percentile(times, 50)], goal=("<=", 50))
    report.row("", "the same, peak memory", "MB", [max(memory)])


def unsealed(report, tacho, calls, history):
    """The same answers where the active segment, which has no index, is nearly full."""
    workflow = json.loads(tacho.run("history", "--limit", "1", "--json"))["data"][0]["adw_id"]
    count = append_again(tacho, history, "unsealed", UNSEALED_BYTES)
    tacho.run("tables")
    for words, name in ((["show", workflow], "show"), (["history", "--limit", "20"], "history")):
        times, _ = tacho.times(words, calls)
        report.row("Q3", f"start to answer: {name}, {count / 1e6:.0f} MB not sealed, p50", "ms",
                   [percentile(times, 50)], goal=("<=", 50))


def fold(report, figures):
    seconds = figures["seconds"]
    report.row("", "fold of all tables, to that without mining", "s", [seconds["fold"]],
               [seconds["fold_without_mining"]], "without mining", goal=("<=", 1.3))
    report.row("", "fold of all tables", "GB/s", [figures["bytes"] / 1e9 / seconds["fold"]])
    report.row("", "reading all lines, one thread", "GB/s",
               [figures["bytes"] / 1e9 / seconds["read"]])


def tables(setting, report, tacho, figures, runs):
    memory = tacho.json("status", "--memory")
    report.row("Q4", "memory of all tables, each event", "B", [memory["bytes_per_event"]],
               goal=("<=", 200))
    python = setting.python_with("duckdb")
    if not python:
        return
    export = setting.path("calls.csv")
    with open(export, "wb") as file:
        run_program(tacho.command("table", "tool_calls", "--columns",
                                  "adw_id,tool_name,status,duration_ms", "--csv"), stdout=file)
    peer = [python, os.path.join(PEERS, "duckdb_table.py"), export, str(runs),
            str(report.machine["cores"])]
    times, checks = {}, {}
    for line in run_program(peer).splitlines():
        name, *rest = line.split()
        if name == "check":
            checks[rest[0]] = int(rest[1])
        else:
            times[name] = sorted(map(int, rest))[runs // 2] / 1e6
    if checks != figures["answers"]:
        raise BenchError(f"DuckDB answers {checks}, tacho {figures['answers']}: not measured")
    for name, title in (("by_workflow", "group calls by workflow"),
                        ("by_tool", "p95 of each tool"), ("completed", "count of completed calls")):
        report.row("Q1", f"{title}, in the process", "ms", [figures["seconds"][name] * 1000],
                   [times[name]], "DuckDB's own table", goal=("<=", 1))


def sql(report, tacho, runs, calls):
    """SQL over our tables and over SQLite's own, in one process; answers are compared there."""
    say("store: SQL")
    goals = {"by_workflow": 2, "by_tool": 2, "completed": 8, "failed_long": 8}
    for question in tacho.json("bench", "--sql", "--runs", str(runs))["questions"]:
        name, title = question["name"], f"SQL: {question['title']}"
        goal = ("<=", 1 / goals[name]) if name in goals else None
        ours = [second * 1000 for second in question["seconds"]]
        for key, peer in (("sqlite_seconds", "a table of SQLite"),
                          ("indexed_seconds", "the same, indexed")):
            theirs = [second * 1000 for second in question[key]]
            report.row("Q2" if key == "sqlite_seconds" else "", title, "ms", ours, theirs, peer,
                       goal=goal if key == "sqlite_seconds" else None)
    times, _ = tacho.times(
        ["sql", "SELECT tool_name, count(*) FROM tool_calls GROUP BY tool_name"], calls)
    report.row("", "start to answer: SQL, calls of each tool, p50", "ms", [percentile(times, 50)])


def selective(setting, report, tacho):
    """Bytes read from files for one stream or type, to those for everything."""
    ours = setting.ours()
    workflow = json.loads(tacho.run("history", "--limit", "1", "--json"))["data"][0]["adw_id"]

    def read(*words):
        events, count, nanoseconds = map(int, run_program(
            [ours, "select", tacho.store, *words]).split())
        return events, count, nanoseconds / 1e6

    _, everything, _ = read()
    for words, name in ((("--stream", workflow), "a workflow's events"),
                        (("--type", "phase.failed"), "a seldom type's events")):
        events, count, milliseconds = read(*words)
        if name.startswith("a workflow") and events == 0:
            raise BenchError(f"no event of {workflow} was found")
        report.row("R3", f"{name}: bytes read", "MB", [count / 1e6], [everything / 1e6],
                   "reading all", goal=("<=", 0.1))
        report.row("", f"{name}: {events:,} found in", "ms", [milliseconds])


def sizes(setting, report, tacho, history):
    def output_size(command, source=history.plain):
        with open(source, "rb") as file:
            process = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE)
            count = sum(len(block) for block in iter(lambda: process.stdout.read(1 << 20), b""))
        if process.wait() != 0:
            raise BenchError(f"{' '.join(command)} failed")
        return count

    def log_size():
        folder = os.path.join(tacho.store, "log")
        return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))

    say("store: sizes")
    snapshots = sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(os.path.join(tacho.store, "snap")) for name in names)
    sealed = log_size()
    if not shutil.which("lz4"):
        report.warn("lz4 is not installed: sizes are not compared")
        return
    report.row("S1", "sealed, with index and checksums", "MB", [sealed / 1e6],
               [output_size(["lz4", "-1", "-c"]) / 1e6], "lz4 -1", goal=("<=", 1.05))
    report.row("S3", "snapshots of all tables", "MB", [snapshots / 1e6], [sealed / 1e6],
               "the sealed log", goal=("<=", 0.25))
    tacho.run("compact", "--execute", "--no-replay")
    compacted = log_size()
    report.row("S2", "compacted", "MB", [compacted / 1e6],
               [output_size(["lz4", "-9", "-c"]) / 1e6], "lz4 -9", goal=("<=", 1.02))
    ratio = history.bytes / compacted
    sample = setting.path("sample")
    with open(history.plain, "rb") as file, open(sample, "wb") as target:
        target.write(file.read(SAMPLE_BYTES).rpartition(b"\n")[0] + b"\n")
    sample_bytes = os.path.getsize(sample)
    if shutil.which("zstd"):
        for level in (3, 19):
            size = output_size(["zstd", f"-{level}", "-T0", "-q", "-c"], sample)
            report.row("", "times smaller than the lines, compacted", "×", [ratio],
                       [sample_bytes / size], f"zstd -{level}")
    python = setting.python_with("duckdb")
    if python:
        parquet = setting.path("sample.parquet")
        code = (
            "import duckdb, sys; duckdb.execute(\"COPY (SELECT * FROM read_ndjson(?, columns = {"
            "position: 'UBIGINT', recorded: 'VARCHAR', id: 'VARCHAR', stream: 'VARCHAR', "
            "type: 'VARCHAR', source: 'VARCHAR', version: 'INTEGER', time: 'VARCHAR', "
            "data: 'JSON'})) TO '\" + sys.argv[2] + \"' (FORMAT parquet, COMPRESSION zstd)\", "
            "[sys.argv[1]])")
        run_program([python, "-c", code, sample, parquet])
        report.row("", "times smaller than the lines, compacted", "×", [ratio],
                   [sample_bytes / os.path.getsize(parquet)], "Parquet, zstd")
