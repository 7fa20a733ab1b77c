import TachoJSON
import TachoLog
import TachoProjections

/// Sections of `tacho show` as text: a title, and lines below it.
struct ReportPrinter {
    let output: OutputOptions
    private(set) var text = ""

    private var width: Int? { output.isWide ? nil : Terminal.width() }
    private var style: Style { output.style }

    init(_ output: OutputOptions) {
        self.output = output
    }

    mutating func title(_ title: String) {
        if !text.isEmpty { text += "\n" }
        text += style.apply(.heading, title) + "\n"
    }

    /// `label  value` pairs; what is unknown is left out.
    mutating func facts(_ facts: [(label: String, cell: Cell)]) {
        let known = facts.filter { fact in
            if case .unknown = fact.cell { return false }
            return true
        }
        let labelWidth = known.reduce(0) { max($0, $1.label.count) }
        for (label, cell) in known {
            let padded = TerminalText.padded(label, to: labelWidth, rightAligned: false)
            let room = width.map { max(10, $0 - labelWidth - 4) } ?? .max
            let value = TerminalText.truncated(cell.display, to: room)
            let role = label == "status" ? Style.Role(status: cell.display) : .plain
            text += "  " + style.apply(.faint, padded) + "  " + style.apply(role, value) + "\n"
        }
    }

    mutating func phases(_ phases: [WorkflowReport.Phase], start: Timestamp?, end: Timestamp?) {
        guard !phases.isEmpty else { return }
        title("Phases")
        let total = max(phases.reduce(0) { $0 + $1.seconds }, 0.001)
        var origin = 0.0
        var extent = total
        if let start, let end, end > start, phases.allSatisfy({ $0.end != nil }) {
            origin = Double(start.microseconds) / 1e6
            extent = max(0.001, Double(end.microseconds) / 1e6 - origin)
        }
        let isPlaced = origin > 0
        let barWidth = max(12, min(40, (width ?? 100) - 60))
        var table = TextTable(columns: [
            .init(title: "phase"), .init(title: ""), .init(title: "time", isRightAligned: true),
            .init(title: "share", isRightAligned: true),
            .init(title: "cost", isRightAligned: true), .init(title: "status"),
        ])
        var reached = 0.0
        for phase in phases {
            var from = reached / extent
            var to = (reached + phase.seconds) / extent
            reached += phase.seconds
            if isPlaced, let end = phase.end {
                to = (Double(end.microseconds) / 1e6 - origin) / extent
                from = to - phase.seconds / extent
            }
            let bar = TimeBar.text(from: from, to: to, width: barWidth)
            let status = phase.status ?? "-"
            table.rows.append([
                .init(text: "  " + TerminalText.sanitized(phase.name)),
                .init(text: bar, role: .accent),
                .init(text: Quantity.duration(seconds: phase.seconds)),
                .init(text: "\(Quantity.fixed(phase.seconds / total * 100, 0)) %"),
                .init(text: phase.cost.map { Quantity.dollars(picoDollars: $0) } ?? "-"),
                .init(text: status, role: Style.Role(status: status)),
            ])
        }
        table.columns[0].title = "  phase"
        text += table.rendered(width: width, style).text
    }

    mutating func tools(_ tools: [WorkflowReport.Tool]) {
        guard !tools.isEmpty else { return }
        title("Tools")
        var table = TextTable(columns: [
            .init(title: "  tool", minimumWidth: 12), .init(title: "calls", isRightAligned: true),
            .init(title: "failed", isRightAligned: true),
            .init(title: "time", isRightAligned: true),
            .init(title: "each", isRightAligned: true),
        ])
        for tool in tools {
            let isTimed = tool.timedCount > 0
            let seconds = Double(tool.milliseconds) / 1000
            let each = isTimed ? seconds / Double(tool.timedCount) : 0
            table.rows.append([
                .init(text: "  " + TerminalText.sanitized(tool.name)),
                .init(text: Quantity.count(tool.callCount)),
                .init(
                    text: tool.failureCount == 0 ? "-" : Quantity.count(tool.failureCount),
                    role: tool.failureCount == 0 ? .plain : .bad),
                .init(text: isTimed ? Quantity.duration(seconds: seconds) : "-"),
                .init(text: isTimed ? Quantity.duration(seconds: each) : "-"),
            ])
        }
        text += table.rendered(width: width, style).text
    }

    mutating func costs(_ costs: [(phase: String, cost: Int64)]) {
        guard !costs.isEmpty else { return }
        title("Cost by phase")
        let most = max(1, costs.map(\.cost).max() ?? 1)
        var table = TextTable(columns: [
            .init(title: ""), .init(title: "", isRightAligned: true), .init(title: ""),
        ])
        table.showsTitles = false
        for (phase, cost) in costs {
            let length = Int((Double(cost) / Double(most) * 24).rounded())
            table.rows.append([
                .init(text: "  " + TerminalText.sanitized(phase)),
                .init(text: Quantity.dollars(picoDollars: cost)),
                .init(
                    text: String(repeating: "█", count: max(cost > 0 ? 1 : 0, length)),
                    role: .accent),
            ])
        }
        text += table.rendered(width: width, style).text
    }

    mutating func sessions(_ rows: [Int], _ sessions: Table) {
        guard !rows.isEmpty else { return }
        title("Sessions")
        var table = TextTable(columns: [
            .init(title: "  session", minimumWidth: 10), .init(title: "model", dropOrder: 3),
            .init(title: "started (UTC)", dropOrder: 2),
            .init(title: "prompts", isRightAligned: true, dropOrder: 4),
            .init(title: "tools", isRightAligned: true, dropOrder: 1),
            .init(title: "output tokens", isRightAligned: true, dropOrder: 5),
            .init(title: "status"),
        ])
        for row in rows {
            func count(_ column: String) -> TextTable.Cell {
                .init(
                    text: sessions.integer(named: column, row).map { Quantity.count($0) } ?? "-")
            }
            let status = sessions.cell("status", row).display
            table.rows.append([
                .init(text: "  " + sessions.cell("session_id", row).display),
                .init(text: sessions.cell("model", row).display),
                .init(text: sessions.cell("started_at", row).display), count("prompt_count"),
                count("tool_call_count"), count("output_tokens"),
                .init(text: status, role: Style.Role(status: status)),
            ])
        }
        text += table.rendered(width: width, style).text
    }

    mutating func events(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        title("Last events")
        text += lines.joined()
    }
}
