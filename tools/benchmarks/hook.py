"""one hook call: a new process that records 1 KB from its stdin

A C program (peers/spawn.c) starts all candidates in turn, in an order drawn from the seed. Each
call's event has a number of its own; after the run every log must hold exactly the events sent
to it.
"""

import collections
import http.server
import json
import os
import statistics
import sys
import threading

from report import percentile
from setting import PEERS, BenchError, run as run_program, say

AT_ONCE = 8
PAYLOAD_BYTES = 1024
MARK = "@" * 10

# `read` gives the events that the program has recorded, as the text it was sent.
Candidate = collections.namedtuple("Candidate", "name command read")
Call = collections.namedtuple("Call", "milliseconds kilobytes")


def payload():
    """A PostToolUse event of 1 KB with the mark where the call's number goes."""
    event = {
        "session_id": "f6991f4d-8b32-4ae0-a9c5-b9edbfc23060",
        "transcript_path": "/home/user/.claude/projects/app/f6991f4d.jsonl",
        "cwd": "/home/user/app/trees/a1b2c3d4",
        "permission_mode": "default",
        "hook_event_name": "PostToolUse",
        "tool_name": "Bash",
        "tool_input": {"command": "swift test", "description": "Run the tests"},
        "tool_response": {"stdout": "", "stderr": "", "interrupted": False},
        "tool_use_id": f"toolu_{MARK}",
    }
    missing = PAYLOAD_BYTES - len(json.dumps(event).encode())
    words = "test passed after 0.001 seconds, "
    event["tool_response"]["stdout"] = (words * 40)[:missing]
    return json.dumps(event)


class Receiver(http.server.BaseHTTPRequestHandler):
    """The local server that the posting hook talks to."""

    received = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(json.loads(body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


def lines(path):
    with open(path) as file:
        return file.read().splitlines()


def payloads(records):
    """What the Python hooks were given: written as json.dumps wrote it for them."""
    return [json.dumps(record["payload"]) for record in records]


def candidates(setting, url):
    logs = setting.fresh("logs")
    store = os.path.join(logs, "store")
    ours = setting.ours()

    def plain(name):
        path = os.path.join(logs, name + ".jsonl")
        return path, lambda: lines(path)

    def stored():
        text = run_program([ours, "cat", store])
        # The bytes behind the envelope, without its closing brace.
        return [line[line.index(',"data":') + 8:-1] for line in text.splitlines()]

    dynamic, read_dynamic = plain("c")
    static, read_static = plain("c-static")
    python, read_python = plain("python")
    # What the hook is told by its environment must not come from the one who measures.
    for name in ("WORKFLOW_ID", "ADW_ID"):
        os.environ.pop(name, None)
    os.environ["TACHO_STORE"] = store
    return [
        Candidate("true", ["/bin/true"], None),
        Candidate("c", [setting.installed(setting.peer("hook_append")), dynamic], read_dynamic),
        Candidate("c-static", [setting.installed(setting.peer("hook_append_static")), static], read_static),
        Candidate("ours", [setting.installed(setting.hook())], stored),
        Candidate("python-file", [sys.executable, os.path.join(PEERS, "hook_file.py"), python],
                  lambda: payloads(json.loads(line) for line in read_python())),
        Candidate("python-post", [sys.executable, os.path.join(PEERS, "hook_post.py"), url],
                  lambda: payloads(Receiver.received)),
    ]


class Spawner:
    """Starts the candidates, and remembers which call went to whom."""

    def __init__(self, setting):
        self.setting = setting
        self.program = setting.peer("spawn")
        self.payload = setting.path("payload.json")
        self.first = 0
        self.sent = collections.defaultdict(set)
        with open(self.payload, "w") as file:
            file.write(payload())

    def measure(self, candidates, rounds, at_once=1):
        """Lists of calls by candidate."""
        plan = self.setting.path("plan")
        with open(plan, "w") as file:
            for candidate in candidates:
                file.write("\t".join(candidate.command) + "\n")
        output = run_program([
            self.program, plan, self.payload, "--rounds", str(rounds), "--at-once", str(at_once),
            "--seed", str(self.setting.random.getrandbits(60)), "--first", str(self.first),
        ])
        calls = collections.defaultdict(list)
        for line in output.splitlines():
            index, number, nanoseconds, kilobytes, status = map(int, line.split())
            candidate = candidates[index]
            if status != 0:
                raise BenchError(f"{' '.join(candidate.command)} ended with {status}")
            calls[candidate.name].append(Call(nanoseconds / 1e6, kilobytes))
            self.sent[candidate.name].add(number)
            self.first = max(self.first, number + 1)
        return calls

    def verify(self, candidates):
        """Each log holds each event sent to it, once, with the bytes that were sent."""
        text = payload()
        for candidate in candidates:
            if candidate.read is None:
                continue
            expected = collections.Counter(
                text.replace(MARK, f"{number:0{len(MARK)}d}")
                for number in self.sent[candidate.name]
            )
            try:
                found = collections.Counter(candidate.read())
            except (OSError, ValueError, KeyError) as error:
                raise BenchError(f"{candidate.name}: its log cannot be read: {error}")
            if found != expected:
                raise BenchError(
                    f"{candidate.name}: {expected.total()} events were sent, its log holds "
                    f"{found.total()}, of which {(found & expected).total()} are those that were "
                    "sent: not measured"
                )


def run(setting, report):
    runs = setting.choose(2, 7, setting.options.runs)
    rounds = setting.choose(8, 40, setting.options.events)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Receiver.received = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        everyone = candidates(setting, f"http://127.0.0.1:{server.server_port}/events")
        fast = [candidate for candidate in everyone if not candidate.name.startswith("python")]
        spawner = Spawner(setting)
        spawner.measure(everyone, 2)
        spawner.verify(everyone)
        single, crowd = collections.defaultdict(list), collections.defaultdict(list)
        for number in range(runs):
            say(f"hook: run {number + 1} of {runs}")
            for name, calls in spawner.measure(everyone, rounds).items():
                single[name].append(calls)
            for name, calls in spawner.measure(fast, max(1, rounds // 2), AT_ONCE).items():
                crowd[name].append(calls)
        spawner.verify(everyone)
    finally:
        server.shutdown()
        server.server_close()
    report.parameters = {"runs": runs, "calls_in_a_run": rounds, "seed": setting.seed,
                         "payload_bytes": len(payload())}
    report.versions["python"] = sys.version.split()[0]
    fill(report, single, crowd, everyone)


def fill(report, single, crowd, everyone):
    def times(measured, name, summarise):
        return [summarise([call.milliseconds for call in calls]) for calls in measured[name]]

    def row(id, name, peer, peer_name, goal=None):
        report.row(id, name, "ms", times(single, "ours", statistics.median),
                   times(single, peer, statistics.median), peer_name, goal=goal)

    def p99(calls):
        return percentile(calls, 99)

    row("H1", "one call, median", "c", "C, dynamic", ("<=", 1.3))
    row("H1", "one call, median", "python-post", "Python, HTTP POST", ("<=", 1 / 75))
    row("H1", "one call, median", "python-file", "Python, file")
    row("H1", "one call, median", "c-static", "C, static")
    row("H1", "one call, median", "true", "/bin/true")
    report.row("H1", "one call, p99", "ms", times(single, "ours", p99), times(single, "c", p99),
               "C, dynamic")
    at_once = times(crowd, "ours", p99)
    report.row("H2", f"{AT_ONCE} at once, p99", "ms", at_once, goal=("<=", 10))
    report.row("H2", f"{AT_ONCE} at once, p99", "ms", at_once, times(crowd, "c", p99),
               "C, dynamic")

    def peak(name):
        return [max(call.kilobytes for call in calls) / 1024 for calls in single[name]]

    report.row("H3", "peak memory", "MB", peak("ours"), goal=("<=", 4))
    report.row("H3", "peak memory", "MB", peak("ours"), peak("c"), "C, dynamic")
    program = next(candidate for candidate in everyone if candidate.name == "ours").command[0]
    report.row("H3", "binary", "MB", [os.path.getsize(program) / 1e6], goal=("<=", 10))
