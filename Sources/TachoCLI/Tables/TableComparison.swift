import TachoJSON
import TachoLog
import TachoProjections

/// Compares tables that were folded anew with those in use, of which it has as few in memory as it
/// has threads.
struct TableComparison {
    let reader: LogReader
    let snapshots: SnapshotStore
    /// With the position that both are at.
    let options: LiveTables.Options

    /// A table in use, and what the log says.
    struct Pair {
        let name: String
        let rowCount: Int
        let stateHash: Digest256
        let isSame: Bool
        /// Whether there was a snapshot to compare with.
        var isCompared = true
        /// Whether a snapshot at this position says the same.
        var hasSnapshot = false
        var difference = TableDifference()
    }

    func compare(_ rebuilt: LiveTables) throws -> [Pair] {
        let results = WorkerThreads.map(
            rebuilt.projections.projections.count, threadCount: options.threadCount
        ) { index in
            Result { try compare(rebuilt.projections.projections[index]) }
        }
        return try results.map { try $0.get() }
    }

    private func compare(_ new: Projection) throws -> Pair {
        let stateHash = new.stateHash
        func pair(isSame: Bool) -> Pair {
            Pair(
                name: new.type.name, rowCount: new.table.rowCount, stateHash: stateHash,
                isSame: isSame)
        }
        if hashOfSnapshot(new) == stateHash {
            var same = pair(isSame: true)
            same.hasSnapshot = true
            return same
        }
        // Without a snapshot the table in use is what the log says, folded as this one was.
        guard snapshots.positions(of: new.type).contains(where: { $0 <= new.checkpoint }) else {
            var uncompared = pair(isSame: true)
            uncompared.isCompared = false
            return uncompared
        }
        var options = options
        options.threadCount = 1
        let live = try LiveTables.open(
            reader, snapshots: snapshots, projectors: [new.type], options: options)
        guard let old = live.projections.projections.first else { return pair(isSame: true) }
        // Row by row is many times slower than hashing, and tells nothing about equal tables.
        if old.stateHash == stateHash { return pair(isSame: true) }
        var different = pair(isSame: false)
        different.difference = TableDifference(from: old.table, to: new.table)
        return different
    }

    /// What the snapshot at this position says, if there is one that can be used.
    private func hashOfSnapshot(_ projection: Projection) -> Digest256? {
        let position = projection.checkpoint
        guard snapshots.positions(of: projection.type).contains(position) else { return nil }
        do throws(SnapshotRefusal) {
            return try snapshots.stateHash(of: projection.type, at: position) {
                position throws(LogError) in try reader.anchor(at: position)
            }
        } catch {
            // Opening the table passes it over, too, and says so.
            return nil
        }
    }
}

/// How two tables of the same shape differ, row by row.
struct TableDifference {
    private(set) var addedCount = 0
    private(set) var removedCount = 0
    private(set) var changedCount = 0

    /// None.
    init() {}

    init(from old: Table, to new: Table) {
        var old = old
        old.prepareForChanges()
        for row in 0..<new.rowCount {
            guard let key = new.text(new.schema.keyColumn, row) else { continue }
            guard let oldRow = old.row(forKey: key) else {
                addedCount += 1
                continue
            }
            if Self.bytes(old, oldRow) != Self.bytes(new, row) { changedCount += 1 }
        }
        removedCount = old.rowCount - (new.rowCount - addedCount)
    }

    private static func bytes(_ table: Table, _ row: Int) -> [UInt8] {
        var writer = JSONWriter()
        table.writeJSON(row: row, columns: Array(table.schema.columns.indices), to: &writer)
        return writer.bytes
    }
}
