import ArgumentParser
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

struct TrendsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trends",
        abstract: "Say how cost, duration, success, and use of the cache of workflows go on.",
        discussion: """
            A row for each day, week, or hour in which workflows were started (weeks begin on \
            Sundays): the mean cost and duration of a workflow, how many of those that ended were \
            completed, and how much of the input came from the cache. Below stands which way cost \
            and duration go: the last seven days with workflows against the first seven; less than \
            5 % is stable. `tacho cost --by day` adds up sessions, too.

            EXAMPLES
              tacho trends --since 30d
              tacho trends --by week --json | jq '.data.trend'
            """)

    enum Period: String, ExpressibleByArgument, CaseIterable {
        case hour, day, week

        var period: WorkflowTrends.Period {
            switch self {
            case .hour: .hour
            case .day: .day
            case .week: .week
            }
        }
    }

    @Option(help: "hour, day, or week.")
    var by = Period.day

    @OptionGroup var time: TimeOptions
    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private typealias Line = (name: String, trend: Trend)

    func run() throws {
        let tables = try OpenTables(
            [WantedTable("workflow_history", columns: HistoryRow.columns)], in: location,
            asOf: asOf.asOf, output.messages)
        let rows = HistoryRow.all(in: try tables.table("workflow_history"))
        let trends = WorkflowTrends(of: rows, by: by.period, in: time.span)
        let lines: [Line] = [
            ("cost", DailySeries.costs(of: rows, in: time.span).trend),
            ("duration", DailySeries.latencies(of: rows, in: time.span).trend),
        ]
        var listing = listing(trends)
        listing.warnings = tables.warnings
        if output.format == .json {
            try Output.write(json(listing, lines))
        } else {
            try listing.print(output)
            if output.format == .text, !listing.rows.isEmpty { try print(lines) }
        }
        try tables.checkDamage()
    }

    private func listing(_ trends: WorkflowTrends) -> Listing {
        let series = [trends.cost, trends.duration, trends.successRate, trends.cacheEfficiency]
            .map { points in
                Dictionary(points.map { ($0.period, $0) }, uniquingKeysWith: { first, _ in first })
            }
        let periods = Set(series.flatMap(\.keys)).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        var listing = Listing(
            schema: "tacho.trends/1",
            fields: [
                .init(by.rawValue), .init("ended", right: true, drop: 1),
                .init("mean_cost_usd", "mean cost $", right: true),
                .init("mean_duration_seconds", "mean duration", right: true),
                .init("success_rate", "success %", right: true),
                .init("cache_efficiency", "cache %", right: true),
            ])
        func rounded(_ point: WorkflowTrends.Point?, _ scale: Double) -> Cell {
            point.map { .real(($0.value * scale).rounded() / scale) } ?? .unknown
        }
        listing.rows = periods.map { period in
            let points = series.map { $0[period] }
            return [
                .text(period), .count(points[2]?.count ?? 0), rounded(points[0], 1e6),
                points[1].map { .seconds($0.value) } ?? .unknown, rounded(points[2], 100),
                rounded(points[3], 100),
            ]
        }
        listing.emptyMessage =
            "No workflow is known\(time.isGiven ? " of that time" : ""); `tacho cost --by day` "
            + "adds up the sessions."
        return listing
    }

    private func print(_ lines: [Line]) throws(OutputError) {
        let texts = lines.map { name, trend in
            let change = (trend.percentChange * 10).rounded() / 10
            return "\(name)\(String(repeating: " ", count: 10 - name.utf8.count))"
                + "\(trend.direction.rawValue), \(change > 0 ? "+" : "")\(change) %\n"
        }
        try Output.write("\n" + texts.joined())
    }

    private func json(_ listing: Listing, _ lines: [Line]) -> [UInt8] {
        JSONEnvelope(schema: listing.schema, warnings: listing.warnings).bytes { writer in
            writer.beginObject()
            writer.key("by")
            writer.value(by.rawValue)
            writer.key("periods")
            listing.writeRows(to: &writer)
            writer.key("trend")
            writer.beginObject()
            for (name, trend) in lines {
                writer.key(name)
                writer.beginObject()
                writer.key("direction")
                writer.value(trend.direction.rawValue)
                writer.key("percent_change")
                writer.value(trend.percentChange)
                writer.endObject()
            }
            writer.endObject()
            writer.endObject()
        }
    }
}
