import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct ToolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools",
        abstract: "List the tools that agents call: how often, how well, how long.",
        discussion: """
            Those that are called most come first. Rates are percent of a tool's calls; calls that \
            a person refused or stopped have not failed. Sessions are those that called it. \
            `tacho latency` and `tacho errors` say more of each. What workflows have registered is \
            in the table adw_tools.

            EXAMPLES
              tacho tools --since 7d
              tacho tools --by server
              tacho tools --session 7f3e --json
            """)

    enum Dimension: String, ExpressibleByArgument, CaseIterable {
        case tool, server
    }

    @Option(help: "tool, or server: all tools of an MCP server as one, and the agent's own as one.")
    var by = Dimension.tool

    @Option(help: "Only calls of this session; a beginning of its id is enough.")
    var session: String?

    @OptionGroup var options: AnalysisOptions

    func run() throws {
        try options.print(.calls, listing)
    }

    private func listing(_ calls: Table) -> Listing {
        let outcomes = ToolOutcomes(
            calls, session: session, where: options.time.contains)
        let tools = by == .tool ? outcomes.tools : outcomes.servers
        let callCount = tools.reduce(0) { $0 + $1.callCount }
        var listing = Listing(
            schema: "tacho.tools/1",
            fields: [
                .init(by.rawValue, minimum: 12), .init("calls", right: true),
                .init("share", "share %", right: true, drop: 5),
                .init("failed", right: true, drop: 6),
                .init("failure_rate", "failed %", right: true), .init("denied", detail: true),
                .init("interrupted", detail: true),
                .init("p50_seconds", "p50", right: true, drop: 4),
                .init("p95_seconds", "p95", right: true, drop: 3),
                .init("total_seconds", "together", right: true, drop: 2),
                .init("sessions", right: true, drop: 7),
                .init("first_used_at", "first used (UTC)", detail: true),
                .init("last_used_at", "last used (UTC)", drop: 1),
            ])
        listing.rows = tools.enumerated().sorted { left, right in
            left.element.callCount == right.element.callCount
                ? left.offset < right.offset : left.element.callCount > right.element.callCount
        }.map { Self.row($0.element, of: callCount) }
        listing.emptyMessage =
            options.time.isGiven || session != nil
            ? "No call matches."
            : "No tool was called. `tacho import PATH` takes in transcripts and hooks."
        return listing
    }

    private static func row(_ tool: ToolOutcomes.Tool, of callCount: Int) -> [Cell] {
        let latency = Percentiles(of: tool.seconds)
        func seconds(_ value: Double) -> Cell {
            tool.seconds.isEmpty ? .unknown : .seconds((value * 1e6).rounded() / 1e6)
        }
        return [
            .text(tool.name), .count(tool.callCount), .percent(tool.callCount, of: callCount),
            .count(tool.failedCount), .percent(tool.failedCount, of: tool.callCount),
            .count(tool.deniedCount), .count(tool.interruptedCount), seconds(latency.p50),
            seconds(latency.p95), seconds(latency.average * Double(latency.count)),
            .count(tool.sessionCount), tool.first.map { .moment($0) } ?? .unknown,
            tool.last.map { .moment($0) } ?? .unknown,
        ]
    }
}
