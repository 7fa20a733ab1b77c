package import TachoLog

/// Tables that are up to date with a history: the newest snapshots, and the tail folded on top.
package struct LiveTables: Sendable {
    package private(set) var projections: Projections
    package private(set) var report: Report

    /// How the tables came about.
    ///
    /// None of it changes what they say, except `damage`.
    package struct Report: Sendable {
        /// Where each projection began, in the order of registration; zero is from the beginning.
        package var startPositions: [Position] = []
        package var refusedSnapshots: [RefusedSnapshot] = []
        package var writtenSnapshotCount = 0
        /// A snapshot that could not be written only makes the next opening slower.
        package var snapshotFailures: [LogError] = []
        /// What of the history could not be read, or has expired: the tables lack it.
        package var damage: [LogError] = []
        /// Tables that lack what has expired; each is in `damage`, too.
        package var lacking: [TableLack] = []
        /// Tables that go on with what an earlier version has kept.
        package var continuations: [TableContinuation] = []

        /// What could not be read, but for what has expired.
        package var unreadable: [LogError] { damage.filter { $0.code != .expired } }
    }

    package struct Options: Sendable {
        /// As it was at this position; `nil` is now.
        package var asOf: Position?
        package var threadCount = WorkerThreads.usualCount
        /// A tail longer than this is worth a snapshot.
        package var snapshotTailLimit = 20_000
        /// Whether snapshots may be written at all.
        package var writesSnapshots = false
        package var keptSnapshotCount = 2
        package var hashSeed: UInt64?
        /// Names of the columns that will be looked at, by table; all of a table not named here.
        ///
        /// The others are left in the snapshot where nothing is to be folded on top of it, and
        /// using one traps. Such tables cannot be refreshed.
        package var columns: [String: [String]] = [:]

        package init() {}
    }

    /// Opens the tables of these projectors.
    ///
    /// - Parameters:
    ///   - history: The log.
    ///   - snapshots: Where its snapshots are; `nil` folds everything.
    ///   - projectors: Only these are opened; asking one table needs one.
    ///   - options: See ``Options``.
    ///   - progress: Told how far the fold is, and where it ends; not called for a short one.
    /// - Returns: The tables, and how they came about.
    /// - Throws: ``LogError`` if the history cannot be read at all. Damage in it is reported, and
    ///   what is good behind it is folded.
    package static func open(
        _ history: some EventHistory, snapshots: SnapshotStore?,
        projectors: [any Projector.Type] = allProjectors, options: Options = Options(),
        progress: (_ position: Position, _ last: Position) -> Void = { _, _ in }
    ) throws -> LiveTables {
        let last = min(options.asOf ?? history.lastPosition, history.lastPosition)
        let loaded = load(history, snapshots, projectors, options, through: last)
        var report = Report()
        report.startPositions = loaded.map { $0.projection?.checkpoint ?? .zero }
        report.refusedSnapshots = loaded.flatMap(\.refused)
        let projections = zip(projectors, loaded).map { type, loaded in
            var projection = loaded.projection ?? Projection(type, hashSeed: options.hashSeed)
            let beginning = beginning(
                of: type, at: projection.checkpoint, through: last, history.expiries, snapshots)
            report.add(beginning)
            if beginning.checkpoint > projection.checkpoint {
                projection.advance(to: beginning.checkpoint)
            }
            return projection
        }
        var tables = LiveTables(
            projections: Projections(projections, hashSeed: options.hashSeed), report: report)
        try tables.fold(history, through: last, options, progress)
        if options.asOf == nil { tables.writeSnapshots(history, snapshots, options) }
        return tables
    }

    /// Folds what the history has now beyond the checkpoint.
    package mutating func refresh(
        _ history: some EventHistory, snapshots: SnapshotStore? = nil,
        options: Options = Options(),
        progress: (_ position: Position, _ last: Position) -> Void = { _, _ in }
    ) throws {
        try fold(history, through: history.lastPosition, options, progress)
        writeSnapshots(history, snapshots, options)
    }

    // MARK: Snapshots

    private struct Loaded: Sendable {
        var projection: Projection?
        var refused: [RefusedSnapshot] = []
    }

    private static func load(
        _ history: some EventHistory, _ snapshots: SnapshotStore?,
        _ projectors: [any Projector.Type], _ options: Options, through last: Position
    ) -> [Loaded] {
        guard let snapshots, last > .zero else {
            return projectors.map { _ in Loaded() }
        }
        return WorkerThreads.map(projectors.count, threadCount: options.threadCount) { index in
            let type = projectors[index]
            func load(_ columns: [String]?) -> Loaded {
                let (projection, refused) = snapshots.load(
                    type, through: last, columns: columns, hashSeed: options.hashSeed
                ) { position throws(LogError) in
                    try history.anchor(at: position)
                }
                return Loaded(projection: projection, refused: refused)
            }
            if let columns = options.columns[type.name],
                snapshots.positions(of: type).last == last
            {
                let loaded = load(columns)
                if loaded.projection?.checkpoint == last { return loaded }
            }
            return load(nil)
        }
    }

    /// Writes snapshots of the projections whose tail was long, and drops older ones.
    private mutating func writeSnapshots(
        _ history: some EventHistory, _ snapshots: SnapshotStore?, _ options: Options
    ) {
        // Tables that lack events must not be taken for whole ones later.
        guard let snapshots, options.writesSnapshots, report.unreadable.isEmpty,
            report.damage.count == report.lacking.count
        else { return }
        let checkpoint = projections.checkpoint
        let lacking = Set(report.lacking.map(\.table))
        let long = projections.projections.indices.filter { index in
            !lacking.contains(projections.projections[index].type.name)
                && checkpoint.rawValue - report.startPositions[index].rawValue
                    > UInt64(options.snapshotTailLimit)
        }
        guard !long.isEmpty else { return }
        let anchor: LogAnchor
        do throws(LogError) {
            guard let found = try history.anchor(at: checkpoint) else { return }
            anchor = found
        } catch {
            report.snapshotFailures.append(error)
            return
        }
        let failures = snapshots.write(
            long.map { projections.projections[$0] }, anchor: anchor,
            keeping: options.keptSnapshotCount, threadCount: options.threadCount)
        for (index, failure) in zip(long, failures) {
            if let failure {
                report.snapshotFailures.append(failure)
            } else {
                report.writtenSnapshotCount += 1
                report.startPositions[index] = checkpoint
            }
        }
    }

    // MARK: Folding

    private mutating func fold(
        _ history: some EventHistory, through last: Position, _ options: Options,
        _ progress: (Position, Position) -> Void
    ) throws {
        guard last > projections.checkpoint else { return }
        let isLong = last.rawValue - projections.checkpoint.rawValue > 4096
        var damage = [LogError]()
        var filter = RecordFilter(types: projections.inputs)
        filter.mayGiveOthers = true
        // Which table lacks what has expired is known from the beginning.
        filter.passesExpired = true
        let first = projections.checkpoint.next
        if !filter.types.isEmpty {
            try projections.foldAll(threadCount: isLong ? options.threadCount : 1) { fold in
                try history.forEachBatch(
                    from: first, through: last, matching: filter,
                    onDamage: { damage.append($0) },
                    { batch in
                        try fold(batch)
                        if isLong { progress(batch.lastPosition ?? first, last) }
                        return true
                    })
            }
        }
        report.damage += damage
        projections.advance(to: last)
    }
}

extension LiveTables.Report {
    fileprivate mutating func add(_ beginning: LiveTables.Beginning) {
        if let lack = beginning.lack {
            lacking.append(lack)
            damage.append(lack.error)
        }
        if let failure = beginning.failure, !damage.contains(failure) { damage.append(failure) }
        if let continuation = beginning.continuation { continuations.append(continuation) }
    }
}

extension RecordBatch {
    /// Position of the last record; `nil` without one.
    fileprivate var lastPosition: Position? {
        bytes.withUnsafeBytes { bytes in
            guard !bytes.isEmpty else { return nil }
            var start = bytes.count - 1
            while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
            return RecordView(line: UnsafeRawBufferPointer(rebasing: bytes[start...]))?.position
        }
    }
}
