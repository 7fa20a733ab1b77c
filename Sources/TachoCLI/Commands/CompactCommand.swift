import ArgumentParser
import CMemory
import TachoEvents
import TachoJSON
import TachoLog
import TachoOperations

struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Merge and recompress sealed segments; no answer changes.",
        discussion: """
            Without an option it prints the plan and does nothing. --execute carries it out beside \
            writers and readers: each new segment is read back, its hash chain computed again, and \
            only then takes the place of the old ones, which are kept in retired/ for a day. All \
            tables are folded before and after and have to be the same. What was done is an event, \
            tacho.compacted. It may be stopped at any time, and goes on the next time.

            EXAMPLES
              tacho compact
              tacho compact --execute --budget 600
              tacho compact --older-than 7 --json
            """)

    @Option(
        help: ArgumentHelp("With --execute: only if the plan is still this one.", valueName: "id"))
    var planID: String?

    @Option(
        help: "Only segments whose last event is older: 90d, 12h, 30m, 2w; a bare number is days.")
    var olderThan: String?

    @Option(help: ArgumentHelp("LZ4 level, 3 to 12.", valueName: "level"))
    var level = 11

    @Option(
        help: ArgumentHelp(
            "Merge segments up to this many bytes of lines.", valueName: "MiB"))
    var mergeUpTo = 64

    @Flag(
        help: ArgumentHelp(
            "Let segments have columns, for programs that read them with TachoLog.",
            discussion: "Sealing writes them. No command reads them, and they are 3 % of the size.")
    )
    var columns = false

    @Option(help: ArgumentHelp("Begin nothing new after this long.", valueName: "seconds"))
    var budget: Double?

    @Option(help: ArgumentHelp("Keep replaced segments for so long.", valueName: "hours"))
    var retainRetired: Double = 24

    @Flag(
        inversion: .prefixedNo, help: "Fold all tables before and after, and compare them.")
    var replay = true

    @OptionGroup var planning: PlanOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private static func seconds(_ text: String) -> Int64? {
        UnitNumber.seconds(text.last?.isNumber == true ? text + "d" : text)
    }

    func validate() throws {
        guard planID == nil || planning.execute else {
            throw ValidationError("--plan-id needs --execute.")
        }
        guard (3...12).contains(level) else { throw ValidationError("--level is 3 to 12.") }
        guard (1...1024).contains(mergeUpTo) else {
            throw ValidationError("--merge-up-to is 1 to 1024 MiB.")
        }
        if let olderThan, Self.seconds(olderThan) == nil {
            throw ValidationError(UnitNumber.ageRule)
        }
        let numbers = [budget ?? 0, retainRetired]
        guard numbers.allSatisfy({ $0 >= 0 && $0 < 1e6 }) else {
            throw ValidationError("A time is not below 0 and below 1,000,000.")
        }
    }

    func run() throws {
        var options = Compaction.Options()
        options.plan.level = level
        options.plan.columns = columns ? .events : ColumnSet.none
        options.plan.mergedByteCount = mergeUpTo << 20
        options.plan.recordedBefore = olderThan.flatMap(Self.seconds).map {
            Timestamp(microseconds: Timestamp.now.microseconds - $0 * 1_000_000)
        }
        options.retainedSeconds = Int64(retainRetired * 3600)
        options.checksTables = replay
        tacho_keep_arrays_apart(1 << 19)
        let compaction = Compaction(location.path, options)
        if planning.execute {
            try carryOut(compaction)
        } else {
            let (plan, leftovers) = try compaction.plan()
            try print(plan, leftovers, isUnderWay: compaction.isUnderWay())
        }
    }

    // MARK: The plan

    private func print(
        _ plan: CompactionPlan, _ leftovers: [LogMaintenance.Leftover], isUnderWay: Bool
    ) throws {
        if output.format == .json {
            return try Output.write(json(plan, leftovers, isUnderWay: isUnderWay))
        }
        var listing = Listing(
            schema: "tacho.compact.plan/1",
            fields: [
                .init("file", detail: false), .init("first", right: true),
                .init("last", right: true), .init("bytes", right: true), .init("action"),
                .init("reason", minimum: 20),
            ])
        listing.emptyMessage = "Nothing to compact: no segment is sealed yet. `tacho seal` does."
        for (index, step) in plan.steps.enumerated() {
            for input in step.inputs {
                listing.rows.append(
                    row(input, "into \(index + 1)", step.reasons.joined(separator: ", ")))
            }
        }
        for skipped in plan.skipped {
            listing.rows.append(row(skipped.segment, "skip", skipped.reason))
        }
        for leftover in leftovers {
            listing.rows.append([
                .text(leftover.path), .unknown, .unknown, .byteCount(leftover.byteCount),
                .text("remove"), .text(leftover.kind),
            ])
        }
        try listing.print(output)
        guard output.format == .text else { return }
        if isUnderWay {
            Output.note(
                "a compaction died before its receipt; `tacho compact --execute` records what it "
                    + "did.")
        }
        if plan.steps.isEmpty, leftovers.isEmpty {
            if isUnderWay { return }
            Output.note("Nothing to do.")
        } else {
            Output.note(
                "plan \(plan.id); nothing was changed. `tacho compact --execute` carries it out.")
        }
    }

    private func row(_ segment: SegmentSummary, _ action: String, _ reason: String) -> [Cell] {
        [
            .text(segment.file), Cell(segment.first), Cell(segment.last),
            .byteCount(segment.byteCount), .text(action), .text(reason),
        ]
    }

    private func json(
        _ plan: CompactionPlan, _ leftovers: [LogMaintenance.Leftover], isUnderWay: Bool
    ) -> [UInt8] {
        JSONEnvelope(schema: "tacho.compact.plan/1").bytes { writer in
            writer.beginObject()
            writer.key("plan")
            writer.value(plan.id)
            writer.key("interrupted")
            writer.value(isUnderWay)
            writer.key("steps")
            writer.beginArray()
            for step in plan.steps {
                writer.beginObject()
                writer.key("files")
                writer.beginArray()
                for input in step.inputs { writer.value(input.file) }
                writer.endArray()
                writer.key("reasons")
                writer.beginArray()
                for reason in step.reasons { writer.value(reason) }
                writer.endArray()
                writer.key("bytes")
                writer.value(step.byteCount)
                writer.key("raw_bytes")
                writer.value(step.rawByteCount)
                writer.endObject()
            }
            writer.endArray()
            writer.key("skipped")
            writer.beginArray()
            for skipped in plan.skipped {
                writer.beginObject()
                writer.key("file")
                writer.value(skipped.segment.file)
                writer.key("reason")
                writer.value(skipped.reason)
                writer.endObject()
            }
            writer.endArray()
            writer.key("leftovers")
            writer.beginArray()
            for leftover in leftovers {
                writer.beginObject()
                writer.key("path")
                writer.value(leftover.path)
                writer.key("bytes")
                writer.value(leftover.byteCount)
                writer.key("kind")
                writer.value(leftover.kind)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }

    // MARK: Carrying it out

    private func carryOut(_ compaction: Compaction) throws {
        let progress = ProgressBar(
            "compacting", isQuiet: output.isQuiet, color: output.messages.color)
        let start = ContinuousClock.now
        let report = try compaction.run(expecting: planID) { done, all in
            progress.update(done, of: all, unit: "bytes")
            return budget.map { ContinuousClock.now - start < .seconds($0) } ?? true
        }
        progress.finish()
        if output.format == .json {
            return try Output.write(
                JSONEnvelope(schema: "tacho.compact/1").bytes { writer in
                    writer.rawValue(report.record.json)
                })
        }
        try printReport(report, seconds: progress.elapsedSeconds)
    }

    private func printReport(_ report: Compaction.Report, seconds: Double) throws {
        var text = ""
        func add(_ line: String) {
            text += (text.isEmpty ? output.style.apply(.good, "ok") + "  " : "    ") + line + "\n"
        }
        if let earlier = report.earlier {
            add("recorded what an earlier run did, which died before its receipt:")
            describe(earlier, add)
        }
        let record = report.record
        if !record.written.isEmpty {
            let share =
                Double(record.writtenByteCount) / Double(max(1, record.replacedByteCount))
            add(
                "\(Quantity.count(record.inputCount, "segment")) became "
                    + "\(Quantity.count(record.written.count)), "
                    + "\(Quantity.bytes(record.replacedByteCount)) became "
                    + "\(Quantity.bytes(record.writtenByteCount)) "
                    + "(\(Quantity.fixed(share, 2)) of it), in "
                    + Quantity.duration(seconds: seconds))
            describe(record, add)
        }
        if !record.removed.isEmpty {
            let byteCount = record.removed.reduce(0) { $0 + $1.byteCount }
            add(
                "removed \(Quantity.count(record.removed.count, "leftover")), "
                    + Quantity.bytes(byteCount))
        }
        if record.convertedCount > 0 {
            add("\(Quantity.count(record.convertedCount, "table")) at a cut in the present form")
        }
        if let receipt = report.receipt { add("receipt: event \(receipt)") }
        if report.isStopped, !text.isEmpty {
            add("stopped: the budget is used up; run it again")
        }
        if text.isEmpty {
            text = report.isStopped ? "Stopped before anything was written.\n" : "Nothing to do.\n"
        }
        try Output.write(text)
    }

    private func describe(_ record: CompactionRecord, _ add: (String) -> Void) {
        if record.isInterrupted, !record.written.isEmpty {
            add(
                "\(Quantity.count(record.inputCount, "segment")) became "
                    + "\(Quantity.count(record.written.count)), as read back now")
        }
        if !record.tables.isEmpty, record.differing.isEmpty {
            add(
                "\(Quantity.count(record.tables.count, "table")) the same before and after, at "
                    + "position \(record.position)")
        }
        if !record.differing.isEmpty {
            add("not what they were: \(record.differing.joined(separator: ", "))")
        }
        if !record.checked.isEmpty {
            add("checked: \(record.checked.joined(separator: " "))")
        }
        for file in record.unproven { add("changed since, and not looked at: \(file)") }
    }
}
