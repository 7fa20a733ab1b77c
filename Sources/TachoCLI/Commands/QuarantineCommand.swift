import ArgumentParser
import TachoEvents
import TachoLog
import TachoProjections

struct QuarantineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "List the events that a table could not take in, or note them in the log.",
        discussion: """
            An event whose data is not what its type promises is kept in the log and left out of \
            the table; everything behind it is folded. Which these are follows from the log, so \
            that live tables and rebuilt ones agree. Records that never became events are files \
            in quarantine/, and counted by `tacho status`.

            EXAMPLES
              tacho quarantine list --table task_logs
              tacho quarantine record
            """,
        subcommands: [List.self, Record.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Show which events were left out of which table, and why.")

        @Option(help: "Only of this table.")
        var table: String?

        @OptionGroup var asOf: AsOfOptions
        @OptionGroup var location: StoreLocation
        @OptionGroup var output: OutputOptions

        func run() throws {
            let report = try QuarantineReport(table, in: location, asOf.asOf, output.messages)
            var listing = Listing(
                schema: "tacho.quarantine/1",
                fields: [
                    .init("position", right: true), .init("type", drop: 1, minimum: 12),
                    .init("projector"), .init("version", right: true, detail: true),
                    .init("reason", minimum: 16),
                ])
            listing.rows = try report.found.map { projector, entry in
                [
                    Cell(entry.position), .text(try report.type(at: entry.position)),
                    .text(projector.name), .number(Int64(projector.version)),
                    .text(entry.reason.description),
                ]
            }
            listing.warnings = report.warnings
            listing.emptyMessage = "The tables have taken in every event of the log."
            try listing.print(output)
            tellRejected(report.tables.reader)
            if let first = report.found.first, output.format == .text, !output.isQuiet {
                let position = first.entry.position
                Output.note(
                    "`tacho cat --from \(position) --to \(position)` prints the event at "
                        + "\(position)")
            }
            try report.tables.checkDamage()
        }

        /// What was rejected never became an event: whoever looks for it looks here, too.
        private func tellRejected(_ reader: LogReader) {
            let files = StoreSurvey(reader).quarantine.count
            guard files > 0, output.format == .text, !output.isQuiet else { return }
            Output.note(
                "\(Quantity.count(files, "file")) of records that became no events: "
                    + location.layout.quarantine)
        }
    }

    struct Record: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "record",
            abstract: "Note them in the log, as tacho.quarantined events.",
            discussion: """
                One event for each projector, version, position, and reason: what is there already \
                is not noted again. No other command writes them.
                """)

        @Option(help: "Only of this table.")
        var table: String?

        @OptionGroup var location: StoreLocation
        @OptionGroup var output: OutputOptions

        func run() throws {
            let report = try QuarantineReport(table, in: location, nil, output.messages)
            // What could not be read may be more of the same: it is told, not guessed at.
            try report.tables.checkDamage()
            let events = report.found.map { $0.entry.event(in: $0.projector) }
            var sheet = FactSheet(schema: "tacho.quarantine.record/1")
            var recorded = 0
            if !events.isEmpty {
                var writer = try location.openWriter(creates: false, output.messages)
                let receipt = try writer.append(events, durability: .commit)
                recorded = receipt.outcomes.count { if case .appended = $0 { true } else { false } }
            }
            sheet.add("recorded", "recorded", .count(recorded))
            sheet.add("known", "known before", .count(events.count - recorded))
            sheet.warnings = report.warnings
            try sheet.print(output)
        }
    }
}

/// What the tables could not take in.
private struct QuarantineReport {
    let tables: OpenTables
    /// By position, then in the order of the tables.
    let found: [(projector: any Projector.Type, entry: QuarantinedEvents.Entry)]

    init(
        _ table: String?, in location: StoreLocation, _ asOf: AsOf?, _ messages: MessageOptions
    ) throws {
        if let table, !allProjectors.contains(where: { $0.name == table }) {
            throw Failure.unknownTable(table)
        }
        tables = try OpenTables(table.map { [WantedTable($0)] }, in: location, asOf: asOf, messages)
        let projections = tables.live.projections.projections
        let all = projections.enumerated().flatMap { place, projection in
            projection.quarantined.entries.map { (place, $0) }
        }
        found = all.sorted { ($0.1.position, $0.0) < ($1.1.position, $1.0) }.map {
            (projections[$0.0].type, $0.1)
        }
    }

    /// A table that fails on everything keeps the first of them only.
    var warnings: [String] {
        let projections = tables.live.projections.projections
        var warnings = tables.asOfNote.map { [$0] } ?? []
        warnings += tables.live.report.damage.prefix(5).map(\.message)
        for projection in projections
        where projection.quarantined.count > projection.quarantined.entries.count {
            warnings.append(
                "\(projection.type.name) could not take in "
                    + "\(Quantity.count(projection.quarantined.count, "event")); the first "
                    + "\(projection.quarantined.entries.count) are listed")
        }
        return warnings
    }

    /// `nil` if the event cannot be read any more, which is told by `checkDamage`.
    func type(at position: Position) throws -> String? {
        var type: String?
        try tables.reader.forEachBatch(
            from: position, through: position, onDamage: { _ in },
            { batch in
                try batch.forEachRecord { record in
                    type = String(decoding: record.type, as: UTF8.self)
                    return false
                }
                return false
            })
        return type
    }
}
