import TachoLog
import TachoProjections
import Testing

/// Who changed a row, from where, by which event.
struct AuditTrailTests {
    @Test(arguments: [
        (#"{"updated_by":"ana"}"#, "ana"),
        (#"{"actor":"bo","reviewer":"cy"}"#, "bo"),
        (#"{"reviewer":"cy","actor":"bo","updated_by":"ana"}"#, "ana"),
        (#"{"reviewer":"cy"}"#, "cy"),
        (#"{"updated_by":"","actor":"bo"}"#, "bo"),
        (#"{"updated_by":null,"actor":7,"reviewer":["x"]}"#, "test"),
        (#"{"detail":{"actor":"bo"}}"#, "test"),
        (#"{"updated\u005fby":"\u0061na"}"#, "ana"),
        ("{}", "test"),
    ])
    func `a row names who changed it last, else the source`(data: String, name: String) throws {
        let table = try folded([("example.a", data)])

        #expect(table.text(table.schema.updatedByColumn, 0)?.description == name)
        #expect(table.text(table.schema.updateSourceColumn, 0) == "test")
    }

    @Test func `a later change by nobody is the source's`() throws {
        let table = try folded([
            ("example.a", #"{"actor":"ana"}"#), ("example.a", #"{"note":"x"}"#),
        ])

        #expect(table.text(table.schema.updatedByColumn, 0) == "test")
        #expect(table.integer(table.schema.createdPositionColumn, 0) == 1)
        #expect(table.integer(table.schema.updatedPositionColumn, 0) == 2)
    }

    @Test func `rows that are changed from two places by turns name the right one each`() throws {
        var log = MemoryLog()
        for index in 0..<40 {
            log.append(
                stream: "s\(index % 7)", type: "hook.Stop", source: "agent/\(index % 3)",
                data: #"{"session_id":"s\#(index % 7)"}"#)
            log.append(
                stream: "w", type: "statusline.shown", source: "agent/\(index % 2)", data: "{}")
        }
        var projections = Projections([SessionsProjector.self])
        try projections.fold(log.batch(0..<80))
        let table = try #require(projections.table(named: "sessions"))

        #expect(table.rowCount == 8)
        for row in 0..<table.rowCount {
            let key = table.text(table.schema.keyColumn, row)?.description
            let last = (0..<40).last { "s\($0 % 7)" == key }.map { $0 % 3 } ?? 39 % 2
            let source = ByteString(Array("agent/\(last)".utf8))
            #expect(table.text(table.schema.updateSourceColumn, row) == source)
            #expect(table.text(table.schema.updatedByColumn, row) == source)
        }
    }

    /// So many names that those of whom no row is any more are dropped, and the others numbered anew.
    @Test func `a source keeps its name among thousands of people`() throws {
        var log = MemoryLog()
        for index in 0..<3000 {
            log.append(
                stream: "w", type: "statusline.shown", source: "agent/\(index % 2)",
                data: #"{"actor":"person \#(index)"}"#)
            log.append(
                stream: "s\(index % 7)", type: "hook.Stop", source: "agent/\(index % 3)",
                data: #"{"session_id":"s\#(index % 7)"}"#)
        }
        var projections = Projections([SessionsProjector.self])
        try projections.fold(log.batch(0..<6000))
        let table = try #require(projections.table(named: "sessions"))

        #expect(table.rowCount == 8)
        for row in 0..<table.rowCount {
            let key = table.text(table.schema.keyColumn, row)?.description
            let last = (0..<3000).last { "s\($0 % 7)" == key }.map { "agent/\($0 % 3)" }
            let name = table.text(table.schema.updatedByColumn, row)?.description
            #expect(name == last ?? "person 2999")
        }
    }

    @Test func `every row of an event that makes several has its actor`() throws {
        var log = MemoryLog()
        let calls = (0..<50).map { #"{"tool_name":"t","tool_call_id":"c\#($0)"}"# }
        log.append(
            stream: "w", type: "phase.completed", source: "adw/structured-log",
            data:
                #"{"phase_name":"Build","tool_calls":[\#(calls.joined(separator: ","))],"actor":"ana"}"#
        )
        var projections = Projections([ToolCallsProjector.self])
        try projections.fold(log.batch(0..<1))
        let table = try #require(projections.table(named: "tool_calls"))

        #expect(table.rowCount == 50)
        for row in 0..<table.rowCount {
            #expect(table.text(table.schema.updatedByColumn, row) == "ana")
        }
    }

    /// Nobody's name is megabytes long, and a name is kept for every row.
    @Test func `a name is cut at a character`() throws {
        let table = try folded([
            ("example.a", #"{"actor":"\#(String(repeating: "é", count: 300))"}"#)
        ])

        let name = try #require(table.text(table.schema.updatedByColumn, 0))
        #expect(name.description == String(repeating: "é", count: 100))
    }

    @Test func `an agent's own record names nobody`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s", type: "hook.Stop", source: "claude-code/hook",
            data: #"{"session_id":"s","actor":"mallory"}"#)
        var projections = Projections([SessionsProjector.self])
        try projections.fold(log.batch(0..<1))
        let table = try #require(projections.table(named: "sessions"))

        #expect(table.text(table.schema.updatedByColumn, 0) == "claude-code/hook")
    }

    private func folded(_ events: [(type: String, data: String)]) throws -> Table {
        var log = MemoryLog()
        for event in events { log.append(stream: "s", type: event.type, data: event.data) }
        var projections = Projections([ExampleProjector.self])
        try projections.fold(log.batch(0..<events.count))
        return try #require(projections.table(named: "example"))
    }
}
