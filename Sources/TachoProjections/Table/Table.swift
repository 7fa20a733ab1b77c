package import TachoEvents
package import TachoLog

/// A projection in memory: rows in the order of their insertion, cells by column.
///
/// Rows are found by key and by the indexed columns, changed in place, and never deleted. What a
/// table *says* is a function of the calls that made it; how it lies in memory (numbers of texts,
/// garbage, hash tables) is not, and never reaches its canonical bytes.
package struct Table: Sendable {
    package let schema: TableSchema
    package internal(set) var rowCount = 0
    /// Cells exist up to here, all unknown beyond `rowCount`.
    var rowCapacity = 0
    var columns: [Column]
    /// The snapshot that cells are read from; see ``init(schema:stored:hashSeed:)``.
    var storedFile: SnapshotBlockFile?
    /// Who the event read last names; never part of what the table says.
    private var actor = ActorMemory()
    /// Numbers of the source of the event that touched a row last, and of its actor; −1 for none.
    ///
    /// Rows are changed by events of few sources, one after the other. Of an event that names nobody
    /// the actor follows from the source, so that only that is compared. They are forgotten when
    /// another event may have had a column numbered anew, and when columns are opened.
    var sourceNumbers = noSourceNumbers
    static let noSourceNumbers = (source: -1, actor: -1)

    /// Makes an empty table; it says the same with every seed.
    package init(schema: TableSchema, hashSeed: UInt64? = nil) {
        self.schema = schema
        let seed = hashSeed ?? ByteHash.defaultSeed
        columns = schema.columns.indices.map {
            Column(schema.columns[$0], isKey: $0 == schema.keyColumn, seed: seed)
        }
    }

    // MARK: Rows

    /// The row with this key.
    ///
    /// - Complexity: O(1); O(rows) in a table read from a file and not yet prepared for changes.
    package func row(forKey key: UnsafeRawBufferPointer) -> Int? {
        withColumn(schema.keyColumn) { column in
            column.pointee.isOpen
                ? column.pointee.dictionary.number(of: key)
                : Column.cells(of: column).number(of: key)
        }
    }

    package func row(forKey key: ByteString) -> Int? {
        key.bytes.withUnsafeBytes { row(forKey: $0) }
    }

    /// Adds a row whose cells are all unknown, but for its key and its audit trail.
    ///
    /// - Precondition: No row has this key.
    @discardableResult
    package mutating func insert(key: UnsafeRawBufferPointer, at event: Event) -> Int {
        let (row, isNew) = rowOrInsert(key: key, at: event)
        precondition(isNew, "a key is inserted once")
        return row
    }

    @discardableResult
    package mutating func insert(key: ByteString, at event: Event) -> Int {
        key.bytes.withUnsafeBytes { insert(key: $0, at: event) }
    }

    /// The row with this key, which is added if there is none.
    ///
    /// A row that was there is not touched: see ``touch(_:at:)``.
    package mutating func rowOrInsert(
        key: UnsafeRawBufferPointer, at event: Event
    ) -> (row: Int, isNew: Bool) {
        let (row, isNew) = columns[schema.keyColumn].intern(key)
        guard isNew else { return (row, false) }
        if row == rowCapacity { grow() }
        rowCount += 1
        columns[schema.createdPositionColumn].setWord(
            row, to: Int64(clamping: event.position.rawValue))
        touch(row, at: event)
        return (row, true)
    }

    package mutating func rowOrInsert(
        key: ByteString, at event: Event
    ) -> (row: Int, isNew: Bool) {
        key.bytes.withUnsafeBytes { rowOrInsert(key: $0, at: event) }
    }

    /// Adds a row of a view, whose audit trail is that of the rows it is made of.
    ///
    /// - Precondition: No row has this key.
    mutating func insert(key: ByteString, created: Int64?, updated: Int64?) -> Int {
        let (row, isNew) = key.bytes.withUnsafeBytes { columns[schema.keyColumn].intern($0) }
        precondition(isNew, "a key is inserted once")
        if row == rowCapacity { grow() }
        rowCount += 1
        columns[schema.createdPositionColumn].setWord(row, to: created)
        columns[schema.updatedPositionColumn].setWord(row, to: updated)
        return row
    }

    /// Notes in the row's audit trail that this event changed it.
    package mutating func touch(_ row: Int, at event: Event) {
        checkRow(row)
        let position = Int64(clamping: event.position.rawValue)
        // What one event has noted it notes again for each of the cells it changes.
        guard columns[schema.updatedPositionColumn].changeWord(row, to: position) else { return }
        if !event.mayNameActor, setKnownSource(event.source, of: row) { return }
        setSource(of: event, of: row)
    }

    // Not inlined: most rows are touched by the source that touched the one before.
    @inline(never)
    private mutating func setSource(of event: Event, of row: Int) {
        columns[schema.updateSourceColumn].setInterned(row, to: event.source, rowCount: rowCount)
        actor.withActor(of: event) { name in
            columns[schema.updatedByColumn].setInterned(row, to: name, rowCount: rowCount)
        }
        sourceNumbers = Self.noSourceNumbers
        guard !event.mayNameActor, columns[schema.updateSourceColumn].isOpen,
            columns[schema.updatedByColumn].isOpen
        else { return }
        sourceNumbers = (
            Int(columns[schema.updateSourceColumn].numbers[row]) - 1,
            Int(columns[schema.updatedByColumn].numbers[row]) - 1
        )
    }

    /// Notes a source that names nobody, if it is the one that was noted last.
    @inline(__always)
    private mutating func setKnownSource(
        _ source: UnsafeRawBufferPointer, of row: Int
    ) -> Bool {
        let numbers = sourceNumbers
        let isKnown = columns[schema.updateSourceColumn].setNumber(
            row, to: numbers.source, ifItIs: source)
        if isKnown { columns[schema.updatedByColumn].setNumber(row, to: numbers.actor) }
        return isKnown
    }

    private mutating func grow() {
        // By a sixteenth: cells in reserve are cells in memory, and large columns have room for more
        // without being copied.
        rowCapacity += max(64, rowCapacity / 16)
        for column in columns.indices { columns[column].grow(to: rowCapacity) }
    }

    @inline(__always)
    func checkRow(_ row: Int) {
        precondition(row >= 0 && row < rowCount, "a row is one of the table's")
    }

    // MARK: Hash tables

    /// Builds what a table read from a file lacks for being changed: hash tables and indexes.
    ///
    /// Reading does without: it looks at a column from end to end, which takes less than building
    /// its index. The fold calls this before its first event.
    ///
    /// - Complexity: O(rows) the first time, then O(columns).
    package mutating func prepareForChanges() {
        for column in columns.indices where columns[column].isOpen {
            columns[column].dictionary.prepare()
            if schema.columns[column].isIndexed, column != schema.keyColumn,
                columns[column].index == nil
            {
                columns[column].buildIndex(rowCount: rowCount)
            }
        }
    }

    /// Builds the hash table of the key, for looking up many rows in a table read from a file.
    ///
    /// - Complexity: O(rows) the first time.
    package mutating func prepareForLookUps() {
        guard columns[schema.keyColumn].isOpen else { return }
        columns[schema.keyColumn].dictionary.prepare()
    }

    /// Bytes of memory that the table holds, but for reserves that were never touched.
    package var memoryByteCount: Int {
        columns.reduce(0) { $0 + $1.memoryByteCount }
    }

    /// The part of it that one column holds.
    package func memoryByteCount(of column: Int) -> Int { columns[column].memoryByteCount }
}
