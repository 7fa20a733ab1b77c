import ArgumentParser
import TachoLog
import TachoProjections

struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch what agents do now: running workflows and active sessions.",
        discussion: """
            Looks every two seconds, until Ctrl-C; once if it does not write to a terminal. What did \
            nothing for 15 minutes is left out. Sessions whose last call has not ended show it with \
            dots behind it: the agent works, or waits for a person. With --as-of it shows what was \
            going on at that moment.

            EXAMPLES
              tacho top
              tacho top --within 2h --once
              tacho top --json | jq '.data.sessions[] | {session_id, last_tool, cost_usd}'
            """)

    @Option(help: "What did something in this time: 15m, 2h, 1d.")
    var within = "15m"

    @Option(help: "Seconds between two looks.")
    var interval = 2.0

    @Flag(help: "Look once.")
    var once = false

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if output.isCSV {
            throw ValidationError("A report has no CSV form: use `tacho table sessions --csv`.")
        }
        if UnitNumber.age(within) == nil {
            throw ValidationError("--within is a number with s, m, h, d, or w behind it.")
        }
        if !(0.1...3600).contains(interval) {
            throw ValidationError("--interval is from 0.1 to 3600 seconds.")
        }
    }

    func run() throws {
        let isLive =
            !once && !output.isJSON && asOf.asOf == nil && Terminal.isTerminal(Terminal.output)
            && environment("TERM") != "dumb"
        guard isLive else {
            let (report, tables) = try look()
            if output.isJSON {
                try Output.write(report.json)
            } else {
                try Output.write(
                    report.text(
                        output, width: output.isWide ? nil : Terminal.width(), height: nil))
                for warning in report.warnings { Output.note("warning: \(warning)") }
            }
            return try tables.checkDamage()
        }
        try Output.write("\u{1B}[2J")
        while true {
            let (report, _) = try look()
            let width = output.isWide ? nil : Terminal.width()
            let text = report.text(output, width: width, height: Terminal.height())
            // From the first line on, the rest of each line and of the screen empty: nothing flickers.
            try Output.write(
                "\u{1B}[H" + text.replacing("\n", with: "\u{1B}[K\n") + "\u{1B}[J")
            Terminal.pause(seconds: interval)
        }
    }

    private func look() throws -> (TopReport, OpenTables) {
        func open(_ calls: WantedTable) throws -> (TopReport, OpenTables) {
            let tables = try OpenTables(
                TopReport.tables + [calls], in: location, asOf: asOf.asOf, output.messages)
            let report = try TopReport(
                tables, now: try moment(tables),
                span: (UnitNumber.age(within) ?? 0) * 1_000_000)
            return (report, tables)
        }
        // A few rows of the calls; whole, where a snapshot could not give them.
        let (report, tables) = try open(WantedTable(cellsOf: "tool_calls"))
        return tables.lackCells ? try open("tool_calls") : (report, tables)
    }

    /// The moment it is about: of a position, when its event was recorded.
    private func moment(_ tables: OpenTables) throws -> Timestamp {
        guard let position = tables.asOf else { return .now }
        if case .moment(let moment) = asOf.asOf { return min(moment.last, .now) }
        var recorded = Timestamp.now
        try tables.reader.forEachBatch(
            from: position, through: position, onDamage: { _ in },
            { batch in
                try batch.forEachRecord { record in
                    recorded = record.recorded
                    return false
                }
                return false
            })
        return recorded
    }
}
