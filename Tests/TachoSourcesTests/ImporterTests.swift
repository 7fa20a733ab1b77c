import Foundation
import TachoCapture
import TachoJSON
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct ImporterTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func stop(_ number: Int) -> String {
        "{\"hook_event_name\":\"Stop\",\"session_id\":\"s\",\"n\":\(number)}"
    }

    // MARK: - Hook logs

    @Test func `hook payloads become events in any of the three forms`() throws {
        let lines = try directory.write("1/a.jsonl", "\(stop(1))\n\(stop(2))\n")
        let array = try directory.write("2/a.json", "[\n  \(stop(1)),\n  \(stop(2))\n]\n")
        let rows = try directory.write("3/a.jsonl", "{\n\(stop(1).dropFirst())\n\(stop(2))\n")

        for path in [lines, array, rows] {
            let (report, events) = try importing(path)
            #expect(report.eventCount == 2, "\(path)")
            #expect(events.map(\.type) == ["hook.Stop", "hook.Stop"])
            #expect(events.map(\.text) == [stop(1), stop(2)])
            #expect(events.map(\.stream) == ["s", "s"])
            #expect(events.allSatisfy { $0.time == nil && $0.source == "claude-code/hook-log" })
        }
    }

    @Test func `a payload's workflow comes from its worktree, its time from its own words`() throws
    {
        let path = try directory.write(
            "pre_tool_use.json",
            "[{\"session_id\":\"s\",\"cwd\":\"/r/trees/wf-a1/x\",\"timestamp\":\"2025-12-18T10:00:00Z\"}]"
        )

        let event = try #require(try importing(path).events.first)

        #expect(event.type == "hook.PreToolUse")
        #expect(event.stream == "a1")
        #expect(event.time?.description == "2025-12-18T10:00:00.000Z")
    }

    @Test func `what a status line was given is an event of its session, as it is or wrapped`()
        throws
    {
        let shown =
            #"{"session_id":"s","cwd":"/w","model":{"id":"m"},"workspace":{},"cost":{"total_cost_usd":0.5}}"#
        let bare = try directory.write("1/status.json", shown)
        let wrapped = try directory.write(
            "2/status_line.json",
            #"[{"timestamp":"2025-08-24T15:53:33.027","input_data":\#(shown),"status_line_output":"x"}]"#
        )

        for path in [bare, wrapped] {
            let (report, events) = try importing(path)
            #expect(report.files.map(\.kind) == [.statusLine])
            #expect(events.map(\.type) == ["statusline.shown"] && events.map(\.stream) == ["s"])
            #expect(events.map(\.source) == ["claude-code/status-line"])
        }
        #expect(
            try importing(wrapped).events[0].time?.description == "2025-08-24T15:53:33.027Z")
    }

    @Test func `the seed's hook events keep their ids`() throws {
        let path = try directory.write(
            "hook_events.jsonl",
            "{\"event_id\":\"e1\",\"event_type\":\"PreToolUse\",\"session_id\":\"s\",\"workflow_id\":\"wf-a1\",\"timestamp\":\"2025-12-18T10:00:00\",\"payload\":{}}\n"
                + "{\"event_id\":\"e2\",\"event_type\":\"Stop\",\"session_id\":\"s\",\"workflow_id\":null,\"payload\":{}}\n"
        )

        let events = try importing(path).events

        #expect(events.map(\.id) == ["e1", "e2"])
        #expect(events.map(\.type) == ["hook.PreToolUse", "hook.Stop"])
        #expect(events.map(\.stream) == ["a1", "s"])
        #expect(events[0].time?.description == "2025-12-18T10:00:00.000Z")
        #expect(events[0].source == "adw/hook-log")
    }

    // MARK: - Idempotence

    @Test func `a second import adds nothing, a grown file its tail, a rewritten one its new run`()
        throws
    {
        var sink = MemorySink()
        let path = try directory.write("a.jsonl", "\(stop(1))\n\(stop(2))\n")
        #expect(try importing([path], into: &sink).eventCount == 2)

        let again = try importing([path], into: &sink)
        #expect(again.eventCount == 0 && again.duplicateCount == 2)

        try directory.append("a.jsonl", "\(stop(3))\n\(stop(3))\n")
        let grown = try importing([path], into: &sink)
        #expect(grown.eventCount == 2 && grown.duplicateCount == 2)

        try directory.write("a.jsonl", "\(stop(2))\n\(stop(3))\n")
        #expect(try importing([path], into: &sink).eventCount == 2)

        let copy = try directory.write("copy/b.jsonl", "\(stop(1))\n\(stop(2))\n")
        #expect(try importing([copy], into: &sink).eventCount == 0)
        #expect(sink.events.count == 6)
    }

    @Test func `ids are the chain over the records before`() throws {
        let path = try directory.write("a.jsonl", "\(stop(1))\nbroken\n\(stop(2))\n")
        let start = SHA256.hash(Array("hook-log".utf8))
        let first = SHA256.hash(start.bytes + Array(stop(1).utf8))
        let second = SHA256.hash(first.bytes + Array(stop(2).utf8))

        let ids = try importing(path).events.map(\.id)

        #expect(ids == [first, second].map { ByteString("hook-log:\($0.hex.prefix(32))") })
    }

    @Test func `every length of a growing file adds exactly what is new`() throws {
        let whole = "\(stop(1))\n\(stop(2))\n\(stop(3))\n"
        var sink = MemorySink()
        for count in 0...whole.utf8.count {
            let path = try directory.write("a.jsonl", Array(whole.utf8.prefix(count)))
            _ = try importing([path], into: &sink)
            let expected = whole.utf8.prefix(count).reduce(0) { $0 + ($1 == 0x7D ? 1 : 0) }
            #expect(sink.events.count == expected, "\(count)")
        }
        #expect(sink.events.map(\.text) == [stop(1), stop(2), stop(3)])
    }

    @Test func `an importer reads a file again only when it has changed`() throws {
        let path = try directory.write("a.jsonl", "\(stop(1))\n")
        var options = ImportOptions()
        options.clock = { Timestamp(microseconds: Timestamp.now.microseconds + 60_000_000) }
        var importer = Importer(MemorySink(), options: options)

        let first = try importer.run([path])
        let second = try importer.run([path])
        try directory.append("a.jsonl", "\(stop(2))\n")
        let third = try importer.run([path])

        #expect(first.eventCount == 1 && third.eventCount == 1)
        #expect(second.unchangedFileCount == 1 && second.recordCount == 0)
    }

    @Test func `a failed append is told, and the next run goes on`() throws {
        let path = try directory.write("a.jsonl", (1...5).map { stop($0) + "\n" }.joined())
        var options = ImportOptions()
        options.batchEventCount = 2
        var sink = MemorySink()
        sink.failingAppend = 2
        var importer = Importer(sink, options: options)

        var failure: LogError?
        do throws(LogError) { _ = try importer.run([path]) } catch { failure = error }
        let keptCount = importer.sink.events.count
        #expect(failure?.code == .outOfSpace && keptCount == 2)
        importer.sink.failingAppend = nil
        let report = try importer.run([path])

        #expect(report.eventCount == 3 && report.duplicateCount == 2 && report.isBalanced)
    }

    @Test func `a file whose events waited in a failed batch is read again`() throws {
        let paths = [
            try directory.write("a.jsonl", stop(1) + "\n"),
            try directory.write("b.jsonl", stop(2) + "\n"),
        ]
        var options = ImportOptions()
        options.clock = { Timestamp(microseconds: Timestamp.now.microseconds + 60_000_000) }
        var sink = MemorySink()
        sink.failingAppend = 1
        var importer = Importer(sink, options: options)

        var failure: LogError?
        do throws(LogError) { _ = try importer.run(paths) } catch { failure = error }
        importer.sink.failingAppend = nil
        let report = try importer.run(paths)

        #expect(failure != nil && report.eventCount == 2)
    }

    @Test(arguments: [1, 2, 3, 1000]) func `batches have their bounds`(batchEventCount: Int) throws
    {
        let path = try directory.write("a.jsonl", (1...7).map { stop($0) + "\n" }.joined())
        var options = ImportOptions()
        options.batchEventCount = batchEventCount
        options.batchByteCount = stop(1).utf8.count * 2
        var sink = MemorySink()

        #expect(try importing([path], into: &sink, options: options).eventCount == 7)
        #expect(sink.batches.allSatisfy { $0 <= min(batchEventCount, 2) })
    }

    // MARK: - Transcripts

    private let user =
        "{\"type\":\"user\",\"uuid\":\"u1\",\"sessionId\":\"s1\",\"timestamp\":\"2025-06-14T11:00:00Z\",\"message\":{}}"

    @Test func `transcript records get their session from the file and no invented time`() throws {
        let summary = "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"u\"}"
        let path = try directory.write("x.jsonl", "\(summary)\n\(user)\n\(summary)\n")

        let events = try importing(path).events

        #expect(
            events.map(\.type) == ["transcript.summary", "transcript.user", "transcript.summary"])
        #expect(events.map(\.stream) == ["s1", "s1", "s1"])
        #expect(events[1].id == "s1/u1")
        #expect(events[0].id != events[2].id)
        #expect(events.map { $0.time == nil } == [true, false, true])
    }

    @Test func `the same summary at the head of two sessions is two events`() throws {
        let summary = "{\"type\":\"summary\",\"summary\":\"x\",\"leafUuid\":\"u\"}"
        try directory.write("s1.jsonl", "\(summary)\n")
        try directory.write("s2.jsonl", "\(summary)\n")

        let (report, events) = try importing(directory.path)

        #expect(report.eventCount == 2)
        #expect(events.map(\.stream) == ["s1", "s2"])
    }

    @Test func `a record written again with other bytes is a conflict, and the first stays`() throws
    {
        let newer = user.replacing("{}}", with: "{},\"version\":\"2\"}")
        let path = try directory.write("x.jsonl", "\(user)\n\(newer)\n\(user)\n")

        let (report, events) = try importing(path)

        #expect(events.map(\.text) == [user])
        #expect(report.conflictCount == 1 && report.duplicateCount == 1 && report.eventCount == 1)
    }

    @Test func `a session's file comes before its subagents`() throws {
        try directory.write("s1/subagents/agent-1.jsonl", user.replacing("u1", with: "u2") + "\n")
        try directory.write("s1.jsonl", user + "\n")

        let events = try importing(directory.path).events

        #expect(events.map(\.id) == ["s1/u1", "s1/u2"])
    }

    @Test func `types from outside cannot leave their family`() throws {
        let path = try directory.write(
            "x.jsonl",
            "{\"type\":\"a b\",\"uuid\":\"1\",\"sessionId\":\"s\"}\n{\"type\":7,\"uuid\":\"2\",\"sessionId\":\"s\"}\n"
                + "{\"type\":\"user\",\"uuid\":\"a\\\"b\",\"sessionId\":\"a\\u0000b\"}\n{\"uuid\":\"3\"}\n"
        )
        var options = ImportOptions()
        options.kind = .transcript
        var sink = MemorySink()

        #expect(try importing([path], into: &sink, options: options).eventCount == 4)
        #expect(sink.events.map(\.type).prefix(2) == ["transcript.unknown", "transcript.unknown"])
        #expect(sink.events[2].stream == "a%00b")
        #expect(sink.events[3].id == "s/3")
    }

    // MARK: - Run directories

    @Test func `a run directory becomes its facts, its state, and its agents' output in order`()
        throws
    {
        let state = "{\n  \"adw_id\": \"other\",\n  \"issue_number\": \"7\"\n}\n"
        try directory.write("agents/a1/adw_state.json", state)
        try directory.write("agents/a1/error.log", "boom")
        try directory.write(
            "agents/a1/completed_phases.json",
            "{\"completed\":[\"Plan\"],\"current\":null,\"last_updated\":\"2025-12-18T10:00:00\"}")
        let output =
            "{\"type\":\"system\",\"session_id\":\"x\"}\n{\"type\":\"result\",\"session_id\":\"x\"}\n"
        try directory.write("agents/a1/sdlc_planner/raw_output.jsonl", output)
        try directory.write("agents/a1/sdlc_planner/raw_output.json", "[\(output)]")
        try directory.write("agents/a1/sdlc_planner/prompts/plan.txt", "do it")
        try directory.write(
            "agents/a1/adw_plan_iso/execution.log",
            "2025-12-18 10:00:00 - INFO - started\n2025-12-18 10:00:01 - ERROR - failed\nTraceback\n\n  x\n\n"
        )

        let (report, events) = try importing(directory.path)

        #expect(
            events.map(\.type.description) == [
                "state.directory", "state.snapshot", "state.phases", "log.line", "log.line",
                "output.system", "output.result",
            ])
        #expect(events.allSatisfy { $0.stream == "a1" })
        #expect(
            events[0].text.hasPrefix(
                "{\"directory\":\"a1\",\"directories\":[\"adw_plan_iso\",\"sdlc_planner\"],\"error_log_modified\":\"2"
            ))
        #expect(events[1].text == "{  \"adw_id\": \"other\",  \"issue_number\": \"7\"}")
        #expect(events[1].time != nil && events[1].source == "adw/state")
        #expect(events[2].time?.description == "2025-12-18T10:00:00.000Z")
        #expect(
            events[4].text == "{\"level\":\"ERROR\",\"message\":\"failed\\nTraceback\\n\\n  x\"}")
        #expect(events[4].time?.description == "2025-12-18T10:00:01.000Z")
        #expect(events[4].source == "adw/log/adw_plan_iso")
        #expect(events[5].source == "adw/output/sdlc_planner" && events[5].time == nil)
        #expect(
            report.files.filter { $0.reason != nil }.map(\.kind) == [
                .notALog, .outputTwin, .notALog,
            ])
    }

    @Test func `the same first log line in two runs is two events`() throws {
        for run in ["a1", "a2"] {
            try directory.write(
                "agents/\(run)/ops/execution.log", "2025-12-18 10:00:00 - INFO - started\n")
        }
        let (report, events) = try importing(directory.path)
        #expect(report.eventCount == 2)
        #expect(events.map(\.stream) == ["a1", "a2"])
    }

    @Test func `a state that comes back is told again, and one that stays is not`() throws {
        var sink = MemorySink()
        func write(_ status: String, at time: TimeInterval) throws {
            let path = try directory.write("agents/a1/adw_state.json", "{\"status\":\"\(status)\"}")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: time)], ofItemAtPath: path)
        }
        for (index, status) in ["running", "completed", "running"].enumerated() {
            try write(status, at: Double(index))
            _ = try importing([directory.path], into: &sink)
            let again = try importing([directory.path], into: &sink)
            #expect(again.eventCount == 0 && again.conflictCount == 0)
        }
        let states = sink.events.filter { $0.type == "state.snapshot" }
        #expect(
            states.map(\.text)
                == ["running", "completed", "running"].map { "{\"status\":\"\($0)\"}" })
        #expect(states.map(\.time?.milliseconds) == [0, 1000, 2000])
    }

    @Test func `a torn state file is rejected, and taken once it is whole`() throws {
        let path = try directory.write("agents/a1/adw_state.json", "{\"adw_id\":")
        #expect(try importing(path).report.rejectedCount == 1)
        for (text, reason) in [
            ("", JSONError.Reason.emptyInput), ("[]", .notAnObject), ("{}{}", .trailingBytes),
        ] {
            try directory.write("agents/a1/adw_state.json", text)
            #expect(
                try importing(path).report.files.first?.rejections.first?.reason == .json(reason))
        }
        try directory.write("agents/a1/adw_state.json", "{\"adw_id\":\"a1\"}")
        #expect(try importing(path).report.eventCount == 1)
    }

    // MARK: - Structured logs

    @Test func `structured logs of both shapes become phases and workflows`() throws {
        let lines = [
            "{\"event_id\":\"evt_1\",\"timestamp\":\"2025-12-18T10:00:00Z\",\"event_type\":\"phase\",\"adw_id\":\"a1\",\"phase_status\":\"completed\"}",
            "{\"event_id\":\"evt_2\",\"event_type\":\"workflow\",\"adw_id\":\"wf-a1\",\"workflow_status\":\"failed\",\"phase_status\":\"x\"}",
            "{\"event_id\":\"e3\",\"timestamp\":\"2025-12-18T10:00:00.5\",\"level\":\"info\",\"source\":\"backend_api\",\"message\":\"m\",\"adw_id\":\"a1\",\"workflow_status\":\"started\",\"phase_name\":\"Plan\"}",
            "{\"event_id\":\"e4\",\"level\":\"info\",\"source\":\"database\",\"message\":\"m\",\"operation\":\"select\",\"status\":\"success\"}",
            "{\"adw_id\":\"a2\",\"issue_number\":1,\"phase_name\":\"Test\",\"phase_number\":4,\"phase_status\":\"failed\",\"log_message\":\"m\"}",
        ]
        let path = try directory.write(
            "logs/structured/workflow_a1.jsonl", lines.joined(separator: "\n"))

        let events = try importing(path).events

        #expect(
            events.map(\.type.description) == [
                "phase.completed", "workflow.failed", "workflow.started", "log.record",
                "phase.failed",
            ])
        #expect(events.map(\.stream.description) == ["a1", "a1", "a1", "general", "a2"])
        #expect(events.prefix(4).map(\.id?.description) == ["evt_1", "evt_2", "e3", "e4"])
        #expect(events[4].id?.hasPrefix("structured-log:") == true)
        #expect(events[2].time?.description == "2025-12-18T10:00:00.500Z")
    }

    // MARK: - Places

    @Test func `links, pipes, stores, and unreadable names are named and not followed`() throws {
        try directory.write("in/a.jsonl", stop(1) + "\n")
        try directory.write("out/secret.jsonl", stop(2) + "\n")
        try directory.write("in/.tacho/FORMAT", "x")
        try directory.write("in/.tacho/HEAD", "x")
        try directory.write("in/.tacho/log/1.jsonl", stop(3) + "\n")
        try directory.write("in/.git/x.jsonl", stop(4) + "\n")
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: directory.file("in/l.jsonl"), withDestinationPath: "../out/secret.jsonl")
        try manager.createSymbolicLink(atPath: directory.file("in/loop"), withDestinationPath: "..")
        #expect(mkfifo(directory.file("in/pipe"), 0o600) == 0)

        let (report, events) = try importing(directory.file("in"))

        #expect(events.map(\.text) == [stop(1)])
        let kinds = Dictionary(
            uniqueKeysWithValues: report.files.map {
                ($0.path.split(separator: "/").last ?? "", $0.kind)
            })
        #expect(
            kinds == [
                "a.jsonl": .hookLog, "l.jsonl": .symbolicLink, "loop": .symbolicLink,
                "pipe": .notAFile, ".tacho": .skippedDirectory, ".git": .skippedDirectory,
            ])
        #expect(report.files.allSatisfy { $0.kind == .hookLog || $0.reason != nil })
    }

    @Test func `a path that is not there is named`() throws {
        let report = try importing(directory.file("nothing")).report
        #expect(report.files.map(\.kind) == [.unreadable])
        #expect(report.problemCount == 1)
    }

    @Test func `a named kind is taken at its word`() throws {
        let path = try directory.write("x.txt", "{\"silly\":\"this\"}\n")
        var options = ImportOptions()
        options.kind = .hookLog
        var sink = MemorySink()
        #expect(try importing([path], into: &sink, options: options).eventCount == 1)
        #expect(sink.events.first?.type == "hook.PreToolUse")
    }
}
