import Foundation
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct DetectionTests {
    private func detect(_ path: String, _ text: String, hasTwin: Bool = false) -> Detection {
        let components = path.split(separator: "/").map { Array($0.utf8) }
        let place = SourcePlace(components: components, hasLinesTwin: hasTwin)
        return Array(text.utf8).withUnsafeBytes {
            SourceDetector.detect(place, head: $0, isWhole: true)
        }
    }

    private static let transcript =
        "{\"type\":\"user\",\"uuid\":\"u\",\"sessionId\":\"s\",\"message\":{}}"

    @Test(
        arguments: [
            ("{\"hook_event_name\":\"Stop\",\"session_id\":\"s\"}", SourceKind.hookLog),
            ("{\"tool_name\":\"Bash\",\"session_id\":\"s\"}", .hookLog),
            ("{\"event_id\":\"e\",\"event_type\":\"Stop\",\"payload\":{}}", .adwHookLog),
            (Self.transcript, .transcript),
            ("{\"type\":\"summary\",\"summary\":\"s\",\"leafUuid\":\"u\"}", .transcript),
            (
                "{\"type\":\"assistant\",\"session_id\":\"s\",\"message\":{},\"uuid\":\"u\"}",
                .agentOutput
            ),
            ("{\"type\":\"result\",\"session_id\":\"s\",\"total_cost_usd\":1}", .agentOutput),
            (
                "{\"event_type\":\"phase\",\"adw_id\":\"a\",\"phase_status\":\"failed\"}",
                .structuredLog
            ),
            (
                "{\"event_id\":\"e\",\"timestamp\":\"t\",\"level\":\"info\",\"source\":\"database\",\"message\":\"m\",\"context\":{}}",
                .structuredLog
            ),
            ("{\"adw_id\":\"a\",\"phase_name\":\"Plan\",\"log_message\":\"m\"}", .structuredLog),
            ("{\"completed\":[],\"current\":null,\"last_updated\":\"t\"}", .adwPhases),
            (
                "[\n {\"sessionId\":\"s\",\"messageId\":0,\"type\":\"user\",\"message\":\"hi\"}\n]",
                .sidecar
            ),
            ("{\n \"history\":[{\"role\":\"user\",\"parts\":[{\"text\":\"x\"}]}]}", .sidecar),
            ("{\"history\":[{\"role\":\"user\",\"content\":\"x\"}]}", .sweAgent),
            ("{\"resourceSpans\":[]}", .otlp), ("{\"silly\":1}", .unknownRecords),
            ("7", .unknownRecords),
            ("2025-12-18 10:00:00 - INFO - started", .adwLog),
            ("2025-12-18 10:00:00,123 - WARNING - x", .adwLog), ("hello", .notALog),
            ("\u{0}\u{1}\u{2}", .notALog), ("", .empty), (" \n\n", .empty),
        ])
    func `content tells the kind, in a file of any name`(text: String, kind: SourceKind) {
        #expect(detect("x/y.jsonl", text).kind == kind)
    }

    @Test(
        arguments: [
            ("agents/a1/adw_state.json", "{\"adw_id\":\"a1\"}", SourceKind.adwState),
            ("agents/a1/adw_state.json", "", .adwState),
            ("agents/a1/planner/raw_output.jsonl", "", .agentOutput),
            ("agents/a1/planner/execution.log", "", .adwLog), ("logs/stop.json", "[]", .hookLog),
            ("logs/stop.json", "[{\"x\":1}]", .hookLog),
            ("logs/chat.json", "[{\"x\":1}]", .unknownRecords),
            ("a/b.metadata.json", "{\"x\":1}", .sidecar), ("a/README.md", "# hello", .notALog),
            ("a/t.tsv", "a\tb", .notALog), ("a/x.txt", "{\"silly\":1}", .notALog),
        ])
    func `the name tells where the content does not`(path: String, text: String, kind: SourceKind) {
        #expect(detect(path, text).kind == kind)
    }

    @Test func `content wins over the name`() {
        #expect(detect("logs/pre_tool_use.json", Self.transcript).kind == .transcript)
        #expect(detect("a/gemini-session.metadata.json", Self.transcript).kind == .transcript)
        #expect(detect("a/notes.txt", Self.transcript).kind == .transcript)
    }

    @Test func `a twin is only a twin beside its original`() {
        let text = "[{\"type\":\"result\",\"session_id\":\"s\"}]"
        #expect(detect("a/b/raw_output.json", text, hasTwin: true).kind == .outputTwin)
        #expect(detect("a/b/raw_output.json", text).kind == .agentOutput)
        #expect(detect("a/b/raw_output.json", "[]", hasTwin: true).kind == .outputTwin)
    }

    @Test(
        arguments: [
            ("{\"a\":1}\n{\"b\":2}\n", RecordForm.lines), ("{\"a\":1}", .lines),
            ("{\n \"a\": 1\n}\n{\n}\n", .rows),
            ("{\"a\": 1,\n \"b\": 2}\n", .rows), ("[{\"a\":1}]", .array),
            ("[\n{\"a\":1}\n]", .array),
            ("[{\"a\":1},\n{\"a\":2}]", .array), ("[1]\n[2]\n", .lines), ("{\"a\":\n", .rows),
            ("{\"a\": x}\n{\"b\":2}\n", .lines), ("\u{FEFF}[\n{}]", .array), ("\n\n[ {} ]", .array),
        ])
    func `the form is seen from the first line`(text: String, form: RecordForm) {
        #expect(detect("x/stop.jsonl", text).form == form)
    }

    @Test func `broken first lines do not hide what follows`() {
        #expect(detect("a/b.jsonl", "nonsense\n42\n[1]\n\(Self.transcript)\n").kind == .transcript)
        #expect(detect("a/b.jsonl", "{\"silly\":1}\n\(Self.transcript)\n").kind == .transcript)
    }

    @Test func `every kind that is not imported says why`() {
        for kind in SourceKind.allCases {
            #expect((kind.reason == nil) == kind.isImported, "\(kind)")
        }
        #expect(SourceKind(importedName: "transcript") == .transcript)
        #expect(SourceKind(importedName: "codex") == .codex)
        #expect(SourceKind(importedName: "otlp") == .otlp)
        #expect(SourceKind(importedName: "sidecar") == nil)
    }

    @Test(.enabled(if: SampleData.shared != nil))
    func `every file of the shared data is recognised, or named with the reason`() throws {
        let root = try #require(SampleData.shared)
        let plan = try ImportPlan([root])
        var counts: [SourceKind: Int] = [:]
        for entry in plan.entries {
            counts[entry.kind, default: 0] += 1
            let path = String(entry.path.dropFirst(root.count + 1))
            #expect(entry.kind == expectedKind(path), "\(path)")
            #expect((entry.reason == nil) == entry.kind.isImported)
        }
        #expect(counts[.unknownRecords] == nil && counts[.unreadable] == nil)
        // The three pages beside the data, one directory event for each of the 11 runs.
        #expect(plan.entries.count == 264 + 11)
        #expect(counts[.notALog] == 3)
    }

    /// By the place, which for this data somebody has put right.
    private func expectedKind(_ path: String) -> SourceKind? {
        let name = path.split(separator: "/").last ?? ""
        if path.hasSuffix(".md") || path.hasSuffix(".tsv") { return .notALog }
        if path.hasSuffix(".metadata.json") { return .sidecar }
        if path.hasPrefix("claude-transcripts/") || path.hasPrefix("claude-chat-arrays/") {
            return .transcript
        }
        if path.hasPrefix("hooks/") {
            if name.hasPrefix("blocked_commands") { return .blockedCommands }
            return name.hasPrefix("status_line") ? .statusLine : .hookLog
        }
        if path.hasPrefix("adw-runs/") {
            if name == "adw_state.json" { return .adwState }
            if name == "cost_estimates_by_issue.json" { return .costEstimates }
            // One is there without its original, which held an address.
            if path.hasSuffix("db9a4472/sdlc_planner/raw_output.json") { return .agentOutput }
            if name == "raw_output.json" { return .outputTwin }
            return name.hasPrefix("raw_output.jsonl") ? .agentOutput : .adwDirectory
        }
        let others: [(String, SourceKind)] = [
            ("codex/", .codex), ("copilot/", .copilot), ("gemini/", .gemini), ("pi/", .pi),
            ("swe-agent/", .sweAgent), ("aider/", .aider), ("iflow/", .iflowTranscript),
            ("otlp/", .otlp),
        ]
        return others.first { path.hasPrefix($0.0) }?.1
    }
}
