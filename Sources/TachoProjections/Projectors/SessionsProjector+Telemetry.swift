import TachoEvents
import TachoJSON
import TachoLog

// Sessions as telemetry tells of them. Its counts are kept apart from those of hooks and
// transcripts, and the largest is shown: nothing is counted twice, whatever was read first.

extension SessionsProjector {
    mutating func applyTelemetry(_ event: Event, _ table: inout Table) {
        let record = TelemetryRecord(event.data)
        // A look at the list of agents is counted as a session, and is none.
        guard record.text("start_type")?.equals("agents_view") != true,
            let session = record.sessionID, let row = session.withText({ begin($0, event, &table) })
        else { return }
        table.fill(Column.adwID, of: row, text: event.hookWorkflow(session: session))
        table.renew(
            Column.version, of: row,
            text: record.text("app.version") ?? record.resource?["service.version"])
        guard let name = event.name(after: EventType.telemetryPrefix) else { return }
        if record.isSpan {
            // The event has the moment of its end.
            if let start = record.spanStart { span(row, through: start, table) }
            takeSpan(record, named: name, row, &table)
        } else if record.isLog, event.producer.equals("claude-code") {
            takeLog(record, named: name, row, &table)
        } else if record.isLog {
            takeOther(record, named: name, row, &table)
        }
    }

    /// What Codex and Gemini tell of: prompts, calls of tools and of models, and what went wrong.
    private func takeOther(
        _ record: TelemetryRecord, named name: UnsafeRawBufferPointer, _ row: Int,
        _ table: inout Table
    ) {
        if name.equals("codex.user_prompt") || name.equals("gemini_cli.user_prompt") {
            return count(1, .telemetryPrompts, in: .promptCount, row, &table)
        }
        if name.equals("codex.tool_result") || name.equals("gemini_cli.tool_call") {
            count(1, .telemetryCalls, in: .toolCallCount, row, &table)
            // What was refused was never made.
            if record.flag("success") == false, record.text("decision")?.equals("reject") != true {
                count(1, .telemetryErrors, in: .errorCount, row, &table)
            }
            return
        }
        if name.equals("gemini_cli.chat_compression") {
            return count(1, .telemetryCompactions, in: .compactionCount, row, &table)
        }
        if name.equals("gemini_cli.api_error") { table.add(1, to: Column.apiErrorCount, of: row) }
        let usage: MessageUsage? =
            if name.equals("codex.sse_event") {
                record.codexUsage
            } else if name.equals("gemini_cli.api_response") {
                record.geminiUsage
            } else {
                nil
            }
        guard let usage else { return }
        setModel(record.text("model"), row, &table)
        countRequest(usage, row, &table)
    }

    private func takeLog(
        _ record: TelemetryRecord, named name: UnsafeRawBufferPointer, _ row: Int,
        _ table: inout Table
    ) {
        if name.equals("user_prompt") {
            count(1, .telemetryPrompts, in: .promptCount, row, &table)
        } else if name.equals("tool_result") {
            count(1, .telemetryCalls, in: .toolCallCount, row, &table)
            if record.flag("success") == false {
                count(1, .telemetryErrors, in: .errorCount, row, &table)
            }
        } else if name.equals("compaction") {
            count(1, .telemetryCompactions, in: .compactionCount, row, &table)
        } else if name.equals("subagent_completed") {
            count(1, .telemetrySubagents, in: .subagentCount, row, &table)
        } else if name.equals("api_error") {
            table.add(1, to: Column.apiErrorCount, of: row)
        } else if name.equals("api_request") {
            setModel(record.text("model"), row, &table)
            countRequest(record.requestUsage, row, &table)
        }
    }

    private func takeSpan(
        _ record: TelemetryRecord, named name: UnsafeRawBufferPointer, _ row: Int,
        _ table: inout Table
    ) {
        switch record.spanKind(name) {
        case .tool:
            count(1, .telemetryCalls, in: .toolCallCount, row, &table)
            if record.hasFailed { count(1, .telemetryErrors, in: .errorCount, row, &table) }
        case .model:
            if record.hasFailed { table.add(1, to: Column.apiErrorCount, of: row) }
            guard let usage = record.spanUsage else { return }
            setModel(record.spanModel, row, &table)
            countRequest(usage, row, &table)
        case .agent: selectModel(record.spanModel, row, &table)
        case nil: break
        }
    }

    private func countRequest(_ usage: MessageUsage, _ row: Int, _ table: inout Table) {
        count(1, .telemetryRequests, in: .messageCount, row, &table)
        if usage.input != nil || usage.output != nil { beginTokens(row, &table) }
        count(usage.input ?? 0, .telemetryInput, in: .inputTokens, row, &table)
        count(usage.output ?? 0, .telemetryOutput, in: .outputTokens, row, &table)
        count(usage.cacheRead ?? 0, .telemetryCacheRead, in: .cacheReadTokens, row, &table)
        count(usage.cacheWrite ?? 0, .telemetryCacheWrite, in: .cacheWriteTokens, row, &table)
        setLowerBound(row, &table)
    }

    /// Whether the output shown may be too small: a message was only told as it was guessed, and
    /// neither a result nor the telemetry of all requests has the final numbers.
    func setLowerBound(_ row: Int, _ table: inout Table) {
        func number(_ column: Column) -> Int64 { table.integer(column, row) ?? 0 }
        let isOpen = number(.openMessages) > 0
        let isTold =
            number(.telemetryRequests) >= number(.messageCount)
            && number(.telemetryOutput) >= number(.messageOutput)
        table.set(
            Column.outputTokensIsLowerBound, of: row,
            boolean: isOpen && !isTold && table.boolean(Column.hasResult, row) != true)
    }
}
