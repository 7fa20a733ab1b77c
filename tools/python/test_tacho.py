"""Tests of tacho.py: `python3 -m unittest test_tacho`, without the program; the tests in
Tests/EndToEnd run these, and fold what the client has written."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from datetime import datetime, timedelta, timezone

import tacho


class ClientTests(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.spool = os.path.join(self.directory.name, "spool")
        self.client = importlib.reload(tacho)
        # A program that is not there sends everything into the spool.
        self.client.configure(
            store=os.path.join(self.directory.name, "store"), spool=self.spool,
            program=os.path.join(self.directory.name, "none"))

    def tearDown(self):
        self.directory.cleanup()

    def spooled(self):
        self.assertTrue(self.client.flush(60))
        records = []
        for name in sorted(os.listdir(self.spool)):
            self.assertTrue(name.endswith(".json"), name)
            with open(os.path.join(self.spool, name), "rb") as file:
                line = file.read()
            self.assertTrue(line.endswith(b"\n") and line.count(b"\n") == 1)
            record = json.loads(line)
            self.assertEqual(name, record["id"] + ".json")
            records.append(record)
        return records

    def test_the_seeds_functions_write_phases(self):
        started = datetime.now() - timedelta(seconds=90)
        self.assertTrue(self.client.log_phase_start("a1", 42, "Build", 3, "adw_sdlc_iso"))
        self.assertTrue(self.client.log_phase_completion("a1", 42, "Build", 3, True, started))
        self.assertTrue(
            self.client.log_task_completion("a1", 42, "Test", 5, False, "3 failed", "exit code 1"))
        by_type = {record["type"]: record for record in self.spooled()}

        self.assertEqual(
            sorted(by_type), ["phase.completed", "phase.failed", "phase.started"])
        self.assertEqual(by_type["phase.started"]["data"]["workflow_template"], "adw_sdlc_iso")
        completed = by_type["phase.completed"]["data"]
        self.assertGreaterEqual(completed["duration_seconds"], 90)
        self.assertLess(completed["duration_seconds"], 600)
        failed = by_type["phase.failed"]["data"]
        self.assertEqual(failed["error_message"], "exit code 1")
        self.assertEqual(failed["message"], "3 failed")
        self.assertNotIn("started_at", failed)
        self.assertEqual({record["stream"] for record in by_type.values()}, {"a1"})

    def test_the_seeds_logger_takes_context_apart(self):
        logger = self.client.ADWStructuredLogger(adw_id="wf-a1", issue_number=7)
        logger.log_phase("Build", "started", {"phase_number": 3, "host": "h"})
        logger.log_workflow("workflow_completed", {"duration_seconds": 450})
        by_type = {record["type"]: record for record in self.spooled()}

        phase = by_type["phase.started"]
        self.assertEqual(phase["stream"], "a1")
        self.assertEqual(phase["data"]["phase_number"], 3)
        self.assertEqual(phase["data"]["context"], {"host": "h"})
        workflow = by_type["workflow.completed"]["data"]
        self.assertEqual(workflow["workflow_status"], "completed")
        self.assertEqual(workflow["duration_seconds"], 450)

    def test_patterns(self):
        self.client.track_pattern_execution("run_tests", "wf-a1", 1200, 0.02, True)
        (record,) = self.spooled()
        self.assertEqual((record["type"], record["stream"]), ("pattern.executed", "a1"))
        self.assertEqual(record["data"]["tokens_used"], 1200)

    def test_nothing_is_raised_whatever_is_given(self):
        class Bad:
            def __str__(self):
                raise RuntimeError("no text")

        circle = {}
        circle["self"] = circle
        self.client.log_phase_start(None, object(), float("nan"), {1, 2}, b"bytes")
        self.client.log_phase_completion("a\"\\\n\x00", "x" * 99, "\ud800", [], "odd status!", "then")
        self.client.event("t", circle)
        self.client.event("t", 5)
        self.client.ADWStructuredLogger(None).log_phase(None, None, "not a dict")
        self.assertFalse(self.client.event("t", {"bad": Bad()}))
        for record in self.spooled():
            self.assertNotRegex(record["stream"], '[\x00-\x1f"\\\\]')
        counts = self.client.counters()
        self.assertEqual(counts["waiting"], 0)
        self.assertEqual(counts["spooled"] + counts["dropped"], 6)

    def test_where_nothing_can_be_written_nothing_is_raised(self):
        with open(self.spool, "w"):
            pass
        self.assertTrue(self.client.log_phase_start("a1", 1, "Plan", 1, None))
        self.assertTrue(self.client.flush(60))
        self.assertEqual(self.client.counters()["dropped"], 1)

    def test_threads_lose_nothing(self):
        def work(thread):
            for number in range(50):
                self.client.event("test.event", {"n": thread * 50 + number}, stream="s")

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        numbers = sorted(record["data"]["n"] for record in self.spooled())
        self.assertEqual(numbers, list(range(400)))

    def test_a_full_queue_drops_and_counts(self):
        self.client.QUEUE_COUNT = 2
        started = threading.Event()
        proceed = threading.Event()
        spool = self.client._recorder._spool_event

        def slow(envelope):
            started.set()
            proceed.wait(60)
            return spool(envelope)

        self.client._recorder._spool_event = slow
        self.client.event("test.event", {"n": 0})
        started.wait(60)
        taken = [self.client.event("test.event", {"n": number}) for number in range(1, 5)]
        proceed.set()
        self.assertEqual(taken, [True, True, False, False])
        self.assertEqual(len(self.spooled()), 3)
        self.assertEqual(self.client.counters()["dropped"], 2)

    def test_moments(self):
        moment = datetime(2026, 1, 2, 3, 4, 5, 600, tzinfo=timezone.utc)
        for value in (moment, "2026-01-02T03:04:05.000600Z", moment.timestamp()):
            self.assertEqual(self.client._moment(value), "2026-01-02T03:04:05.000600Z")
        self.assertEqual(self.client._moment("yesterday"), "yesterday")

    def test_ids_are_version_7_and_sort_by_time(self):
        now = time.time()
        ids = [self.client._new_id(seconds) for seconds in [1.0, 2.5] + [now] * 5000 + [now - 9]]
        self.assertEqual(ids, sorted(set(ids)))
        for text in ids:
            self.assertRegex(text, r"\A[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")

    def test_a_program_that_hangs_is_not_waited_for(self):
        """A script of its own, because it has to end."""
        hanging = os.path.join(self.directory.name, "hang")
        with open(hanging, "w") as file:
            file.write("#!/bin/sh\nexec sleep 60\n")
        os.chmod(hanging, 0o755)
        script = (
            "import tacho; tacho.EXIT_SECONDS = 0.1\n"
            "tacho.configure(store=%r, spool=%r, program=%r)\n"
            "tacho.log_phase_start('a1', 1, 'Plan', 1, None)\n"
            % (self.client._recorder._store, self.spool, hanging))
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=os.path.dirname(os.path.abspath(__file__)),
            timeout=50, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))
        self.assertEqual(len(self.spooled()), 1)

    def test_a_forked_child_records_its_own(self):
        self.client.event("test.event", {"n": 1})
        self.assertTrue(self.client.flush(60))
        child = os.fork()
        if child == 0:
            self.client.event("test.event", {"n": 2})
            self.client.flush(60)
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(sorted(record["data"]["n"] for record in self.spooled()), [1, 2])


if __name__ == "__main__":
    unittest.main()
