import TachoEvents
package import TachoLog

/// The events that made one row what it is, with what each of them changed.
///
/// Found by folding the row's table again, up to the event that changed the row last, with an eye on
/// that row: what an event does to a row depends on everything that was folded before, so that
/// nothing less tells. Snapshots from before the row spare their part of it.
///
/// It relies on the audit trail: an event that changes a cell that is shown is the row's
/// `updated_position` from then on. `LawTests` hold every projector to it.
package struct RowHistory: Sendable {
    /// What one event did.
    package struct Change: Sendable {
        package let position: Position
        package let recorded: Timestamp
        package let type: ByteString
        package let source: ByteString
        package let updatedBy: ByteString?
        /// In the order of the columns; none, if the event was about the row and said nothing new.
        package let cells: [CellChange]
    }

    package struct CellChange: Equatable, Sendable {
        package let column: Int
        package let old: Value
        package let new: Value

        package init(column: Int, old: Value, new: Value) {
            self.column = column
            self.old = old
            self.new = new
        }
    }

    /// In the order of the log; the newest of them, if there are more than asked for.
    package private(set) var changes: [Change] = []
    /// All of them.
    package private(set) var count = 0
    /// What of the log could not be read: changes may be missing.
    package private(set) var damage: [LogError] = []

    private let row: Int
    private let columns: [Int]
    private let isOfWholeRow: Bool
    private let limit: Int
    private var cells: [Value]

    private init(row: Int, columns: [Int], isOfWholeRow: Bool, limit: Int) {
        self.row = row
        self.columns = columns
        self.isOfWholeRow = isOfWholeRow
        self.limit = limit
        cells = Array(repeating: .unknown, count: columns.count)
    }

    /// Finds the events behind a row, or behind one of its cells.
    ///
    /// - Parameters:
    ///   - key: Of the row.
    ///   - projection: Where the row is as it is asked about.
    ///   - column: Only events that changed this column; `nil` is all that touched the row.
    ///   - limit: At most so many, the newest.
    ///   - history: What the projection was folded from.
    ///   - snapshots: Of that history; `nil` folds everything.
    ///   - progress: Told how far the fold is, and where it ends.
    /// - Returns: `nil` if there is no such row.
    /// - Throws: What reading throws; damage is noted, and what is good behind it is folded.
    /// - Complexity: O(events of the table's types up to the row's last change).
    package static func trace(
        _ key: ByteString, in projection: Projection, column: Int? = nil, limit: Int = .max,
        history: some EventHistory, snapshots: SnapshotStore?,
        progress: (_ position: Position, _ last: Position) -> Void = { _, _ in }
    ) throws -> RowHistory? {
        let table = projection.table
        let schema = table.schema
        guard let row = table.row(forKey: key),
            let created = table.position(schema.createdPositionColumn, row),
            let updated = table.position(schema.updatedPositionColumn, row)
        else { return nil }
        let shown = schema.declaredColumns.filter { !schema.columns[$0].isHidden }
        var found = RowHistory(
            row: row, columns: column.map { [$0] } ?? shown, isOfWholeRow: column == nil,
            limit: limit)
        var fold = start(projection.type, history, snapshots, before: created)
        var damage = [LogError]()
        try history.forEachBatch(
            from: fold.checkpoint.next, through: updated,
            matching: RecordFilter(types: projection.type.inputs),
            onDamage: { damage.append($0) },
            { batch in
                var last = fold.checkpoint
                try batch.forEachRecord { record in
                    Event.withEvent(of: record) { event in
                        fold.take(event)
                        last = event.position
                        guard event.position >= created else { return }
                        // What the row says after this event, and not after the whole batch.
                        fold.advance(to: event.position)
                        found.look(at: event, fold.table)
                    }
                    return true
                }
                fold.advance(to: last)
                progress(last, updated)
                return true
            })
        found.damage = damage
        found.changes = found.changes.suffix(limit)
        return found
    }

    /// The fold as it was before the row was there.
    private static func start(
        _ type: any Projector.Type, _ history: some EventHistory, _ snapshots: SnapshotStore?,
        before created: Position
    ) -> Projection {
        let loaded = snapshots?.load(type, through: created.previous) {
            position throws(LogError) in
            try history.anchor(at: position)
        }
        return loaded?.projection ?? Projection(type)
    }

    /// Notes what an event has just done to the row.
    private mutating func look(at event: Event, _ table: Table) {
        let schema = table.schema
        guard row < table.rowCount,
            table.position(schema.updatedPositionColumn, row) == event.position
        else { return }
        var changed = [CellChange]()
        for (place, column) in columns.enumerated() {
            let new = table.value(column, row)
            guard new != cells[place] else { continue }
            changed.append(CellChange(column: column, old: cells[place], new: new))
            cells[place] = new
        }
        // Of one cell only what changed it is of interest.
        guard !changed.isEmpty || isOfWholeRow else { return }
        count += 1
        changes.append(
            Change(
                position: event.position, recorded: event.recorded, type: ByteString(event.type),
                source: ByteString(event.source),
                updatedBy: table.text(schema.updatedByColumn, row),
                cells: changed))
        // Dropped by halves: taking the first of an array moves all others.
        if changes.count / 2 > limit { changes.removeFirst(changes.count - limit) }
    }
}

extension Table {
    /// A position in one of the columns of the audit trail.
    fileprivate func position(_ column: Int, _ row: Int) -> Position? {
        integer(column, row).flatMap { UInt64(exactly: $0) }.map { Position($0) }
    }
}
