import TachoEvents
import TachoLog
import TachoProjections
import TachoSimulation
import Testing

/// What every projector promises, whatever it computes.
///
/// ```swift
/// @Test func `sessions obey the laws of projectors`() throws {
///     try ProjectorLaws(of: SessionsProjector.self, on: log).check()
/// }
/// ```
struct ProjectorLaws {
    let projector: any Projector.Type
    let log: MemoryLog
    /// Where the fold is interrupted: everywhere in a short log, at some places in a long one.
    let checkpoints: [Int]

    init(of projector: any Projector.Type, on log: MemoryLog, checkpointLimit: Int = 30) {
        self.projector = projector
        self.log = log
        let step = max(1, log.lines.count / checkpointLimit)
        checkpoints = Array(stride(from: 0, through: log.lines.count, by: step))
    }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let whole = try fold(log.batches(of: max(1, log.lines.count)))
        let expected = bytes(of: whole)

        for size in [1, 7, 4096] {
            let folded = try fold(log.batches(of: size))
            #expect(
                bytes(of: folded) == expected, "batches of \(size)", sourceLocation: sourceLocation)
        }
        for seed in [0, 1, UInt64.max] {
            let folded = try fold(log.batches(of: 100), hashSeed: seed)
            #expect(
                bytes(of: folded) == expected, "hash seed \(seed)", sourceLocation: sourceLocation)
        }
        for threadCount in [2, 4] {
            var projections = Projections([projector, Companion.self])
            try projections.foldAll(threadCount: threadCount, queueCapacity: 2) { fold in
                for batch in log.batches(of: 11) { try fold(batch) }
            }
            let folded = try #require(projections[projector.name])
            folded.table.checkInvariants()
            #expect(
                bytes(of: folded) == expected, "\(threadCount) threads",
                sourceLocation: sourceLocation)
        }
        for (number, checkpoint) in checkpoints.enumerated() {
            let resumed = try resume(at: checkpoint, sourceLocation)
            #expect(
                bytes(of: resumed) == expected, "resumed at \(checkpoint)",
                sourceLocation: sourceLocation)
            guard checkpoint > 0, number % 5 == 4 else { continue }
            let onCells = try resumeOnCells(at: checkpoint)
            #expect(
                bytes(of: onCells) == expected, "resumed on a snapshot's cells at \(checkpoint)",
                sourceLocation: sourceLocation)
        }
    }

    /// Folds up to a checkpoint, writes a snapshot, and folds the rest on top of its cells.
    private func resumeOnCells(at checkpoint: Int) throws -> Projection {
        let stored = try fold([log.batch(0..<checkpoint)]).inSnapshot()
        var projections = Projections([stored])
        try projections.fold(log.batch(checkpoint..<log.lines.count))
        var resumed = try #require(projections[projector.name])
        try resumed.openColumns(nil)
        resumed.table.checkInvariants()
        return resumed
    }

    /// Folds up to a checkpoint, writes and reads the state, and folds the rest.
    private func resume(
        at checkpoint: Int, _ sourceLocation: SourceLocation
    ) throws -> Projection {
        let front = try fold([log.batch(0..<checkpoint)])
        let frontBytes = bytes(of: front)
        var source = ArraySource(frontBytes)
        let read = try Projection(
            projector, checkpoint: front.checkpoint, decoding: &source, hashSeed: 42)
        read.table.checkInvariants()
        #expect(
            bytes(of: read) == frontBytes, "read and written at \(checkpoint)",
            sourceLocation: sourceLocation)
        var projections = Projections([read])
        try projections.fold(log.batch(checkpoint..<log.lines.count))
        let resumed = try #require(projections[projector.name])
        resumed.table.checkInvariants()
        return resumed
    }

    private func fold(_ batches: [RecordBatch], hashSeed: UInt64? = nil) throws -> Projection {
        var projections = Projections([projector], hashSeed: hashSeed)
        for batch in batches { try projections.fold(batch) }
        let projection = try #require(projections[projector.name])
        projection.table.checkInvariants()
        return projection
    }

    private func bytes(of projection: Projection) -> [UInt8] {
        var sink = ArraySink()
        projection.encode(to: &sink)
        return sink.bytes
    }

}

extension Projection {
    /// The same, with its cells in a snapshot.
    func inSnapshot() throws -> Projection {
        let snapshots = SnapshotStore(
            directory: "/snap", fileSystem: SimulatedFileSystem(seed: 1))
        let anchor = LogAnchor(store: "laws", position: checkpoint, lineChecksum: 0)
        try snapshots.write(self, anchor: anchor)
        let loaded = snapshots.load(type, through: checkpoint, isStored: true) { _ in anchor }
        return try #require(loaded.projection, "\(loaded.refused)")
    }
}

/// Another lane, so that several threads have something to do.
private struct Companion: Projector {
    static let schema = TableSchema(
        name: "companion", key: "id", columns: [ColumnDefinition("id", .text)])
    static let version = 1
    static let inputs: [TypePattern] = ["*"]

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        table.insert(key: event.id, at: event)
    }
}
