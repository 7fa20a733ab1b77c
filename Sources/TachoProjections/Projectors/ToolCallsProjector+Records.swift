import TachoEvents
import TachoJSON
import TachoLog

// Calls as records of their own: lists in phase logs, and the tool registry's.

extension ToolCallsProjector {
    func applyPhase(_ event: Event, _ table: inout Table) {
        let record = event.phaseRecord
        guard let calls = record.toolCalls else { return }
        let fact = PhaseFact(record, event)
        var index = 0
        calls.forEachElement { element in
            defer { index += 1 }
            guard element.kind == .object else { return true }
            let call = LoggedCall(element)
            let row =
                row(id: call.id, event, &table)
                ?? row(of: fact, index, event, &table)
            note(.record, row, event, &table)
            let workflow = record.workflow ?? call.workflow
            setWorkflow(workflow, event, row, &table)
            table.fill(Column.sessionID, of: row, text: call.sessionID ?? record.sessionID)
            table.fill(Column.phaseName, of: row, text: record.phaseName)
            // The seed's form has command and path beside the name.
            setArguments(element, row, &table)
            // The reference's model: a call in a list is over, and went well unless it says not.
            set(call, isOver: true, row, &table)
            return true
        }
    }

    func applyCall(_ event: Event, _ table: inout Table) {
        let call = LoggedCall(event.data)
        let row =
            row(id: call.id, event, &table) ?? table.rowOrInsert(key: event.id, at: event).row
        note(.record, row, event, &table)
        setWorkflow(call.workflow, event, row, &table)
        table.fill(Column.sessionID, of: row, text: call.sessionID)
        set(call, isOver: false, row, &table)
    }

    /// The row of a call without an id: of the same place in the list of the same record.
    private func row(
        of fact: PhaseFact?, _ index: Int, _ event: Event, _ table: inout Table
    ) -> Int {
        let key = fact.map { ContentHash.combine($0.hash, Int64(index)) }
        let told = key.flatMap { table.rows(where: Column.pairingKey, equals: $0).first }
        if let told { return told }
        let (row, isNew) = table.rowOrInsert(key: Self.key(event, index), at: event)
        if isNew, let key { table.set(Column.pairingKey, of: row, integer: key) }
        return row
    }

    private static func key(_ event: Event, _ index: Int) -> ByteString {
        var key = Array(event.id)
        key.append(UInt8(ascii: ":"))
        key.appendDigits(index)
        return ByteString(key)
    }

    private func setWorkflow(
        _ workflow: JSONView?, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        guard table.isUnknown(Column.adwID, row) else { return }
        if let workflow, workflow.isFilledText {
            workflow.withText {
                table.set(Column.adwID, of: row, text: $0.dropping(prefix: "wf-"))
            }
        } else if !event.stream.equals("general"), !event.stream.equals("unknown") {
            table.set(Column.adwID, of: row, text: event.stream)
        }
    }

    private func set(
        _ call: LoggedCall, isOver: Bool, _ row: Int, _ table: inout Table
    ) {
        table.fill(Column.toolName, of: row, text: call.toolName)
        setInput(call.parameters, row, &table)
        setCalled(call.startedAt?.moment, byHook: false, row, &table)
        setCompleted(call.completedAt?.moment, byHook: false, row, &table)
        if let result = call.resultData { setResultSize(result, row, &table) }
        setError(call.errorMessage, row, &table)
        if let code = call.exitCode { table.set(Column.exitCode, of: row, integer: code) }

        let success = call.success?.boolean()
        let hasEnded = isOver || call.completedAt != nil || success != nil
        switch success {
        case false: setOutcome(.failed, row, &table)
        // A command fails by its exit code, where nobody says otherwise (semantics §2.4).
        case nil where call.exitCode ?? 0 != 0: setOutcome(.failed, row, &table)
        default: setOutcome(hasEnded ? .completed : .pending, row, &table)
        }
        setDuration(call.duration, row, &table)
        setRegistry(call, row, &table)
    }

    private func setRegistry(_ call: LoggedCall, _ row: Int, _ table: inout Table) {
        setBounded(call.resultData, Column.resultData, row, &table)
        setBounded(call.snapshotBefore, Column.preToolSnapshot, row, &table)
        setBounded(call.snapshotAfter, Column.postToolSnapshot, row, &table)
        if let tokens = call.tokensSaved?.integer() {
            table.set(Column.tokensSaved, of: row, integer: tokens)
        }
        if let cost = call.costSaved.flatMap({ PicoDollars.parse($0) }) {
            table.set(Column.costSavedUsd, of: row, money: cost)
        }
    }
}

/// A call as it is logged: the union of the reference's model, the seed's, and the registry's.
///
/// Source: semantics §1.4, §2.4.
struct LoggedCall {
    private(set) var id: JSONView?
    private(set) var toolName: JSONView?
    private(set) var sessionID: JSONView?
    private(set) var workflow: JSONView?
    private(set) var startedAt: JSONView?
    private(set) var completedAt: JSONView?
    private(set) var success: JSONView?
    private(set) var errorMessage: JSONView?
    private(set) var parameters: JSONView?
    private(set) var resultData: JSONView?
    private(set) var tokensSaved: JSONView?
    private(set) var costSaved: JSONView?
    private(set) var snapshotBefore: JSONView?
    private(set) var snapshotAfter: JSONView?
    private(set) var durationMilliseconds: JSONView?
    private(set) var durationSeconds: JSONView?
    private var exit: JSONView?
    private var resultSummary: JSONView?

    init(_ object: JSONView) {
        JSONMembers(object).forEach { key, value in
            if !value.isNull { take(key, value) }
            return true
        }
    }

    /// Milliseconds, cut to whole ones.
    var duration: Int64? {
        if let whole = durationMilliseconds?.integer() { return whole }
        let fraction = durationMilliseconds?.double() ?? durationSeconds?.double().map { $0 * 1000 }
        return fraction.flatMap { Int64(exactly: $0.rounded(.towardZero)) }
    }

    /// `returncode=1` is how the reference's tracker sums up a process.
    var exitCode: Int64? {
        if let code = exit?.integer() { return code }
        return resultSummary?.withText { summary -> Int64? in
            let digits = summary.dropping(prefix: "returncode=")
            return digits.count < summary.count
                ? Int64(String(decoding: digits, as: UTF8.self)) : nil
        } ?? nil
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        if key.equals("tool_use_id") || key.equals("tool_call_id") { Self.keep(value, in: &id) }
        if key.equals("tool_name") { Self.keep(value, in: &toolName) }
        if key.equals("session_id") { Self.keep(value, in: &sessionID) }
        if key.equals("workflow_id") || key.equals("adw_id") { Self.keep(value, in: &workflow) }
        if key.equals("started_at") || key.equals("called_at") || key.equals("timestamp") {
            Self.keep(value, in: &startedAt)
        }
        if key.equals("completed_at") { Self.keep(value, in: &completedAt) }
        if key.equals("success") { Self.keep(value, in: &success) }
        if key.equals("error_message") { Self.keep(value, in: &errorMessage) }
        if key.equals("parameters") || key.equals("tool_params") || key.equals("tool_input") {
            Self.keep(value, in: &parameters)
        }
        if key.equals("result_data") { Self.keep(value, in: &resultData) }
        if key.equals("result_summary") { Self.keep(value, in: &resultSummary) }
        if key.equals("tokens_saved") { Self.keep(value, in: &tokensSaved) }
        if key.equals("cost_saved_usd") { Self.keep(value, in: &costSaved) }
        if key.equals("pre_tool_snapshot") { Self.keep(value, in: &snapshotBefore) }
        if key.equals("post_tool_snapshot") { Self.keep(value, in: &snapshotAfter) }
        if key.equals("duration_ms") { Self.keep(value, in: &durationMilliseconds) }
        if key.equals("duration_seconds") { Self.keep(value, in: &durationSeconds) }
        if key.equals("exit_code") || key.equals("returncode") { Self.keep(value, in: &exit) }
    }

    /// The first member of a name counts.
    private static func keep(_ value: JSONView, in slot: inout JSONView?) {
        if slot == nil { slot = value }
    }
}
