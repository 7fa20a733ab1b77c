import Foundation
import TachoJSON
import TachoLog
import TestSupport

/// Real records as events, in the shape in which sources write them.
///
/// A small stand-in for the importers, so that projectors are tested without them: transcripts and
/// hook files of `Fixtures/sample`.
enum SampleLog {
    static func everything() throws -> MemoryLog {
        var log = MemoryLog()
        let sample = SampleData.bundled + "/"
        for name in ["tool_heavy", "short", "edge_cases", "68-e0ff0d6706-0"] {
            try addTranscript(sample + "transcripts/\(name).jsonl", to: &log)
        }
        try addHooks(sample + "hooks/pre_tool_use.2025-07-21T1607.json", to: &log)
        try addHooks(sample + "hooks/post_tool_use.2025-07-22T0915.json", to: &log)
        try addHooks(sample + "hooks/hooks-log.jsonl", to: &log)
        try addRun(sample + "runs/agents/63b838b9", to: &log)
        try addRun(sample + "runs/agents/test_run_123", to: &log)
        return log
    }

    static func addTranscript(_ path: String, to log: inout MemoryLog) throws {
        let fileSession = ByteString(
            URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent)
        for record in try objects(path) {
            record.withUnsafeBytes { bytes in
                let data = JSONView(validated: bytes)
                guard let type = data["type"]?.string() else { return }
                log.append(
                    stream: data["sessionId"]?.string() ?? fileSession.description,
                    type: "transcript.\(type)", source: "claude-code/transcript",
                    time: data["timestamp"]?.text().flatMap { Timestamp(iso8601: $0) },
                    data: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    static func addHooks(_ path: String, to log: inout MemoryLog) throws {
        for record in try objects(path) {
            record.withUnsafeBytes { bytes in
                let data = JSONView(validated: bytes)
                let name = data["hook_event_name"]?.string() ?? "PreToolUse"
                log.append(
                    stream: data["session_id"]?.string() ?? "unknown", type: "hook.\(name)",
                    source: "claude-code/hook-log", data: String(decoding: bytes, as: UTF8.self))
            }
        }
    }

    static func addRun(_ directory: String, to log: inout MemoryLog) throws {
        let workflow = URL(fileURLWithPath: directory).lastPathComponent
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        for name in names {
            if name == "adw_state.json" {
                for state in try objects(directory + "/" + name) {
                    log.append(
                        stream: workflow, type: "state.snapshot", source: "adw/state",
                        time: Timestamp(iso8601: "2026-02-03T04:05:06Z"),
                        data: String(decoding: state, as: UTF8.self))
                }
                continue
            }
            let output = directory + "/\(name)/raw_output.jsonl"
            guard FileManager.default.fileExists(atPath: output) else { continue }
            for record in try objects(output) {
                record.withUnsafeBytes { bytes in
                    let type = JSONView(validated: bytes)["type"]?.string() ?? "unknown"
                    log.append(
                        stream: workflow, type: "output.\(type)", source: "adw/output/\(name)",
                        data: String(decoding: bytes, as: UTF8.self))
                }
            }
        }
        let directories = try JSONSerialization.data(
            withJSONObject: names.filter { !$0.contains(".") })
        log.append(
            stream: workflow, type: "state.directory", source: "adw/directory",
            data: #"{"directories":\#(String(decoding: directories, as: UTF8.self))}"#)
    }

    /// The objects of a file: lines, an array's elements, or values in a row; each on one line.
    static func objects(_ path: String) throws -> [[UInt8]] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        return bytes.withUnsafeBytes { bytes in
            var objects: [[UInt8]] = []
            var offset = 0
            while let range = try? JSON.validateValue(in: bytes, from: offset) {
                let value = UnsafeRawBufferPointer(rebasing: bytes[range])
                let view = JSONView(validated: value)
                if view.kind == .array {
                    view.forEachElement {
                        objects.append(JSON.singleLine($0.bytes))
                        return true
                    }
                } else if view.kind == .object {
                    objects.append(JSON.singleLine(value))
                }
                offset = range.upperBound
            }
            return objects
        }
    }
}
