import CSQLite
import TachoProjections

/// The functions by which SQLite reads a ``QueryTable``: a table that exists as soon as it is named,
/// and that nothing can be written to.
///
/// Tables and cursors are structs of C as SQLite knows them, with ours behind; a cursor is moved and
/// read without counting references.
enum TableModule {
    /// What SQLite holds for a table.
    struct Handle {
        var base: sqlite3_vtab
        /// Kept alive by the session, whose connection is closed before.
        var table: Unmanaged<QueryTable>
    }

    struct Cursor {
        var base: sqlite3_vtab_cursor
        var cells: UnsafePointer<CellSource>
        /// `nil` for all rows from 0 on.
        var rows: UnsafeMutablePointer<UInt32>?
        var place = 0
        var end = 0
        /// How many rows a row stands for.
        var rowsEach = 1
        /// Of the column that says so; ours stand before it.
        let countColumn: Int32
        var list: Unmanaged<RowList>?

        @inline(__always)
        var row: Int { rows.map { Int($0[place]) } ?? place }
    }

    /// - Returns: Memory that has to outlive every connection it is given to.
    static func make() -> UnsafeMutablePointer<sqlite3_module> {
        var module = sqlite3_module()
        module.iVersion = 0
        // No `xCreate`: the table is there under its module's name, and cannot be made again.
        module.xConnect = { TableModule.connect($0, $1, $4, $5) }
        module.xBestIndex = { TableModule.bestIndex($0, $1) }
        module.xDisconnect = { TableModule.disconnect($0) }
        module.xDestroy = { TableModule.disconnect($0) }
        module.xOpen = { TableModule.open($0, $1) }
        module.xClose = { TableModule.close($0) }
        module.xFilter = { TableModule.filter($0, $1, $3, $4) }
        module.xNext = { TableModule.next($0) }
        module.xEof = { TableModule.isAtEnd($0) }
        module.xColumn = { TableModule.column($0, $1, $2) }
        module.xRowid = { TableModule.rowNumber($0, $1) }
        let memory = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
        memory.initialize(to: module)
        return memory
    }

    // MARK: Tables

    private typealias TablePointer = UnsafeMutablePointer<sqlite3_vtab>
    private typealias CursorPointer = UnsafeMutablePointer<sqlite3_vtab_cursor>

    private static func connect(
        _ database: OpaquePointer?, _ context: UnsafeMutableRawPointer?,
        _ result: UnsafeMutablePointer<TablePointer?>?,
        _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    ) -> Int32 {
        guard let context, let result else { return SQLITE_MISUSE }
        let table = Unmanaged<QueryTable>.fromOpaque(context)
        let code = table.takeUnretainedValue().declare(in: database)
        guard code == SQLITE_OK else { return code }
        _ = tacho_sqlite_set_innocuous(database)
        let handle = UnsafeMutablePointer<Handle>.allocate(capacity: 1)
        handle.initialize(to: Handle(base: sqlite3_vtab(), table: table))
        result.pointee = UnsafeMutableRawPointer(handle).assumingMemoryBound(
            to: sqlite3_vtab.self)
        return SQLITE_OK
    }

    private static func disconnect(_ pointer: TablePointer?) -> Int32 {
        guard let pointer else { return SQLITE_OK }
        handle(pointer).deallocate()
        return SQLITE_OK
    }

    private static func handle(_ pointer: TablePointer) -> UnsafeMutablePointer<Handle> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Handle.self)
    }

    private static func bestIndex(
        _ pointer: TablePointer?, _ info: UnsafeMutablePointer<sqlite3_index_info>?
    ) -> Int32 {
        guard let pointer, let info else { return SQLITE_MISUSE }
        handle(pointer).pointee.table.takeUnretainedValue().plan(info)
        return SQLITE_OK
    }

    // MARK: Cursors

    private static func open(
        _ pointer: TablePointer?, _ result: UnsafeMutablePointer<CursorPointer?>?
    ) -> Int32 {
        guard let pointer, let result else { return SQLITE_MISUSE }
        let cursor = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
        let table = handle(pointer).pointee.table.takeUnretainedValue()
        cursor.initialize(
            to: Cursor(
                base: sqlite3_vtab_cursor(), cells: UnsafePointer(table.cells),
                countColumn: Int32(table.columns.count)))
        result.pointee = UnsafeMutableRawPointer(cursor).assumingMemoryBound(
            to: sqlite3_vtab_cursor.self)
        return SQLITE_OK
    }

    @inline(__always)
    private static func cursor(_ pointer: CursorPointer) -> UnsafeMutablePointer<Cursor> {
        UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Cursor.self)
    }

    private static func close(_ pointer: CursorPointer?) -> Int32 {
        guard let pointer else { return SQLITE_OK }
        cursor(pointer).pointee.list?.release()
        cursor(pointer).deallocate()
        return SQLITE_OK
    }

    private static func filter(
        _ pointer: CursorPointer?, _ plan: Int32, _ count: Int32,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Int32 {
        guard let pointer, let handlePointer = pointer.pointee.pVtab else { return SQLITE_MISUSE }
        let table = handle(handlePointer).pointee.table.takeUnretainedValue()
        let cursor = cursor(pointer)
        cursor.pointee.list?.release()
        cursor.pointee.list = nil
        cursor.pointee.place = 0
        cursor.pointee.end = 0
        guard table.isOpen, table.plans.indices.contains(Int(plan)) else {
            return fail(handlePointer, "the table \(table.schema.name) was not opened")
        }
        let arguments = UnsafeBufferPointer(start: values, count: Int(count))
        let scan = table.plans[Int(plan)]
        guard let list = table.rows(scan, arguments) else { return SQLITE_NOMEM }
        cursor.pointee.rowsEach = scan.isCounted ? list.count : 1
        if scan.isCounted {
            cursor.pointee.rows = nil
            cursor.pointee.end = 1
            return SQLITE_OK
        }
        cursor.pointee.list = .passRetained(list)
        cursor.pointee.rows = list.rows
        cursor.pointee.end = list.count
        return SQLITE_OK
    }

    /// Leaves a message where SQLite looks for it.
    private static func fail(_ pointer: TablePointer, _ message: String) -> Int32 {
        let text = Array(message.utf8CString)
        if let copy = sqlite3_malloc(Int32(text.count))?.assumingMemoryBound(to: CChar.self) {
            for (place, character) in text.enumerated() { copy[place] = character }
            sqlite3_free(pointer.pointee.zErrMsg)
            pointer.pointee.zErrMsg = copy
        }
        return SQLITE_ERROR
    }

    private static func next(_ pointer: CursorPointer?) -> Int32 {
        guard let pointer else { return SQLITE_MISUSE }
        cursor(pointer).pointee.place &+= 1
        return SQLITE_OK
    }

    private static func isAtEnd(_ pointer: CursorPointer?) -> Int32 {
        guard let pointer else { return 1 }
        let cursor = cursor(pointer)
        return cursor.pointee.place >= cursor.pointee.end ? 1 : 0
    }

    private static func column(
        _ pointer: CursorPointer?, _ context: OpaquePointer?, _ column: Int32
    ) -> Int32 {
        guard let pointer else { return SQLITE_MISUSE }
        let cursor = cursor(pointer)
        guard column < cursor.pointee.countColumn else {
            sqlite3_result_int64(context, Int64(cursor.pointee.rowsEach))
            return SQLITE_OK
        }
        let cells = cursor.pointee.cells + Int(column)
        guard cells.pointee.isOpen else {
            sqlite3_result_error(context, "a column was not opened", -1)
            return SQLITE_ERROR
        }
        cells.pointee.give(cursor.pointee.row, to: context)
        return SQLITE_OK
    }

    private static func rowNumber(
        _ pointer: CursorPointer?, _ result: UnsafeMutablePointer<Int64>?
    ) -> Int32 {
        guard let pointer, let result else { return SQLITE_MISUSE }
        result.pointee = Int64(cursor(pointer).pointee.row) + 1
        return SQLITE_OK
    }
}
