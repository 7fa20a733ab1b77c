import TachoJSON
import TachoLog
import TachoProjections

/// Times of reading, folding, and asking a store.
struct StoreFigures {
    struct Step {
        let name: String
        let title: String
        let seconds: Double
    }

    struct TableTime {
        let name: String
        let rowCount: Int
        let seconds: Double
    }

    /// The tables that look for what repeats.
    static let miningTables: Set = [
        "tool_sequences", "operation_patterns", "pattern_occurrences",
    ]

    private(set) var eventCount = 0
    private(set) var byteCount = 0
    private(set) var damageCount = 0
    private(set) var steps: [Step] = []
    private(set) var tables: [TableTime] = []
    private var answers = CallAnswers()

    init(
        _ reader: LogReader, _ snapshots: SnapshotStore, runs: Int,
        _ progress: (_ step: Int, _ count: Int) -> Void
    ) throws {
        let stepCount = 6
        var options = LiveTables.Options()
        options.asOf = reader.lastPosition
        eventCount = Int(clamping: reader.lastPosition.rawValue)

        let reading = try Self.median(runs) { try measureReading(reader) }
        steps.append(Step(name: "read", title: "read all lines, one thread", seconds: reading))
        progress(1, stepCount)

        let cuts = snapshots.ofCuts
        let whole = try Self.seconds {
            let tables = try LiveTables.open(reader, snapshots: cuts, options: options)
            damageCount = tables.report.damage.count
        }
        steps.append(Step(name: "fold", title: "fold all tables", seconds: whole))
        progress(2, stepCount)

        let others = allProjectors.filter { !Self.miningTables.contains($0.name) }
        let unmined = try Self.seconds {
            _ = try LiveTables.open(
                reader, snapshots: cuts, projectors: others, options: options)
        }
        steps.append(
            Step(name: "fold_without_mining", title: "the same without mining", seconds: unmined))
        progress(3, stepCount)

        try foldEach(reader, cuts, options)
        progress(4, stepCount)

        let opening = try Self.median(runs) {
            try Self.seconds {
                _ = try LiveTables.open(reader, snapshots: snapshots, options: options)
            }
        }
        steps.append(
            Step(name: "open", title: "open all tables from snapshots", seconds: opening))
        progress(5, stepCount)

        try ask(reader, snapshots, options, runs: runs)
        progress(6, stepCount)
    }

    private mutating func measureReading(_ reader: LogReader) throws -> Double {
        var byteCount = 0
        let seconds = try Self.seconds {
            try reader.forEachBatch(onDamage: { _ in }) { batch in
                byteCount += batch.bytes.count
                return true
            }
        }
        self.byteCount = byteCount
        return seconds
    }

    /// One pass over the log, in which each table is folded alone.
    private mutating func foldEach(
        _ reader: LogReader, _ cuts: SnapshotStore, _ options: LiveTables.Options
    ) throws {
        var options = options
        options.asOf = reader.expired?.through ?? .zero
        let beginning = try LiveTables.open(reader, snapshots: cuts, options: options)
        var folds = beginning.projections.projections.map { Projections([$0]) }
        var seconds = [Double](repeating: 0, count: folds.count)
        try reader.forEachBatch(onDamage: { _ in }) { batch in
            for index in folds.indices {
                seconds[index] += try Self.seconds { try folds[index].fold(batch) }
            }
            return true
        }
        tables = zip(folds, seconds).compactMap { fold, seconds in
            fold.projections.first.map {
                TableTime(name: $0.type.name, rowCount: $0.table.rowCount, seconds: seconds)
            }
        }
    }

    private mutating func ask(
        _ reader: LogReader, _ snapshots: SnapshotStore, _ options: LiveTables.Options, runs: Int
    ) throws {
        let tables = try LiveTables.open(
            reader, snapshots: snapshots, projectors: [ToolCallsProjector.self], options: options)
        guard let calls = tables.projections.table(named: ToolCallsProjector.name) else { return }
        for question in CallAnswers.Question.allCases {
            let seconds = try Self.median(runs) {
                try Self.seconds { answers.answer(question, calls) }
            }
            steps.append(Step(name: question.rawValue, title: question.title, seconds: seconds))
        }
    }

    // MARK: Time

    private static func seconds(_ body: () throws -> Void) throws -> Double {
        let duration = try ContinuousClock().measure(body)
        return Double(duration.components.seconds)
            + Double(duration.components.attoseconds) / 1e18
    }

    private static func median(_ runs: Int, _ body: () throws -> Double) throws -> Double {
        var times: [Double] = []
        for _ in 0..<runs { times.append(try body()) }
        return times.sorted()[runs / 2]
    }

    // MARK: Output

    func print(_ options: OutputOptions) throws {
        if options.format == .json { return try Output.write(json) }
        var listing = Listing(
            schema: "tacho.bench.store/1",
            fields: [
                .init("what"), .init("rows", right: true), .init("seconds", "time", right: true),
                .init("bytes_per_second", "bytes/s", right: true, drop: 2),
                .init("events_per_second", "events/s", right: true, drop: 1),
            ])
        listing.rows = steps.map { row($0.title, nil, $0.seconds, isWhole: $0.isWhole) }
        listing.rows += tables.sorted { $0.seconds > $1.seconds }.map {
            row("fold \($0.name) alone", $0.rowCount, $0.seconds, isWhole: true)
        }
        try listing.print(options)
        guard options.format == .text, !options.isQuiet else { return }
        Output.note(
            "\(Quantity.count(eventCount, "event")), \(Quantity.bytes(byteCount)) of lines")
    }

    private func row(
        _ title: String, _ rowCount: Int?, _ seconds: Double, isWhole: Bool
    ) -> [Cell] {
        func rate(_ count: Int) -> Int? {
            guard isWhole, seconds > 0 else { return nil }
            return Int(exactly: (Double(count) / seconds).rounded())
        }
        return [
            .text(title), rowCount.map { .count($0) } ?? .unknown, .seconds(seconds),
            rate(byteCount).map { .byteCount($0) } ?? .unknown,
            rate(eventCount).map { .count($0) } ?? .unknown,
        ]
    }

    private var json: [UInt8] {
        JSONEnvelope(schema: "tacho.bench.store/1", warnings: []).bytes { writer in
            writer.beginObject()
            writer.key("events")
            writer.value(eventCount)
            writer.key("bytes")
            writer.value(byteCount)
            writer.key("seconds")
            writer.beginObject()
            for step in steps {
                writer.key(step.name)
                writer.value(step.seconds)
            }
            writer.endObject()
            writer.key("answers")
            writer.beginObject()
            for (name, value) in answers.checks {
                writer.key(name)
                writer.value(value)
            }
            writer.endObject()
            writer.key("tables")
            writer.beginArray()
            for table in tables {
                writer.beginObject()
                writer.key("name")
                writer.value(table.name)
                writer.key("rows")
                writer.value(table.rowCount)
                writer.key("seconds")
                writer.value(table.seconds)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}

extension StoreFigures.Step {
    /// Whether it goes through all of the log.
    fileprivate var isWhole: Bool { ["read", "fold", "fold_without_mining"].contains(name) }
}
