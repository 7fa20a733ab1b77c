/// A table that is made of another one whenever it is asked for.
///
/// Nothing of it is folded or stored: it says what its source says, as of the same position, and there
/// is nothing to rebuild. Its source is small, so that making it takes less than reading a snapshot of
/// it would.
package struct TableView: Sendable {
    package let schema: TableSchema
    /// Name of the table it is made of.
    package let source: String
    /// The columns that are read of it.
    package let columns: [String]
    private let rows: @Sendable (Table, inout Table) -> Void

    /// - Parameters:
    ///   - schema: The view's.
    ///   - source: Name of the table it is made of.
    ///   - columns: All that `rows` reads of it.
    ///   - rows: Adds the view's rows for those of the source, in an order that follows from them.
    init(
        _ schema: TableSchema, of source: String, columns: [String],
        rows: @escaping @Sendable (_ source: Table, _ view: inout Table) -> Void
    ) {
        self.schema = schema
        self.source = source
        self.columns = columns + ["created_position", "updated_position"]
        self.rows = rows
    }

    package var name: String { schema.name }

    /// Makes it as of where its source is.
    ///
    /// - Parameter table: The source, with at least ``columns`` open.
    /// - Returns: The view; its rows have an audit trail of positions only.
    /// - Complexity: O(rows of the source).
    package func make(of table: Table) -> Table {
        var view = Table(schema: schema)
        rows(table, &view)
        return view
    }
}

/// Every view there is, in the order in which they are listed behind the tables.
package let allViews: [TableView] = [.workflowSummary, .workflowDays]

/// Of all tables and views.
package let allSchemas: [TableSchema] = allProjectors.map { $0.schema } + allViews.map(\.schema)
