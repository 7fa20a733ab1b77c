import ArgumentParser
import TachoJSON
import TachoLog
import TachoProjections

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one workflow or session: facts, phases, tools, cost, last events.",
        discussion: """
            ID is a workflow's adw_id or a session's id; a beginning is enough if only one begins \
            so.

            EXAMPLES
              tacho show a1b2c3d4
              tacho show a1b2c3d4 --as-of 2025-12-18T10:00:00Z
              tacho show 7f3e --json | jq .data.tools
            """)

    @Argument(help: "The workflow or session.")
    var id: String

    @Option(help: "How many of the last events.")
    var events = 5

    @OptionGroup var asOf: AsOfOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if output.isCSV {
            throw ValidationError("A report has no CSV form: use `tacho table NAME --csv`.")
        }
        if events < 0 { throw ValidationError("--events is not negative.") }
    }

    func run() throws {
        // A few rows of each table.
        var tables = try open(WorkflowReport.tables.map { WantedTable(cellsOf: $0) })
        var text = try answer(tables)
        if tables.lackCells {
            tables = try open(WorkflowReport.tables.map { WantedTable($0) })
            text = try answer(tables)
        }
        try Output.write(text)
        if output.format == .text {
            for warning in tables.warnings { Output.note("warning: \(warning)") }
        }
        try tables.checkDamage()
    }

    private func open(_ wanted: [WantedTable]) throws -> OpenTables {
        try OpenTables(wanted, in: location, asOf: asOf.asOf, output.messages)
    }

    private func answer(_ tables: OpenTables) throws -> [UInt8] {
        let found = try Subject.find(id, tables)
        let line = EventLine(
            output.style, output.isWide ? nil : Terminal.width().map { max(40, $0 - 2) })
        switch found.kind {
        case .workflow:
            return try workflow(
                found, LastEvents(events, of: found.id, tables, line), tables)
        case .session:
            let workflow = try tables.table("sessions").text(named: "adw_id", found.row)
            let last = try LastEvents(
                events, of: workflow ?? found.id, session: workflow == nil ? nil : found.id, tables,
                line)
            return try session(found, last, tables)
        }
    }

    // MARK: Workflows

    private func workflow(
        _ found: Subject, _ last: LastEvents, _ tables: OpenTables
    ) throws -> [UInt8] {
        let report = try WorkflowReport(found.id, row: found.row, tables)
        if output.isJSON { return json(report, last, tables) }
        let history = report.history
        let row = found.row
        var page = ReportPrinter(output)
        page.title("Workflow \(found.id)")
        page.facts([
            ("status", history.cell("status", row)),
            ("issue", history.cell("issue_number", row)),
            ("request", history.cell("nl_input", row)),
            ("template", history.cell("workflow_template", row)),
            ("model", history.cell("model_used", row)),
            ("started", history.cell("start_time", row)),
            ("ended", history.cell("end_time", row)),
            (
                "duration",
                history.integer(named: "duration_seconds", row).map { .seconds(Double($0)) }
                    ?? .unknown
            ),
            ("cost, as reported", history.cell("reported_cost_total", row)),
            ("by the price table", history.cell("actual_cost_total", row)),
            ("estimate", history.cell("estimated_cost_total", row)),
            ("tokens", tokens(history, row)),
            ("retries", positive(history.integer(named: "retry_count", row))),
            ("bottleneck", history.cell("bottleneck_phase", row)),
            ("error", history.cell("error_message", row)),
            ("error category", history.cell("error_category", row)),
            ("branch", history.cell("branch_name", row)),
            ("worktree", history.cell("worktree_path", row)),
            ("parent", history.cell("parent_adw_id", row)),
        ])
        page.phases(
            report.phases, start: history.moment(named: "start_time", row),
            end: history.moment(named: "end_time", row))
        page.tools(report.tools)
        page.costs(report.costByPhase)
        page.sessions(report.sessionRows, report.sessions)
        page.events(last.lines)
        return Array(page.text.utf8)
    }

    private func positive(_ number: Int64?) -> Cell {
        guard let number, number > 0 else { return .unknown }
        return .number(number)
    }

    private func tokens(_ table: Table, _ row: Int) -> Cell {
        func count(_ column: String) -> String {
            table.integer(named: column, row).map { Quantity.count($0) } ?? "-"
        }
        guard table.integer(named: "total_tokens", row) != nil else { return .unknown }
        return .text(
            "\(count("total_tokens")): \(count("input_tokens")) in, "
                + "\(count("output_tokens")) out, \(count("cached_tokens")) written to cache, "
                + "\(count("cache_hit_tokens")) read from it")
    }

    private func json(
        _ report: WorkflowReport, _ last: LastEvents, _ tables: OpenTables
    ) -> [UInt8] {
        let envelope = JSONEnvelope(schema: "tacho.show.workflow/1", warnings: tables.warnings)
        return envelope.bytes { writer in
            writer.beginObject()
            writer.key("workflow")
            report.history.writeJSON(row: report.row, to: &writer)
            writer.key("phases")
            writer.beginArray()
            for phase in report.phases {
                writer.object([
                    ("phase", .text(phase.name)), ("seconds", .seconds(phase.seconds)),
                    ("status", .text(phase.status)),
                    ("end", phase.end.map { .moment($0) } ?? .unknown),
                    ("cost_usd", phase.cost.map { .money($0) } ?? .unknown),
                ])
            }
            writer.endArray()
            writer.tools(report.tools)
            writer.key("sessions")
            writer.beginArray()
            for row in report.sessionRows {
                report.sessions.writeJSON(row: row, to: &writer)
            }
            writer.endArray()
            writer.positions(last.positions)
            writer.endObject()
        }
    }

    // MARK: Sessions

    private func session(
        _ found: Subject, _ last: LastEvents, _ tables: OpenTables
    ) throws -> [UInt8] {
        let sessions = try tables.table("sessions")
        let row = found.row
        let tools = WorkflowReport.Tool.tally(
            try tables.table("tool_calls"), where: "session_id", equals: found.id)
        if output.isJSON {
            let envelope = JSONEnvelope(schema: "tacho.show.session/1", warnings: tables.warnings)
            return envelope.bytes { writer in
                writer.beginObject()
                writer.key("session")
                sessions.writeJSON(row: row, to: &writer)
                writer.tools(tools)
                writer.positions(last.positions)
                writer.endObject()
            }
        }
        var page = ReportPrinter(output)
        page.title("Session \(found.id)")
        page.facts([
            ("status", sessions.cell("status", row)),
            ("agent", sessions.cell("agent", row)),
            ("workflow", sessions.cell("adw_id", row)),
            ("directory", sessions.cell("cwd", row)),
            ("branch", sessions.cell("git_branch", row)),
            ("model", sessions.cell("model", row)),
            ("started", sessions.cell("started_at", row)),
            ("last event", sessions.cell("ended_at", row)),
            ("duration", duration(sessions, row)),
            ("prompts", sessions.cell("prompt_count", row)),
            ("messages", positive(sessions.integer(named: "message_count", row))),
            ("tool calls", sessions.cell("tool_call_count", row)),
            ("failed calls", positive(sessions.integer(named: "error_count", row))),
            ("tokens", sessionTokens(sessions, row)),
            ("reported cost", sessions.cell("reported_cost_total", row)),
        ])
        page.tools(tools)
        page.events(last.lines)
        return Array(page.text.utf8)
    }

    private func duration(_ sessions: Table, _ row: Int) -> Cell {
        guard let start = sessions.moment(named: "started_at", row),
            let end = sessions.moment(named: "ended_at", row)
        else { return .unknown }
        return .seconds(Double(end.microseconds - start.microseconds) / 1e6)
    }

    private func sessionTokens(_ sessions: Table, _ row: Int) -> Cell {
        let counts = ["input_tokens", "output_tokens", "cache_write_tokens", "cache_read_tokens"]
            .map { sessions.integer(named: $0, row) }
        guard counts.contains(where: { $0 != nil }) else { return .unknown }
        let texts = counts.map { $0.map { Quantity.count($0) } ?? "-" }
        return .text(
            "\(texts[0]) in, \(texts[1]) out, \(texts[2]) written to cache, "
                + "\(texts[3]) read from it")
    }
}

/// The workflow or session that an id on the command line names.
struct Subject {
    enum Kind {
        case workflow, session
    }

    let kind: Kind
    let id: String
    let row: Int

    /// - Throws: ``Failure`` if none or several are meant.
    static func find(_ text: String, _ tables: OpenTables) throws(Failure) -> Subject {
        let history = try tables.table("workflow_history")
        let sessions = try tables.table("sessions")
        let sources: [(Kind, Table)] = [(.workflow, history), (.session, sessions)]
        let names = [text] + (text.hasPrefix("wf-") ? [String(text.dropFirst(3))] : [])
        for name in names {
            for (kind, table) in sources {
                if let row = table.row(forKey: ByteString(name)) {
                    return Subject(kind: kind, id: name, row: row)
                }
            }
        }
        var matches = [Subject]()
        for (kind, table) in sources {
            for row in 0..<table.rowCount {
                let key = table.key(row)
                if key.hasPrefix(ByteString(text)) {
                    matches.append(Subject(kind: kind, id: key.description, row: row))
                }
            }
        }
        if matches.count == 1 { return matches[0] }
        guard matches.isEmpty else { throw Failure.ambiguous(text, matches.map(\.id)) }
        throw Failure(
            .failure,
            "there is no workflow and no session \(text). `tacho history` and `tacho sessions` "
                + "list them.")
    }
}

extension JSONWriter {
    fileprivate mutating func object(_ members: [(String, Cell)]) {
        beginObject()
        for (name, cell) in members {
            key(name)
            cell.write(to: &self)
        }
        endObject()
    }

    fileprivate mutating func tools(_ tools: [WorkflowReport.Tool]) {
        key("tools")
        beginArray()
        for tool in tools {
            object([
                ("tool_name", .text(tool.name)), ("calls", .count(tool.callCount)),
                ("failures", .count(tool.failureCount)),
                ("timed_calls", .count(tool.timedCount)),
                ("duration_ms", tool.timedCount > 0 ? .number(tool.milliseconds) : .unknown),
            ])
        }
        endArray()
    }

    fileprivate mutating func positions(_ positions: [Position]) {
        key("last_positions")
        beginArray()
        for position in positions { value(position.rawValue) }
        endArray()
    }
}
