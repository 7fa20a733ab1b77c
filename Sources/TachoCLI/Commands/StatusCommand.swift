import ArgumentParser
import TachoLog

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show how the store is.",
        discussion: """
            EXAMPLES
              tacho status
              tacho status --json | jq .data.position
              tacho status --memory
            """)

    @Flag(help: "Show instead what the tables take in memory; --json has it by column.")
    var memory = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        if memory {
            return try MemoryReport(OpenTables(nil, in: location, output.messages)).print(output)
        }
        let reader = try location.openReader()
        let survey = StoreSurvey(reader)
        var sheet = FactSheet(schema: "tacho.status/1")
        sheet.add("store", "store", .text(reader.directory))
        sheet.add("position", "position", Cell(reader.lastPosition), note: "events in the log")
        let isDurable = reader.durablePosition == reader.lastPosition
        sheet.add(
            "durable_position", "durable", Cell(reader.durablePosition),
            note: isDurable ? "everything is on the disk" : "what is behind it may be in memory")
        sheet.add(
            "segments", "segments", .count(survey.segmentCount),
            note: "\(survey.sealedCount) sealed, \(survey.waitingCount) waiting")
        sheet.add("sealed_segments", nil, .count(survey.sealedCount))
        sheet.add("bytes", "size", .byteCount(survey.byteCount))
        sheet.add("raw_bytes", "uncompressed", .byteCount(survey.rawByteCount))
        sheet.add("ratio", "ratio", .ratio(survey.rawByteCount, survey.byteCount))
        sheet.add(
            "snapshots", "snapshots", .count(survey.snapshots.count),
            note: Quantity.bytes(survey.snapshots.byteCount))
        sheet.add("snapshot_bytes", nil, .byteCount(survey.snapshots.byteCount))
        sheet.add(
            "spooled", "spool", .count(survey.spool.count),
            note: survey.spool.count > 0 ? "the next append or import takes them in" : "empty")
        sheet.add(
            "quarantined", "quarantine", .count(survey.quarantine.count),
            note: survey.quarantine.count > 0 ? "files in quarantine/" : "empty")
        try sheet.print(output)
    }
}
