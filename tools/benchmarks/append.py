"""appending events: durable, in batches, from several processes, and without waiting

Every candidate is a writer with the same command line and the same report (peers/writer.h). After
each run every store must hold exactly the events that were given.
"""

import statistics
import subprocess
from collections import namedtuple

import servers
from report import percentile
from setting import BenchError, run as run_program, say

BATCH = 1024

# `writer` is ours, file, sqlite, or the name of a server; `durability` in that writer's own words.
Candidate = namedtuple("Candidate", "name writer durability processes batch events extra")


def candidates(setting, names):
    """All of them; of the servers those that `names` has."""
    given = setting.options.events
    one = setting.choose(200, 2000, given and min(given, 2000))
    eight = setting.choose(400, 4000, given and min(given, 4000))
    many = setting.choose(10_000, 200_000, given)
    # Without a batch the fast ones are still 20 times slower.
    some = max(1, many // 5)
    everyone = [
        Candidate("c-1", "file", "commit", 1, 1, one, []),
        Candidate("sqlite-1", "sqlite", "full", 1, 1, one, []),
        Candidate("ours-1", "ours", "commit", 1, 1, one, []),
        Candidate("c-8", "file", "commit", 8, 1, eight, []),
        Candidate("sqlite-8", "sqlite", "full", 8, 1, eight, []),
        Candidate("ours-8", "ours", "commit", 8, 1, eight, []),
        Candidate("ours-threads-8", "ours", "commit", 1, 1, setting.choose(
            400, 8_000, given and min(given, 8_000)), ["--threads", "8"]),
        Candidate("ours-threads", "ours", "commit", 1, 1, setting.choose(
            800, 16_000, given and min(given, 16_000)), ["--threads", "32"]),
        Candidate("c-batch", "file", "commit", 1, BATCH, many, []),
        Candidate("sqlite-batch", "sqlite", "full", 1, BATCH, many, []),
        Candidate("ours-batch", "ours", "commit", 1, BATCH, many, []),
        Candidate("sqlite-batch-ids", "sqlite", "full", 1, BATCH, many, ["--ids", "1"]),
        Candidate("ours-batch-ids", "ours", "commit", 1, BATCH, many, ["--ids", "1"]),
        Candidate("c-off-batch", "file", "off", 1, BATCH, many, []),
        Candidate("sqlite-off-1", "sqlite", "off", 1, 1, some, []),
        Candidate("sqlite-off-batch", "sqlite", "off", 1, BATCH, many, []),
        Candidate("ours-off-1", "ours", "interval", 1, 1, some, []),
        Candidate("ours-off-batch", "ours", "interval", 1, BATCH, many, []),
        Candidate("sqlite-off-ids", "sqlite", "off", 1, BATCH, many, ["--ids", "1"]),
        Candidate("ours-off-ids", "ours", "interval", 1, BATCH, many, ["--ids", "1"]),
        Candidate("postgres-1", "postgres", "full", 1, 1, one, []),
        Candidate("redis-1", "redis", "always", 1, 1, one, []),
        Candidate("postgres-8", "postgres", "full", 8, 1, eight, []),
        Candidate("redis-8", "redis", "always", 8, 1, eight, []),
        Candidate("postgres-batch", "postgres", "full", 1, BATCH, many, []),
        Candidate("redis-off-batch", "redis", "everysec", 1, BATCH, many, []),
        Candidate("nats-off-batch", "nats", "off", 1, BATCH, many, []),
    ]
    present = {"ours", "file", "sqlite", *names}
    return [candidate for candidate in everyone if candidate.writer in present]


class Writers:
    """The programs, and what each says of a store."""

    def __init__(self, setting, servers):
        ours = setting.ours()
        self.append = {
            "ours": [ours, "append"],
            "file": [setting.peer("append_file")],
            "sqlite": [setting.peer("append_sqlite")],
        }
        self.check = {
            "ours": [ours, "check"],
            "file": [setting.peer("append_file"), "check"],
            "sqlite": [setting.peer("append_sqlite"), "check"],
        }
        self.servers = servers
        for name, server in servers.items():
            self.append[name] = [server.client]
            self.check[name] = [server.client, "check"]
        self.expected = {}

    def fresh_store(self, setting, writer):
        """An empty store of that writer."""
        if writer not in self.servers:
            return setting.fresh("store-" + writer)
        self.servers[writer].ask("clear")
        return self.servers[writer].directory

    def contents(self, writer, path):
        return run_program([*self.check[writer], path]).strip()

    def verify(self, candidate, store, events):
        if events not in self.expected:
            self.expected[events] = self.contents("file", events)
        found = self.contents(candidate.writer, store)
        if found != self.expected[events]:
            raise BenchError(
                f"{candidate.name}: the store holds {found} (events, hash), "
                f"but was given {self.expected[events]}: not measured"
            )


def measure(setting, writers, candidate):
    """One run: (events per second, nanoseconds of each append)."""
    store = writers.fresh_store(setting, candidate.writer)
    events = setting.events(candidate.events)
    processes = []
    try:
        for slice in range(candidate.processes):
            command = [
                *writers.append[candidate.writer], store, events, "--slice", str(slice),
                "--of", str(candidate.processes), "--batch", str(candidate.batch),
                "--durability", candidate.durability, *candidate.extra,
            ]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            processes.append(process)
            # One after the other: the first makes the store.
            if process.stdout.readline().strip() != "ready":
                raise BenchError(f"{candidate.name}: {' '.join(command)} did not come up")
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        starts, ends, durations, count = [], [], [], 0
        for process in processes:
            output, _ = process.communicate()
            if process.returncode != 0:
                raise BenchError(f"{candidate.name}: a writer failed (exit {process.returncode})")
            done, times = output.splitlines()[:2]
            _, start, end, events_written = done.split()
            starts.append(int(start))
            ends.append(int(end))
            count += int(events_written)
            durations += [int(time) for time in times.split()]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
                process.wait()
    writers.verify(candidate, store, events)
    return count * 1e9 / (max(ends) - min(starts)), durations


def neighbours(setting, everyone):
    """In random order, but those that are compared one after the other.

    A disk may take twenty times as long from one second to the next.
    """
    groups = {}
    for candidate in everyone:
        waits = candidate.durability != "off" and candidate.durability != "interval"
        threads = "--threads" in candidate.extra
        key = (waits, 8 if threads else candidate.processes, candidate.batch,
               bool(candidate.extra) and not threads)
        groups.setdefault(key, []).append(candidate)
    for group in setting.shuffled(groups.values()):
        yield from setting.shuffled(group)


def run(setting, report):
    with servers.running(setting, report) as present:
        run_with(setting, report, present)


def run_with(setting, report, present):
    runs = setting.choose(2, 5, setting.options.runs)
    writers = Writers(setting, present)
    everyone = candidates(setting, present)
    rates = {candidate.name: [] for candidate in everyone}
    medians = {candidate.name: [] for candidate in everyone}
    tails = {candidate.name: [] for candidate in everyone}
    for number in range(runs):
        say(f"append: run {number + 1} of {runs}")
        for candidate in neighbours(setting, everyone):
            rate, durations = measure(setting, writers, candidate)
            rates[candidate.name].append(rate)
            medians[candidate.name].append(statistics.median(durations) / 1e6)
            tails[candidate.name].append(percentile(durations, 99) / 1e6)
    sizes = {candidate.name: candidate.events for candidate in everyone}
    report.parameters = {
        "runs": runs, "seed": setting.seed, "events_one": sizes["ours-1"],
        "events_eight": sizes["ours-8"], "events_batch": sizes["ours-batch"], "batch": BATCH,
    }
    report.versions["sqlite"] = run_program([setting.peer("append_sqlite"), "version"]).strip()

    syncs = medians["c-1"]
    if max(syncs) > 3 * min(syncs):
        report.warn(f"one fdatasync took from {min(syncs):.2f} to {max(syncs):.2f} ms (medians of "
                    "the runs): the disk changed under the durable rows, repeat the measurement")

    def rate(id, name, ours, peer, peer_name, goal=None):
        if peer not in rates:
            return
        report.row(id, name, "events/s", rates[ours], rates[peer], peer_name, goal=goal)

    rate("A1", "durable, 1 writer", "ours-1", "c-1", "C write+fdatasync", (">=", 0.85))
    rate("A1", "durable, 1 writer", "ours-1", "sqlite-1", "SQLite WAL FULL")
    rate("A1", "durable, 1 writer", "ours-1", "postgres-1", "PostgreSQL INSERT")
    rate("A1", "durable, 1 writer", "ours-1", "redis-1", "Redis, always")
    report.row("A1", "durable, 1 writer, p50", "ms", medians["ours-1"], medians["c-1"],
               "C write+fdatasync")
    rate("A3", "durable, 8 processes", "ours-8", "c-8", "C, 8 processes", (">=", 0.85))
    rate("A3", "durable, 8 processes", "ours-8", "sqlite-8", "SQLite WAL FULL, 8")
    rate("A3", "durable, 8 processes", "ours-8", "postgres-8", "PostgreSQL INSERT, 8")
    rate("A3", "durable, 8 processes", "ours-8", "redis-8", "Redis, always, 8")
    report.row("A6", "durable, 8 processes, p99", "ms", tails["ours-8"], tails["c-8"],
               "C, 8 processes", goal=("<=", 1.5))
    rate("A2", "durable, 8 threads of one process", "ours-threads-8", "redis-8",
         "Redis, always, 8", (">=", 1))
    rate("A2", "durable, 8 threads of one process", "ours-threads-8", "sqlite-8",
         "SQLite WAL FULL, 8", (">=", 4))
    rate("A2", "durable, 32 threads of one process", "ours-threads", "c-8", "C, 8 processes",
         (">=", 3))
    rate("A4", f"durable, batches of {BATCH:,}", "ours-batch", "sqlite-batch",
         "SQLite WAL FULL")
    rate("A4", f"durable, batches of {BATCH:,}", "ours-batch", "postgres-batch",
         "PostgreSQL COPY", (">=", 2))
    rate("A4", f"durable, batches of {BATCH:,}", "ours-batch", "c-batch", "C write+fdatasync")
    rate("A4", "the same, producers' ids", "ours-batch-ids", "sqlite-batch-ids",
         "SQLite WAL FULL, unique ids")
    report.row("A5", f"not waiting, batches of {BATCH:,}", "events/s", rates["ours-off-batch"],
               goal=(">=", 1_000_000))
    rate("A5", f"not waiting, batches of {BATCH:,}", "ours-off-batch", "sqlite-off-batch",
         "SQLite WAL OFF")
    rate("A5", f"not waiting, batches of {BATCH:,}", "ours-off-batch", "nats-off-batch",
         "NATS JetStream, async", (">=", 8))
    rate("A5", f"not waiting, batches of {BATCH:,}", "ours-off-batch", "redis-off-batch",
         "Redis, everysec")
    rate("A5", f"not waiting, batches of {BATCH:,}", "ours-off-batch", "c-off-batch", "C write")
    rate("A5", "the same, producers' ids", "ours-off-ids", "sqlite-off-ids",
         "SQLite WAL OFF, unique ids")
    rate("A5", "not waiting, one event a call", "ours-off-1", "sqlite-off-1", "SQLite WAL OFF")
