import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// Compacts a log: plan, carry out, prove that no answer changed, leave a receipt.
///
/// Merges and recompresses sealed segments, prunes snapshots, and removes what was retired long
/// enough ago. None of it can change what the log says: the lines are read back and their hash
/// chain computed again before a segment is switched, and unless told otherwise every table is
/// folded from zero before and after and has to have the same state hash.
package struct Compaction {
    package struct Options: Sendable {
        package var plan = CompactionPlan.Options()
        /// Segments that were replaced stay in `retired/` for so long; seconds.
        package var retainedSeconds: Int64 = 86_400
        /// Whether tables are folded before and after, and compared.
        package var checksTables = true
        /// Segments that are written at a time, one thread each.
        package var threadCount = 2
        /// Tells the free bytes where a directory is; `nil` if that is not known.
        package var freeByteCount: @Sendable (String) -> Int? = FreeSpace.byteCount(at:)

        package init() {}
    }

    package struct Report: Sendable {
        package let plan: CompactionPlan
        /// Less than the plan has, if it was stopped.
        package var written: [LogMaintenance.Written] = []
        package var replacedByteCount = 0
        package var prunedSnapshotCount = 0
        package var removed: [LogMaintenance.Leftover] = []
        /// State hash by table, where they were folded: the same before and after.
        package var tables: [(name: String, hash: String)] = []
        /// The last position that the tables were compared at.
        package var position: Position = .zero
        package var isStopped = false

        package var writtenByteCount: Int { written.reduce(0) { $0 + $1.segment.byteCount } }
        /// Whether anything was done that is worth a receipt.
        package var hasChanged: Bool { !written.isEmpty || !removed.isEmpty }

        init(plan: CompactionPlan) { self.plan = plan }
    }

    /// Tables that were another after than before: what must never happen.
    package struct TablesDiffer: Error, CustomStringConvertible {
        package let names: [String]

        package var description: String {
            "tables are not what they were before compacting: \(names.joined(separator: ", ")). "
                + "The replaced segments are in retired/. Please keep them, and run `tacho verify "
                + "--deep --replay`."
        }
    }

    private let directory: String
    private let options: Options
    private let logOptions: LogOptions
    private let fileSystem: any FileSystem

    package init(
        _ directory: String, _ options: Options = Options(), log: LogOptions = .events,
        fileSystem: any FileSystem = RealFileSystem()
    ) {
        self.directory = directory
        self.options = options
        logOptions = log
        self.fileSystem = fileSystem
    }

    // MARK: Planning

    /// What would be done now, and which leftovers would be removed.
    package func plan() throws(LogError) -> (CompactionPlan, [LogMaintenance.Leftover]) {
        let maintenance = try begin()
        return (
            try maintenance.compactionPlan(options.plan),
            try maintenance.leftovers(retiredBefore: retiredBefore)
        )
    }

    private func begin() throws(LogError) -> LogMaintenance {
        try LogMaintenance.begin(directory, options: logOptions, fileSystem: fileSystem)
    }

    private var retiredBefore: Timestamp {
        Timestamp(
            microseconds: logOptions.clock().microseconds - options.retainedSeconds * 1_000_000)
    }

    // MARK: Carrying out

    /// - Parameters:
    ///   - expectedID: Of the plan that was looked at; `nil` takes what is planned now.
    ///   - progress: Told the bytes of lines done and of all; `false` stops behind the segments
    ///     that are being written. The next run goes on from there.
    /// - Returns: What was done, and what was proven of it.
    /// - Throws: ``LogError`` `.conflict` if the store has changed since the plan; ``TablesDiffer``;
    ///   what else fails leaves the segments that are done switched and the others as they were.
    package func run(
        expecting expectedID: String? = nil, progress: (_ done: Int, _ all: Int) -> Bool
    ) throws -> Report {
        let maintenance = try begin()
        let plan = try maintenance.compactionPlan(options.plan)
        if let expectedID, expectedID != plan.id {
            throw LogError(
                .conflict,
                "the store has changed since plan \(expectedID) was made; it would be "
                    + "\(plan.id) now. Look at the new plan: `tacho compact --plan`.")
        }
        var report = Report(plan: plan)
        // What is in an archive is not compacted, and is not fetched to be folded.
        let isWhole = plan.skipped.allSatisfy { $0.segment.state != "archived" }
        let checks = options.checksTables && !plan.steps.isEmpty && isWhole
        let before = checks ? try tableHashes(through: nil) : nil

        let all = plan.steps.reduce(0) { $0 + $1.rawByteCount }
        var done = 0
        var rest = plan.steps[...]
        while !rest.isEmpty {
            guard progress(done, all) else {
                report.isStopped = true
                break
            }
            let part = Array(rest.prefix(max(1, options.threadCount)))
            rest = rest.dropFirst(part.count)
            try checkSpace(for: part)
            report.written += try maintenance.carryOut(part, plan.options)
            done += part.reduce(0) { $0 + $1.rawByteCount }
            report.replacedByteCount += part.reduce(0) { $0 + $1.byteCount }
        }
        report.removed = maintenance.collect(
            try maintenance.leftovers(retiredBefore: retiredBefore))

        if let before, !report.written.isEmpty {
            let after = try tableHashes(through: before.position)
            let different = zip(before.tables, after.tables).filter { $0.hash != $1.hash }
            guard different.isEmpty else { throw TablesDiffer(names: different.map { $0.0.name }) }
            report.tables = after.tables
            report.position = after.position
        }
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        for type in allProjectors {
            report.prunedSnapshotCount += snapshots.prune(type, keeping: 2)
        }
        return report
    }

    /// New segments stand beside those they are made from until the manifest is switched.
    private func checkSpace(for steps: [CompactionPlan.Step]) throws(LogError) {
        let needed = steps.reduce(0) { $0 + $1.byteCount }
        guard let free = options.freeByteCount(directory), free < needed else { return }
        throw LogError(
            .outOfSpace,
            "the next segments may take \(needed) bytes beside those they are made from, and "
                + "\(free) are free. Nothing more was changed; make room, or merge less at a time "
                + "(--merge-up-to).")
    }

    private func tableHashes(
        through last: Position?
    ) throws -> (position: Position, tables: [(name: String, hash: String)]) {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        var tables = LiveTables.Options()
        tables.asOf = last ?? reader.lastPosition
        // From the beginning of the log, which after an expiry is the cut.
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        let live = try LiveTables.open(reader, snapshots: snapshots.ofCuts, options: tables)
        let hashes = live.projections.projections.map { ($0.type.name, $0.stateHash.hex) }
        return (live.projections.checkpoint, hashes)
    }
}

extension Compaction.Report {
    /// What the log is told, if anything was done.
    package var receipt: Receipt {
        Receipt(EventType.compacted) { json in
            json.key("plan")
            json.value(plan.id)
            json.key("level")
            json.value(plan.options.level)
            json.key("inputs")
            json.beginArray()
            for input in plan.steps.prefix(written.count).flatMap(\.inputs) {
                json.beginObject()
                json.key("file")
                json.value(input.file)
                json.key("bytes")
                json.value(input.byteCount)
                json.endObject()
            }
            json.endArray()
            json.key("outputs")
            json.beginArray()
            for output in written {
                json.beginObject()
                for (key, text) in [
                    ("file", output.segment.file), ("lines_sha256", output.linesDigest),
                    ("chain", output.chain),
                ] {
                    json.key(key)
                    json.value(text)
                }
                for (key, number) in [
                    ("first", Int(clamping: output.segment.first.rawValue)),
                    ("last", Int(clamping: output.segment.last.rawValue)),
                    ("count", output.count), ("bytes", output.segment.byteCount),
                    ("raw_bytes", output.segment.rawByteCount),
                ] {
                    json.key(key)
                    json.value(number)
                }
                json.endObject()
            }
            json.endArray()
            for (key, number) in [
                ("bytes_before", replacedByteCount), ("bytes_after", writtenByteCount),
                ("removed_bytes", removed.reduce(0) { $0 + $1.byteCount }),
                ("pruned_snapshots", prunedSnapshotCount),
            ] {
                json.key(key)
                json.value(number)
            }
            json.key("tables_position")
            json.value(Int(clamping: position.rawValue))
            json.key("tables")
            json.beginObject()
            for (name, hash) in tables {
                json.key(name)
                json.value(hash)
            }
            json.endObject()
            json.key("checked")
            json.beginArray()
            for invariant in ["I1", "I2", "I3"] + (tables.isEmpty ? [] : ["I4"]) {
                json.value(invariant)
            }
            json.endArray()
        }
    }
}
