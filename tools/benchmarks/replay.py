"""reading history: three answers in one pass, rebuilding all tables, opening and answering

Ours reads sealed LZ4 segments; DuckDB reads the same canonical lines as plain NDJSON. Rows of
answers are compared before any time is reported.
"""

import json
import os
import shutil
import subprocess
from collections import defaultdict

from setting import BenchError, PEERS, run as run_program, say


class History:
    """A sealed store of generated events, and the same lines as a plain file."""

    def __init__(self, setting, count):
        ours = setting.ours()
        generated = setting.events(count)
        size = os.path.getsize(generated)
        if shutil.disk_usage(setting.directory).free < 3 * size:
            raise BenchError(f"{count} events need {3 * size / 1e9:.1f} GB in {setting.directory}")
        self.store = setting.path("store")
        self.plain = setting.path("plain.ndjson")
        say(f"replay: appending and sealing {count:,} events ({size / 1e6:.0f} MB)")
        # Segments enough for all cores to have some, also of a short history.
        seal_bytes = max(1 << 20, min(64 << 20, size // 16))
        run_program([ours, "load", self.store, generated, "--seal-bytes", str(seal_bytes)])
        contents = run_program([ours, "check", self.store])
        expected = run_program([setting.peer("append_file"), "check", generated])
        if contents != expected:
            raise BenchError(f"the store holds {contents}, but was given {expected}: not measured")
        os.remove(generated)
        with open(self.plain, "wb") as file:
            run_program([ours, "cat", self.store], stdout=file)
        self.bytes = os.path.getsize(self.plain)
        self.sealed_bytes = sum(
            os.path.getsize(os.path.join(self.store, "log", name))
            for name in os.listdir(os.path.join(self.store, "log"))
        )
        self.zstd = None
        if shutil.which("zstd"):
            self.zstd = self.plain + ".zst"
            run_program(["zstd", "-q", "-3", "-T0", self.plain, "-o", self.zstd])


def answer(command):
    """Runs a program that prints `done NANOSECONDS …` and rows: (seconds, sorted rows)."""
    first, *rows = run_program(command).splitlines()
    return int(first.split()[1]) / 1e9, sorted(rows)


class Product:
    """The `tacho` command, if it can do what is measured here."""

    def __init__(self, setting, report, history):
        self.program = setting.tacho()
        self.store = history.store
        self.spawn = setting.peer("spawn")
        self.plan = setting.path("plan")
        self.empty = setting.path("empty")
        open(self.empty, "w").close()
        self.can_rebuild = self.can_open = False
        position = self.json(["status"], lambda answer: data(answer)["position"])
        if position is None:
            report.warn("tacho status gives no position: rebuild and opening are not measured")
            return
        with open(history.plain, "rb") as plain:
            printed = subprocess.Popen(
                [self.program, "cat", "--store", self.store], stdout=subprocess.PIPE)
            same = all(
                block == plain.read(len(block))
                for block in iter(lambda: printed.stdout.read(1 << 20), b"")
            ) and not plain.read(1)
            if printed.wait() != 0 or not same:
                raise BenchError("tacho cat does not print the lines that were compared")
        self.can_rebuild = self.json(["rebuild"], lambda answer: answer) is not None
        rows = self.json(["table", "workflow_history"], rows_of)
        self.workflows = len(rows) if rows is not None else None
        self.can_open = self.workflows is not None
        for name, can in (("rebuild", self.can_rebuild), ("table", self.can_open)):
            if not can:
                report.warn(f"tacho {name} does not answer with --json: not measured")

    def json(self, words, take):
        command = [self.program, *words, "--store", self.store, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            return take(json.loads(done.stdout)) if done.returncode == 0 else None
        except (ValueError, KeyError, TypeError):
            return None

    def timed(self, *words):
        """(seconds from the start of the process to its end, peak memory in MB)"""
        command = [self.program, *words, "--store", self.store, "--json"]
        with open(self.plan, "w") as file:
            file.write("\t".join(command) + "\n")
        # By the small spawner: the kernel counts the memory of this Python into its child's peak.
        line = run_program([self.spawn, self.plan, self.empty])
        _, _, nanoseconds, kilobytes, status = map(int, line.split())
        if status != 0:
            raise BenchError(f"{' '.join(command)} ended with {status}")
        return nanoseconds / 1e9, kilobytes / 1024


def data(answer):
    return answer["data"] if isinstance(answer.get("data"), dict) else answer


def rows_of(answer):
    rows = answer["data"]
    return rows["rows"] if isinstance(rows, dict) else rows


def run(setting, report):
    count = setting.choose(20_000, 2_000_000, setting.options.events)
    runs = setting.choose(2, 7, setting.options.runs)
    cores = report.machine["cores"]
    history = History(setting, count)
    python = setting.python_with("duckdb")
    product = Product(setting, report, history)
    report.parameters = {
        "events": count, "runs": runs, "seed": setting.seed,
        "MB": round(history.bytes / 1e6, 1), "sealed_MB": round(history.sealed_bytes / 1e6, 1),
    }
    answers = {}
    seconds = defaultdict(list)
    memory = []
    measured = candidates(setting, history, python, product, cores)
    compare(measured, answers, history)
    if python and product.can_open:
        peer = os.path.join(PEERS, "duckdb_answers.py")
        runs_row = answer([python, peer, history.plain, "runs", str(cores)])[1]
        if runs_row != [f"runs\t{product.workflows}"]:
            report.warn(f"DuckDB finds {runs_row[0].split()[1]} workflows with a state, "
                        f"workflow_history has {product.workflows} rows")
    for number in range(runs):
        say(f"replay: run {number + 1} of {runs}")
        for name, action in setting.shuffled(measured.items()):
            if name == "limits":
                for limit, rate in action().items():
                    seconds[limit].append(rate)
            elif name == "rebuild":
                time_taken, peak = action()
                seconds[name].append(time_taken)
                memory.append(peak)
            elif name == "open":
                seconds[name].append(action()[0])
            else:
                time_taken, rows = action()
                if rows != answers[name]:
                    raise BenchError(f"{name} gave another answer than before")
                seconds[name].append(time_taken)
    fill(report, history, seconds, memory, cores)


def candidates(setting, history, python, product, cores):
    ours = [setting.ours(), "answers", history.store, "--workers", str(cores)]
    limits = [setting.peer("limits"), history.plain, "--threads", str(cores)]
    scan = [history.plain, "--megabytes", "256"]
    measured = {
        "ours-scan": lambda: answer([setting.ours(), "scan", *scan]),
        "ours-all": lambda: answer([*ours, "--questions", "all"]),
        "ours-streams": lambda: answer([*ours, "--questions", "streams"]),
        "ours-columns": lambda: answer([*ours, "--from", "columns"]),
        "limits": lambda: read_limits(limits),
    }
    if python:
        peer = [python, os.path.join(PEERS, "duckdb_answers.py")]
        measured["duckdb-all"] = lambda: answer([*peer, history.plain, "all", str(cores)])
        measured["duckdb-streams"] = lambda: answer([*peer, history.plain, "streams", str(cores)])
        table = setting.path("table.duckdb")
        run_program([*peer, history.plain, "make", str(cores), table])
        measured["duckdb-table"] = lambda: answer(
            [*peer, history.plain, "table", str(cores), table])
        if history.zstd:
            measured["duckdb-zst"] = lambda: answer([*peer, history.zstd, "all", str(cores)])
    if simdjson := setting.peer_if_possible("scan_simdjson"):
        measured["simdjson-scan"] = lambda: answer([simdjson, *scan])
    if product.can_rebuild:
        measured["rebuild"] = lambda: product.timed("rebuild")
    if product.can_open:
        measured["open"] = lambda: product.timed("table", "workflow_history", "--limit", "1")
    return measured


def compare(measured, answers, history):
    """One run of each, which also brings the files into memory for all alike."""
    for name in measured:
        if name.startswith(("ours", "duckdb", "simdjson")):
            answers[name] = measured[name]()[1]
    for name, peer in (("ours-all", "duckdb-all"), ("ours-all", "duckdb-zst"),
                       ("ours-streams", "duckdb-streams"), ("ours-columns", "duckdb-table"),
                       ("ours-columns", "ours-all"), ("ours-scan", "simdjson-scan")):
        if peer in answers and answers[name] != answers[peer]:
            different = sorted(set(answers[name]) ^ set(answers[peer]))
            raise BenchError(
                f"{name} and {peer} answer differently in {len(different)} rows, first "
                f"{different[0]!r}: not measured"
            )


def read_limits(command):
    """GB/s of copying, and of decoding with one thread and with all."""
    rates = {}
    for line in run_program(command).splitlines():
        name, threads, count, nanoseconds = line.split()
        rates[f"limit-{name}-{threads}"] = int(count) / int(nanoseconds)
    return rates


def fill(report, history, seconds, memory, cores):
    def rates(name):
        return [history.bytes / 1e9 / taken for taken in seconds[name]]

    def row(id, name, ours, peer, peer_name, goal=None):
        if seconds[ours] and seconds[peer]:
            report.row(id, name, "GB/s", rates(ours), rates(peer), peer_name, goal=goal)

    row("R1", "three answers, sealed lines", "ours-all", "duckdb-all", "DuckDB, plain, parsed once",
        (">=", 4))
    row("R1", "three answers, sealed lines", "ours-all", "duckdb-zst", "DuckDB, .zst", (">=", 6))
    row("R1", "one answer alone", "ours-streams", "duckdb-streams", "DuckDB, plain", (">=", 2.5))
    if seconds["duckdb-table"]:
        report.row("R1b", "three answers, segment columns", "ms",
                   [taken * 1000 for taken in seconds["ours-columns"]],
                   [taken * 1000 for taken in seconds["duckdb-table"]], "DuckDB's own table",
                   goal=("<=", 0.5))
    scanned = min(history.bytes, 256 << 20)
    if seconds["simdjson-scan"]:
        report.row("R5", "ten fields of each line, 1 core", "GB/s",
                   [scanned / 1e9 / taken for taken in seconds["ours-scan"]],
                   [scanned / 1e9 / taken for taken in seconds["simdjson-scan"]],
                   "simdjson, on demand", goal=(">=", 2))
    if not seconds["duckdb-all"]:
        report.row("R1", "three answers, sealed lines", "GB/s", rates("ours-all"))
    decode = seconds[f"limit-decode-{cores}"]
    report.row("R1", "three answers, sealed lines", "GB/s", rates("ours-all"), decode,
               f"LZ4 decode, {cores} threads")
    if cores != 1:
        report.row("", "three answers, sealed lines", "GB/s", rates("ours-all"),
                   seconds["limit-decode-1"], "LZ4 decode, 1 thread")
    report.row("", "three answers, sealed lines", "GB/s", rates("ours-all"),
               seconds["limit-copy-1"], "memory copy, 1 core")
    row("R2", "rebuild of all tables", "rebuild", "duckdb-streams", "DuckDB, one group-by",
        (">=", 1))
    if seconds["rebuild"]:
        if not seconds["duckdb-streams"]:
            report.row("R2", "rebuild of all tables", "GB/s", rates("rebuild"))
        report.row("R4", "rebuild, peak memory", "MB", memory)
    if seconds["open"]:
        report.row("Q3", "start, open, answer", "ms",
                   [taken * 1000 for taken in seconds["open"]], goal=("<=", 50))
