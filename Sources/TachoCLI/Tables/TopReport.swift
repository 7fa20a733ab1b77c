import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

/// What was going on in the time before a moment: workflows that run, and sessions that did something.
struct TopReport {
    let now: Timestamp
    /// Microseconds before `now`.
    let span: Int64
    let position: Position
    private(set) var workflows: Listing
    private(set) var sessions: Listing
    let warnings: [String]

    static let tables = [
        WantedTable("workflow_history", columns: workflowColumns),
        WantedTable("sessions", columns: sessionColumns),
        WantedTable("model_usage", columns: SessionCosts.columns), "prices",
    ]
    private static let workflowColumns = [
        "adw_id", "status", "current_phase", "start_time", "total_tokens", "reported_cost_total",
        "actual_cost_total", "updated_at", "nl_input",
    ]
    private static let sessionColumns = [
        "session_id", "agent", "model", "cwd", "status", "started_at", "ended_at", "prompt_count",
        "tool_call_count", "error_count", "output_tokens", "adw_id",
    ]

    /// - Parameters:
    ///   - tables: With ``tables`` and `tool_calls`, of which few rows are looked at.
    ///   - now: The moment it is about.
    ///   - span: What did nothing for so many microseconds is left out.
    /// - Throws: ``Failure`` if one of them was not opened.
    init(_ tables: OpenTables, now: Timestamp, span: Int64) throws {
        self.now = now
        self.span = span
        position = tables.asOf ?? tables.checkpoint
        warnings = tables.warnings
        workflows = Self.emptyWorkflows
        sessions = Self.emptySessions
        workflows.rows = workflowRows(try tables.table("workflow_history"))
        let costs = SessionCosts(
            try tables.table("model_usage"), PriceBook(try tables.table("prices")))
        sessions.rows = sessionRows(
            try tables.table("sessions"), calls: try tables.table("tool_calls"), costs)
    }

    private func isRecent(_ moment: Timestamp) -> Bool {
        Int128(now.microseconds) - Int128(moment.microseconds) <= Int128(span)
    }

    private func seconds(since moment: Timestamp?) -> Cell {
        guard let moment else { return .unknown }
        return .seconds(
            Double(Int128(now.microseconds) - Int128(moment.microseconds)) / 1_000_000)
    }

    /// The rows with the latest moments first.
    private func recent(_ rows: Range<Int>, _ moment: (Int) -> Timestamp?) -> [Int] {
        var found: [(row: Int, moment: Timestamp)] = []
        for row in rows {
            if let moment = moment(row), isRecent(moment) { found.append((row, moment)) }
        }
        found.sort { $0.moment == $1.moment ? $0.row < $1.row : $0.moment > $1.moment }
        return found.map(\.row)
    }

    // MARK: Workflows

    private static var emptyWorkflows: Listing {
        Listing(
            schema: "tacho.top/1",
            fields: [
                .init("adw_id", "workflow", minimum: 8, maximum: 20),
                .init("current_phase", "phase"),
                .init("running_seconds", "running", right: true),
                .init("total_tokens", "tokens", right: true, drop: 3),
                .init("cost_usd", "cost", right: true),
                .init("idle_seconds", "last change", right: true, drop: 2),
                .init("nl_input", "request", drop: 1, minimum: 12, maximum: 50),
            ])
    }

    private func workflowRows(_ history: Table) -> [[Cell]] {
        typealias Column = WorkflowHistoryProjector.Column
        let found = recent(0..<history.rowCount) { row in
            history.text(Column.status, row, equals: "running")
                ? history.timestamp(Column.updatedAt, row) : nil
        }
        return found.map { row in
            let cost =
                history.money(Column.reportedCostTotal, row)
                ?? history.money(Column.actualCostTotal, row)
            return [
                history.cell("adw_id", row), history.cell("current_phase", row),
                seconds(since: history.timestamp(Column.startTime, row)),
                history.integer(Column.totalTokens, row).map { .count(Int($0)) } ?? .unknown,
                cost.map { .money($0) } ?? .unknown,
                seconds(since: history.timestamp(Column.updatedAt, row)),
                history.cell("nl_input", row),
            ]
        }
    }

    // MARK: Sessions

    private static var emptySessions: Listing {
        Listing(
            schema: "tacho.top/1",
            fields: [
                .init("session_id", "session", minimum: 8, maximum: 14), .init("agent"),
                .init("model", drop: 3, minimum: 6, maximum: 24),
                .init("cwd", "project", drop: 5, minimum: 8, maximum: 32),
                .init("adw_id", "workflow", detail: true), .init("status", detail: true),
                .init("last_tool", "doing", minimum: 8, maximum: 24),
                .init("last_tool_status", detail: true),
                .init("prompt_count", "prompts", right: true, drop: 7),
                .init("tool_call_count", "tools", right: true, drop: 2),
                .init("error_count", "failed", right: true, drop: 6),
                .init("output_tokens", "output tokens", right: true, drop: 4),
                .init("cost_usd", "cost", right: true),
                .init("started_at", detail: true), .init("last_event_at", detail: true),
                .init("idle_seconds", "idle", right: true, drop: 1),
            ])
    }

    private func sessionRows(
        _ sessions: Table, calls: Table, _ costs: SessionCosts
    ) -> [[Cell]] {
        typealias Column = SessionsProjector.Column
        let found = recent(0..<sessions.rowCount) { sessions.timestamp(Column.endedAt, $0) }
        return found.map { row in
            let id = sessions.key(row)
            let last = calls.rows(where: ToolCallsProjector.Column.sessionID, equals: id).last
            let cost = costs[id].flatMap { $0.requestCount > 0 && $0.cost > 0 ? $0.cost : nil }
            func count(_ column: Column) -> Cell {
                sessions.integer(column, row).map { .count(Int(clamping: $0)) } ?? .unknown
            }
            return [
                .text(id.description), sessions.cell("agent", row), sessions.cell("model", row),
                sessions.cell("cwd", row), sessions.cell("adw_id", row),
                sessions.cell("status", row), last.map { calls.cell("tool_name", $0) } ?? .unknown,
                last.map { calls.cell("status", $0) } ?? .unknown, count(.promptCount),
                count(.toolCallCount), count(.errorCount), count(.outputTokens),
                cost.map { .money($0) } ?? .unknown, sessions.cell("started_at", row),
                sessions.cell("ended_at", row),
                seconds(since: sessions.timestamp(Column.endedAt, row)),
            ]
        }
    }

    // MARK: Forms

    /// For people, in so many columns and lines; `nil` is no limit.
    func text(_ options: OutputOptions, width: Int?, height: Int?) -> String {
        let style = options.style
        let time = Quantity.duration(seconds: Double(span) / 1_000_000)
        let title =
            "\(Quantity.moment(now)) UTC, the last \(time): "
            + "\(Quantity.count(workflows.rows.count, "running workflow")), "
            + "\(Quantity.count(sessions.rows.count, "active session")), "
            + "\(Quantity.count(position.rawValue)) events in the store"
        var text = style.apply(.heading, title) + "\n"
        // The title, two empty lines, two lines of heads, and the line that the cursor stands in.
        let room = height.map { max(2, $0 - 6) } ?? .max
        let workflowCount = min(workflows.rows.count, max(room / 2, room - sessions.rows.count))
        for (listing, count, nothing) in [
            (workflows, workflowCount, "No workflow is running.\n"),
            (shownSessions, room - workflowCount, "No session is active.\n"),
        ] {
            var shown = listing
            shown.rows = Array(listing.rows.prefix(count))
            text += "\n" + (shown.rows.isEmpty ? nothing : shown.text(options, width: width).text)
        }
        return text
    }

    /// What people want to see at once: whether the last call is still going on, the directory's own
    /// name.
    private var shownSessions: Listing {
        func place(_ key: String) -> Int? { sessions.fields.firstIndex { $0.key == key } }
        guard let tool = place("last_tool"), let outcome = place("last_tool_status"),
            let status = place("status"), let project = place("cwd")
        else { return sessions }
        var listing = sessions
        listing.rows = sessions.rows.map { row in
            var row = row
            if case .text("ended") = row[status] {
                row[tool] = .text("(ended)")
            } else if case .text("pending") = row[outcome], case .text(let name) = row[tool] {
                row[tool] = .text(name + " …")
            }
            if case .text(let path) = row[project] {
                row[project] = .text(path.split(separator: "/").last.map(String.init) ?? path)
            }
            return row
        }
        return listing
    }

    var json: [UInt8] {
        JSONEnvelope(schema: "tacho.top/1", warnings: warnings).bytes { writer in
            writer.beginObject()
            writer.key("now")
            writer.value(now.iso8601)
            writer.key("within_seconds")
            writer.value(Int(span / 1_000_000))
            writer.key("position")
            writer.value(Int(clamping: position.rawValue))
            writer.key("workflows")
            workflows.writeRows(to: &writer)
            writer.key("sessions")
            sessions.writeRows(to: &writer)
            writer.endObject()
        }
    }
}
