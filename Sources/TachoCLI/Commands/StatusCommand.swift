import ArgumentParser
import TachoLog
import TachoOperations

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the store is.",
        discussion: """
            For monitoring, --max and --min set limits by the keys of --json: if one is broken, \
            the exit code is 4, and the message says which.

            EXAMPLES
              tacho status
              tacho status -q --max spooled=0 --max backup_seconds_ago=90000 --min days_until_full=14
              tacho status --json | jq .data.position
              tacho status --memory
            """)

    @Flag(help: "Show instead what the tables take in memory; --json has it by column.")
    var memory = false

    @Option(
        help: ArgumentHelp(
            "End with exit code 4 if this is more, or not known. Repeatable.",
            valueName: "key=number"))
    var max: [String] = []

    @Option(
        help: ArgumentHelp(
            "End with exit code 4 if this is less. Repeatable.", valueName: "key=number"))
    var min: [String] = []

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        _ = try limits()
    }

    func run() throws {
        if memory {
            return try MemoryReport(OpenTables(nil, in: location, output.messages)).print(output)
        }
        let reader = try location.openReader()
        let sheet = try sheet(reader)
        let alarms = try alarms(sheet)
        // Who asks quietly for limits wants to hear of those that are broken.
        let isWatched = !max.isEmpty || !min.isEmpty
        if !(output.isQuiet && isWatched && output.format == .text) { try sheet.print(output) }
        guard alarms.isEmpty else { throw Failure(.check, alarms.joined(separator: "; ")) }
    }

    private func sheet(_ reader: LogReader) throws -> FactSheet {
        let survey = StoreSurvey(reader)
        let health = try StoreHealth(reader, now: .now)
        var sheet = FactSheet(schema: "tacho.status/1")
        sheet.add("store", "store", .text(reader.directory))
        sheet.add("position", "position", Cell(reader.lastPosition), note: "events in the log")
        let waiting =
            Int(clamping: reader.lastPosition.rawValue)
            - Int(clamping: reader.durablePosition.rawValue)
        sheet.add(
            "durable_position", "durable", Cell(reader.durablePosition),
            note: waiting == 0 ? "everything is on the disk" : "what is behind it may be in memory")
        sheet.add("undurable", nil, .count(waiting))
        sheet.add("expired_through", nil, health.expiredThrough.map { Cell($0) } ?? .unknown)
        sheet.add(
            "segments", "segments", .count(survey.segmentCount),
            note: "\(survey.sealedCount) sealed, \(survey.waitingCount) waiting"
                + (survey.archivedCount > 0 ? ", \(survey.archivedCount) archived" : "")
                + (health.damagedSegmentCount > 0 ? ", \(health.damagedSegmentCount) damaged" : ""))
        sheet.add("sealed_segments", nil, .count(survey.sealedCount))
        sheet.add("archived_segments", nil, .count(survey.archivedCount))
        sheet.add("archived_bytes", nil, .byteCount(survey.archivedByteCount))
        sheet.add("waiting_segments", nil, .count(health.waitingSegmentCount))
        sheet.add("damaged_segments", nil, .count(health.damagedSegmentCount))
        sheet.add("bytes", "size", .byteCount(survey.byteCount))
        sheet.add("raw_bytes", "uncompressed", .byteCount(survey.rawByteCount))
        sheet.add("ratio", "ratio", .ratio(survey.rawByteCount, survey.byteCount))
        sheet.add("retired_bytes", nil, .byteCount(health.retiredByteCount))
        addSpace(health, to: &sheet)
        sheet.add(
            "snapshots", "snapshots", .count(survey.snapshots.count),
            note: Quantity.bytes(survey.snapshots.byteCount)
                + (health.snapshotLag.map { ", \(Quantity.count($0, "event")) behind" } ?? ""))
        sheet.add("snapshot_bytes", nil, .byteCount(survey.snapshots.byteCount))
        sheet.add("snapshot_lag", nil, health.snapshotLag.map { .count($0) } ?? .unknown)
        sheet.add(
            "spooled", "spool", .count(survey.spool.count),
            note: survey.spool.count > 0 ? "the next append or import takes them in" : "empty")
        sheet.add(
            "quarantined", "quarantine", .count(survey.quarantine.count),
            note: survey.quarantine.count > 0 ? "files in quarantine/" : "empty")
        addCare(health, to: &sheet)
        return sheet
    }

    private func addSpace(_ health: StoreHealth, to sheet: inout FactSheet) {
        let forecast = health.daysUntilFull.map {
            $0 < 10_000 ? "full in \(Quantity.count(Int($0), "day")) at this rate" : "enough"
        }
        sheet.add(
            "free_bytes", "free", health.freeByteCount.map { .byteCount($0) } ?? .unknown,
            note: forecast ?? "")
        sheet.add("growth_per_day", nil, health.growthPerDay.map { .real($0) } ?? .unknown)
        sheet.add("days_until_full", nil, health.daysUntilFull.map { .real($0) } ?? .unknown)
    }

    private func addCare(_ health: StoreHealth, to sheet: inout FactSheet) {
        sheet.add(
            "unproven_erasures", health.openErasureCount == 0 ? nil : "erasures",
            health.openErasureCount.map { .count($0) } ?? .unknown,
            note: "not proven; `tacho erase --status`")
        sheet.add(
            "verified_seconds_ago", "verified",
            health.verifiedAge.map { .seconds($0) } ?? .unknown,
            note: health.verifiedAge == nil
                ? "never read through; `tacho scrub`" : "since everything here was read through")
        sheet.add(
            "backup_seconds_ago", "backup", health.backupAge.map { .seconds($0) } ?? .unknown,
            note: health.backupAge == nil
                ? "never; `tacho backup`" : "\(Quantity.count(health.backupLag, "event")) behind")
        sheet.add("backup_lag", nil, .count(health.backupLag))
    }

    // MARK: Limits

    private struct Limit {
        let key: String
        let value: Double
        let isGreatest: Bool
    }

    private func limits() throws -> [Limit] {
        try [(max, true), (min, false)].flatMap { texts, isGreatest in
            try texts.map { text in
                let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
                    throw ValidationError("\(text): a limit is KEY=NUMBER.")
                }
                return Limit(key: parts[0], value: value, isGreatest: isGreatest)
            }
        }
    }

    /// What a limit says that is broken: what is unknown breaks the greatest value that something
    /// may have, because it was never done, and no smallest one.
    private func alarms(_ sheet: FactSheet) throws -> [String] {
        try limits().compactMap { limit in
            guard let fact = sheet.facts.first(where: { $0.key == limit.key }) else {
                let keys = sheet.facts.filter {
                    $0.cell.isNumber || $0.cell.plain.isEmpty
                }.map(\.key)
                throw Failure(
                    .usage,
                    "\(limit.key) is nothing that status tells; it has \(keys.joined(separator: ", "))"
                )
            }
            guard let value = Double(fact.cell.plain) else {
                guard fact.cell.plain.isEmpty else {
                    throw Failure(.usage, "\(limit.key) is not a number")
                }
                return limit.isGreatest ? "\(limit.key) is not known" : nil
            }
            if limit.isGreatest ? value <= limit.value : value >= limit.value { return nil }
            return "\(limit.key) is \(fact.cell.plain), \(limit.isGreatest ? "more" : "less") than "
                + Cell.real(limit.value).display
        }
    }
}
