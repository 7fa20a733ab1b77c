import TachoEvents
import TachoJSON
import TachoLog

// Calls as telemetry tells of them: the events of Claude Code, Codex, and Gemini, and spans of tools.

extension ToolCallsProjector {
    func applyTelemetry(_ event: Event, _ table: inout Table) {
        let record = TelemetryRecord(event.data)
        let isSpan = record.isSpan
        guard isSpan || record.isLog else { return }
        if !isSpan, event.type.hasPrefix("otel.codex.") {
            return applyCodex(record, event, &table)
        }
        if !isSpan, event.type.hasPrefix("otel.gemini_cli.") {
            return applyGemini(record, event, &table)
        }
        guard isSpan ? isToolSpan(record, event) : event.producer.equals("claude-code") else {
            return
        }
        let id = record.text(isSpan ? "gen_ai.tool.call.id" : "tool_use_id")
        let row =
            row(id: id, event, &table) ?? table.rowOrInsert(key: event.id, at: event).row
        begin(row, record, event, &table)
        table.fill(Column.promptID, of: row, text: record.text("prompt.id"))
        if isSpan {
            setSpan(record, row, &table)
        } else if event.type.equals("otel.tool_decision") {
            setDecision(
                record.text("decision"), source: record.text("source"), row, &table)
            fillName(record.text("tool_name"), row, &table)
        } else {
            setOutcome(of: record, event, row, &table)
        }
    }

    private func isToolSpan(_ record: TelemetryRecord, _ event: Event) -> Bool {
        event.name(after: EventType.telemetryPrefix).map { record.spanKind($0) } == .tool
    }

    func begin(
        _ row: Int, _ record: TelemetryRecord, _ event: Event, _ table: inout Table
    ) {
        note(.telemetry, row, event, &table)
        guard let session = record.sessionID else { return }
        table.fill(Column.sessionID, of: row, text: session)
        table.fill(Column.adwID, of: row, text: event.hookWorkflow(session: session))
    }

    // MARK: Claude Code

    private func setOutcome(
        of record: TelemetryRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        fillName(record.text("tool_name"), row, &table)
        setDecision(
            record.text("decision_type"), source: record.text("decision_source"), row, &table)
        setInput(textOfJSON: record.text("tool_input"), row, &table)
        let duration = record.count("duration_ms")
        setTimes(end: event.time, duration, row, &table)
        table.fill(
            Column.resultByteCount, of: row, count: record.count("tool_result_size_bytes"))
        switch record.flag("success") {
        case true: setOutcome(.completed, row, &table)
        case false:
            setError(record.text("error") ?? record.text("error_type"), row, &table)
            setOutcome(.failed, row, &table)
        case nil: setOutcome(.pending, row, &table)
        }
    }

    /// What was decided on a call, by whom; a call that was refused was never made.
    private func setDecision(
        _ decision: JSONView?, source: JSONView?, _ row: Int, _ table: inout Table
    ) {
        table.fill(Column.decision, of: row, text: decision)
        table.fill(Column.decisionSource, of: row, text: source)
        setOutcome(decision?.equals("reject") == true ? .denied : .pending, row, &table)
    }

    /// Without leave to tell names, telemetry calls all tools of servers `mcp_tool`.
    private func fillName(_ name: JSONView?, _ row: Int, _ table: inout Table) {
        guard name?.equals("mcp_tool") != true else { return }
        table.fill(Column.toolName, of: row, text: name)
    }

    // MARK: GenAI

    private func setSpan(_ record: TelemetryRecord, _ row: Int, _ table: inout Table) {
        table.fill(Column.toolName, of: row, text: record.toolName)
        setInput(textOfJSON: record.toolArguments, row, &table)
        if let times = record.spanNanoseconds {
            setTimes(
                end: Timestamp(microseconds: times.end / 1000),
                (times.end - times.start) / 1_000_000, row, &table)
        }
        if let result = record.toolResult { setResultSize(result, row, &table) }
        if record.hasFailed { setError(record.failure, row, &table) }
        setOutcome(record.hasFailed ? .failed : .completed, row, &table)
    }

    // MARK: Both

    /// A call ran up to its end for as long as it took; a hook's own words go before.
    func setTimes(
        end: Timestamp?, _ duration: Int64?, _ row: Int, _ table: inout Table
    ) {
        setCompleted(end, byHook: false, row, &table)
        if let end, let duration, duration <= TelemetryRecord.durationLimit {
            setCalled(
                Timestamp(microseconds: end.microseconds - duration * 1000), byHook: false, row,
                &table)
        }
        if let duration, table.boolean(Column.isDurationReported, row) != true {
            setDuration(duration, row, &table)
        }
    }

    /// Telemetry says a call's input as JSON in a string.
    func setInput(textOfJSON text: JSONView?, _ row: Int, _ table: inout Table) {
        text?.withText { text in
            // What is no JSON is no input: telemetry cuts long ones off.
            guard (try? JSON.validate(text)) == .object else { return }
            setInput(JSONView(validated: text), row, &table)
        }
    }
}
