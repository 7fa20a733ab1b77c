import ArgumentParser
import TachoLog

struct CatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print the log's canonical lines.",
        discussion: """
            Every line is one event as JSON, exactly as the store keeps it. Damage is told on \
            standard error, what is good behind it follows, and the exit code is then 5.

            EXAMPLES
              tacho cat --stream a1b2c3d4 | jq .data
              tacho cat --type 'hook.*' --from 1000 --to 2000
              tacho cat --since 2025-12-18 | grep -c tool_use
            """)

    @Option(help: "First position.")
    var from: PositionArgument?

    @Option(help: "Last position.")
    var to: PositionArgument?

    @OptionGroup var selection: RecordSelection
    @OptionGroup var location: StoreLocation
    @OptionGroup var messages: MessageOptions

    func run() throws {
        let reader = try location.openReader()
        var damage = DamageReport(messages.errorStyle)
        try reader.forEachBatch(
            from: from.map { max($0.position, .first) }, through: to?.position,
            matching: selection.filter,
            onDamage: { damage.add($0) },
            { batch in
                try Output.write(batch.bytes)
                return true
            })
        if from == nil, !messages.isQuiet {
            // What was not asked for by name is left out, and said.
            for note in Self.leftOut(reader, selection.filter) { Output.note(note) }
        }
        try damage.finish()
    }

    private static func leftOut(_ reader: LogReader, _ filter: RecordFilter) -> [String] {
        let cuts =
            [reader.expired].compactMap(\.self)
            + (filter.types.isEmpty ? reader.expiries.ofTypes : [])
        return cuts.map(\.error.message)
    }
}

/// Damage met while reading: told as it comes, and the command's end.
struct DamageReport {
    private let style: Style
    private(set) var count = 0
    /// What was asked for and is gone by a policy: no damage, and no answer either.
    private var expired: LogError?
    private static let shownLimit = 20

    init(_ style: Style) {
        self.style = style
    }

    mutating func add(_ error: LogError) {
        guard error.code != .expired else {
            expired = error
            return
        }
        count += 1
        guard count <= Self.shownLimit else { return }
        Output.note(style.apply(.bad, "damaged: ") + error.message)
    }

    /// - Throws: ``Failure`` with ``ExitStatus/damage`` if there was any.
    func finish() throws(Failure) {
        guard count > 0 else {
            if let expired { throw Failure(expired) }
            return
        }
        throw Failure(
            .damage,
            "\(Quantity.count(count, "place")) of the log could not be read; everything else was "
                + "printed. Run `tacho verify --deep` to see what is affected.")
    }
}
