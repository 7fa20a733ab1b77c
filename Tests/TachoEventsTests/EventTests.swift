import TachoEvents
import TachoJSON
import TachoLog
import Testing

struct EventTests {
    private func withEvent<Result>(
        _ line: String, _ body: (Event) throws -> Result
    ) throws -> Result {
        var result: Result?
        try RecordBatch(bytes: Array((line + "\n").utf8)).forEachRecord { record in
            result = try Event.withEvent(of: record, body)
            return true
        }
        return try #require(result)
    }

    private let line = """
        {"position":7,"recorded":"2025-12-18T10:00:00.091Z","id":"i","stream":"s",\
        "type":"hook.PreToolUse","source":"test","version":1,\
        "time":"2025-12-18T10:00:00.087Z","data":{"tool_name":"Bash"}}
        """

    @Test func `the producer's time is when it occurred`() throws {
        try withEvent(line) { event in
            #expect(event.occurred == Timestamp(iso8601: "2025-12-18T10:00:00.087Z"))
            #expect(event.recorded == Timestamp(iso8601: "2025-12-18T10:00:00.091Z"))
        }
    }

    @Test func `without the producer's time it occurred when it was recorded`() throws {
        let timeless = line.replacing(#","time":"2025-12-18T10:00:00.087Z""#, with: "")

        try withEvent(timeless) { event in
            #expect(event.time == nil)
            #expect(event.occurred == event.recorded)
        }
    }

    @Test func `members of the data are read when asked for`() throws {
        try withEvent(line) { event in
            #expect(event.data["tool_name"]?.equals("Bash") == true)
            #expect(event.data["tool_input"] == nil)
        }
    }

    @Test func `a type has a name in its family and in no other`() throws {
        try withEvent(line) { event in
            #expect(
                event.name(after: EventType.hookPrefix).map { Array($0) }
                    == Array("PreToolUse".utf8))
            #expect(event.name(after: EventType.outputPrefix) == nil)
        }
    }
}
