import TachoEvents
import TachoJSON
import TachoLog

// Calls as the telemetry of Codex and Gemini tells of them.
//
// Codex names a call as its rollout does. Gemini's `tool_call` names none: it and the call of the
// session's file are one if session, tool, and input are the same (numbers and texts as they were
// written, blanks between them aside), the first of them with the first that waits; where telemetry
// keeps the input to itself, session and tool. Whichever comes second finds the row of the first.
//
// Source: ecosystem §3.7; Codex's and Gemini's own names of attributes.

extension ToolCallsProjector {
    // MARK: Codex

    func applyCodex(_ record: TelemetryRecord, _ event: Event, _ table: inout Table) {
        // What was refused before it was a call has no name; a row of its own says so.
        let row =
            row(id: record.text("call_id"), event, &table)
            ?? table.rowOrInsert(key: event.id, at: event).row
        begin(row, record, event, &table)
        table.fill(Column.toolName, of: row, text: record.text("tool_name"))
        guard event.type.equals("otel.codex.tool_result") else {
            let decision = record.text("decision")
            table.fill(Column.decision, of: row, text: decision)
            table.fill(Column.decisionSource, of: row, text: record.text("source"))
            let isDenied = decision?.equals("denied") == true || decision?.equals("abort") == true
            return setOutcome(isDenied ? .denied : .pending, row, &table)
        }
        setCommand(textOfJSON: record.text("arguments"), row, &table)
        setInput(textOfJSON: record.text("arguments"), row, &table)
        setTimes(end: event.time, record.count("duration_ms"), row, &table)
        var outcome = record.flag("success") == false ? Outcome.failed : .completed
        if let output = record.text("output") {
            setResultSize(output, row, &table)
            output.withText { text in
                let said = CodexOutput(text)
                if let code = said.exitCode, table.isUnknown(Column.exitCode, row) {
                    table.set(Column.exitCode, of: row, integer: code)
                }
                if said.outcome != .completed { outcome = Outcome(said.outcome) }
                guard outcome != .completed, table.isUnknown(Column.errorMessage, row) else {
                    return
                }
                let error = said.error?.bytes ?? Array(text)
                error.withUnsafeBytes { error in
                    table.set(
                        Column.errorMessage, of: row,
                        text: error.prefix(characterBytes: Self.errorByteLimit))
                }
            }
        }
        setOutcome(outcome, row, &table)
    }

    /// The command in the arguments of Codex's shells, which is a list of words there.
    private func setCommand(textOfJSON text: JSONView?, _ row: Int, _ table: inout Table) {
        text?.withText { text in
            // What is no JSON has no command.
            guard (try? JSON.validate(text)) == .object, table.isUnknown(Column.command, row),
                let command = CodexFormat.command(JSONView(validated: text))
            else { return }
            command.bytes.withUnsafeBytes { command in
                table.set(
                    Column.command, of: row,
                    text: command.prefix(characterBytes: Self.argumentByteLimit))
            }
        }
    }

    // MARK: Gemini

    func applyGemini(_ record: TelemetryRecord, _ event: Event, _ table: inout Table) {
        let arguments = record.text("function_args")
        let input = arguments?.withText { Self.inputHash($0) } ?? nil
        let row = rowOfGemini(record, input, event, &table)
        begin(row, record, event, &table)
        table.fill(Column.toolName, of: row, text: record.text("function_name"))
        table.fill(Column.promptID, of: row, text: record.text("prompt_id"))
        table.fill(Column.decision, of: row, text: record.text("decision"))
        setInput(textOfJSON: arguments, row, &table)
        setTimes(end: event.time, record.count("duration_ms"), row, &table)
        table.fill(Column.resultByteCount, of: row, count: record.count("content_length"))
        if record.text("decision")?.equals("reject") == true {
            setOutcome(.denied, row, &table)
        } else if record.flag("success") == false {
            setError(record.text("error") ?? record.text("error_type"), row, &table)
            setOutcome(.failed, row, &table)
        } else {
            setOutcome(.completed, row, &table)
        }
    }

    /// The row of a call that waits for its telemetry, else a new one that waits for its session.
    private func rowOfGemini(
        _ record: TelemetryRecord, _ input: Int64?, _ event: Event, _ table: inout Table
    ) -> Int {
        let session = record.sessionID?.withText { ByteString($0) }
        let name = record.text("function_name")?.withText { ByteString($0) }
        guard let session, let name else {
            return table.rowOrInsert(key: event.id, at: event).row
        }
        if let row = waiting(.telemetry, session.bytes, name, input, table) {
            table.setUnknown(Column.pairingKey, of: row)
            return row
        }
        let (row, isNew) = table.rowOrInsert(key: event.id, at: event)
        if isNew {
            table.set(
                Column.pairingKey, of: row,
                integer: Self.waitingKey(.transcript, session.bytes, name))
            table.set(Column.inputHash, of: row, integer: input)
        }
        return row
    }

    /// The row that telemetry has made of a call which its session tells of now; from here on it is
    /// known by the session's id.
    func pairWithTelemetry(_ call: AgentCall, _ event: Event, _ table: inout Table) -> Int? {
        guard isPairedByInput(event), table.row(forKey: call.id) == nil else { return nil }
        if let known = row(toldAs: call.id, event, table) { return known }
        guard let name = call.name,
            let row = waiting(
                .transcript, Array(event.stream), name, Self.inputHash(call.arguments), table)
        else { return nil }
        table.setUnknown(Column.pairingKey, of: row)
        table.set(Column.calledAs, of: row, text: call.id)
        return row
    }

    /// A call that its session told of first.
    func waitForTelemetry(
        _ call: AgentCall, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        guard isPairedByInput(event), let name = call.name else { return }
        table.set(
            Column.pairingKey, of: row,
            integer: Self.waitingKey(.telemetry, Array(event.stream), name))
        table.set(Column.inputHash, of: row, integer: Self.inputHash(call.arguments))
    }

    func row(toldAs id: ByteString, _ event: Event, _ table: Table) -> Int? {
        isPairedByInput(event) ? table.rows(where: Column.calledAs, equals: id).first : nil
    }

    private func isPairedByInput(_ event: Event) -> Bool { event.type.hasPrefix("gemini.") }

    /// The first row of a session and tool that waits for `witness`, with the same input, or with one
    /// that either does not say.
    private func waiting(
        _ witness: Witness, _ session: [UInt8], _ name: ByteString, _ input: Int64?, _ table: Table
    ) -> Int? {
        let key = Self.waitingKey(witness, session, name)
        return table.rows(where: Column.pairingKey, equals: key).first { row in
            let other = table.integer(Column.inputHash, row)
            // A hash may meet another by chance; the texts then differ.
            return (input == nil || other == nil || input == other)
                && table.text(Column.sessionID, row)?.bytes == session
                && table.text(Column.toolName, row) == name
        }
    }

    private static func waitingKey(
        _ witness: Witness, _ session: [UInt8], _ name: ByteString
    ) -> Int64 {
        let call = ContentHash.combine(
            session.withUnsafeBytes { ContentHash.hash($0) },
            name.bytes.withUnsafeBytes { ContentHash.hash($0) })
        return ContentHash.combine(call, Int64(witness.rawValue))
    }

    private static func inputHash(_ input: JSONView?) -> Int64? {
        input.flatMap { inputHash($0.bytes) }
    }

    /// Of JSON without the blanks between its parts: telemetry indents what sessions do not.
    private static func inputHash(_ text: UnsafeRawBufferPointer) -> Int64? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var isQuoted = false
        var isEscaped = false
        for byte in text {
            if !isQuoted, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { continue }
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : bytes.withUnsafeBytes { ContentHash.hash($0) }
    }
}
