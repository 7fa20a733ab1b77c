import Foundation
import Testing

@testable import TachoJSON

/// Lines that Claude Code wrote (`Fixtures/json/PROVENANCE.md`).
@Suite struct RealLineTests {
    static let file = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/json/transcript-lines.jsonl")

    static func lines() throws -> [[UInt8]] {
        [UInt8](try Data(contentsOf: file)).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    }

    @Test func `real lines read the same as by the oracle`() throws {
        var agreement = Agreement()
        for line in try Self.lines() { #expect(agreement.difference(line) == nil) }
        #expect(agreement.acceptedCount == 10)
    }

    @Test func `real lines survive being glued together`() throws {
        let lines = try Self.lines()
        let glued = lines.flatMap { $0 }
        var found: [[UInt8]] = []
        try glued.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let range = try JSON.validateValue(in: bytes, from: offset)
                found.append(JSON.singleLine(UnsafeRawBufferPointer(rebasing: bytes[range])))
                offset = range.upperBound
            }
        }

        #expect(found == lines)
    }

    @Test func `fields are picked out of real lines`() throws {
        let picker = JSONPicker(["type", "uuid", "timestamp", "message"])
        var seen: [String] = []
        var slots: [JSONView?] = []
        var outputTokens: [Int64] = []
        for line in try Self.lines() {
            line.withUnsafeBytes {
                picker.pick(JSONView(validated: $0), into: &slots)
                seen.append(slots[0]?.string() ?? "none")
                let usage = slots[3]?["usage"]
                outputTokens += usage.flatMap { $0["output_tokens"]?.integer() }.map { [$0] } ?? []
            }
        }

        #expect(
            seen == [
                "file-history-snapshot", "user", "user", "assistant", "system", "progress",
                "assistant", "user", "assistant", "user",
            ])
        #expect(outputTokens == [1, 9, 1])
    }

    @Test func `writing what was read gives the same text`() throws {
        for line in try Self.lines() {
            line.withUnsafeBytes { bytes in
                var writer = JSONWriter()
                copy(JSONView(validated: bytes), to: &writer)
                // These lines have no spaces, and escape as little as the writer does.
                #expect(writer.bytes == line)
            }
        }
    }

    private func copy(_ view: JSONView, to writer: inout JSONWriter) {
        switch view.kind {
        case .object:
            writer.beginObject()
            view.forEachMember { key, value in
                writer.key(key.text() ?? [])
                copy(value, to: &writer)
                return true
            }
            writer.endObject()
        case .array:
            writer.beginArray()
            view.forEachElement {
                copy($0, to: &writer)
                return true
            }
            writer.endArray()
        case .string: _ = view.withText { writer.value($0) }
        case .number: writer.rawValue(view.bytes)
        case .boolean: writer.value(view.boolean() ?? false)
        case .null: writer.value(nil)
        }
    }
}
