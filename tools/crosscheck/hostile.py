#!/usr/bin/env python3
"""Writes a directory of transcripts and runs that are as bad as they come: hostile.py SEED DIR

For `tools/crosscheck/run DIR`: glued lines, placeholders, copies in resumed sessions, subagents in
files and on screens, counts that are none, ids that are missing, results of all shapes. The same seed
gives the same bytes.
"""
import json
import os
import random
import sys

MODELS = ["claude-opus-4-5-20251101", "claude-haiku-5-5", "claude-opus-4-6", "claude-sonnet-5[1m]",
          "claude-fable-5-1@20260101", "mystery", "<synthetic>", "", None]
COUNTS = [0, 1, 7, 12345, 99_999, 100_001, 300_000, 10**12]
NO_COUNTS = [-1, 1.5, "7", 2**63, 2**63 - 1, 10**12 + 1, None, True, [3], {}]


def main(seed, root):
    rng = random.Random(seed)
    count = lambda: rng.choice(COUNTS) if rng.random() < 0.8 else rng.choice(NO_COUNTS)

    def some(**members):
        return {key: value for key, value in members.items() if rng.random() < 0.85}

    def usage():
        value = some(
            input_tokens=count(), output_tokens=count(), cache_creation_input_tokens=count(),
            cache_read_input_tokens=count(),
            cache_creation=some(ephemeral_5m_input_tokens=count(),
                                ephemeral_1h_input_tokens=count()),
            server_tool_use={"web_search_requests": count()},
            service_tier=rng.choice(["standard", "default", "batch", "priority", "standard"]))
        if rng.random() < 0.2:
            value["speed"] = rng.choice(["fast", "standard"])
        return value

    # A message's model, and mostly its tier, do not change from record to record.
    models = {}

    def message():
        name = f"msg_{rng.randrange(60)}/{rng.randrange(2)}%"
        value = {"id": name, "model": models.setdefault(name, rng.choice(MODELS)),
                 "usage": usage(), "content": [],
                 "stop_reason": rng.choice([None, None, "end_turn"])}
        for key in ("id", "model", "usage"):
            if rng.random() < 0.04:
                value[key] = rng.choice([None, {}, "x"])
        return value

    def request(record):
        if rng.random() < 0.9:
            record["requestId"] = f"req_{rng.randrange(2)}"
        return record

    os.makedirs(os.path.join(root, "projects"), exist_ok=True)
    number = 0
    for session in range(6):
        lines = []
        for _ in range(rng.randrange(5, 120)):
            number += 1
            record = {"uuid": f"u{number}", "sessionId": f"s{session}", "isSidechain": False,
                      "version": f"2.{rng.randrange(2)}.{rng.randrange(30)}",
                      "timestamp": f"2026-01-{rng.randrange(1, 29):02}T00:00:00.{number % 1000:03}Z"}
            if rng.random() < 0.2:
                record.update(type="progress", data=rng.choice([
                    {"type": "bash_progress", "output": "x"},
                    {"message": request({"type": "assistant", "message": message()}),
                     "type": "agent_progress", "agentId": "a1"},
                    {"message": {"type": "user", "message": message()}, "type": "agent_progress"}]))
            else:
                record.update(type="assistant", message=message())
                request(record)
                if rng.random() < 0.1:
                    record["costUSD"] = rng.choice([0.1, 1e-13, -1, "1", 0.06936674999999999])
                if rng.random() < 0.1:
                    record.update(isSidechain=True, agentId="a2")
            text = json.dumps(record)
            lines.append(text)
            # A record may come twice, glued to the one before it.
            if rng.random() < 0.05:
                lines[-1] += text
            if rng.random() < 0.03:
                lines.append(text[:rng.randrange(len(text))])
        with open(os.path.join(root, "projects", f"s{session}.jsonl"), "w") as file:
            file.write("\n".join(lines))

    for run in range(3):
        for agent in ("sdlc_planner", "tester", "x"):
            directory = os.path.join(root, "agents", f"0000000{run}", agent)
            os.makedirs(directory, exist_ok=True)
            session = f"s{rng.randrange(12)}"
            lines = [{"type": "system", "subtype": "init", "session_id": session}]
            for _ in range(rng.randrange(0, 8)):
                lines.append({"type": "assistant", "message": message(), "session_id": session,
                              "parent_tool_use_id": rng.choice([None, "toolu_1"])})
            for _ in range(rng.choice([0, 1, 1, 2])):
                share = lambda: some(inputTokens=count(), outputTokens=count(),
                                     cacheCreationInputTokens=count(), webSearchRequests=count(),
                                     cacheReadInputTokens=count(), costUSD=rng.choice([0.5, -1, 2e-7]))
                lines.append({
                    "type": "result", "session_id": session, "total_cost_usd": 0.25,
                    "usage": usage(), "modelUsage": rng.choice([
                        {}, None, 3, {"claude-opus-4-5": share(), "claude-haiku-5-5": share()},
                        {"mystery": share(), "claude-opus-5": 7}])})
            text = "".join(json.dumps(line) + "\n" for line in lines)
            with open(os.path.join(directory, "raw_output.jsonl"), "w") as file:
                file.write(text)
            with open(os.path.join(directory, "raw_output.json"), "w") as file:
                json.dump(lines, file)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(int(sys.argv[1]), sys.argv[2])
