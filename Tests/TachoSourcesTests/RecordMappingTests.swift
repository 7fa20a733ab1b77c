import Foundation
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct RecordMappingTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func events(
        _ lines: String, _ maps: String..., change: (inout RecordMapping) -> Void = { _ in }
    ) throws -> [NewEvent] {
        var options = ImportOptions()
        options.kind = .ndjson
        for map in maps { try options.mapping.add(map) }
        change(&options.mapping)
        var sink = MemorySink()
        try directory.write("run 7.log", lines)
        _ = try importing([directory.file("run 7.log")], into: &sink, options: options)
        return sink.events
    }

    @Test func `parts come from their paths, and the data stay as they are`() throws {
        let line =
            #"{"at":"2026-01-02T03:04:05Z","run":{"id":17},"kind":"deploy.done","u":"x","n":1.0}"#
        let event = try #require(
            try events(line, "type=kind", "stream=run.id", "time=at", "id=u").first)
        #expect(event.type == "deploy.done" && event.stream == "17" && event.id == "17/x")
        #expect(event.time?.description == "2026-01-02T03:04:05.000Z")
        #expect(event.source == "ndjson" && event.text == line)
    }

    @Test func `what is not found is the constant, and without one what the file says`() throws {
        let lines = "{\"a\":null}\n{\"b\":[1]}\n"
        let plain = try events(lines, "type=a", "stream=b", "time=a", "id=c")
        #expect(plain.map(\.type) == ["ndjson.record", "ndjson.record"])
        #expect(plain.map(\.stream) == ["run 7", "run 7"])
        #expect(
            plain.allSatisfy { $0.time == nil && $0.id?.description.hasPrefix("ndjson:") == true })
        let named = try events(lines, "type=a") {
            $0.type = "ci.step"
            $0.stream = "build"
            $0.source = "ci"
        }
        #expect(named.map(\.type) == ["ci.step", "ci.step"])
        #expect(named.allSatisfy { $0.stream == "build" && $0.source == "ci" })
    }

    @Test func `a number's size tells its unit`() throws {
        let cases = [
            ("1718000000", "2024-06-10T06:13:20.000Z"),
            ("1718000000.25", "2024-06-10T06:13:20.250Z"),
            ("1718000000123", "2024-06-10T06:13:20.123Z"),
            ("\"1718000000123456\"", "2024-06-10T06:13:20.123456Z"),
            ("1718000000123456789", "2024-06-10T06:13:20.123456Z"),
            ("0", "1970-01-01T00:00:00.000Z"),
        ]
        for (text, expected) in cases {
            let event = try #require(try events("{\"t\":\(text)}", "time=t").first)
            #expect(event.time == Timestamp(iso8601: expected), "\(text)")
        }
        for text in ["-1", "1e9", "\"soon\"", "9223372036854775808", "1.2.3", "true", "{}", "\"\""]
        {
            #expect(try events("{\"t\":\(text)}", "time=t").first?.time == nil, "\(text)")
        }
    }

    @Test func `dots in names, elements of arrays, and objects as data are reached`() throws {
        let line = #"{"a.b":{"c":[{"d":"one"},{"d":"two"}]},"payload":{"x": 1}}"#
        let event = try #require(
            try events(line, #"type=a\.b.c.1.d"#, "stream=a\\.b.c.0.d", "data=payload").first)
        #expect(event.type == "two" && event.stream == "one" && event.text == #"{"x": 1}"#)
    }

    @Test func `nobody writes the store's own history from outside`() throws {
        let types = try events(
            #"{"k":"tacho.erased"}"# + "\n" + #"{"k":"a b\n"}"#, "type=k"
        ).map(\.type)
        #expect(types == ["ndjson.tacho.erased", "unknown"])
    }

    @Test func `a mapping that means nothing is refused with the reason`() {
        for (text, word) in [
            ("type", "part=path"), ("colour=x", "part=path"), ("type=", "empty"),
            ("time=a..b", "empty"),
        ] {
            var mapping = RecordMapping()
            let fault = #expect(throws: RecordMapping.Fault.self) { try mapping.add(text) }
            #expect(fault?.message.contains(word) == true, "\(text)")
        }
        var mapping = RecordMapping()
        #expect(throws: RecordMapping.Fault.self) {
            try mapping.add("id=a")
            try mapping.add("id=b")
        }
    }
}
