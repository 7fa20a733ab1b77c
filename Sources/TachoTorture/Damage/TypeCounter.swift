internal import TachoEvents
internal import TachoLog
internal import TachoProjections

/// The smallest projector there is, for a snapshot of some hundred bytes.
struct TypeCounter: Projector {
    enum Column: Int, ColumnHandle { case type, count }

    static let schema = TableSchema(
        name: "type_counter", key: "type",
        columns: [ColumnDefinition("type", .text), ColumnDefinition("count", .integer)])
    static let version = 1
    static let inputs: [TypePattern] = ["*"]

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        let (row, isNew) = table.rowOrInsert(key: event.type, at: event)
        if !isNew { table.touch(row, at: event) }
        table.set(Column.count, of: row, integer: (table.integer(Column.count, row) ?? 0) + 1)
    }
}
