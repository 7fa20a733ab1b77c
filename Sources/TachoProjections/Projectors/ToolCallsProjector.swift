package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds what hooks, transcripts, runs' outputs, and logs say about calls of tools into one row
/// a call.
///
/// The agent's `tool_use_id` names a call in all of them, so that their views meet in one row:
/// each adds what it knows. Of what two know, a hook's time goes before a transcript's (a block of
/// a transcript is dated when it was written, not when the tool ran), and the graver outcome goes
/// before the lighter one. The outcome does not depend on which source was read first.
///
/// Payloads of 2025 have no `tool_use_id`: there a Post belongs to the oldest open Pre of the same
/// session and tool with the same bytes of input (lines of `hook_events.jsonl`, whose Post has no
/// input: of the same session and tool).
///
/// Source: semantics §1.4, §2.4, §2.5, B46; ecosystem §3.1.
package struct ToolCallsProjector: Projector {
    package static let version = 10
    /// Version 5, of the same columns, did not look at the exit code of a listed call.
    ///
    /// Before it, calls did not say which of them wait for telemetry. Version 6 read no stamps without
    /// seconds and no bare days, 7 took some calls of other agents for failures or for completed, 8 did
    /// not look at how long a transcript's result says that its tool ran, 9 not behind a record's message.
    package static let continuedVersions = [5, 6, 7, 8, 9]
    package static let inputs: [TypePattern] =
        [
            "hook.PreToolUse", "hook.PostToolUse", "hook.PostToolUseFailure",
            "hook.PermissionDenied",
            "transcript.assistant", "transcript.user", "output.assistant", "output.user",
            "phase.*", "tool.call", "otel.tool_result", "otel.tool_decision",
            "otel.span.*", "otel.codex.tool_result", "otel.codex.tool_decision",
            "otel.gemini_cli.tool_call",
        ] + AgentFormats.inputs

    package static let paramsByteLimit = 512
    package static let errorByteLimit = 500
    package static let argumentByteLimit = 300

    /// Who says something about a call.
    enum Witness: Int, CaseIterable {
        case hook
        case transcript
        case output
        case record
        case telemetry
    }

    /// How a call ended; a graver one takes the place of a lighter one.
    enum Outcome: Int, CaseIterable {
        case pending
        case completed
        case failed
        case interrupted
        case denied
    }

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        switch event.type[0] {
        case _ where event.isOfAgentSession: applyActivities(event, &table)
        case UInt8(ascii: "h"): applyHook(event, &table)
        case UInt8(ascii: "t") where event.type.equals("tool.call"): applyCall(event, &table)
        case UInt8(ascii: "t"): applyMessage(event, from: .transcript, &table)
        case UInt8(ascii: "o") where event.type.hasPrefix("otel."): applyTelemetry(event, &table)
        case UInt8(ascii: "o"): applyMessage(event, from: .output, &table)
        default: applyPhase(event, &table)
        }
    }

    // MARK: Hooks

    private func applyHook(_ event: Event, _ table: inout Table) {
        let payload = event.hookPayload
        let isPre = event.type.equals("hook.PreToolUse")
        let row = isPre ? openRow(payload, event, &table) : closingRow(payload, event, &table)
        note(.hook, row, event, &table)
        table.fill(Column.sessionID, of: row, text: payload.sessionID)
        table.fill(
            Column.adwID, of: row, text: event.hookWorkflow(session: payload.sessionID))
        table.fill(Column.toolName, of: row, text: payload.toolName)
        table.fill(Column.permissionMode, of: row, text: payload.permissionMode)
        table.fill(Column.agentID, of: row, text: payload.agentID)
        table.fill(Column.promptID, of: row, text: payload.promptID)
        setInput(payload.toolInput, row, &table)
        // A hook that is recorded live is recorded when it happens.
        let moment = event.time ?? (event.source.equals("claude-code/hook") ? event.recorded : nil)
        if isPre {
            setCalled(moment, byHook: true, row, &table)
            setOutcome(.pending, row, &table)
        } else {
            setCompleted(moment, byHook: true, row, &table)
            setResult(of: payload, event, row, &table)
        }
        setDuration(payload.reportedDuration, row, &table)
    }

    private func setResult(
        of payload: HookPayload, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if let response = payload.toolResponse { setResultSize(response, row, &table) }
        if event.type.equals("hook.PermissionDenied") {
            setError(payload.reason, row, &table)
            setOutcome(.denied, row, &table)
        } else if event.type.equals("hook.PostToolUseFailure") {
            setError(payload.error, row, &table)
            let isInterrupt = payload.isInterrupt?.boolean() == true
            setOutcome(isInterrupt ? .interrupted : .failed, row, &table)
        } else {
            // Only commands say in their response that they were stopped.
            let isInterrupted =
                payload.toolName?.equals("Bash") == true
                && payload.toolResponse?["interrupted"]?.boolean() == true
            setOutcome(isInterrupted ? .interrupted : .completed, row, &table)
        }
    }

    /// The row of a call that begins.
    private func openRow(_ payload: HookPayload, _ event: Event, _ table: inout Table) -> Int {
        if let row = row(id: payload.toolUseID, event, &table) { return row }
        let row = table.insert(key: Self.key(payload, event), at: event)
        table.set(Column.pairingKey, of: row, integer: Self.pairingKey(payload, event))
        return row
    }

    /// The row of a call that ended.
    private func closingRow(_ payload: HookPayload, _ event: Event, _ table: inout Table) -> Int {
        if let row = row(id: payload.toolUseID, event, &table) { return row }
        let key = Self.pairingKey(payload, event)
        let open = table.rows(where: Column.pairingKey, equals: key).first { row in
            isEqual(payload.sessionID, Column.sessionID, row, table)
                && isEqual(payload.toolName, Column.toolName, row, table)
        }
        guard let open else { return table.insert(key: Self.key(payload, event), at: event) }
        table.setUnknown(Column.pairingKey, of: open)
        return open
    }

    /// The row of a call with an id of its own; `nil` if there is no id.
    func row(id: JSONView?, _ event: Event, _ table: inout Table) -> Int? {
        id?.withText { id -> Int? in
            id.isEmpty ? nil : table.rowOrInsert(key: id, at: event).row
        } ?? nil
    }

    /// A hash may meet another by chance; the texts then differ.
    private func isEqual(_ text: JSONView?, _ column: Column, _ row: Int, _ table: Table) -> Bool {
        text?.withText { table.text(column, row, equals: $0) } ?? table.isUnknown(column, row)
    }

    private static func key(_ payload: HookPayload, _ event: Event) -> ByteString {
        var key = Array("hook:".utf8)
        key.append(contentsOf: payload.session(of: event).bytes)
        key.append(UInt8(ascii: ":"))
        key.appendDigits(event.position.rawValue)
        return ByteString(key)
    }

    private static func pairingKey(_ payload: HookPayload, _ event: Event) -> Int64 {
        let session = payload.sessionID?.withText { ContentHash.hash($0) } ?? 0
        let tool = payload.toolName?.withText { ContentHash.hash($0) } ?? 0
        let input = payload.isLoggerRecord ? nil : payload.toolInput
        return ContentHash.combine(
            ContentHash.combine(session, tool), input.map { ContentHash.hash($0.bytes) } ?? 0)
    }
}
