import Foundation
import TachoLog
import TachoSources
import TestSupport
import Testing

/// Files of other agents become events: one a record, once, whatever happens to the file.
@Suite struct AgentImportTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static let meta =
        #"{"timestamp":"2026-01-02T12:00:00.000Z","type":"session_meta","payload":{"id":"c1"}}"#
    private static let output =
        #"{"timestamp":"2026-01-02T12:00:01.000Z","type":"response_item","payload":{"type":"function_call_output","output":"x"}}"#

    @Test func `records of Codex are named by both their types and the file's session`() throws {
        let compacted = #"{"timestamp":"x","type":"compacted","payload":{}}"#
        let path = try directory.write("r.jsonl", "\(Self.meta)\n\(Self.output)\n\(compacted)\n")

        let (report, events) = try importing(path)

        #expect(report.files.map(\.kind) == [.codex])
        #expect(
            events.map(\.type) == [
                "codex.session_meta", "codex.response_item.function_call_output",
                "codex.compacted",
            ])
        #expect(events.allSatisfy { $0.stream == "c1" && $0.source == "codex/session" })
        #expect(events.map(\.text) == [Self.meta, Self.output, compacted])
        #expect(
            events.map { $0.time?.description } == [
                "2026-01-02T12:00:00.000Z", "2026-01-02T12:00:01.000Z", nil,
            ])
    }

    @Test func `equal records are two, a grown file adds its tail, and a copy nothing`() throws {
        var sink = MemorySink()
        let text = "\(Self.meta)\n\(Self.output)\n\(Self.output)\n"
        let path = try directory.write("a.jsonl", text)
        let copy = try directory.write("b.jsonl", text + Self.output + "\n")

        let first = try importing([path], into: &sink)
        let grown = try importing([copy], into: &sink)
        let again = try importing([path, copy], into: &sink)

        #expect(first.eventCount == 3 && grown.eventCount == 1 && again.eventCount == 0)
        #expect(grown.conflictCount == 0)
    }

    @Test func `a payload's type that is no word stays out of the event's`() throws {
        let line =
            #"{"timestamp":"x","type":"event_msg","payload":{"type":"a b\n"}}"#
        let path = try directory.write("a.jsonl", "\(Self.meta)\n\(line)\n")

        #expect(try importing(path).events.map(\.type).last == "codex.event_msg.unknown")
    }

    @Test func `a half-written last line of Codex is taken when it is whole`() throws {
        var sink = MemorySink()
        let half = Self.output.prefix(40)
        let path = try directory.write("a.jsonl", "\(Self.meta)\n\(half)")

        let first = try importing([path], into: &sink)
        try directory.append("a.jsonl", Self.output.dropFirst(40) + "\n")
        let second = try importing([path], into: &sink)

        #expect(first.eventCount == 1 && first.rejectedCount == 1)
        #expect(second.eventCount == 1 && second.rejectedCount == 0)
    }

    @Test func `records of Copilot are known by their ids`() throws {
        let start =
            #"{"type":"session.start","data":{"sessionId":"p1"},"id":"i1","timestamp":"2026-01-02T12:00:00Z","parentId":null}"#
        let path = try directory.write("a.jsonl", start + "\n")

        let event = try #require(try importing(path).events.first)

        #expect(event.type == "copilot.session.start" && event.stream == "p1")
        #expect(event.id == "p1/i1")
    }

    @Test func `a session of pi is the one its first record names`() throws {
        let session = #"{"type":"session","id":"q1","timestamp":"2026-01-02T12:00:00Z","cwd":"/d"}"#
        let message =
            #"{"type":"message","timestamp":"2026-01-02T12:00:01Z","message":{"role":"user"}}"#
        // The session's record stands behind the messages it was branched with.
        let path = try directory.write("a.jsonl", "\(message)\n\(session)\n")

        let events = try importing(path).events

        #expect(events.map(\.type) == ["pi.message", "pi.session"])
        #expect(events.map(\.stream) == ["q1", "q1"])
    }

    @Test(arguments: [("1755099880", true), ("-1", false), ("1e99", false), (#""x""#, false)])
    func `Aider's seconds are a time`(time: String, isTime: Bool) throws {
        let line = #"{"event":"launched","properties":{},"user_id":"u","time":\#(time)}"#
        let path = try directory.write("a.jsonl", "\(line)\n\(line)\n")

        let events = try importing(path).events

        #expect(events.count == 2 && events.allSatisfy { $0.stream == "u" })
        #expect(events[0].type == "aider.launched")
        #expect((events[0].time != nil) == isTime)
        if isTime { #expect(events[0].time?.description == "2025-08-13T15:44:40.000Z") }
    }

    // MARK: Documents

    private func gemini(_ messages: [String], updated: String = "1") -> String {
        let list = messages.joined(separator: ",\n    ")
        return
            #"{"sessionId":"g1","projectHash":"h","startTime":"2026-01-02T12:00:00Z","#
            + "\n \"lastUpdated\":\"\(updated)\",\n \"messages\":[\n    \(list)\n]}"
    }

    @Test func `a document that is written again adds its new and its changed messages`() throws {
        var sink = MemorySink()
        let user = #"{"id":"m1","type":"user","timestamp":"2026-01-02T12:00:01Z"}"#
        let bare = #"{"id":"m2","type":"gemini","content":"x"}"#
        let full = #"{"id":"m2","type":"gemini","content":"x","tokens":{"input":1}}"#
        var added: [Int] = []
        for (index, messages) in [[user], [user, bare], [user, full], [user, full]].enumerated() {
            try directory.write("s.json", gemini(messages, updated: "\(index)"))
            let report = try importing([directory.file("s.json")], into: &sink)
            #expect(report.conflictCount == 0 && report.rejectedCount == 0)
            added.append(report.eventCount)
        }

        #expect(added == [2, 1, 1, 0])
        #expect(
            sink.events.map(\.type) == [
                "gemini.session", "gemini.user", "gemini.gemini", "gemini.gemini",
            ])
        #expect(sink.events.allSatisfy { $0.stream == "g1" && $0.source == "gemini/session" })
        #expect(sink.events.map(\.text).suffix(2) == [bare, full])
        #expect(
            sink.events[0].text
                == #"{"sessionId":"g1","projectHash":"h","startTime":"2026-01-02T12:00:00Z"}"#)
    }

    @Test func `lines of Gemini's newer sessions are its messages, and what changes them`() throws {
        let head = #"{"sessionId":"g1","projectHash":"h","startTime":"2026-01-02T12:00:00Z"}"#
        let user = #"{"id":"m1","type":"user","timestamp":"2026-01-02T12:00:01Z"}"#
        let full = #"{"id":"m2","type":"gemini","content":"x","tokens":{"input":1}}"#
        let lines = [
            head, user, #"{"id":"m2","type":"gemini","content":"x"}"#,
            #"{"$set":{"lastUpdated":"2026-01-02T12:00:02Z"}}"#, full, #"{"$rewindTo":"m2"}"#,
            #"{"$rewindTo":"m2"}"#, #"{"$set":{"summary":"s","messages":[\#(user),\#(full),7]}}"#,
        ]
        var sink = MemorySink()
        try directory.write("session-1.jsonl", lines.prefix(3).joined(separator: "\n") + "\n")
        let first = try importing([directory.file("session-1.jsonl")], into: &sink)
        try directory.write("session-1.jsonl", lines.joined(separator: "\n") + "\n")

        let second = try importing([directory.file("session-1.jsonl")], into: &sink)

        #expect(first.files.map(\.kind) == [.geminiLines] && first.eventCount == 3)
        #expect(second.isBalanced && second.eventCount == 5)
        #expect(second.duplicateCount == 5 && second.rejectedCount == 1)
        #expect(
            sink.events.map(\.type) == [
                "gemini.session", "gemini.user", "gemini.gemini", "gemini.update",
                "gemini.gemini", "gemini.rewind", "gemini.rewind", "gemini.update",
            ])
        #expect(sink.events.allSatisfy { $0.stream == "g1" && $0.source == "gemini/session" })
        #expect(sink.events.map(\.text).prefix(7).elementsEqual(lines.prefix(7)))
        #expect(sink.events.last?.text == #"{"$set":{"summary":"s"}}"#)
        #expect(sink.events[3].time?.description == "2026-01-02T12:00:02.000Z")
    }

    @Test func `a session of Gemini's that goes on in lines tells its messages by the same ids`()
        throws
    {
        var sink = MemorySink()
        let user = #"{"id":"m1","type":"user"}"#
        try directory.write("s.json", gemini([user]))
        _ = try importing([directory.file("s.json")], into: &sink)
        try directory.write(
            "s.jsonl",
            #"{"sessionId":"g1","projectHash":"h"}"# + "\n\(user)\n" + #"{"id":"m2","type":"user"}"#
        )

        let report = try importing([directory.file("s.jsonl")], into: &sink)

        #expect(report.eventCount == 2 && report.duplicateCount == 1)
    }

    @Test(arguments: ["", #","messages":[]"#, #","messages":[{"id":"m1","type":"user"}]"#])
    func `a session's first line may have messages of its own and others behind it`(
        messages: String
    ) throws {
        let head = #"{"sessionId":"g1","projectHash":"h"\#(messages)}"#
        let next = #"{"id":"m2","type":"gemini","tokens":{"input":1}}"#
        let path = try directory.write("session-1.jsonl", "\(head)\n\(next)\n")

        let (report, events) = try importing(path)

        #expect(report.files.map(\.kind) == [.geminiLines] && report.isBalanced)
        #expect(events.allSatisfy { $0.stream == "g1" })
        #expect(events.first?.text == #"{"sessionId":"g1","projectHash":"h"}"#)
        #expect(events.last?.text == next && events.last?.type == "gemini.gemini")
        #expect(events.count == (messages.contains("m1") ? 3 : 2))
    }

    @Test func `documents of two sessions, one a line, are two sessions`() throws {
        func document(_ id: String) -> String {
            #"{"sessionId":"\#(id)","projectHash":"h","messages":[{"id":"\#(id)m","type":"user"}]}"#
        }
        let path = try directory.write("s.jsonl", "\(document("g1"))\n\(document("g2"))\n")

        let events = try importing(path).events

        #expect(events.map(\.stream) == ["g1", "g1", "g2", "g2"])
    }

    @Test func `rollouts from before there were payloads are sessions of Codex`() throws {
        let lines = [
            #"{"id":"c1","timestamp":"2025-05-02T12:00:00Z","instructions":null,"git":{"branch":"b"}}"#,
            #"{"record_type":"state"}"#,
            #"{"type":"message","role":"user","content":[]}"#,
            #"{"type":"function_call","name":"shell","arguments":"{}","call_id":"x"}"#,
            #"{"type":"function_call_output","call_id":"x","output":"ok"}"#,
        ]
        let path = try directory.write("rollout-2025.jsonl", lines.joined(separator: "\n") + "\n")

        let (report, events) = try importing(path)

        #expect(report.files.map(\.kind) == [.codex])
        #expect(
            events.map(\.type) == [
                "codex.session_meta", "codex.state", "codex.response_item.message",
                "codex.response_item.function_call", "codex.response_item.function_call_output",
            ])
        #expect(events.allSatisfy { $0.stream == "c1" })
        #expect(events.map(\.text) == lines)
    }

    @Test func `what is no message of a document is rejected where it stands`() throws {
        let document = gemini([#"{"id":"m1","type":"user"}"#, "7", #""x""#])
        let path = try directory.write("s.json", document)

        let (report, events) = try importing(path)

        #expect(report.isBalanced && report.rejectedCount == 2 && events.count == 2)
        let offset = try #require(document.utf8.firstIndex(of: UInt8(ascii: "7")))
        #expect(
            report.files[0].rejections.first?.offset
                == document.utf8.distance(from: document.startIndex, to: offset))
    }

    @Test func `a document that is cut off is rejected whole, and taken when it is whole`() throws {
        var sink = MemorySink()
        let document = gemini([#"{"id":"m1","type":"user"}"#])
        try directory.write("s.json", String(document.dropLast(5)))
        let first = try importing([directory.file("s.json")], into: &sink)
        try directory.write("s.json", document)
        let second = try importing([directory.file("s.json")], into: &sink)

        #expect(first.eventCount == 0 && first.rejectedCount == 1)
        #expect(second.eventCount == 2 && second.rejectedCount == 0)
    }

    @Test func `names of any size make an id all the same`() throws {
        let long = String(repeating: "é\\n", count: 600)
        let first = #"{"id":"\#(long)","type":"user"}"#
        let second = #"{"id":"\#(long)x","type":"user"}"#
        let nameless = #"{"type":"\#(long)"}"#
        let path = try directory.write("s.json", gemini([first, second, nameless]))

        let events = try importing(path).events

        #expect(Set(events.map(\.id)).count == 4)
        #expect(events.allSatisfy { $0.id.map { EnvelopeText.isValid($0) } ?? false })
        #expect(events.last?.type == "gemini.unknown")
    }

    @Test func `a trajectory gives its steps, and of its history what they do not repeat`() throws {
        let path = try directory.write(
            "run1/t.traj",
            """
            {"environment":"e","trajectory":[{"action":"ls","observation":"a"}],
             "history":[{"role":"system"},{"role":"user"},{"role":"assistant"},{"role":"user"}],
             "info":{"exit_status":"submitted"}}
            """)

        let (report, events) = try importing(path)

        #expect(report.files.map(\.kind) == [.sweAgent])
        #expect(
            events.map(\.type) == [
                "swe-agent.message", "swe-agent.message", "swe-agent.step", "swe-agent.info",
            ])
        #expect(events.allSatisfy { $0.stream == "run1/t" && $0.time == nil })
        #expect(events[2].id?.description.hasPrefix("run1/t/step/0:") == true)
        #expect(events[3].text == #"{"environment":"e","info":{"exit_status":"submitted"}}"#)
    }

    @Test func `a history without steps is taken whole`() throws {
        let path = try directory.write(
            "run1/t.traj", #"{"history":[{"role":"user"},{"role":"assistant"},{"role":"tool"}]}"#)

        #expect(
            try importing(path).events.map(\.type) == [
                "swe-agent.message", "swe-agent.history", "swe-agent.history",
            ])
    }
}

/// The real sessions, where they are.
@Suite(.enabled(if: SampleData.shared != nil)) struct AgentDataTests {
    private var root: String { SampleData.shared ?? "" }

    /// Records, new events, as `wc -l` and the documents' messages say.
    @Test(
        arguments: [
            ("codex", 4430, 3844), ("copilot", 581, 581), ("gemini", 41, 30), ("pi", 2022, 2022),
            ("swe-agent", 203, 203), ("aider", 1000, 1000),
        ])
    func `every record is an event once`(folder: String, records: Int, new: Int) throws {
        var sink = MemorySink()
        let first = try importing([root + "/" + folder], into: &sink)
        let second = try importing([root + "/" + folder], into: &sink)

        #expect(first.recordCount == records && first.eventCount == new)
        #expect(first.rejectedCount == 0 && first.conflictCount == 0 && first.problemCount == 0)
        #expect(second.recordCount == records && second.eventCount == 0)
    }

    @Test func `the growth states of a session of Codex add exactly what is new`() throws {
        let folder = root + "/codex/agentv/growth-019ed50c"
        let states = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.contains(".jsonl") }.sorted()
        var sink = MemorySink()
        let added = try states.map { state in
            try importing(["\(folder)/\(state)"], into: &sink).eventCount
        }
        #expect(added == [230, 126, 103])
    }

    @Test func `the states of a Gemini session add new messages and the one that changed`() throws {
        var sink = MemorySink()
        let added = try ["c9-45f262e88d-0", "9c-53780d06b7-0", "ab-2b9748b105-0"].map { state in
            try importing(["\(root)/gemini/entire-cli/\(state).jsonl"], into: &sink).eventCount
        }
        // 3 messages and the session; 5 new and one with its call; 5 new and one with its call.
        #expect(added == [4, 6, 6])
    }
}
