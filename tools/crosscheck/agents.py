"""Tokens of other agents' sessions than Claude Code's, for usage.py: written against the formats.

Codex counts what was cached inside the input, and what was reasoned inside the output; its counter is
cumulative, and only where it moves was a model called. A fork's file begins with copies of its parent's
records. Gemini's thoughts come on top of the output, and what a tool put into the prompt on top of the
input. pi and SWE-agent give plain sums.
"""
import datetime
import os

LIMIT = 10**12


def count(value):
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LIMIT:
        return None
    return value


def obj(value):
    return value if isinstance(value, dict) else {}


def text(value):
    return value if isinstance(value, str) and value else None


def disjoint(prompt, output, read=None, write=None):
    rest = None if prompt is None else max(0, prompt - (read or 0) - (write or 0))
    return {"input": rest, "output": output, "read": read, "write": write}


def plus(count, more):
    return None if count is None else count + (more or 0)


def seconds(record):
    try:
        return datetime.datetime.fromisoformat(
            record.get("timestamp", "").replace("Z", "+00:00")).timestamp()
    except (AttributeError, ValueError):
        return None


class CodexFile:
    """A rollout as it was read: whose it is, and its calls, repeats left out."""

    def __init__(self, records):
        self.session = self.parent = self.start = None
        self.calls = []
        model = last = None
        for record in records:
            payload = obj(record.get("payload"))
            if record.get("type") == "session_meta":
                if self.session is None:
                    self.session = text(payload.get("id")) or text(payload.get("session_id"))
                    spawn = obj(obj(obj(payload.get("source")).get("subagent")).get("thread_spawn"))
                    self.parent = (text(payload.get("forked_from_id"))
                                   or text(payload.get("parent_thread_id"))
                                   or text(spawn.get("parent_thread_id")))
                    self.start = seconds(record)
            elif record.get("type") == "turn_context":
                model = text(payload.get("model")) or model
            elif record.get("type") == "event_msg" and payload.get("type") == "token_count":
                info = obj(payload.get("info"))
                total, one = info.get("total_token_usage"), info.get("last_token_usage")
                if isinstance(total, dict) and isinstance(one, dict) and total != last:
                    last = total
                    self.calls.append(
                        (tuple(sorted(total.items())), tuple(sorted(one.items())), model,
                         seconds(record)))

    def copied(self, files):
        """How many calls at the front are copies: those of files up the line, from before the fork, and
        what was written in its first second."""
        line, parent = [], self.parent
        while parent in files and parent not in line and parent != self.session:
            line.append(parent)
            parent = files[parent].parent
        number = 0
        for total, one, _, at in self.calls if self.parent else []:
            before = any(
                (total, one) == call[:2] and (
                    call[3] is None or self.start is None or call[3] <= self.start + 1)
                for name in line for call in files[name].calls)
            if not before and (at is None or self.start is None or at > self.start + 1):
                break
            number += 1
        return number


def codex_files(rollouts, tally):
    """All rollouts together: whose a copied call is, other files tell."""
    files = {}
    for file in rollouts:
        known = files.get(file.session)
        if known is None or len(known.calls) < len(file.calls):
            files[file.session] = file
    for file in files.values():
        number = file.copied(files)
        for index, (total, one, model, at) in enumerate(file.calls):
            owner, root = file.session, file
            if index < number:
                # The first up the line that has it; the parent, where its file is not here.
                owner = file.parent
                while files.get(owner) and index < files[owner].copied(files):
                    owner = files[owner].parent
            one = dict(one)
            tally.call(
                ("codex", owner) + total, owner if owner in files else file.session, model,
                disjoint(count(one.get("input_tokens")), count(one.get("output_tokens")),
                         count(one.get("cached_input_tokens")),
                         count(one.get("cache_write_input_tokens"))), at)


def pi(records, tally):
    records = list(records)
    session = next((record.get("id") for record in records if record.get("type") == "session"), None)
    for record in records:
        message = obj(record.get("message"))
        usage = message.get("usage")
        if message.get("role") != "assistant" or not isinstance(usage, dict):
            continue
        counts = {"input": count(usage.get("input")), "output": count(usage.get("output")),
                  "read": count(usage.get("cacheRead")), "write": count(usage.get("cacheWrite"))}
        made = message.get("timestamp")
        key = None if made is None else ("pi", made) + tuple(counts.values())
        tally.other(key, session, text(message.get("model")), counts,
                    obj(usage.get("cost")).get("total"))


def gemini_lines(records, tally):
    """The messages of a session of lines, each with the session's name."""
    session = next((text(record.get("sessionId")) for record in records
                    if text(record.get("sessionId"))), None)
    messages = []
    for record in records:
        changed = obj(record.get("$set")).get("messages")
        messages += changed if isinstance(changed, list) else [record]
    gemini({"sessionId": session, "messages": messages}, tally)


def gemini(document, tally):
    for message in document.get("messages") or []:
        tokens = obj(message).get("tokens")
        if not isinstance(tokens, dict) or message.get("type") != "gemini":
            continue
        tally.call(
            ("gemini", message["id"]), document["sessionId"], text(message.get("model")), disjoint(
                plus(count(tokens.get("input")), count(tokens.get("tool"))),
                plus(count(tokens.get("output")), count(tokens.get("thoughts"))),
                count(tokens.get("cached"))), seconds(message))


def copilot(records, tally):
    session = None
    for record in records:
        data = obj(record.get("data"))
        if record.get("type") == "session.start":
            session = session or text(data.get("sessionId"))
        elif record.get("type") == "assistant.message" and count(data.get("outputTokens")) is not None:
            tally.other(("copilot", data.get("messageId")), session, text(data.get("model")),
                        {"output": count(data["outputTokens"])})
        elif record.get("type") == "session.shutdown":
            for model, metrics in obj(data.get("modelMetrics")).items():
                usage = obj(obj(metrics).get("usage"))
                if usage:
                    tally.other(("copilot", session, model), session, model, disjoint(
                        count(usage.get("inputTokens")), count(usage.get("outputTokens")),
                        count(usage.get("cacheReadTokens")), count(usage.get("cacheWriteTokens"))),
                        is_result=True)


def swe_agent(document, path, tally):
    info = obj(document.get("info"))
    stats = obj(info.get("model_stats"))
    sent, received = count(stats.get("tokens_sent")), count(stats.get("tokens_received"))
    if sent is not None and received is not None and sent + received > 0:
        tally.other(("swe-agent", path), path, None, {"input": sent, "output": received},
                    stats.get("instance_cost"), is_result=True)


def aider(records, tally):
    for record in records:
        told = obj(record.get("properties"))
        if record.get("event") == "message_send":
            tally.other(None, record.get("user_id"), text(told.get("main_model")),
                        {"input": count(told.get("prompt_tokens")),
                         "output": count(told.get("completion_tokens"))}, told.get("cost"))


def tally_file(path, read, tally):
    """Whether the file is another agent's session, which is then counted."""
    try:
        found = [record for record in read() if isinstance(record, dict)]
    except (UnicodeDecodeError, ValueError):
        return False
    first = found[0] if found else {}
    if os.path.basename(path).endswith(".traj"):
        swe_agent(first, path, tally)
    elif "projectHash" in first and "sessionId" in first and "messages" not in first:
        gemini_lines(found, tally)
    elif "projectHash" in first and "sessionId" in first:
        gemini(first, tally)
    elif first.get("type") == "session_meta" and isinstance(first.get("payload"), dict):
        tally.rollouts.append(CodexFile(found))
    elif first.get("type") == "session.start" and isinstance(first.get("data"), dict):
        copilot(found, tally)
    elif first.get("type") == "session" and "uuid" not in first and "sessionId" not in first:
        pi(found, tally)
    elif isinstance(first.get("properties"), dict) and text(first.get("event")):
        aider(found, tally)
    else:
        return False
    return True
