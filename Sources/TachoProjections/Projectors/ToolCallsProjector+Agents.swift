import TachoEvents
import TachoJSON
import TachoLog

// Calls in the sessions of other agents than Claude Code.

extension ToolCallsProjector {
    func applyActivities(_ event: Event, _ table: inout Table) {
        AgentFormats.forEachActivity(in: event) { activity in
            switch activity {
            case .call(let call): begin(call, event, &table)
            case .result(let result): end(result, event, &table)
            default: break
            }
        }
    }

    private func row(_ id: ByteString, _ event: Event, _ table: inout Table) -> Int {
        let row = row(toldAs: id, event, table) ?? table.rowOrInsert(key: id, at: event).row
        note(.transcript, row, event, &table)
        table.fill(Column.sessionID, of: row, text: event.stream)
        return row
    }

    private func begin(_ call: AgentCall, _ event: Event, _ table: inout Table) {
        let told = pairWithTelemetry(call, event, &table)
        let isNew = told == nil && table.row(forKey: call.id) == nil
        let row = row(call.id, event, &table)
        if isNew { waitForTelemetry(call, event, row, &table) }
        fill(Column.toolName, of: row, call.name, limit: nil, &table)
        fill(Column.command, of: row, call.command, limit: Self.argumentByteLimit, &table)
        fill(Column.filePath, of: row, call.path, limit: Self.argumentByteLimit, &table)
        setInput(call.arguments, row, &table)
        setCalled(call.time, byHook: false, row, &table)
        setOutcome(.pending, row, &table)
        setDuration(nil, row, &table)
    }

    private func end(_ result: AgentCallResult, _ event: Event, _ table: inout Table) {
        let row = row(result.id, event, &table)
        setCompleted(result.time, byHook: false, row, &table)
        if let output = result.output { setResultSize(output, row, &table) }
        fill(Column.errorMessage, of: row, result.error, limit: Self.errorByteLimit, &table)
        if let code = result.exitCode, table.isUnknown(Column.exitCode, row) {
            table.set(Column.exitCode, of: row, integer: code)
        }
        setOutcome(Outcome(result.outcome), row, &table)
        setDuration(result.duration, row, &table)
    }

    private func fill(
        _ column: Column, of row: Int, _ text: ByteString?, limit: Int?, _ table: inout Table
    ) {
        guard let text, table.isUnknown(column, row) else { return }
        text.bytes.withUnsafeBytes { bytes in
            table.set(
                column, of: row, text: limit.map { bytes.prefix(characterBytes: $0) } ?? bytes)
        }
    }
}

extension ToolCallsProjector.Outcome {
    init(_ outcome: AgentCallResult.Outcome) {
        switch outcome {
        case .completed: self = .completed
        case .failed: self = .failed
        case .interrupted: self = .interrupted
        case .denied: self = .denied
        }
    }
}
