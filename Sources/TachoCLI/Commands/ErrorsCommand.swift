import ArgumentParser
import TachoInsights
import TachoLog
import TachoProjections

struct ErrorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors",
        abstract: "Say what fails: which tools, with what errors, in which phases, on which days.",
        discussion: """
            Rates are percent of the calls, or of the workflows that started in the time. Calls \
            that a person refused or stopped have not failed. Kinds of errors go by the words of a \
            workflow's message; a failed one without a message is unknown. A phase is the one a \
            workflow was in when it ended.

            EXAMPLES
              tacho errors --since 7d
              tacho errors --by kind
              tacho errors --by day --csv
            """)

    enum Dimension: String, ExpressibleByArgument, CaseIterable {
        case tool, kind, phase, day
    }

    @Option(help: "tool, or of workflows: kind, phase, or day.")
    var by = Dimension.tool

    @OptionGroup var options: AnalysisOptions

    private var time: TimeOptions { options.time }

    func run() throws {
        switch by {
        case .tool: try options.print(.calls, toolListing)
        case .kind, .phase, .day: try options.print(.workflows, workflowListing)
        }
    }

    // MARK: Calls

    private func toolListing(_ calls: Table) -> Listing {
        var listing = Listing(
            schema: "tacho.errors/1",
            fields: [
                .init("tool", minimum: 12), .init("calls", right: true),
                .init("failed", right: true), .init("failure_rate", "rate %", right: true),
                .init("denied", right: true, drop: 3), .init("interrupted", right: true, drop: 4),
                .init("last_failed_at", "last failed (UTC)", drop: 2),
                .init("last_error", "last error", drop: 1, minimum: 16, maximum: 60),
            ])
        let tools = ToolOutcomes(calls, where: time.contains).tools.filter {
            $0.failedCount + $0.deniedCount + $0.interruptedCount > 0
        }
        let sorted = tools.enumerated().sorted { left, right in
            left.element.failedCount == right.element.failedCount
                ? left.offset < right.offset
                : left.element.failedCount > right.element.failedCount
        }
        listing.rows = sorted.map(\.element).map { tool in
            [
                .text(tool.name), .count(tool.callCount), .count(tool.failedCount),
                .percent(tool.failedCount, of: tool.callCount), .count(tool.deniedCount),
                .count(tool.interruptedCount), tool.lastFailure.map { .moment($0) } ?? .unknown,
                .text(tool.lastError),
            ]
        }
        listing.emptyMessage = "No call\(time.isGiven ? " of that time" : "") has failed."
        return listing
    }

    // MARK: Workflows

    /// Of all the time: what is asked for was chosen before.
    private static let allDays = 36_500

    private func workflowListing(_ history: Table) -> Listing {
        let rows = HistoryRow.all(in: history).filter { time.contains($0.startedAt) }
        let analysis = ErrorAnalysis(of: rows, days: Self.allDays, now: .now)
        var listing =
            switch by {
            case .kind, .tool: kindListing(analysis)
            case .phase:
                rateListing(
                    "phase", analysis.phases.map { ($0.name, $0.workflowCount, $0.failedCount) })
            case .day:
                rateListing("day", analysis.days.map { ($0.day, $0.workflowCount, $0.failedCount) })
            }
        listing.emptyMessage =
            analysis.rows.isEmpty
            ? "No workflow is known\(time.isGiven ? " of that time" : ""); --by tool shows calls."
            : "None of \(Quantity.count(analysis.rows.count, "workflow")) has failed."
        return listing
    }

    private func kindListing(_ analysis: ErrorAnalysis) -> Listing {
        var listing = Listing(
            schema: "tacho.errors/1",
            fields: [
                .init("kind"), .init("severity", drop: 3), .init("failed", right: true),
                .init("share", "share %", right: true, drop: 2), .init("last_workflow", drop: 4),
                .init("last_error", "last error", drop: 1, minimum: 16, maximum: 60),
            ])
        listing.rows = analysis.classCounts.map { error, count in
            let last = analysis.failures.filter { $0.error == error }.map(\.row)
                .max { $0.startedAt?.microseconds ?? 0 < $1.startedAt?.microseconds ?? 0 }
            return [
                .text(error.rawValue), .text(error.severity.rawValue), .count(count),
                .percent(count, of: analysis.failures.count), .text(last?.id),
                .text(last?.errorMessage),
            ]
        }
        return listing
    }

    private func rateListing(
        _ key: String, _ parts: [(name: String, workflows: Int, failed: Int)]
    ) -> Listing {
        var listing = Listing(
            schema: "tacho.errors/1",
            fields: [
                .init(key), .init("workflows", right: true), .init("failed", right: true),
                .init("failure_rate", "rate %", right: true),
            ])
        listing.rows = parts.map {
            [
                .text($0.name), .count($0.workflows), .count($0.failed),
                .percent($0.failed, of: $0.workflows),
            ]
        }
        return listing
    }
}
