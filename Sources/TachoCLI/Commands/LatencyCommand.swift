import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct LatencyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract: "Say how long tools and phases take, and where the time goes.",
        discussion: """
            Those that took most of the time together come first. Percentiles are interpolated \
            between the two values next to them. Of phases those of completed workflows count; one \
            whose p95 is above five minutes is a bottleneck, and the three slowest have a target, \
            if they take more than 15 % of their workflows' time. --json and --csv are in seconds.

            EXAMPLES
              tacho latency --since 7d
              tacho latency --by phase --json | jq '.data[] | select(.is_bottleneck)'
            """)

    enum Dimension: String, ExpressibleByArgument, CaseIterable {
        case tool, phase
    }

    @Option(help: "tool or phase.")
    var by = Dimension.tool

    @OptionGroup var options: AnalysisOptions

    private var time: TimeOptions { options.time }

    func run() throws {
        switch by {
        case .tool: try options.print(.calls, toolListing)
        case .phase: try options.print(.workflows, phaseListing)
        }
    }

    private func toolListing(_ calls: Table) -> Listing {
        let tools = ToolOutcomes(calls, where: time.contains).tools.filter { !$0.seconds.isEmpty }
        var listing = Listing(
            schema: "tacho.latency/1",
            fields: [.init("tool", minimum: 12)] + Self.timeFields("calls"))
        listing.rows = Self.byTotal(tools.map { ($0.name, Percentiles(of: $0.seconds)) }).map {
            [.text($0.name)] + Self.cells($0.latency)
        }
        listing.emptyMessage =
            time.isGiven
            ? "No call in that time has a known duration."
            : "No call has a known duration. `tacho import PATH` takes in transcripts and hooks."
        return listing
    }

    private func phaseListing(_ history: Table) -> Listing {
        let analysis = LatencyAnalysis(of: HistoryRow.all(in: history), in: time.span)
        let slow = Set(analysis.bottlenecks().map(\.phase))
        let advice = analysis.recommendations
        var listing = Listing(
            schema: "tacho.latency/1",
            fields: [.init("phase", minimum: 12)] + Self.timeFields("runs") + [
                .init("is_bottleneck", "bottleneck", drop: 1),
                .init("target_seconds", "target mean", right: true, drop: 2),
            ])
        listing.rows = Self.byTotal(analysis.phases.map { ($0.name, $0.latency) }).map { phase in
            let target = advice.first { $0.phase == phase.name }?.target
            return [.text(phase.name)] + Self.cells(phase.latency) + [
                .boolean(slow.contains(phase.name ?? "")), target.map { .seconds($0) } ?? .unknown,
            ]
        }
        listing.emptyMessage =
            "No completed workflow\(time.isGiven ? " of that time" : "") has phases with durations."
        return listing
    }

    private static func timeFields(_ count: String) -> [Listing.Field] {
        [
            .init(count, right: true), .init("p50_seconds", "p50", right: true),
            .init("p95_seconds", "p95", right: true),
            .init("p99_seconds", "p99", right: true, drop: 4),
            .init("mean_seconds", "mean", right: true, drop: 5),
            .init("max_seconds", "longest", right: true, drop: 3),
            .init("total_seconds", "together", right: true, drop: 6),
        ]
    }

    private static func cells(_ latency: Percentiles) -> [Cell] {
        [.count(latency.count)]
            + [
                latency.p50, latency.p95, latency.p99, latency.average, latency.maximum,
                latency.average * Double(latency.count),
            ].map { .seconds(($0 * 1e6).rounded() / 1e6) }
    }

    private typealias Row = (name: String?, latency: Percentiles)

    private static func byTotal(_ rows: [Row]) -> [Row] {
        func total(_ row: Row) -> Double { row.latency.average * Double(row.latency.count) }
        return rows.enumerated().sorted { left, right in
            let (first, second) = (total(left.element), total(right.element))
            return first == second ? left.offset < right.offset : first > second
        }.map(\.element)
    }
}
