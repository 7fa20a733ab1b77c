"""Tokens of other agents' sessions than Claude Code's, for usage.py: written against the formats.

Codex counts what was cached inside the input, and what was reasoned inside the output; its counter is
cumulative, and only where it moves was a model called. Gemini's thoughts come on top of the output,
and what a tool put into the prompt on top of the input. pi and SWE-agent give plain sums.
"""
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


def codex(records, tally):
    session = model = None
    last = None
    for record in records:
        payload = obj(record.get("payload"))
        if record.get("type") == "session_meta":
            session = session or text(payload.get("id"))
        elif record.get("type") == "turn_context":
            model = text(payload.get("model")) or model
        elif record.get("type") == "event_msg" and payload.get("type") == "token_count":
            info = obj(payload.get("info"))
            total, one = info.get("total_token_usage"), info.get("last_token_usage")
            if not isinstance(total, dict) or not isinstance(one, dict) or total == last:
                continue
            last = total
            # Growth states begin with the same calls: the total they lead to tells.
            key = ("codex", session) + tuple(sorted(total.items()))
            tally.other(key, session, model, disjoint(
                count(one.get("input_tokens")), count(one.get("output_tokens")),
                count(one.get("cached_input_tokens"))))


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


def gemini(document, tally):
    for message in document.get("messages") or []:
        tokens = obj(message).get("tokens")
        if not isinstance(tokens, dict) or message.get("type") != "gemini":
            continue
        tally.other(
            ("gemini", message["id"]), document["sessionId"], text(message.get("model")), disjoint(
                plus(count(tokens.get("input")), count(tokens.get("tool"))),
                plus(count(tokens.get("output")), count(tokens.get("thoughts"))),
                count(tokens.get("cached"))))


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
    elif "projectHash" in first and "sessionId" in first:
        gemini(first, tally)
    elif first.get("type") == "session_meta" and isinstance(first.get("payload"), dict):
        codex(found, tally)
    elif first.get("type") == "session.start" and isinstance(first.get("data"), dict):
        copilot(found, tally)
    elif first.get("type") == "session" and "uuid" not in first and "sessionId" not in first:
        pi(found, tally)
    elif isinstance(first.get("properties"), dict) and text(first.get("event")):
        aider(found, tally)
    else:
        return False
    return True
