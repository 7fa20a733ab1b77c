import TachoEvents
import TachoJSON

// Calls and results as blocks of messages: transcripts, and the outputs of runs.

extension ToolCallsProjector {
    func applyMessage(_ event: Event, from witness: Witness, _ table: inout Table) {
        // In an output the session stands behind the message, in a transcript it is the stream.
        let isOutput = witness == .output
        let reading = event.agentReading
        let record = reading.record
        var results = (count: 0, row: 0)
        reading.forEachBlock { block in
            guard let kind = block.kind, let row = row(id: block.id, event, &table) else {
                return
            }
            note(witness, row, event, &table)
            if isOutput {
                table.fill(Column.sessionID, of: row, text: record.sessionID)
                table.fill(Column.adwID, of: row, text: event.stream)
                table.fill(Column.parentToolUseID, of: row, text: record.parentToolUseID)
            } else {
                table.fill(Column.sessionID, of: row, text: event.stream)
                table.fill(Column.agentID, of: row, text: record.agentID)
            }
            switch kind {
            case .use: setCall(block, event, row, &table)
            case .result:
                setResult(block, event, row, &table)
                results = (results.count + 1, row)
            }
            setDuration(nil, row, &table)
        }
        // A hook's duration goes before it, whichever was told first.
        if results.count == 1, table.boolean(Column.isDurationReported, results.row) != true {
            setDuration(event.resultDuration, results.row, &table)
        }
    }

    private func setCall(
        _ block: ToolBlock, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        table.fill(Column.toolName, of: row, text: block.name)
        setInput(block.input, row, &table)
        setCalled(event.time, byHook: false, row, &table)
        setOutcome(.pending, row, &table)
    }

    private func setResult(
        _ block: ToolBlock, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        setCompleted(event.time, byHook: false, row, &table)
        if let content = block.content { setResultSize(content, row, &table) }
        guard block.isError else {
            setOutcome(.completed, row, &table)
            return
        }
        let text = block.errorText
        setError(text, row, &table)
        setOutcome(text?.withText { Self.outcome(ofError: $0) } ?? .failed, row, &table)
    }

    /// The agent says in words that a call was not made, or was stopped.
    static func outcome(ofError text: UnsafeRawBufferPointer) -> Outcome {
        let denials: [StaticString] = [
            "The user doesn't want to proceed", "The user doesn't want to take this action",
            "Permission to use ", "Claude requested permissions ",
        ]
        if denials.contains(where: { text.hasPrefix($0) }) { return .denied }
        let interruptions: [StaticString] = ["[Request interrupted", "[Operation Cancelled]"]
        return interruptions.contains(where: { text.hasPrefix($0) }) ? .interrupted : .failed
    }
}
