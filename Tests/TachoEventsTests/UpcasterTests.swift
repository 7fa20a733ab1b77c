import TachoEvents
import TachoJSON
import TachoLog
import Testing

struct UpcasterTests {
    /// `seconds` became `ms`, and then all types of the family got a `unit`.
    private let upcasters = [
        Upcaster(from: 1, of: "phase.ended") { data throws(UpcastError) in
            guard let seconds = data["seconds"]?.integer() else { throw .unexpected("seconds") }
            return Array("{\"ms\":\(seconds * 1000)}".utf8)
        },
        Upcaster(from: 2, of: "phase.*") { data throws(UpcastError) in
            Array("{\"unit\":\"ms\",\"was\":".utf8) + Array(data.bytes) + Array("}".utf8)
        },
    ]

    /// What the newest version of the event says, and the version it then has.
    private func newest(
        _ type: String, version: Int, _ data: String
    ) throws -> (data: String, version: Int, line: String)? {
        let line =
            #"{"position":7,"recorded":"2025-12-18T10:00:00.091Z","id":"i","stream":"s","type":""#
            + #"\#(type)","source":"test","version":\#(version),"data":\#(data)}"# + "\n"
        var found: (data: String, version: Int, line: String)?
        try Array(line.utf8).withUnsafeBytes { bytes in
            guard let record = RecordView(line: bytes) else { return }
            try Event.withEvent(of: record) { event throws(UpcastError) in
                try upcasters.withNewest(event) { event in
                    found = (
                        String(decoding: event.data.bytes, as: UTF8.self), event.version,
                        String(decoding: event.record.line, as: UTF8.self)
                    )
                }
            }
        }
        return found
    }

    @Test func `an old event is read as each version behind it would have written it`() throws {
        let one = try #require(try newest("phase.ended", version: 1, #"{"seconds":3}"#))
        let two = try #require(try newest("phase.ended", version: 2, #"{"ms":3000}"#))

        #expect(one.data == #"{"unit":"ms","was":{"ms":3000}}"#)
        #expect(one.data == two.data)
        #expect(one.version == 3)
        #expect(one.line.contains(#""version":1,"data":{"seconds":3}"#), "the log stays as it is")
    }

    @Test func `a step that nobody wrote for a type changes nothing`() throws {
        let event = try #require(try newest("phase.started", version: 1, #"{"a":1}"#))

        #expect(event.data == #"{"unit":"ms","was":{"a":1}}"#)
    }

    @Test func `newest events, and types without upcasters, are read as they are`() throws {
        #expect(try newest("phase.ended", version: 3, #"{"x":1}"#)?.data == #"{"x":1}"#)
        #expect(try newest("log.line", version: 1, #"{"x":1}"#)?.data == #"{"x":1}"#)
    }

    @Test func `a version that nobody knows is not guessed at`() throws {
        #expect(throws: UpcastError.newer(4)) { try newest("phase.ended", version: 4, "{}") }
        #expect(throws: UpcastError.newer(2)) { try newest("log.line", version: 2, "{}") }
    }

    @Test func `data that is not what its version promises is told by its member`() throws {
        #expect(throws: UpcastError.unexpected("seconds")) {
            try newest("phase.ended", version: 1, #"{"seconds":"x"}"#)
        }
    }
}
