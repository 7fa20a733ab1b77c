#!/usr/bin/env python3
"""Writes sessions of Codex and Gemini that copy and repeat each other, and telemetry beside them.

    formats.py SEED DIR

Forks and subagents of Codex with their parent's history, forks of forks, parents whose file is gone;
sessions of Gemini in lines, with messages told again, taken back, and gathered; OTLP logs that tell of
some of these calls and of some that no file has. The same bytes for the same seed. What is counted of
it is for usage.py and for tacho to say: `tools/crosscheck/run DIR`.
"""
import copy
import datetime
import json
import os
import random
import sys

BEGIN = 1_767_312_000


def stamp(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class Maker:
    def __init__(self, seed, directory):
        self.random = random.Random(seed)
        self.directory = directory
        self.logs = []
        self.now = BEGIN
        os.makedirs(directory, exist_ok=True)

    def write(self, name, records):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, separators=(",", ":")) + "\n" for record in records)

    def chance(self, part):
        return self.random.random() < part

    def tell(self, name, session, model, attributes, at):
        def value(item):
            # Numbers are told as numbers and as text.
            if isinstance(item, int):
                return {"intValue": item} if self.chance(0.5) else {"stringValue": str(item)}
            return {"stringValue": item}
        key = "session.id" if name.startswith("gemini") else "conversation.id"
        said = {"event.name": name, key: session, "model": model, **attributes}
        self.logs.append({"resourceLogs": [{
            "resource": {"attributes": [
                {"key": "service.name", "value": {"stringValue": name.split(".")[0]}}]},
            "scopeLogs": [{"logRecords": [{
                "timeUnixNano": str(int(at * 1000) * 1_000_000),
                "attributes": [{"key": key, "value": value(item)} for key, item in said.items()],
            }]}]}]})

    # Codex

    def codex_call(self, session, model, total):
        self.now += self.random.randint(3, 90)
        one = {"input_tokens": self.random.randint(100, 90_000),
               "output_tokens": self.random.randint(1, 900), "reasoning_output_tokens": 0}
        one["cached_input_tokens"] = self.random.randint(0, one["input_tokens"])
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
        record = {"timestamp": stamp(self.now), "type": "event_msg", "payload": {
            "type": "token_count",
            "info": {"total_token_usage": dict(total), "last_token_usage": one}}}
        if self.chance(0.4):
            self.tell("codex.sse_event", session, model, {
                "event.kind": "response.completed",
                "input_token_count": one["input_tokens"], "output_token_count": one["output_tokens"],
                "cached_token_count": one["cached_input_tokens"]}, self.now - 0.5)
        return record

    def codex(self):
        """Sessions, each with the records of its file; some are forks of those before."""
        known = []
        for number in range(12):
            session, model = f"codex-{number:02d}", self.random.choice(["gpt-5.5", "gpt-5.3-codex"])
            self.now += self.random.randint(100, 4000)
            meta = {"id": session, "model_provider": "openai", "cli_version": "0.145.0"}
            records, total, parent = [], {}, None
            if known and self.chance(0.6):
                parent = self.random.choice(known)
                kind = self.random.choice(["fork", "spawn", "bare"])
                if kind == "fork":
                    meta["forked_from_id"] = parent["session"]
                else:
                    meta["source"] = {"subagent": {
                        "thread_spawn": {"parent_thread_id": parent["session"]}}}
                if kind != "bare":
                    records, total = self.copies(parent)
            start = self.now
            head = [{"timestamp": stamp(start), "type": "session_meta", "payload": meta}]
            records = head + records + [
                {"timestamp": stamp(start), "type": "turn_context", "payload": {"model": model}}]
            for _ in range(self.random.randint(1, 9)):
                records.append(self.codex_call(session, model, total))
                if self.chance(0.3):
                    records.append(copy.deepcopy(records[-1]))
            known.append({"session": session, "records": records, "total": dict(total)})
        gone = {session["session"] for session in known if self.chance(0.15)}
        for session in known:
            if session["session"] not in gone:
                self.write(f"rollout-{session['session']}.jsonl", session["records"])

    def copies(self, parent):
        """The parent's records up to somewhere, said again at this moment or as they were."""
        upto = self.random.randint(1, len(parent["records"]))
        records = copy.deepcopy(parent["records"][:upto])
        total = {}
        isStampedAnew = self.chance(0.7)
        for record in records:
            info = record["payload"].get("info")
            if info:
                total = dict(info["total_token_usage"])
            if isStampedAnew:
                record["timestamp"] = stamp(self.now + self.random.random() / 2)
        return records, total

    # Gemini

    def gemini(self):
        for number in range(4):
            session, model = f"gemini-{number}", "gemini-3-pro-preview"
            records = [{"sessionId": session, "projectHash": "h", "startTime": stamp(self.now)}]
            messages = []
            for index in range(self.random.randint(2, 12)):
                self.now += self.random.randint(3, 200)
                name = f"{session}-m{index}"
                if self.chance(0.3):
                    messages.append({"id": name, "timestamp": stamp(self.now), "type": "user"})
                    records.append(messages[-1])
                    continue
                tokens = {"input": self.random.randint(100, 9000), "output": self.random.randint(1, 900),
                          "thoughts": self.random.randint(0, 90), "tool": self.random.randint(0, 9)}
                tokens["cached"] = self.random.randint(0, tokens["input"])
                bare = {"id": name, "timestamp": stamp(self.now), "type": "gemini", "model": model}
                messages.append({**bare, "tokens": tokens})
                records += [bare, messages[-1]] if self.chance(0.5) else [messages[-1]]
                if self.chance(0.2):
                    records.append({"$rewindTo": name})
                if self.chance(0.2):
                    records.append({"$set": {"messages": list(messages)}})
                if self.chance(0.5):
                    self.tell("gemini_cli.api_response", session, model, {
                        "input_token_count": tokens["input"], "output_token_count": tokens["output"],
                        "cached_content_token_count": tokens["cached"],
                        "thoughts_token_count": tokens["thoughts"],
                        "tool_token_count": tokens["tool"]}, self.now + 4)
            if self.chance(0.8):
                self.write(f"session-{session}.jsonl", records)

    def strangers(self):
        """Calls that no file has, some of sessions that have one."""
        for number in range(20):
            session = f"codex-{self.random.randint(0, 15):02d}"
            self.tell("codex.sse_event", session, "gpt-5.5", {
                "event.kind": self.random.choice(["response.completed", "response.created"]),
                "input_token_count": 1_000_000 + number, "output_token_count": number,
                "cached_token_count": 0}, self.now + number)


def main(seed, directory):
    maker = Maker(int(seed), directory)
    maker.codex()
    maker.gemini()
    maker.strangers()
    # Before the files or behind them: what is read first must not matter.
    maker.write(("a" if maker.chance(0.5) else "z") + "-telemetry.jsonl", maker.logs)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
