import TachoEvents
import TachoJSON
import TachoLog
import TachoProjections

/// A projector with a column of each type, for the tests of the engine.
///
/// One row for each stream. Texts and JSON are overwritten often, so that what a table was before
/// lies about in memory; events with `poison` are refused.
struct ExampleProjector: Projector {
    enum Column: Int, CaseIterable, ColumnHandle {
        case stream, status, note, count, ratio, isDone, lastSeen, cost, detail
    }

    static let schema = TableSchema(
        name: "example", key: "stream",
        columns: [
            ColumnDefinition("stream", .text),
            ColumnDefinition("status", .text, isIndexed: true),
            ColumnDefinition("note", .text, isInterned: false),
            ColumnDefinition("count", .integer, isIndexed: true),
            ColumnDefinition("ratio", .real),
            ColumnDefinition("is_done", .boolean),
            ColumnDefinition("last_seen", .timestamp),
            ColumnDefinition("cost", .money),
            ColumnDefinition("detail", .json, isHidden: true),
        ])
    static let version = 1
    static let inputs: [TypePattern] = ["example.*", "phase.started"]

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        let data = event.data
        guard data["poison"] == nil else { throw .unexpected("poison") }
        let (row, isNew) = table.rowOrInsert(key: event.stream, at: event)
        if !isNew { table.touch(row, at: event) }
        table.set(Column.count, of: row, integer: (table.integer(Column.count, row) ?? 0) + 1)
        table.set(Column.lastSeen, of: row, timestamp: event.occurred)
        if let status = data["status"] { table.set(Column.status, of: row, text: status) }
        if let note = data["note"] { table.set(Column.note, of: row, text: note) }
        if let ratio = data["ratio"] { table.set(Column.ratio, of: row, real: ratio.double()) }
        if let done = data["done"] { table.set(Column.isDone, of: row, boolean: done.boolean()) }
        if let cost = data["cost"] { table.set(Column.cost, of: row, money: cost.integer()) }
        if let detail = data["detail"] { table.set(Column.detail, of: row, json: detail) }
    }
}

/// A second lane: counts events by type.
struct TypeCountProjector: Projector {
    enum Column: Int, ColumnHandle { case type, count }

    static let schema = TableSchema(
        name: "type_count", key: "type",
        columns: [ColumnDefinition("type", .text), ColumnDefinition("count", .integer)])
    static let version = 1
    static let inputs: [TypePattern] = ["*"]

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        let (row, isNew) = table.rowOrInsert(key: event.type, at: event)
        if !isNew { table.touch(row, at: event) }
        table.set(Column.count, of: row, integer: (table.integer(Column.count, row) ?? 0) + 1)
    }
}
