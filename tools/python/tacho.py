"""Records what an ADW script does in a Tacho store, without the script noticing.

One file, no dependencies, Python 3.8 or newer: copy it beside the scripts.

    from tacho import log_phase_start, log_phase_completion, ADWStructuredLogger

    started_at = datetime.now()
    log_phase_start("a1b2c3d4", 42, "Build", 3, "adw_sdlc_complete_iso")
    log_phase_completion("a1b2c3d4", 42, "Build", 3, True, started_at)

    logger = ADWStructuredLogger(adw_id="a1b2c3d4")
    logger.log_phase("Test", "started", {"phase_number": 5})
    logger.log_workflow("workflow_completed", {"duration_seconds": 450})

A call puts its values into a bounded queue and returns; a thread hands them to `tacho append`. Where
that program is not found, or does not take them, they wait in the spool, from where the next `tacho
append` or `tacho import` takes them in. Nothing is raised and nothing printed. A function says True
if the event is on its way, False if it was dropped; `counters()` says what became of all.

Which store: `configure(store=...)`, else TACHO_STORE, else the nearest .tacho/ upwards, else the
user's own, as for the program. TACHO_BIN names the program if it is not on the PATH.

The events are those of Sources/TachoEvents/TachoEvents.docc/Events.md, the spool's files those of
Sources/TachoCapture/Spool/SpoolRecord.swift.
"""

import atexit
import collections
import functools
import json
import math
import os
import re
import secrets
import shutil
import subprocess
import threading
import time
from datetime import datetime, timezone

__all__ = [
    "ADWStructuredLogger", "configure", "counters", "event", "flush", "log_phase_completion",
    "log_phase_start", "log_task_completion", "track_pattern_execution",
]

QUEUE_COUNT = 10000
BATCH_COUNT = 500
# An event's data, and what waits, in bytes.
MAXIMUM_BYTES = 16 << 20
QUEUE_BYTES = 32 << 20
# How long the program may take for one batch, and how long the end of the script waits for it.
APPEND_SECONDS = 10.0
EXIT_SECONDS = 3.0
SOURCE = "tacho/python"


# --------------------------------------------------------------------------------------------------
# The seed's functions


def _never_raises(function):
    """What goes wrong here is no matter of the script's: the event is counted as dropped."""

    @functools.wraps(function)
    def wrapped(*arguments, **named):
        try:
            return function(*arguments, **named)
        except Exception:
            _recorder.count("dropped")
            return False

    return wrapped


@_never_raises
def log_phase_start(adw_id, issue_number, phase_name, phase_number, workflow_template=None):
    """A phase begins."""
    return _phase(
        adw_id, "started", issue_number=issue_number, phase_name=phase_name,
        phase_number=phase_number, workflow_template=workflow_template,
        message="%s started" % phase_name, started_at=_moment(None))


@_never_raises
def log_phase_completion(
    adw_id, issue_number, phase_name, phase_number, success=True, started_at=None,
    workflow_template=None, error_message=None, tokens_used=None, cost_usd=None,
):
    """A phase has ended; with `started_at` (datetime, ISO text, or seconds) its duration is known."""
    status = _status(success)
    return _phase(
        adw_id, status, issue_number=issue_number, phase_name=phase_name,
        phase_number=phase_number, workflow_template=workflow_template,
        message="%s %s" % (phase_name, status), error_message=error_message,
        tokens_used=tokens_used, cost_usd=cost_usd, **_times(started_at))


@_never_raises
def log_task_completion(
    adw_id, issue_number, phase_name, phase_number, success, log_message, error_message=None,
    workflow_template=None, started_at=None, tokens_used=None, cost_usd=None, tool_calls=None,
):
    """A task of a phase has ended, with what there is to say about it."""
    return _phase(
        adw_id, _status(success), issue_number=issue_number, phase_name=phase_name,
        phase_number=phase_number, workflow_template=workflow_template, message=log_message,
        error_message=error_message, tokens_used=tokens_used, cost_usd=cost_usd,
        tool_calls=tool_calls, **_times(started_at))


@_never_raises
def track_pattern_execution(
    pattern_name, workflow_id, tokens_used, cost_usd, success, execution_time_seconds=None,
    estimated_time_seconds=None, estimated_cost=None, error_message=None,
):
    """A pattern was carried out, by a tool in the agent's place for instance."""
    data = _object(
        pattern_name=pattern_name, workflow_id=workflow_id, tokens_used=tokens_used,
        cost_usd=cost_usd, success=success, execution_time_seconds=execution_time_seconds,
        estimated_time_seconds=estimated_time_seconds, estimated_cost=estimated_cost,
        error_message=error_message, executed_at=_moment(None))
    return _recorder.record("pattern.executed", workflow_id, data)


@_never_raises
def event(type, data, stream=None):
    """An event of any type: `event("build.cache", {"hits": 12}, stream=adw_id)`."""
    return _recorder.record(type, stream, dict(data))


class ADWStructuredLogger:
    """The log of one workflow."""

    def __init__(self, adw_id, issue_number=None, workflow_template=None):
        self.adw_id = adw_id
        self.issue_number = issue_number
        self.workflow_template = workflow_template

    @_never_raises
    def log_phase(self, phase_name, status, context=None, message=None):
        """How a phase is: started, completed, failed, skipped. Known names of `context` (tokens_used,
        duration_seconds, ...) are fields of the event; the rest stays together in `context`."""
        fields, rest = self._split(context, _PHASE_FIELDS)
        fields.setdefault("started_at" if status == "started" else "completed_at", _moment(None))
        return _phase(
            self.adw_id, status, phase_name=phase_name, context=rest,
            **dict(self._common(message or "%s %s" % (phase_name, status)), **fields))

    @_never_raises
    def log_workflow(self, event_name, context=None, message=None):
        """How the workflow is: workflow_started, workflow_completed, workflow_failed."""
        status = str(event_name)
        if status.startswith("workflow_"):
            status = status[len("workflow_"):]
        fields, rest = self._split(context, _WORKFLOW_FIELDS)
        fields.setdefault("started_at" if status == "started" else "completed_at", _moment(None))
        data = _object(
            adw_id=self.adw_id, event_type="workflow", workflow_status=status, context=rest,
            **dict(self._common(message or "Workflow %s" % status), **fields))
        return _recorder.record("workflow." + _word(status), self.adw_id, data)

    def _common(self, message):
        return {
            "issue_number": self.issue_number, "workflow_template": self.workflow_template,
            "message": message,
        }

    @staticmethod
    def _split(context, names):
        context = dict(context or {})
        fields = {name: context.pop(name) for name in names if name in context}
        for name in ("started_at", "completed_at"):
            if name in fields:
                fields[name] = _moment(fields[name])
        return fields, context


_PHASE_FIELDS = (
    "phase_number", "issue_number", "workflow_template", "message", "error_message", "started_at",
    "completed_at", "duration_seconds", "tokens_used", "cost_usd", "tool_calls", "retry_count",
    "session_id", "parent_adw_id", "model_used", "depends_on",
)
_WORKFLOW_FIELDS = (
    "issue_number", "workflow_template", "message", "error_message", "started_at", "completed_at",
    "duration_seconds", "total_tokens", "total_cost_usd", "retry_count", "session_id",
    "parent_adw_id", "model_used",
)


def configure(store=None, program=None, spool=None):
    """Names the store's directory, the program, the spool; what is not named stays as it is."""
    _recorder.configure(store, program, spool)


def counters():
    """What became of the events so far: recorded, spooled, dropped, refused, waiting."""
    return _recorder.counters()


def flush(timeout=5.0):
    """Waits until everything is written, and says whether it is."""
    return _recorder.flush(timeout)


# --------------------------------------------------------------------------------------------------
# Values


def _phase(adw_id, status, **fields):
    data = _object(adw_id=adw_id, event_type="phase", phase_status=status, **fields)
    return _recorder.record("phase." + _word(status), adw_id, data)


def _object(**members):
    """What is unknown is left out."""
    return {name: value for name, value in members.items() if value is not None}


def _status(success):
    if isinstance(success, str):
        return success
    return "completed" if success else "failed"


def _word(text):
    text = str(text)
    return text if re.match(r"\A[A-Za-z0-9_.-]{1,64}\Z", text) else "unknown"


def _times(started_at):
    now = time.time()
    times = {"completed_at": _iso(now)}
    seconds = _seconds(started_at)
    if seconds is not None:
        times["started_at"] = _iso(seconds)
        times["duration_seconds"] = round(max(0.0, now - seconds), 6)
    elif started_at is not None:
        times["started_at"] = str(started_at)
    return times


def _moment(value):
    """A moment as text; `None` is now."""
    if value is None:
        return _iso(time.time())
    seconds = _seconds(value)
    return str(value) if seconds is None else _iso(seconds)


def _seconds(value):
    """Since 1970. A moment without a zone is the script's local time, as datetime.now() is."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        text = value.strip()
        try:
            value = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        except ValueError:
            return None
    return value.timestamp() if isinstance(value, datetime) else None


def _iso(seconds):
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + "%06dZ" % moment.microsecond


def _plain(value, depth=0):
    """`value` as JSON can say it: what is no JSON becomes text, infinity becomes null."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        # Half of a surrogate pair is no text.
        return str(value).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if depth > 100:
        return "..."
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(member, depth + 1) for key, member in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(element, depth + 1) for element in value]
    if isinstance(value, datetime):
        return _moment(value)
    return _plain(str(value))


def _line(value):
    # Escapes keep every line in ASCII, whatever the script's encoding is.
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii")


def _stream(workflow):
    """Text for an envelope, as Sources/TachoLog/Record/EnvelopeText.swift has it."""
    text = "general" if workflow is None or workflow == "" else _plain(str(workflow))
    if text.startswith("wf-") and len(text) > 3:
        text = text[3:]
    raw = text.encode("utf-8")
    if len(raw) <= 512 and not re.search(r'[\x00-\x1f\x7f"\\]', text):
        return text
    safe = "".join(
        chr(byte) if 0x20 < byte < 0x7F and byte not in b'"\\%' else "%%%02x" % byte
        for byte in raw)
    return safe[:512]


_id_lock = threading.Lock()
_last_tick = 0


def _new_id(seconds):
    """A UUIDv7 (RFC 9562 method 3), greater than all before it: the spool is drained in that order."""
    global _last_tick
    with _id_lock:
        # Milliseconds and 4096ths of one; never the same twice.
        _last_tick = tick = max(int(seconds * 4096000), _last_tick + 1)
    bits = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0x2 << 62
    text = "%032x" % (bits | secrets.randbits(62))
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


# --------------------------------------------------------------------------------------------------
# Places, by the same rules as the program's


def _find_store():
    named = os.environ.get("TACHO_STORE")
    if named:
        return named.rstrip("/") or "/"
    directory = os.getcwd()
    while True:
        candidate = os.path.join(directory, ".tacho")
        if os.path.isdir(candidate):
            return candidate
        parent = os.path.dirname(directory)
        if parent == directory:
            break
        directory = parent
    data = os.environ.get("XDG_DATA_HOME") or ""
    if data.startswith("/"):
        return data + "/tacho"
    return (os.environ.get("HOME") or ".") + "/.local/share/tacho"


def _spool_candidates(store):
    """Directories, and whether others can make names beside them."""
    candidates = []
    named = os.environ.get("TACHO_SPOOL")
    if named:
        candidates.append((named, False))
    candidates.append((store + "/spool", False))
    state = os.environ.get("XDG_STATE_HOME") or ""
    home = os.environ.get("HOME") or ""
    if state.startswith("/"):
        candidates.append((state + "/tacho/spool", False))
    elif home.startswith("/"):
        candidates.append((home + "/.local/state/tacho/spool", False))
    candidates.append(("/tmp/tacho-spool-%d" % os.geteuid(), True))
    return candidates


def _write_spooled(directory, is_shared, name, line):
    """One file, whole or not at all."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        if is_shared:
            status = os.lstat(directory)
            is_link = (status.st_mode & 0o170000) == 0o120000
            if is_link or status.st_uid != os.geteuid() or status.st_mode & 0o077:
                return False
        temporary = os.path.join(directory, name + ".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(line)
            os.rename(temporary, os.path.join(directory, name + ".json"))
        except OSError:
            os.unlink(temporary)
            return False
        return True
    except OSError:
        return False


# --------------------------------------------------------------------------------------------------
# The queue and its thread


class _Recorder:
    def __init__(self):
        self._store = self._program = self._spool = None
        self._reset()

    def _reset(self):
        """Also in a child after fork(): the parent's thread is not there, nor are its events ours."""
        global _id_lock
        _id_lock = threading.Lock()
        self._lock = threading.Condition(threading.Lock())
        self._queue = collections.deque()
        self._bytes = 0
        # Taken from the queue and neither recorded nor spooled yet.
        self._current = []
        self._is_running = False
        self._counts = dict.fromkeys(("recorded", "spooled", "dropped", "refused"), 0)

    def configure(self, store, program, spool):
        with self._lock:
            if store is not None:
                self._store = os.fspath(store).rstrip("/") or "/"
            if program is not None:
                self._program = os.fspath(program)
            if spool is not None:
                self._spool = os.fspath(spool)

    def count(self, name, number=1):
        with self._lock:
            self._counts[name] += number

    def counters(self):
        with self._lock:
            return dict(self._counts, waiting=len(self._queue) + len(self._current))

    def record(self, type, stream, data):
        now = time.time()
        envelope = {
            "id": _new_id(now), "stream": _stream(stream), "type": _plain(str(type)),
            "source": SOURCE, "time": _iso(now), "data": _plain(data),
        }
        size = len(_line(envelope))
        with self._lock:
            if (
                size > MAXIMUM_BYTES or len(self._queue) >= QUEUE_COUNT
                or self._bytes + size > QUEUE_BYTES
            ):
                self._counts["dropped"] += 1
                return False
            self._queue.append((size, envelope))
            self._bytes += size
            if not self._is_running:
                # Made with the first event: importing this file starts nothing.
                threading.Thread(target=self._run, name="tacho", daemon=True).start()
                self._is_running = True
            self._lock.notify_all()
        return True

    def flush(self, timeout):
        deadline = time.monotonic() + timeout
        with self._lock:
            while self._queue or self._current:
                rest = deadline - time.monotonic()
                if rest <= 0:
                    return False
                self._lock.wait(rest)
            return True

    def end(self):
        """What the program has not taken by the end of the script goes into the spool.

        Perhaps it has taken some of it all the same: the ids make that harmless.
        """
        if self.flush(EXIT_SECONDS):
            return
        with self._lock:
            rest = self._current + [envelope for _, envelope in self._queue]
            self._queue.clear()
            self._current = []
        for envelope in rest:
            self._spool_event(envelope)

    def _run(self):
        while True:
            with self._lock:
                while not self._queue:
                    self._lock.wait()
                while self._queue and len(self._current) < BATCH_COUNT:
                    size, envelope = self._queue.popleft()
                    self._bytes -= size
                    self._current.append(envelope)
                batch = list(self._current)
            try:
                counts = self._write(batch)
            except Exception:
                counts = {"dropped": len(batch)}
            with self._lock:
                for name, number in counts.items():
                    self._counts[name] += number
                self._current = []
                self._lock.notify_all()

    def _write(self, batch):
        outcome = self._append(batch)
        if outcome is not None:
            return outcome
        spooled = sum(1 for envelope in batch if self._spool_event(envelope))
        return {"spooled": spooled, "dropped": len(batch) - spooled}

    def _append(self, batch):
        """`None` if the program is not there or has not taken the batch."""
        program = self._program or os.environ.get("TACHO_BIN") or shutil.which("tacho")
        if not program:
            return None
        command = [
            program, "append", "--envelope", "--durability", "interval", "--quiet", "--store",
            self._store_directory(),
        ]
        try:
            done = subprocess.run(
                command, input=b"".join(_line(envelope) + b"\n" for envelope in batch),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=APPEND_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return None
        if done.returncode == 0:
            return {"recorded": len(batch)}
        if done.returncode == 65:
            # Bad ones were kept aside by the store; only it knows which.
            return {"refused": len(batch)} if len(batch) == 1 else self._append_each(batch)
        return None

    def _append_each(self, batch):
        """One after the other: those that are in the store already are taken as they are."""
        counts = collections.Counter()
        for envelope in batch:
            counts.update(self._write([envelope]))
        return counts

    def _store_directory(self):
        return self._store or _find_store()

    def _spool_event(self, envelope):
        store = self._store_directory()
        record = {"id": envelope["id"], "store": store, "time": envelope["time"]}
        for name in ("stream", "type", "source", "data"):
            record[name] = envelope[name]
        line = _line(record) + b"\n"
        candidates = [(self._spool, False)] if self._spool else _spool_candidates(store)
        return any(
            _write_spooled(path, is_shared, envelope["id"], line)
            for path, is_shared in candidates)


_recorder = _Recorder()
atexit.register(_recorder.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_recorder._reset)
