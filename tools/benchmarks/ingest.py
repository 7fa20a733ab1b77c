"""taking in transcripts: generated sessions as Claude Code writes them, with and without secrets

The rate is of the files' bytes, from the start of the process to its end. Every run has a fresh
store, and each must hold the same events.
"""

import json
import os
import random
import shutil
import statistics
import subprocess

from setting import BenchError, say
from store import Tacho

WORDS = (
    "the of and to in is that for it as was with be by on not he this are or his from at which but "
    "have an had they you were their one all we can her has there been if more when will would who "
    "func struct return throws guard let var if else for in while switch case default self init"
).split()


def text(source, count):
    return " ".join(source.choices(WORDS, k=max(1, count // 5)))


def session(source, number, path, size):
    """A session: prompts, messages of several lines, calls, and results of 0.5 to 40 KB."""
    identity = f"{source.getrandbits(32):08x}-0000-4000-8000-{number:012x}"
    stamp, parent, written, count = 1_767_600_000 + number * 7200, None, 0, 0

    def line(file, kind, message, **extra):
        nonlocal stamp, parent, written, count
        stamp += source.randint(1, 20)
        count += 1
        uuid = f"{source.getrandbits(64):016x}-{count:08x}"
        day, rest = divmod(stamp, 86400)
        record = {
            "parentUuid": parent, "isSidechain": False, "userType": "external",
            "cwd": f"/srv/project-{number % 7}", "sessionId": identity, "version": "2.0.76",
            "gitBranch": "main", "type": kind, "message": message, "uuid": uuid,
            "timestamp": f"2026-01-{day % 28 + 1:02d}T{rest // 3600:02d}:{rest // 60 % 60:02d}:"
                         f"{rest % 60:02d}.000Z", **extra,
        }
        parent = uuid
        bytes_ = (json.dumps(record, separators=(",", ":")) + "\n").encode()
        written += len(bytes_)
        file.write(bytes_)

    with open(os.path.join(path, identity + ".jsonl"), "wb") as file:
        request = 0
        while written < size:
            line(file, "user", {"role": "user", "content": text(source, 200)})
            for _ in range(source.randint(3, 12)):
                request += 1
                call = f"toolu_{source.getrandbits(96):024x}"
                usage = {
                    "input_tokens": source.randint(1, 50), "output_tokens": source.randint(20, 900),
                    "cache_creation_input_tokens": source.randint(0, 9000),
                    "cache_read_input_tokens": source.randint(0, 90000),
                    "service_tier": "standard",
                }
                head = {"id": f"msg_{number:06x}{request:06x}", "type": "message",
                        "role": "assistant", "model": "claude-sonnet-4-5-20250929",
                        "usage": usage, "stop_reason": None}
                extra = {"requestId": f"req_{number:06x}{request:06x}"}
                line(file, "assistant", {**head, "content": [
                    {"type": "text", "text": text(source, 400)}]}, **extra)
                line(file, "assistant", {**head, "content": [
                    {"type": "tool_use", "id": call, "name": source.choice(
                        ["Read", "Edit", "Bash", "Grep"]),
                     "input": {"file_path": f"/srv/project/file-{source.randint(1, 60)}.swift",
                               "command": text(source, 60)}}]}, **extra)
                result = text(source, int(source.lognormvariate(7.5, 1.2)) + 500)
                line(file, "user", {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": call, "content": result}]},
                    toolUseResult={"stdout": result, "stderr": "", "interrupted": False})


def processor_seconds(command):
    """Of a process of its own, in user mode: waiting for the disk is no part of it."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchError(f"{' '.join(command)} failed")
    return usage.ru_utime


def scanner_rate(setting, total, rounds):
    """MB a second of the search for secrets alone: the processor time that it adds to an import."""
    seconds = {"off": [], "mark": []}
    for _ in range(rounds):
        for mode in setting.shuffled(seconds):
            path = setting.path("store-scan")
            shutil.rmtree(path, ignore_errors=True)
            seconds[mode].append(processor_seconds(Tacho(setting, path).command(
                "import", setting.path("projects"), "--secrets", mode, "--quiet")))
    added = statistics.median(seconds["mark"]) - statistics.median(seconds["off"])
    return total / 1e6 / added if added > 0 else None


def run(setting, report):
    megabytes = setting.choose(5, 400)
    runs = setting.choose(1, 3, setting.options.runs)
    folder = setting.path("projects", "-srv-project")
    os.makedirs(folder)
    source = random.Random(setting.seed)
    say(f"ingest: writing {megabytes} MB of transcripts")
    total, number = 0, 0
    while total < megabytes * 1_000_000:
        number += 1
        session(source, number, folder, 4_000_000)
        total = sum(entry.stat().st_size for entry in os.scandir(folder))
    report.parameters = {
        "files": number, "MB": round(total / 1e6, 1), "runs": runs, "seed": setting.seed}
    rates, memory, counts = {"off": [], "redact": []}, [], set()
    for index in range(runs):
        say(f"ingest: run {index + 1} of {runs}")
        for mode in setting.shuffled(rates):
            path = setting.path(f"store-{mode}")
            shutil.rmtree(path, ignore_errors=True)
            tacho = Tacho(setting, path)
            times, peaks = tacho.times(
                ["import", setting.path("projects"), "--secrets", mode, "--quiet"], 1)
            rates[mode].append(total / 1e3 / times[0])
            if mode == "off":
                memory += peaks
            counts.add(json.loads(tacho.run("status", "--json"))["data"]["position"])
    if len(counts) != 1:
        raise BenchError(f"stores of the same files hold {sorted(counts)} events: not measured")
    report.row("", "import of transcripts", "MB/s", rates["off"], goal=(">=", 200))
    report.row("", "the same, peak memory", "MB", memory, goal=("<=", 200))
    rate = scanner_rate(setting, total, max(3, runs))
    if rate is None:
        report.warn("looking for secrets took no processor time that could be told from noise")
    else:
        report.row("", "looking for secrets alone, one processor", "MB/s", [rate])
    report.row("", "import, secrets redacted", "MB/s", rates["redact"], rates["off"],
               "without looking for them")
