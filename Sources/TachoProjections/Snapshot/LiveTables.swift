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
        /// What will be looked at, by table; everything of a table not named here.
        ///
        /// The rest is left in the snapshot, unless there is none, or too much has come since. Such
        /// tables cannot be refreshed.
        package var reads: [String: TableReading] = [:]

        package init() {}
    }

    /// What an answer takes of a table.
    package enum TableReading: Sendable {
        /// These columns, of all rows. Using another one traps.
        case columns([String])
        /// Few rows: cells are read from the snapshot when they are asked for, so that opening takes
        /// as long for many rows as for few. A table with ``Table/storedFailure`` afterwards is not
        /// what it said; looking at all rows of a column traps.
        case cells
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
        if !options.reads.isEmpty {
            if let tables = try openSome(history, snapshots, projectors, options, progress) {
                return tables
            }
            var whole = options
            whole.reads = [:]
            return try open(
                history, snapshots: snapshots, projectors: projectors, options: whole,
                progress: progress)
        }
        return try openTables(history, snapshots, projectors, options, progress)
    }

    /// Opens tables of which not everything is read.
    ///
    /// - Returns: `nil` if a snapshot cannot be read where it has to be: all is to be read then,
    ///   which tells what is damaged and does without it.
    private static func openSome(
        _ history: some EventHistory, _ snapshots: SnapshotStore?,
        _ projectors: [any Projector.Type], _ options: Options,
        _ progress: (Position, Position) -> Void
    ) throws -> LiveTables? {
        var tables = try openTables(history, snapshots, projectors, options, progress)
        for index in tables.projections.projections.indices {
            let type = tables.projections.projections[index].type
            do throws(TableDecodingError) {
                switch options.reads[type.name] {
                case .columns(let names):
                    try tables.projections.projections[index].openColumns(names)
                case .cells, nil: break
                }
            } catch {
                return nil
            }
        }
        let isGood = tables.projections.projections.allSatisfy { $0.table.storedFailure == nil }
        return isGood ? tables : nil
    }

    private static func openTables(
        _ history: some EventHistory, _ snapshots: SnapshotStore?,
        _ projectors: [any Projector.Type], _ options: Options,
        _ progress: (Position, Position) -> Void
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
            let newest = snapshots.positions(of: type).last { $0 <= last } ?? .zero
            let tail = last.rawValue - newest.rawValue
            let limit = min(Projection.storedEventLimit, options.snapshotTailLimit)
            let (projection, refused) = snapshots.load(
                type, through: last,
                isStored: options.reads[type.name] != nil && tail <= UInt64(max(0, limit)),
                hashSeed: options.hashSeed
            ) { position throws(LogError) in
                try history.anchor(at: position)
            }
            return Loaded(projection: projection, refused: refused)
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
