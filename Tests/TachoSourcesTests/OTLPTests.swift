import Foundation
import TachoCapture
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct OTLPTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func log(_ record: String, resource: String = "{}") -> String {
        "{\"resourceLogs\":[{\"resource\":\(resource),\"scopeLogs\":[{\"logRecords\":[\(record)]}]}]}"
    }

    private func importedLog(_ record: String, resource: String = "{}") throws -> [NewEvent] {
        let path = try directory.write("a.jsonl", log(record, resource: resource) + "\n")
        return try importing(path).events
    }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: fixture("otlp/" + name))))
    }

    // MARK: - Both encodings

    @Test(arguments: [
        ("logs.json", "logs.pb"), ("metrics.json", "metrics.pb"), ("trace.json", "trace.pb"),
        ("genai.json", "genai.pb"), ("claude-code.jsonl", "claude-code.frames"),
    ])
    func `a request gives the same events from JSON and from protobuf`(
        json: String, protobuf: String
    ) throws {
        let left = try importing(fixture("otlp/" + json))
        let right = try importing(fixture("otlp/" + protobuf))

        #expect(left.events == right.events)
        #expect(!left.events.isEmpty)
        #expect(left.report.isBalanced && right.report.isBalanced)
        #expect(left.report.rejectedCount == 0 && right.report.rejectedCount == 0)
    }

    @Test func `an export that is sent again, in whatever encoding, adds nothing`() throws {
        var sink = MemorySink()
        _ = try importing([fixture("otlp/claude-code.jsonl")], into: &sink)
        let count = sink.events.count

        let report = try importing([fixture("otlp/claude-code.frames")], into: &sink)

        #expect(sink.events.count == count)
        #expect(report.duplicateCount == count)
    }

    // MARK: - Data

    @Test func `integers keep every digit, as numbers and as text`() throws {
        let events = try importedLog(
            """
            {"timeUnixNano":1544712660300000001,"attributes":[\
            {"key":"a","value":{"intValue":"9223372036854775807"}},\
            {"key":"b","value":{"intValue":-9223372036854775808}},\
            {"key":"c","value":{"intValue":9007199254740993}}],\
            "observedTimeUnixNano":"18446744073709551615"}
            """)

        let event = try #require(events.first)
        #expect(event.text.contains(#""time_unix_nano":1544712660300000001"#))
        #expect(event.text.contains(#""observed_time_unix_nano":18446744073709551615"#))
        #expect(
            event.text.contains(
                #"{"a":9223372036854775807,"b":-9223372036854775808,"c":9007199254740993}"#))
        #expect(event.time == Timestamp(microseconds: 1_544_712_660_300_000))
    }

    @Test func `values of all kinds become plain JSON`() throws {
        let events = try importedLog(
            #"{"timeUnixNano":"1","body":{"kvlistValue":{"values":[{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"},{"boolValue":false},{"doubleValue":5},{"doubleValue":"NaN"},{"bytesValue":"_-8"},{}]}}},{"key":"n"}]}}}"#
        )

        #expect(
            try #require(events.first).text.contains(
                #""body":{"l":["x",false,5.0,"NaN","/+8=",null],"n":null}"#))
    }

    // MARK: - Envelope

    @Test func `Claude Code's events are named by their attribute and belong to their session`()
        throws
    {
        let events = try importing(fixture("otlp/claude-code.jsonl")).events

        #expect(
            events.map(\.type).prefix(4) == [
                "otel.user_prompt", "otel.api_request", "otel.tool_decision", "otel.tool_result",
            ])
        #expect(events.last?.type == "otel.metric.cost.usage")
        #expect(events.allSatisfy { $0.source == "claude-code/otel" })
        #expect(events.first?.stream == "5a8e7f10-0000-4000-8000-000000000001")
        #expect(events.first?.time?.description == "2026-10-08T08:15:01.000Z")
    }

    @Test func `spans of GenAI are named by their operation and belong to their conversation`()
        throws
    {
        let events = try importing(fixture("otlp/genai.pb")).events

        #expect(
            events.map(\.type) == [
                "otel.span.invoke_agent", "otel.span.chat", "otel.span.execute_tool",
            ])
        #expect(events.allSatisfy { $0.stream == "conv-1" && $0.source == "vs-copilot/otel" })
    }

    @Test(arguments: [
        (#"{"key":"adw_id","value":{"stringValue":"wf-a1"}}"#, "a1"),
        (
            #"{"key":"workspace.host_paths","value":{"arrayValue":{"values":[{"stringValue":"/r/trees/b2/x"}]}}}"#,
            "b2"
        ),
        (#"{"key":"workflow.run_id","value":{"stringValue":"wf_9"}}"#, "s"),
    ])
    func `the stream is the workflow an attribute or a worktree names, else the session`(
        attribute: String, stream: ByteString
    ) throws {
        let events = try importedLog(
            #"{"timeUnixNano":"1","attributes":[{"key":"session.id","value":{"stringValue":"s"}},\#(attribute)]}"#
        )

        #expect(events.map(\.stream) == [stream])
    }

    @Test func `a workflow may be named by the resource`() throws {
        let events = try importedLog(
            #"{"timeUnixNano":"1","attributes":[{"key":"session.id","value":{"stringValue":"s"}}]}"#,
            resource: #"{"attributes":[{"key":"adw_id","value":{"stringValue":"a1"}}]}"#)

        #expect(events.map(\.stream) == ["a1"])
    }

    // MARK: - Faults

    @Test(arguments: [
        (#"{"timeUnixNano":-1}"#, OTLPFault.numberOutOfRange),
        (#"{"timeUnixNano":"18446744073709551616"}"#, .numberOutOfRange),
        (#"{"timeUnixNano":true}"#, .wrongKind),
        (#"{"attributes":[{"key":"a","value":{"intValue":1.5}}]}"#, .numberOutOfRange),
        (#"{"attributes":[{"key":1}]}"#, .wrongKind), (#"{"attributes":7}"#, .wrongKind),
        (#"{"traceId":"xyz"}"#, .wrongKind), ("7", .wrongKind),
        (#"{"severityNumber":"SEVERITY_NUMBER_INFO"}"#, .wrongKind),
        (#"{"body":{"doubleValue":1e999}}"#, .numberOutOfRange),
    ])
    func `a record that is no OTLP is rejected, the ones beside it are taken`(
        record: String, fault: OTLPFault
    ) throws {
        let good = #"{"timeUnixNano":"1"}"#
        let path = try directory.write(
            "a.jsonl", log("\(good),\(record),\(good.dropLast()),\"severityNumber\":9}"))

        let (report, events) = try importing(path)

        #expect(events.count == 2)
        #expect(report.files.first?.rejections.map(\.reason) == [.otlp(fault)])
        #expect(report.isBalanced)
    }

    @Test func `values are read to a depth, and refused beyond it in both encodings`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: #"{"arrayValue":{"values":["#, count: depth) + #"{"intValue":1}"#
                + String(repeating: "]}}", count: depth)
        }
        func wire(_ depth: Int) -> [UInt8] {
            var value: [UInt8] = [0x18, 1]
            for _ in 0..<depth { value = field(5, field(1, value)) }
            return message(fixed64(1, 1) + field(5, value))
        }

        for (depth, count) in [(63, 1), (64, 0), (100, 0)] {
            #expect(
                try importedLog(#"{"timeUnixNano":"1","body":\#(nested(depth))}"#).count == count)
            let path = try directory.write("a.pb", wire(depth))
            let (report, events) = try importing(path)
            #expect(events.count == count, "\(depth)")
            #expect(report.rejectedCount == 1 - count)
        }
    }

    @Test func `text in protobuf that is not UTF-8 costs only its record`() throws {
        let records =
            field(2, fixed64(1, 1) + field(3, [0xFF])) + field(2, fixed64(1, 2))
        let path = try directory.write(
            "a.pb", field(1, field(2, field(2, fixed64(1, 3)) + records)))

        let (report, events) = try importing(path)

        #expect(events.count == 2)
        #expect(report.files.first?.rejections.map(\.reason) == [.otlp(.invalidUTF8)])
    }

    /// Every prefix of every fixture: no crash, balanced counts, and only whole records taken.
    @Test(arguments: ["logs.pb", "metrics.pb", "trace.pb", "genai.pb", "claude-code.frames"])
    func `a message that is cut off anywhere gives whole records and a rejection`(
        name: String
    ) throws {
        let whole = try bytes(name)
        let texts = Set(try importing(fixture("otlp/" + name)).events.map(\.text))
        let step = max(1, whole.count / 200)

        for count in stride(from: 0, to: whole.count, by: step) {
            let path = try directory.write("cut/\(name)", whole[..<count])
            var options = ImportOptions()
            options.kind = .otlp
            var sink = MemorySink()
            let report = try importing([path], into: &sink, options: options)
            #expect(report.isBalanced)
            #expect(sink.events.allSatisfy { texts.contains($0.text) }, "\(count)")
        }
    }

    @Test func `bytes that are no export are one rejection, however many lines they make`() throws {
        let path = try directory.write("x.bin", [0x9A, 0x0A, 0x00, 0x0A, 0xFF, 0x0A, 0x07])
        var options = ImportOptions()
        options.kind = .otlp
        var sink = MemorySink()

        let report = try importing([path], into: &sink, options: options)

        #expect(report.recordCount == 1 && report.rejectedCount == 1)
    }

    @Test func `changed bytes never end the import`() throws {
        var random = SeededRandom(testSeed())
        for name in ["logs.pb", "metrics.pb", "trace.pb", "claude-code.frames"] {
            let whole = try bytes(name)
            for _ in 0..<100 {
                var changed = whole
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    changed[Int.random(in: changed.indices, using: &random)] =
                        UInt8.random(in: 0...255, using: &random)
                }
                let path = try directory.write("changed", changed)
                #expect(try importing(path).report.isBalanced)
            }
        }
    }

    @Test func `a frame longer than any message is one rejection, in bounded memory`() throws {
        let good = try bytes("claude-code.frames")
        let path = try directory.write("a.frames", good + [0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3])

        let (report, events) = try importing(path)

        #expect(events.count == 15)
        #expect(report.files.first?.rejections.map(\.reason) == [.documentTooLong])
        #expect(report.files.first?.rejections.map(\.offset) == [good.count])
    }

    @Test(
        arguments: [
            [0x0B], [0x0A, 0x80], [0x00, 0x01], [0x0F],
            [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
        ] as [[UInt8]])
    func `bytes that the wire format does not have are refused`(fields: [UInt8]) throws {
        let path = try directory.write(
            "a.pb", field(1, field(2, field(2, fixed64(1, 1)) + field(2, fixed64(1, 1) + fields))))

        let (report, events) = try importing(path)

        #expect(events.count == 1)
        #expect(report.rejectedCount == 1)
    }

    // MARK: - Protobuf by hand

    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var count = bytes.count
        var length: [UInt8] = []
        repeat {
            length.append(UInt8(count & 0x7F) | (count > 0x7F ? 0x80 : 0))
            count >>= 7
        } while count > 0
        return [number << 3 | 2] + length + bytes
    }

    private func fixed64(_ number: UInt8, _ value: UInt64) -> [UInt8] {
        [number << 3 | 1] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func message(_ record: [UInt8]) -> [UInt8] {
        field(1, field(2, field(2, record)))
    }
}
