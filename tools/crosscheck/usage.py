#!/usr/bin/env python3
"""Counts tokens and money by model from raw transcripts and outputs of runs, without tacho.

    usage.py DIR… [--compare COST.json]

Written against the rules (model_usage.md, the guide of `tacho cost`), not against tacho's code: one
message is one (message id, request id), each count the largest of its final records, else of all; of
a run only its result; prices in exact decimals. COST.json is what `tacho cost --json` printed of a
fresh store that DIR was imported into; every difference is printed, and makes the exit code 1.

Python 3.8 or later, nothing else; `.lz4` files are decoded here.
"""
import decimal
import json
import os
import re
import sys
from decimal import Decimal

import agents

decimal.getcontext().prec = 60
PICO = Decimal("1e-12")
LIMIT = 10**12
FIELDS = ("input", "output", "write_5m", "write_1h", "read", "searches")
COLUMNS = dict(zip(FIELDS, (
    "input_tokens", "output_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "cache_read_tokens", "web_searches")))

# Dollars a million tokens: input, output, write 5 min, write 1 h, read.
PRICES = {
    "gpt-5.5": "5 30 - - 0.50", "gpt-5.3-codex": "1.75 14 - - 0.175",
    "claude-opus-4-5": "5 25 6.25 10 0.50", "claude-opus-4-6": "5 25 6.25 10 0.50",
    "claude-opus-4-7": "5 25 6.25 10 0.50", "claude-opus-4-8": "5 25 6.25 10 0.50",
    "claude-opus-5": "5 25 6.25 10 0.50", "claude-opus-5-5": "4 20 5 8 0.20",
    "claude-sonnet-4-5": "3 15 3.75 6 0.30", "claude-sonnet-4-6": "3 15 3.75 6 0.30",
    "claude-sonnet-5": "2 10 2.50 4 0.20", "claude-sonnet-5-5": "2 10 2.50 4 0.10",
    "claude-haiku-4-5": "1 5 1.25 2 0.10", "claude-haiku-5-5": "0.10 0.50 0.125 0.20 0.01",
    "claude-fable-5": "10 50 12.50 20 1.00", "claude-fable-5-1": "10 50 12.50 20 0.25",
    "claude-sonnet-4": "3 15 3.75 6 0.30", "claude-opus-4": "15 75 18.75 30 1.50",
    "claude-opus-4-1": "15 75 18.75 30 1.50", "claude-3-7-sonnet": "3 15 3.75 6 0.30",
    "claude-3-5-sonnet": "3 15 3.75 6 0.30", "claude-3-opus": "15 75 18.75 - 1.50",
    "claude-3-sonnet": "3 15 - - -", "claude-3-haiku": "0.25 1.25 0.30 - 0.03",
    "gpt-5": "1.25 10 - - 0.125", "gpt-5-codex": "1.25 10 - - 0.125",
    "gpt-5.1": "1.25 10 - - 0.125", "gpt-5.1-codex": "1.25 10 - - 0.125",
    "gpt-5.2": "1.75 14 - - 0.175", "gpt-5.2-codex": "1.75 14 - - 0.175",
    "gpt-5.6": "4 20 5 10 0.40", "gpt-5.4": "2.50 15 - - 0.25", "gemini-2.5-pro": "1.25 10 - - 0.125",
    "gemini-2.5-flash": "0.30 2.50 - - 0.03", "gemini-3-flash-preview": "0.50 3 - - 0.05",
    "gemini-3-pro-preview": "2 12 - - 0.20", "gemini-3.1-pro-preview": "2 12 - - 0.20",
}
FAST = {"claude-opus-4-6": 6, "claude-opus-4-7": 6, "claude-opus-4-8": 2}
# Above so many tokens of prompt; "-" is a rate that nobody tells.
LONG = {
    "claude-haiku-5-5": (100_000, "0.50 2.50 0.625 1 0.05"),
    "claude-sonnet-4": (200_000, "6 22.50 7.50 - 0.60"),
    "gpt-5.5": (272_000, "10 45 - - 1"), "gpt-5.6": (272_000, "8 30 - - -"),
    "gemini-2.5-pro": (200_000, "2.50 15 - - 0.25"),
    "gemini-3-pro-preview": (200_000, "4 18 - - 0.40"),
    "gemini-3.1-pro-preview": (200_000, "4 18 - - 0.40"),
}


# Files

def lz4_frames(data):
    """The content of LZ4 frames (format 1.6); checksums are not looked at."""
    out, at = bytearray(), 0
    while at + 7 <= len(data):
        magic = int.from_bytes(data[at:at + 4], "little")
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            at += 8 + int.from_bytes(data[at + 4:at + 8], "little")
            continue
        if magic != 0x184D2204:
            raise ValueError("no LZ4 frame")
        flags = data[at + 4]
        at += 7 + (8 if flags & 8 else 0) + (4 if flags & 1 else 0)
        while True:
            size = int.from_bytes(data[at:at + 4], "little")
            at += 4
            if size == 0:
                break
            block = data[at:at + (size & 0x7FFFFFFF)]
            at += len(block) + (4 if flags & 16 else 0)
            if size & 0x80000000:
                out += block
            else:
                lz4_block(block, out)
        at += 4 if flags & 4 else 0
    return bytes(out)


def lz4_block(block, out):
    at = 0

    def length(start, at):
        if start == 15:
            while True:
                byte = block[at]
                at += 1
                start += byte
                if byte != 255:
                    break
        return start, at

    while at < len(block):
        token = block[at]
        literals, at = length(token >> 4, at + 1)
        out += block[at:at + literals]
        at += literals
        if at >= len(block):
            return
        offset = block[at] | block[at + 1] << 8
        count, at = length(token & 15, at + 2)
        count += 4
        start = len(out) - offset
        if offset >= count:
            out += out[start:start + count]
        else:
            pattern = bytes(out[start:])
            out += (pattern * (count // offset + 1))[:count]


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    return lz4_frames(data) if path.endswith(".lz4") else data


DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=lambda text: None)


def values(text):
    """The JSON values of a line: usually one, two where a newline was lost."""
    at, end = 0, len(text)
    while True:
        while at < end and text[at] in " \t\r\n":
            at += 1
        if at == end:
            return
        try:
            value, at = DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def records(path):
    data = read(path)
    first = data.split(b"\n", 1)[0].strip()
    if first in (b"[", b"{") or first.startswith(b"[{"):
        # A whole document, an array of records perhaps; a message list is no transcript.
        try:
            whole = DECODER.decode(data.decode("utf-8"))
        except ValueError:
            whole = None
        if whole is not None:
            yield from (whole if isinstance(whole, list) else [whole])
            return
    for line in data.split(b"\n"):
        try:
            yield from values(line.decode("utf-8"))
        except UnicodeDecodeError:
            continue


def files(roots):
    for root in roots:
        if os.path.isfile(root):
            yield root
        for directory, names, found in os.walk(root):
            names.sort()
            for name in sorted(found):
                plain = name[:-4] if name.endswith(".lz4") else name
                # An array instead of lines is read; the twin of a run's output would count twice.
                if plain.endswith((".jsonl", ".traj")) or (
                        plain.endswith(".json") and "raw_output" not in plain):
                    yield os.path.join(directory, name)


# Usage

def count(value):
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    if value != value.to_integral_value() if isinstance(value, Decimal) else False:
        return None
    value = int(value)
    return value if 0 <= value <= LIMIT else None


def obj(value):
    return value if isinstance(value, dict) else {}


def disjoint_counts(counts):
    return tuple(counts.get(name) or 0 for name in ("input", "output", "read", "write"))


def usage_counts(usage):
    split = obj(usage.get("cache_creation"))
    return {
        "input": count(usage.get("input_tokens")),
        "output": count(usage.get("output_tokens")),
        "write": count(usage.get("cache_creation_input_tokens")),
        "write_5m": count(split.get("ephemeral_5m_input_tokens")),
        "write_1h": count(split.get("ephemeral_1h_input_tokens")),
        "read": count(usage.get("cache_read_input_tokens")),
        "searches": count(obj(usage.get("server_tool_use")).get("web_search_requests")),
    }


class Row:
    def __init__(self):
        self.model = self.request = self.session = None
        self.final, self.any = {}, {}
        self.speed = self.tier = None
        self.reported = None
        self.is_result = False

    def take(self, counts, is_final, usage):
        for name, value in counts.items():
            if value is not None:
                into = self.final if is_final else self.any
                into[name] = max(value, into.get(name, 0))
        if is_final or self.speed is None:
            self.speed = usage.get("speed") or self.speed
        if is_final or self.tier is None:
            self.tier = usage.get("service_tier") or self.tier

    def report(self, cost):
        if isinstance(cost, (int, Decimal)) and not isinstance(cost, bool) and cost >= 0:
            cost = Decimal(cost).quantize(PICO, rounding=decimal.ROUND_HALF_EVEN)
            self.reported = cost if self.reported is None else max(cost, self.reported)

    def counts(self):
        known = {**self.any, **self.final}
        write_1h = known.get("write_1h", 0)
        return {
            "input": known.get("input", 0), "output": known.get("output", 0),
            "write_5m": max(known.get("write_5m", 0), known.get("write", 0) - write_1h),
            "write_1h": write_1h, "read": known.get("read", 0),
            "searches": known.get("searches", 0),
        }

    def cost(self):
        """Dollars, exact; None is unknown."""
        name = re.sub(r"\[[^\[]*\]$", "", self.model or "")
        name = name if name in PRICES else re.sub(r"[-@]\d{8}$", "", name)
        name = name if name in PRICES else re.sub(r"^(anthropic|gemini|google|openai)/", "", name)
        if name not in PRICES:
            return None
        counts = self.counts()
        listed = PRICES[name]
        factor = Decimal(1)
        if name in LONG and not self.is_result:
            threshold, long = LONG[name]
            if sum(counts[kind] for kind in ("input", "write_5m", "write_1h", "read")) > threshold:
                listed = long
        rates = [None if text == "-" else Decimal(text) / 10**6 for text in listed.split()]
        if self.tier == "batch":
            factor *= Decimal("0.5")
        elif self.tier not in (None, "", "standard", "default"):
            return None
        if self.speed == "fast":
            if name not in FAST:
                return None
            factor *= FAST[name]
        sum_ = Decimal("0.01") * counts["searches"]
        for kind, rate in zip(FIELDS, rates):
            if rate is None:
                if counts[kind]:
                    return None
                continue
            rate = (rate * factor).quantize(PICO, rounding=decimal.ROUND_HALF_EVEN)
            sum_ += rate * counts[kind]
        return sum_


class Tally:
    def __init__(self):
        self.rows = []
        self.by_message = {}
        self.results = {}
        self.others = {}
        self.finished = set()
        self.rollouts, self.timed, self.told = [], [], []

    def message(self, message, request, session, identity, cost=None):
        message = obj(message)
        usage = message.get("usage")
        if not isinstance(usage, dict) or message.get("model") == "<synthetic>":
            return
        text = lambda value: value if isinstance(value, str) and value else None
        name, request = text(message.get("id")), text(request)
        known = self.by_message.setdefault(name or ("event", identity), [])
        row = next((row for row in known
                    if not request or not row.request or row.request == request), None)
        if row is None:
            row = Row()
            row.session = session
            known.append(row)
            self.rows.append(row)
        row.request = row.request or request
        if row.model is None:
            row.model = text(message.get("model"))
        row.take(usage_counts(usage), message.get("stop_reason") is not None, usage)
        row.report(cost)

    def result(self, record, directory):
        session = record.get("session_id")
        usage, models = record.get("usage"), record.get("modelUsage")
        whole = usage_counts(usage) if isinstance(usage, dict) else {}
        shares = [(model, share) for model, share in obj(models).items() if isinstance(share, dict)]
        for model, share in shares:
            counts = {
                "input": count(share.get("inputTokens")),
                "output": count(share.get("outputTokens")),
                "write": count(share.get("cacheCreationInputTokens")),
                "read": count(share.get("cacheReadInputTokens")),
                "searches": count(share.get("webSearchRequests")),
            }
            if counts["write"] is not None and counts["write"] == whole.get("write"):
                counts["write_5m"], counts["write_1h"] = whole["write_5m"], whole["write_1h"]
            self.share(directory, session, model, counts, obj(usage), share.get("costUSD"))
        if not shares:
            if not isinstance(usage, dict):
                return
            model = record.get("model") or next(
                (row.model for row in self.rows
                 if row.session == session and row.model and not row.is_result), None)
            self.share(directory, session, model, whole, usage, record.get("total_cost_usd"))
        if session is not None:
            self.finished.add(session)

    def share(self, directory, session, model, counts, usage, cost):
        row = self.results.get((directory, session, model))
        if row is None:
            row = self.results[directory, session, model] = Row()
            row.model, row.session, row.is_result = model, session, True
            self.rows.append(row)
        row.take(counts, True, usage)
        row.report(cost)

    def record(self, record, path, number, session):
        kind = record.get("type")
        if "raw_output" in os.path.basename(path):
            if kind == "assistant":
                self.message(record.get("message"), None, record.get("session_id"),
                             (path, number))
            elif kind == "result":
                self.result(record, os.path.dirname(path))
            return
        session = record.get("sessionId") or session
        identity = (session, record["uuid"]) if record.get("uuid") else (path, number)
        if kind == "assistant":
            self.message(record.get("message"), record.get("requestId"), session, identity,
                         record.get("costUSD"))
        elif kind == "progress":
            data = obj(record.get("data"))
            shown = obj(data.get("message"))
            if shown.get("type") == "assistant":
                self.message(shown.get("message"), shown.get("requestId"), session, identity)

    def other(self, key, session, model, counts, cost=None, is_result=False):
        """A call of a model by another agent, known by its key; `None` is a call by itself."""
        row = self.others.get(key) if key is not None else None
        if row is None:
            row = Row()
            row.session, row.model, row.is_result = session, model, is_result
            self.rows.append(row)
            if key is not None:
                self.others[key] = row
        row.take(counts, True, {})
        row.report(cost)
        if is_result:
            self.finished.add(session)

    def call(self, key, session, model, counts, at):
        """As `other`, of a call that telemetry may tell of as well."""
        if key not in self.others:
            self.timed.append([session, model, disjoint_counts(counts), at])
        self.other(key, session, model, counts)

    def finish(self):
        """What is known only when every file was read: whose copied calls are, and of which calls
        telemetry without a request id tells."""
        agents.codex_files(self.rollouts, self)
        for session, model, counts, at in self.told:
            same = [call for call in self.timed
                    if call[:3] == [session, model, disjoint_counts(counts)]
                    and call[3] is not None and abs(call[3] - at) <= 300]
            if same:
                self.timed.remove(min(same, key=lambda call: abs(call[3] - at)))
            else:
                self.other(None, session, model, counts)

    def tell(self, said, at):
        """Codex's and Gemini's calls; what was cached is inside of their input."""
        def number(name):
            return int(said[name]) if name in said else None
        if said.get("event.name") == "codex.sse_event":
            if said.get("event.kind") == "response.completed":
                self.told.append((said.get("conversation.id"), said.get("model"), agents.disjoint(
                    number("input_token_count"), number("output_token_count"),
                    number("cached_token_count"), number("cache_write_token_count")), at))
        elif said.get("event.name") == "gemini_cli.api_response":
            self.told.append((said.get("session.id"), said.get("model"), agents.disjoint(
                agents.plus(number("input_token_count"), number("tool_token_count")),
                agents.plus(number("output_token_count"), number("thoughts_token_count")),
                number("cached_content_token_count")), at))

    def telemetry(self, request):
        """The calls of models that an OTLP/JSON request for logs tells, each once.

        Where a transcript tells of the same call, telemetry's counts are the better ones; logs with
        both are not compared here."""
        for resource in request.get("resourceLogs") or []:
            for scope in resource.get("scopeLogs") or []:
                for record in scope.get("logRecords") or []:
                    said = {item.get("key"): next(iter(obj(item.get("value")).values()), None)
                            for item in record.get("attributes") or []}
                    if said.get("event.name") != "api_request":
                        self.tell(said, int(record.get("timeUnixNano") or 0) / 1e9)
                        continue
                    number = lambda name: int(said[name]) if name in said else None
                    self.other(
                        ("telemetry", said.get("request_id")), said.get("session.id"),
                        said.get("model"),
                        {"input": number("input_tokens"), "output": number("output_tokens"),
                         "write": number("cache_creation_tokens"),
                         "read": number("cache_read_tokens")},
                        said.get("cost_usd"))

    def models(self):
        models = {}
        for row in self.rows:
            if not row.is_result and row.session in self.finished:
                continue
            group = models.setdefault(row.model, {
                "messages": 0, "cost": None, "unpriced": 0, "reported": None,
                **{field: 0 for field in FIELDS}})
            group["messages"] += 1
            for field, value in row.counts().items():
                group[field] += value
            cost = row.cost()
            if cost is None:
                group["unpriced"] += 1
            else:
                group["cost"] = (group["cost"] or 0) + cost
            if row.reported is not None:
                group["reported"] = (group["reported"] or 0) + row.reported
        return models


def tally(roots):
    result = Tally()
    for path in files(roots):
        if agents.tally_file(path, lambda: records(path), result):
            continue
        session = None
        for number, record in enumerate(records(path)):
            if isinstance(record, dict) and "resourceLogs" in record:
                result.telemetry(record)
            elif isinstance(record, dict):
                session = session or record.get("sessionId")
                result.record(record, path, number, session)
    result.finish()
    return result.models()


# Comparing

def compare(models, path):
    with open(path, encoding="utf-8") as file:
        groups = {group["model"]: group for group in json.load(file)["data"]["groups"]}
    differences = 0
    for model in sorted(set(models) | set(groups), key=str):
        ours, theirs = models.get(model), groups.get(model)
        if ours is None or theirs is None:
            print(f"{model}: only {'tacho' if ours is None else 'the check'} has it")
            differences += 1
            continue
        pairs = [("messages", ours["messages"], theirs["messages"]),
                 ("unpriced", ours["unpriced"], theirs["unpriced_messages"])]
        pairs += [(field, ours[field], theirs[COLUMNS[field]]) for field in FIELDS]
        money = lambda text: None if text is None else Decimal(text)
        pairs += [("cost", ours["cost"], money(theirs["cost"])),
                  ("reported", ours["reported"], money(theirs["reported_cost"]))]
        for name, one, other in pairs:
            if one != other:
                print(f"{model}: {name} {one} here, {other} in tacho")
                differences += 1
    print(f"{len(models)} models, " + (
        "equal to the token and the pico-dollar" if not differences
        else f"{differences} differences"))
    return differences


def main(arguments):
    other = None
    if "--compare" in arguments:
        at = arguments.index("--compare")
        other = arguments[at + 1]
        del arguments[at:at + 2]
    if not arguments:
        sys.exit(__doc__)
    models = tally(arguments)
    head = ["model", "messages", *FIELDS, "cost", "reported"]
    lines = [[str(model), group["messages"], *(group[field] for field in FIELDS),
              *("-" if group[key] is None else format(group[key].normalize(), "f")
                for key in ("cost", "reported"))]
             for model, group in sorted(models.items(), key=lambda item: str(item[0]))]
    widths = [max(len(str(line[i])) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        print("  ".join(str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    if other is not None:
        sys.exit(1 if compare(models, other) else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
