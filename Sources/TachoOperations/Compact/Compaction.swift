import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// Compacts a log: plan, carry out, prove that no answer changed, leave a receipt.
///
/// Merges and recompresses sealed segments, prunes snapshots, and removes what was retired long
/// enough ago. None of it can change what the log says: the lines are read back and their hash
/// chain computed again before a segment is switched, and unless told otherwise every table is
/// folded from zero before and after and has to have the same state hash. A run that died between
/// its last switch and its receipt is recorded by the next one (``CompactionUnderWay``).
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
        /// What this run did, and what was proven of it.
        package fileprivate(set) var record: CompactionRecord
        /// What an earlier one did that died before its receipt was written, recorded now.
        package fileprivate(set) var earlier: CompactionRecord?
        package fileprivate(set) var isStopped = false
        /// Where the receipt stands; `nil` if there was nothing to tell.
        package fileprivate(set) var receipt: Position?

        package var written: [LogMaintenance.Written] { record.written }
        package var hasChanged: Bool { record.hasChanged }
    }

    /// Answers that were others after than before: what must never happen.
    package struct AnswersDiffer: Error, CustomStringConvertible {
        package let names: [String]

        package var description: String {
            "answers are not what they were before compacting: \(names.joined(separator: ", ")). "
                + "The replaced segments are in retired/, and the receipt names what differs. "
                + "Please keep them, and run `tacho verify --deep --replay`."
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
    /// - Returns: What was done, and what was proven of it; the log has been told.
    /// - Throws: ``LogError`` `.conflict` if the store has changed since the plan; ``AnswersDiffer``;
    ///   what else fails leaves the segments that are done switched and the others as they were, and
    ///   the log is told of those that are done.
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
        var report = Report(plan: plan, record: CompactionRecord(plan))
        report.earlier = try recordUnderWay(maintenance)
        do {
            try carryOut(maintenance, &report, progress)
        } catch {
            // What was switched is told now, or by the next run: that must not hide this failure.
            _ = try? recordUnderWay(maintenance)
            throw error
        }
        guard report.record.differing.isEmpty else {
            throw AnswersDiffer(names: report.record.differing)
        }
        return report
    }

    private func carryOut(
        _ maintenance: borrowing LogMaintenance, _ report: inout Report,
        _ progress: (Int, Int) -> Bool
    ) throws {
        let plan = report.plan
        // What is in an archive is not compacted, and is not fetched to be folded.
        let isWhole = plan.skipped.allSatisfy { $0.segment.state != "archived" }
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let questions = CompactionAnswers.Questions(plan, reader)
        let checks = options.checksTables && !plan.steps.isEmpty && isWhole
        let before = checks ? try ask(questions) : nil
        var generator = UUIDv7Generator()
        let event = generator.next(at: logOptions.clock())
        if !plan.steps.isEmpty {
            try note(event, plan, maintenance, before, reader).begin(layout, fileSystem)
        }

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
            report.record.written += try maintenance.carryOut(part, plan.options)
            report.record.inputs += part.flatMap(\.inputs).map {
                .init(file: $0.file, byteCount: $0.byteCount)
            }
            done += part.reduce(0) { $0 + $1.rawByteCount }
        }
        let hasWritten = !report.record.written.isEmpty
        if hasWritten {
            // Of each segment, before it was switched.
            report.record.checked = ["I1", "I2", "I3"]
            try report.record.compare(before, with: before == nil ? nil : ask(questions))
        }
        report.record.removed = maintenance.collect(
            try maintenance.leftovers(retiredBefore: retiredBefore))
        if hasWritten {
            if !report.isStopped, try maintenance.compactionPlan(options.plan).steps.isEmpty {
                report.record.checked.append("I9")
            }
            try report.record.checkFiles(layout, fileSystem)
        }
        try mendSnapshots(reader, &report.record)
        if report.record.hasChanged {
            report.receipt = try append(report.record.receipt.event(id: event))
        }
        try CompactionUnderWay.end(layout, fileSystem)
    }

    private func mendSnapshots(
        _ reader: LogReader, _ record: inout CompactionRecord
    ) throws(LogError) {
        let snapshots = SnapshotStore(directory: layout.snapshots, fileSystem: fileSystem)
        for type in allProjectors {
            record.convertedCount += try snapshots.convertKept(type) { position throws(LogError) in
                try reader.anchor(at: position)
            }
            record.prunedSnapshotCount += snapshots.prune(type, keeping: 2)
        }
    }

    private func append(_ event: NewEvent) throws(LogError) -> Position {
        var options = logOptions
        options.createsStore = false
        var writer = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        // An event of this id that is there already tells of the same compaction.
        let position = try writer.append([event]).lastPosition
        try writer.close()
        return position
    }

    private func ask(_ questions: CompactionAnswers.Questions) throws -> CompactionAnswers {
        try CompactionAnswers(questions, directory, fileSystem)
    }

    private var layout: StoreLayout { StoreLayout(directory) }

    // MARK: What was under way

    private func note(
        _ event: ByteString, _ plan: CompactionPlan, _ maintenance: borrowing LogMaintenance,
        _ before: CompactionAnswers?, _ reader: LogReader
    ) throws(LogError) -> CompactionUnderWay {
        let entries = try maintenance.manifest().segments
        let steps = plan.steps.map { step in
            CompactionUnderWay.Step(
                output: step.output,
                chain: entries.first { $0.last == step.last }?.chain?.hex ?? "",
                inputs: step.inputs.map { .init(file: $0.file, byteCount: $0.byteCount) })
        }
        return CompactionUnderWay(
            event: event, plan: plan.id, level: plan.options.level, steps: steps,
            position: reader.lastPosition, tables: before?.tables ?? [])
    }

    /// Whether a compaction has died before its receipt was written: the next run records it.
    package func isUnderWay() throws(LogError) -> Bool {
        try CompactionUnderWay.load(layout, fileSystem) != nil
    }

    /// Records what a compaction did that died before its receipt, with what can still be proven.
    ///
    /// - Returns: `nil` if there was none, or it had switched nothing.
    private func recordUnderWay(
        _ maintenance: borrowing LogMaintenance
    ) throws -> CompactionRecord? {
        guard let note = try CompactionUnderWay.load(layout, fileSystem) else { return nil }
        var record = CompactionRecord(note)
        let entries = try maintenance.manifest().segments
        for step in note.steps {
            if let written = try maintenance.readBack(step.output, chain: step.chain) {
                record.written.append(written)
                record.inputs += step.inputs
            } else if !step.inputs.allSatisfy({ input in
                entries.contains { $0.file == input.file && $0.byteCount == input.byteCount }
            }) {
                // Erased from, archived, or compacted again: not what that run wrote any more.
                record.unproven.append(step.output)
            }
        }
        guard !record.written.isEmpty || !record.unproven.isEmpty else {
            try CompactionUnderWay.end(layout, fileSystem)
            return nil
        }
        if !record.written.isEmpty { record.checked = ["I1", "I2", "I3"] }
        let isHere = entries.allSatisfy { $0.state != .archived }
        if options.checksTables, record.unproven.isEmpty, isHere, !note.tables.isEmpty {
            let now = try ask(.init(position: note.position))
            record.compare(note.tables, with: now.tables, at: note.position)
        }
        try record.checkFiles(layout, fileSystem)
        _ = try append(record.receipt.event(id: note.event))
        try CompactionUnderWay.end(layout, fileSystem)
        return record
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
}
