/// The shape of a table: its columns in order, and the one whose value names a row.
///
/// The columns of the audit trail come with every table, after the declared ones: which events made
/// and last changed the row, who, and from which source.
///
/// An object, so that a ``Table`` stays small: it is handed to whoever reads a cell.
package final class TableSchema: Sendable {
    package let name: String
    /// What the table says, in one sentence.
    package let summary: String
    /// Place of the text column whose value is unique, set at insertion and never changed.
    package let keyColumn: Int
    /// The declared columns, then the audit columns.
    package let columns: [ColumnDefinition]

    /// Position of the event that made the row.
    package let createdPositionColumn: Int
    /// Position of the last event that changed the row.
    package let updatedPositionColumn: Int
    /// Who made the last change: the actor the event names, else its source.
    package let updatedByColumn: Int
    /// Source of the last event that changed the row.
    package let updateSourceColumn: Int

    package init(
        name: String, key: String, summary: String = "", columns declared: [ColumnDefinition]
    ) {
        let columns = declared + Self.auditColumns
        guard let keyColumn = declared.firstIndex(where: { $0.name == key }) else {
            preconditionFailure("the key is one of the declared columns")
        }
        precondition(declared[keyColumn].type == .text, "a key is text")
        precondition(
            Set(columns.map(\.name)).count == columns.count, "names of columns are unique")
        self.name = name
        self.summary = summary
        self.keyColumn = keyColumn
        self.columns = columns
        createdPositionColumn = declared.count
        updatedPositionColumn = declared.count + 1
        updatedByColumn = declared.count + 2
        updateSourceColumn = declared.count + 3
    }

    /// What every table has behind its own columns.
    package static let auditColumns = [
        ColumnDefinition(
            "created_position", .integer, summary: "Position of the event that made the row."),
        ColumnDefinition(
            "updated_position", .integer,
            summary: "Position of the last event that changed the row."),
        ColumnDefinition(
            "updated_by", .text,
            summary: "Who made that change: updated_by, actor, or reviewer of the event, else its "
                + "source."),
        ColumnDefinition(
            "update_source", .text, summary: "Source of the last event that changed the row."),
    ]

    package func column(named name: String) -> Int? {
        columns.firstIndex { $0.name == name }
    }

    /// The columns that the table declares itself, hidden ones too.
    package var declaredColumns: Range<Int> { 0..<createdPositionColumn }

    package var visibleColumns: [Int] { columns.indices.filter { !columns[$0].isHidden } }

    /// Everything of the schema that decides how a table's bytes read.
    var canonicalDescription: [UInt8] {
        var text = "\(name)\n\(keyColumn)\n"
        for column in columns {
            text += "\(column.name) \(column.type.name)"
            text += column.isInterned ? " interned" : ""
            text += column.isHidden ? " hidden\n" : "\n"
        }
        return Array(text.utf8)
    }
}
