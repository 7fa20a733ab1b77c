import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

/// What an analysis is about: calls of tools or workflows, of a part of the time.
struct AnalysisOptions: ParsableArguments {
    enum Subject {
        case calls, workflows
    }

    @OptionGroup var time: TimeOptions
    @OptionGroup var limit: RowLimit
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    /// Prints what `answer` makes of the table that tells of them.
    func print(_ subject: Subject, _ answer: (Table) -> Listing) throws {
        let wanted =
            switch subject {
            case .calls: WantedTable("tool_calls", columns: ToolOutcomes.columns)
            case .workflows: WantedTable("workflow_history", columns: HistoryRow.columns)
            }
        let tables = try OpenTables([wanted], in: location, asOf: asOf.asOf, output.messages)
        var listing = answer(try tables.table(wanted.name))
        listing.warnings = tables.warnings + [limit.warning(of: listing.rows)].compactMap(\.self)
        listing.rows = limit.shown(of: listing.rows)
        try listing.print(output)
        try tables.checkDamage()
    }
}
