import TachoLog
import TachoProjections
import Testing

/// A folded table, read by the names of its columns.
struct TableReader {
    let table: Table
    let quarantinedCount: Int

    init(folding projector: any Projector.Type, _ log: MemoryLog) throws {
        var projections = Projections([projector])
        for batch in log.batches(of: 1000) { try projections.fold(batch) }
        let projection = try #require(projections[projector.name])
        projection.table.checkInvariants()
        table = projection.table
        quarantinedCount = projection.quarantined.count
    }

    var count: Int { table.rowCount }

    func row(_ key: String, _ location: SourceLocation = #_sourceLocation) throws -> RowReader {
        let row = table.row(forKey: ByteString(key))
        return RowReader(
            table: table, row: try #require(row, "no row \(key)", sourceLocation: location))
    }

    func row(at row: Int) -> RowReader { RowReader(table: table, row: row) }

    var rows: [RowReader] { (0..<table.rowCount).map(row(at:)) }
}

struct RowReader {
    let table: Table
    let row: Int

    private func column(_ name: String) -> Int {
        guard let column = table.schema.column(named: name) else {
            preconditionFailure("\(table.schema.name) has no column \(name)")
        }
        return column
    }

    func text(_ name: String) -> String? { table.text(column(name), row)?.description }
    func integer(_ name: String) -> Int64? { table.integer(column(name), row) }
    func real(_ name: String) -> Double? { table.real(column(name), row) }
    func boolean(_ name: String) -> Bool? { table.boolean(column(name), row) }
    func money(_ name: String) -> Int64? { table.money(column(name), row) }
    func timestamp(_ name: String) -> Timestamp? { table.timestamp(column(name), row) }
    func json(_ name: String) -> String? {
        table.json(column(name), row).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// `12:00:05` on the day on which the tests' events happen.
func moment(_ clock: String) -> Timestamp? {
    Timestamp(iso8601: "2026-01-02T\(clock)Z")
}
