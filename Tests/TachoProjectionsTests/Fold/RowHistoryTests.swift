import TachoLog
import TachoProjections
import TestSupport
import Testing

/// The chain of events behind a row.
struct RowHistoryTests {
    typealias Column = ExampleProjector.Column

    @Test func `each event says what was there before and what since`() throws {
        var log = MemoryLog()
        log.append(stream: "a", type: "example.a", data: #"{"status":"one"}"#)
        log.append(stream: "b", type: "example.a", data: #"{"status":"other"}"#)
        log.append(stream: "a", type: "ignored", data: #"{"status":"ignored"}"#)
        log.append(stream: "a", type: "example.b", source: "t/2", data: #"{"status":"two"}"#)
        log.append(stream: "a", type: "example.a", data: #"{"poison":true,"status":"x"}"#)
        log.append(stream: "b", type: "example.a", data: #"{"status":"last"}"#)

        let status = try #require(try trace("a", .status, in: log))

        #expect(status.changes.map(\.position.rawValue) == [1, 4])
        #expect(status.changes.map(\.type) == ["example.a", "example.b"])
        #expect(status.changes.map(\.source) == ["test", "t/2"])
        #expect(
            status.changes.flatMap(\.cells) == [
                .init(column: 1, old: .unknown, new: .text("one")),
                .init(column: 1, old: .text("one"), new: .text("two")),
            ])
        #expect(try trace("c", .status, in: log) == nil)
    }

    @Test func `an event about the row that says nothing new is told for the row alone`() throws {
        var log = MemoryLog()
        for _ in 0..<2 { log.append(stream: "a", type: "example.a", data: #"{"status":"s"}"#) }

        #expect(try trace("a", .status, in: log)?.count == 1)
        #expect(try trace("a", nil, in: log)?.count == 2)
    }

    @Test func `the newest are kept where there are more than asked for`() throws {
        var log = MemoryLog()
        for number in 0..<50 {
            log.append(stream: "a", type: "example.a", data: #"{"status":"\#(number)"}"#)
        }

        let found = try #require(try trace("a", .status, in: log, limit: 3))

        #expect(found.count == 50)
        #expect(found.changes.map(\.position.rawValue) == [48, 49, 50])
        #expect(found.changes.last?.cells == [.init(column: 1, old: .text("48"), new: .text("49"))])
    }

    /// Whatever the row: what its events left is what it says.
    @Test(arguments: allProjectors.map { $0.name })
    func `the chain of every row ends in the row`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let seed = testSeed()
        let log = RandomLog.mixed(150, seed: seed)
        let projection = try fold(projector, log)
        let table = projection.table
        let schema = table.schema

        for row in 0..<table.rowCount {
            let key = try #require(table.text(schema.keyColumn, row))
            let found = try #require(
                try RowHistory.trace(key, in: projection, history: log, snapshots: nil))
            var cells = [Int: Value]()
            for cell in found.changes.flatMap(\.cells) {
                #expect(cells[cell.column] ?? .unknown == cell.old)
                cells[cell.column] = cell.new
            }
            for column in schema.declaredColumns where !schema.columns[column].isHidden {
                #expect(
                    cells[column] ?? .unknown == table.value(column, row),
                    "\(schema.columns[column].name) of \(key), seed \(seed)")
            }
        }
    }

    /// What the chain relies on: nothing that is shown changes behind the audit trail's back.
    @Test(arguments: allProjectors.map { $0.name })
    func `an event that changes a row is the one that the row names`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let seed = testSeed()
        let log = RandomLog.mixed(200, seed: seed)
        var projections = Projections([projector])
        var known: [[Value]] = []

        for index in log.lines.indices {
            try projections.fold(log.batch(index..<index + 1))
            let table = try #require(projections.table(named: name))
            let shown = table.schema.visibleColumns
            for row in 0..<table.rowCount {
                let cells = shown.map { table.value($0, row) }
                let isNamed = table.value(table.schema.updatedPositionColumn, row)
                if row < known.count, isNamed != .integer(Int64(index + 1)) {
                    #expect(cells == known[row], "position \(index + 1), seed \(seed)")
                }
                if row < known.count { known[row] = cells } else { known.append(cells) }
            }
        }
    }

    private func trace(
        _ key: ByteString, _ column: Column?, in log: MemoryLog, limit: Int = .max
    ) throws -> RowHistory? {
        try RowHistory.trace(
            key, in: fold(ExampleProjector.self, log), column: column?.rawValue, limit: limit,
            history: log, snapshots: nil)
    }

    private func fold(_ type: any Projector.Type, _ log: MemoryLog) throws -> Projection {
        var projections = Projections([type])
        try projections.fold(log.batch(0..<log.lines.count))
        return try #require(projections.projections.first)
    }
}
