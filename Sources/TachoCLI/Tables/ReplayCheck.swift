import TachoLog
import TachoProjections

/// Folds the log in three ways that have to give the same tables, byte for byte.
///
/// 1. from zero, batch by batch as they are read;
/// 2. from zero, in small batches, with two threads and other hash tables;
/// 3. from the newest snapshots and what came since.
struct ReplayCheck {
    /// One table that was not the same.
    struct Difference {
        let table: String
        let way: String
        let expected: String
        let found: String
    }

    private(set) var tableCount = 0
    private(set) var differences: [Difference] = []

    private static let smallBatchCount = 97

    init(
        _ reader: LogReader, snapshots: SnapshotStore,
        progress: (_ position: Position) -> Void
    ) throws {
        let last = reader.lastPosition
        var plain = try Self.start(reader, snapshots)
        let first = plain.checkpoint > .zero ? plain.checkpoint.next : nil
        try reader.forEachBatch(from: first) { batch in
            try plain.fold(batch)
            progress(plain.checkpoint)
            return true
        }
        plain.advance(to: last)
        var split = try Self.start(reader, snapshots, hashSeed: 0x7AC0)
        try split.foldAll(threadCount: 2) { fold in
            try reader.forEachBatch(from: first) { batch in
                try Self.split(batch, fold)
                return true
            }
        }
        split.advance(to: last)
        var options = LiveTables.Options()
        options.asOf = last
        let live = try LiveTables.open(reader, snapshots: snapshots, options: options)
        tableCount = plain.projections.count
        compare(plain, split, "in small batches with two threads")
        compare(plain, live.projections, "from snapshots and the tail")
    }

    /// Where a fold from the beginning begins: with nothing, or with the tables at the last cut.
    private static func start(
        _ reader: LogReader, _ snapshots: SnapshotStore, hashSeed: UInt64? = nil
    ) throws -> Projections {
        guard let last = reader.expiries.cuts.map(\.through).max() else {
            return Projections(hashSeed: hashSeed)
        }
        var options = LiveTables.Options()
        options.asOf = last
        options.hashSeed = hashSeed
        return try LiveTables.open(reader, snapshots: snapshots.ofCuts, options: options)
            .projections
    }

    private mutating func compare(_ expected: Projections, _ found: Projections, _ way: String) {
        for (one, other) in zip(expected.projections, found.projections)
        where one.stateHash != other.stateHash {
            differences.append(
                Difference(
                    table: one.type.name, way: way, expected: one.stateHash.hex,
                    found: other.stateHash.hex))
        }
    }

    private static func split(_ batch: RecordBatch, _ fold: (RecordBatch) throws -> Void) throws {
        var bytes = [UInt8]()
        var count = 0
        try batch.forEachRecord { record in
            bytes.append(contentsOf: record.line)
            count += 1
            if count == smallBatchCount {
                try fold(RecordBatch(bytes: bytes))
                bytes.removeAll(keepingCapacity: true)
                count = 0
            }
            return true
        }
        if count > 0 { try fold(RecordBatch(bytes: bytes)) }
    }
}
