import ArgumentParser
import TachoInsights
import TachoProjections

struct PatternsRecommendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recommend",
        abstract: "Say what to do about patterns, the most pressing first.",
        discussion: """
            activate, deprecate: a saving or a loss is proven, measured before and after the tool \
            came. reject, approve, look again: by what three or more executions say of themselves, \
            where nothing is proven. wait: too little work to measure. implement: approved, and no \
            tool yet. review: repeats, and nobody has looked at it. avoid: done for nothing, for a \
            cent or more.

            EXAMPLES
              tacho patterns recommend
              tacho patterns recommend --severity high --json | jq -r '.data[].command'
            """)

    enum Severity: String, ExpressibleByArgument, CaseIterable {
        case high, medium, low
    }

    @Option(help: "Only of this severity: high, medium, low.")
    var severity: Severity?

    @OptionGroup var limit: RowLimit
    @OptionGroup var mining: MiningOptions
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let tables = try OpenTables(
            PatternBoard.wantedTables + ["pattern_approvals", "pattern_roi_summary"]
                + PatternEffects.tables.map { WantedTable($0, columns: nil) },
            in: location, asOf: asOf.asOf, output.messages)
        let recommendations = PatternRecommendations(
            try PatternBoard(tables, mining),
            operations: try tables.table("operation_patterns"),
            approvals: try tables.table("pattern_approvals"),
            returns: try tables.table("pattern_roi_summary"),
            effects: try PatternEffects { try tables.table($0) })
        let wanted = recommendations.all.filter {
            severity == nil || $0.severity.rawValue == severity?.rawValue
        }
        var listing = Listing(
            schema: "tacho.pattern-recommendations/1",
            fields: [
                .init("severity"), .init("action", "do"), .init("id", maximum: 24),
                .init("finding", minimum: 20, maximum: 72), .init("pattern", detail: true),
                .init("status", drop: 3),
                .init("reason", "because", drop: 1, minimum: 20, maximum: 76),
                .init("savings", right: true), .init("command", detail: true),
            ])
        listing.rows = limit.shown(of: wanted).map { found in
            [
                .text(found.severity.rawValue), .text(found.action), .text(found.id),
                .text(found.finding), .text(found.text), .text(found.status), .text(found.reason),
                found.savings.map { .money(Int128($0)) } ?? .unknown, .text(found.command),
            ]
        }
        listing.warnings = tables.warnings + [limit.warning(of: wanted)].compactMap(\.self)
        listing.emptyMessage = "Nothing is to be done about patterns."
        try listing.print(output)
        try tables.checkDamage()
    }
}
