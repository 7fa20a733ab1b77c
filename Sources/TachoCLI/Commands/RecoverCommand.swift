import ArgumentParser
import TachoEvents
import TachoLog

struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Put right what a crash left behind, and say what that was.",
        discussion: """
            Every command that appends does this by itself when it opens the store: an append \
            that was cut off is moved to quarantine/, a damaged active file is kept as it is and \
            the log goes on in a new one. Where acknowledged events are missing, nothing is \
            written and the exit code is 5, until --accept-loss notes the loss in the log and \
            goes on with what is there.

            EXAMPLES
              tacho recover
              tacho recover --accept-loss
              tacho recover --json | jq .data
            """)

    @Flag(
        help: """
            Go on although acknowledged events are missing, and make a lost manifest anew. What \
            is there is kept.
            """)
    var acceptLoss = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        var options = LogOptions.events
        options.createsStore = false
        options.acceptsLoss = acceptLoss
        let writer = try LogWriter.open(location.path, options: options)
        let recovery = writer.recovery
        let position = writer.lastPosition
        try writer.close()
        var sheet = FactSheet(schema: "tacho.recover/1")
        sheet.add("recovered", nil, .boolean(recovery != nil))
        sheet.add("position", "position", Cell(position))
        sheet.add("torn_bytes", "torn bytes", .count(recovery?.tornByteCount ?? 0))
        sheet.add("missing_bytes", "missing bytes", .count(recovery?.missingByteCount ?? 0))
        sheet.add("quarantine", "kept in", .text(recovery?.quarantineFile))
        sheet.add("damaged_file", "damaged file", .text(recovery?.damagedFile))
        sheet.add(
            "damaged_offset", "damaged at byte",
            recovery?.damagedOffset.map { .count($0) } ?? .unknown)
        guard output.format == .text else { return try finish(sheet, recovery) }
        if let recovery {
            for line in recovery.explanation { try Output.write("recovered: \(line)\n") }
        } else {
            try Output.write("Nothing to recover: the log is whole up to position \(position).\n")
        }
        try end(recovery)
    }

    private func finish(_ sheet: FactSheet, _ recovery: RecoveryReport?) throws {
        try sheet.print(output)
        try end(recovery)
    }

    private func end(_ recovery: RecoveryReport?) throws {
        if let recovery, !recovery.isLossless { throw Failure(.damage) }
    }
}
