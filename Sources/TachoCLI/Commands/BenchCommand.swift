import ArgumentParser
import TachoJSON
import TachoLog
import TachoProjections

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what reading, folding, and asking this store costs here.",
        discussion: """
            Nothing is written. Each table is folded alone, with one thread, in the same pass over \
            the log; its time has in it finding the events in a batch. "without mining" is all \
            tables but those that look for patterns. Times of a shared machine differ from run to \
            run: compare rows of one run.

            EXAMPLES
              tacho bench
              tacho bench --json | jq '.data.tables | sort_by(-.seconds)'
              tacho bench --sql
            """)

    @Option(help: "Repeat what is fast so often; the median counts.")
    var runs = 5

    @Flag(
        name: .customLong("sql"),
        help: "Only what SQL takes over tool_calls, against SQLite's own table of the same rows.")
    var isOnlySQL = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if runs < 1 { throw ValidationError("--runs is at least 1.") }
    }

    func run() throws {
        if isOnlySQL { return try measureSQL() }
        let reader = try location.openReader()
        let progress = ProgressBar(
            "measuring", isQuiet: output.isQuiet, color: output.messages.color)
        let figures = try StoreFigures(
            reader, SnapshotStore(directory: location.layout.snapshots), runs: runs
        ) { step, count in
            progress.update(step, of: count, unit: "steps")
        }
        progress.finish()
        try figures.print(output)
        guard figures.damageCount == 0 else {
            throw Failure(
                .damage, "the log could not be read in full. Run `tacho verify --deep`.")
        }
    }

    private func measureSQL() throws {
        let name = ToolCallsProjector.name
        let tables = try OpenTables(
            [WantedTable(name, columns: SQLFigures.columns)], in: location, output.messages)
        try SQLFigures(try tables.table(name), runs: runs).print(output)
        try tables.checkDamage()
    }
}
