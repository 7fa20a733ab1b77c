import CSQLite
import TachoLog
import TachoProjections

/// A table as SQLite sees it: columns by which a statement is planned, and cells that are there once
/// it is known which columns are wanted.
final class QueryTable {
    let schema: TableSchema
    let columns: [QueryColumn]
    /// Of the connection, if it asks before it does something.
    let guardian: Guard?
    /// Columns of SQL that the statements planned so far look at.
    private(set) var wantedColumns: Set<Int> = []
    private(set) var isWanted = false
    /// Plans that statements in use refer to by their places here.
    private(set) var plans: [ScanPlan] = []
    private var placeOfPlan: [ScanPlan: Int] = [:]

    private(set) var rowCount = 0
    private(set) var isOpen = false
    /// By column of SQL; read by cursors without asking anybody.
    let cells: UnsafeMutablePointer<CellSource>
    private var table: Table
    /// Holds what the cells point to.
    private var scans: [ColumnScan] = []
    private var ranks: [Int: TextRanks] = [:]
    private var sorted: [Int: SortedColumn] = [:]
    private var lookUpCounts: [Int: Int] = [:]

    init(_ schema: TableSchema, guardian: Guard? = nil) {
        self.schema = schema
        self.guardian = guardian
        columns = QueryColumn.columns(of: schema)
        table = Table(schema: schema)
        cells = .allocate(capacity: columns.count)
        scans = columns.map { [table] in table.scan($0.place) }
        for (place, column) in columns.enumerated() {
            (cells + place).initialize(to: CellSource(column.form, scans[place]))
        }
    }

    deinit {
        cells.deinitialize(count: columns.count)
        cells.deallocate()
    }

    /// Tells SQLite the columns; for it this is making a table, which is not allowed otherwise.
    ///
    /// Behind ours stands one that says for how many rows a row stands: see ``CountStatement``.
    func declare(in database: OpaquePointer?) -> Int32 {
        let declarations = columns.map(\.declaration) + ["\(CountStatement.column) INTEGER HIDDEN"]
        guardian?.isDeclaring = true
        defer { guardian?.isDeclaring = false }
        return sqlite3_declare_vtab(
            database, "CREATE TABLE x(\(declarations.joined(separator: ", ")))")
    }

    // MARK: What is wanted

    /// Notes the columns that a statement uses: a bit each, the highest for all from 63 on.
    func note(columnsUsed: UInt64) {
        isWanted = true
        for place in columns.indices where columnsUsed >> UInt64(min(place, 63)) & 1 == 1 {
            wantedColumns.insert(place)
        }
    }

    func place(of plan: ScanPlan) -> Int {
        if let place = placeOfPlan[plan] { return place }
        plans.append(plan)
        placeOfPlan[plan] = plans.count - 1
        return plans.count - 1
    }

    // MARK: Cells

    /// Puts rows into the table: what statements that run from now on read.
    ///
    /// - Precondition: No statement is running.
    func open(_ table: Table) {
        precondition(table.schema.name == schema.name, "a table is opened under its name")
        self.table = table
        scans = columns.map { table.scan($0.place) }
        for (place, column) in columns.enumerated() {
            cells[place] = CellSource(column.form, scans[place])
        }
        rowCount = table.rowCount
        isOpen = true
        ranks = [:]
        sorted = [:]
        lookUpCounts = [:]
    }

    /// How many different texts a column has; `nil` for other columns.
    func textCount(_ column: Int) -> Int? {
        guard isOpen, cells[column].form == .text, cells[column].isOpen else { return nil }
        return cells[column].textCount
    }

    func textRanks(_ column: Int) -> TextRanks? {
        guard cells[column].form == .text else { return nil }
        if let known = ranks[column] { return known }
        let made = TextRanks(cells[column])
        ranks[column] = made
        return made
    }

    // MARK: Look-ups

    /// The row with this key; the second time it has a hash table to look into.
    func row(forKey key: [UInt8]) -> Int? {
        lookUpCounts[-1, default: 0] += 1
        let isOften = lookUpCounts[-1, default: 0] > 1
        return key.withUnsafeBytes {
            isOften ? table.preparedRow(forKey: $0) : table.row(forKey: $0)
        }
    }

    /// The column's rows by value, if it is being looked into again and again.
    func sortedColumn(_ column: Int) -> SortedColumn? {
        lookUpCounts[column, default: 0] += 1
        guard lookUpCounts[column, default: 0] > 2 else { return nil }
        if let known = sorted[column] { return known }
        let made = SortedColumn(cells[column], textRanks(column), rowCount: rowCount)
        sorted[column] = made
        return made
    }
}
