internal import TachoJSON
internal import TachoLog
internal import TachoProjections
internal import TachoSimulation

/// Folds one history in every way that has to give the same tables.
package struct ReplayWays {
    /// A way that gave another table than the plain fold.
    package struct Difference: Sendable {
        package let table: String
        package let way: String
    }

    private let lines: EventLines
    private let projectors: [any Projector.Type]

    package init(_ lines: EventLines) {
        self.init(lines, allProjectors)
    }

    init(_ lines: EventLines, _ projectors: [any Projector.Type]) {
        self.lines = lines
        self.projectors = projectors
    }

    /// Of the plain fold: batches of 4,096, one thread.
    package func stateHashes() throws -> [String] {
        Self.hashes(try fold(of: 4096, threadCount: 1, hashSeed: nil))
    }

    func rowCounts() throws -> [(table: String, count: Int)] {
        try fold(of: 4096, threadCount: 1, hashSeed: nil).projections.map {
            ($0.type.name, $0.table.rowCount)
        }
    }

    /// Folds in all ways.
    ///
    /// - Parameters:
    ///   - seed: Chooses where snapshots are taken, and the hash tables.
    ///   - snapshotCount: How many snapshots the fold is resumed from.
    ///   - others: State hashes that another process has found; `nil` is none.
    ///   - onFold: Called with the events that were folded.
    /// - Returns: What was not the same as the plain fold; nothing, if all is well.
    /// - Throws: What folding or reading a snapshot throws.
    package func differences(
        seed: UInt64, snapshotCount: Int, others: [String]? = nil, onFold: (Int) -> Void = { _ in }
    ) throws -> [Difference] {
        var random = SimulatedRandom(seed: seed)
        let expected = try stateHashes()
        onFold(lines.count)
        var found = [Difference]()
        func compare(_ hashes: [String], _ way: String) {
            for (index, projector) in projectors.enumerated()
            where index >= hashes.count || hashes[index] != expected[index] {
                found.append(Difference(table: projector.name, way: way))
            }
        }
        for (size, threads) in [(1, 1), (7, 1), (lines.count, 1), (1, 2), (7, 2), (4096, 2)] {
            let folded = try fold(of: size, threadCount: threads, hashSeed: random.next())
            compare(Self.hashes(folded), "in batches of \(size) with \(threads) threads")
            onFold(lines.count)
        }
        for _ in 0..<snapshotCount {
            let checkpoint = Int.random(in: 0...lines.count, using: &random)
            let resumed = try resume(at: checkpoint, hashSeed: random.next())
            compare(Self.hashes(resumed), "from a snapshot at \(checkpoint)")
            onFold(lines.count)
        }
        if lines.count > 0 {
            let tail = Int.random(in: 0..<min(lines.count, 5000), using: &random)
            let resumed = try resume(onCellsAt: lines.count - tail, hashSeed: random.next())
            compare(Self.hashes(resumed), "from the cells of a snapshot at \(lines.count - tail)")
            onFold(lines.count)
        }
        if let others { compare(others, "in another process") }
        return found
    }

    private func fold(
        of size: Int, threadCount: Int, hashSeed: UInt64?
    ) throws -> Projections {
        var projections = Projections(projectors, hashSeed: hashSeed)
        try projections.foldAll(threadCount: threadCount) { fold in
            try lines.forEachBatch(of: max(1, size), in: 0..<lines.count, fold)
        }
        return projections
    }

    /// Folds up to a checkpoint, writes and reads the state, and folds the rest.
    private func resume(at checkpoint: Int, hashSeed: UInt64) throws -> Projections {
        var front = Projections(projectors)
        try lines.forEachBatch(of: 4096, in: 0..<checkpoint) { try front.fold($0) }
        let read = try front.projections.map { projection in
            var sink = ArraySink()
            projection.encode(to: &sink)
            var source = ArraySource(sink.bytes)
            return try Projection(
                projection.type, checkpoint: projection.checkpoint, decoding: &source,
                hashSeed: hashSeed)
        }
        var projections = Projections(read, hashSeed: hashSeed)
        try lines.forEachBatch(of: 501, in: checkpoint..<lines.count) { try projections.fold($0) }
        return projections
    }

    /// Folds up to a checkpoint, writes snapshots, and folds the rest on top of their cells.
    private func resume(onCellsAt checkpoint: Int, hashSeed: UInt64) throws -> Projections {
        var front = Projections(projectors)
        try lines.forEachBatch(of: 4096, in: 0..<checkpoint) { try front.fold($0) }
        let snapshots = SnapshotStore(
            directory: "/snap", fileSystem: SimulatedFileSystem(seed: hashSeed))
        let anchor = LogAnchor(store: "torture", position: front.checkpoint, lineChecksum: 0)
        let stored = try front.projections.map { projection in
            try snapshots.write(projection, anchor: anchor)
            let loaded = snapshots.load(
                projection.type, through: front.checkpoint, isStored: true, hashSeed: hashSeed
            ) { _ in anchor }
            guard let stored = loaded.projection else {
                throw loaded.refused.first?.reason ?? .damaged(nil)
            }
            return stored
        }
        var projections = Projections(stored, hashSeed: hashSeed)
        try lines.forEachBatch(of: 501, in: checkpoint..<lines.count) { try projections.fold($0) }
        try projections.openColumns()
        return projections
    }

    private static func hashes(_ projections: Projections) -> [String] {
        projections.projections.map { $0.stateHash.hex }
    }
}
