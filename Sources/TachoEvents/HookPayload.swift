package import TachoJSON

/// The data of a `hook.*` event: what the agent gave its hook on standard input.
///
/// Three generations are read alike: payloads of 2025 (no `tool_use_id`, no time), newer ones, and
/// the lines of `hook_events.jsonl`, which hold a payload inside an object of their own
/// (`event_id`, `event_type`, `payload`). A member that is absent or `null` is `nil`; so is text
/// that is no string, once it is asked for.
///
/// Source: ecosystem §3.1, semantics §2.5.
///
/// Borrows what was read of the event, as ``Event`` does.
package struct HookPayload {
    let fields: UnsafePointer<HookFields>

    package var sessionID: JSONView? { fields.pointee.sessionID }
    package var workingDirectory: JSONView? { fields.pointee.workingDirectory }
    package var toolName: JSONView? { fields.pointee.toolName }
    package var toolInput: JSONView? { fields.pointee.toolInput }
    package var toolResponse: JSONView? { fields.pointee.toolResponse }
    package var toolUseID: JSONView? { fields.pointee.toolUseID }
    package var promptID: JSONView? { fields.pointee.promptID }
    package var permissionMode: JSONView? { fields.pointee.permissionMode }
    package var agentID: JSONView? { fields.pointee.agentID }
    package var agentType: JSONView? { fields.pointee.agentType }
    package var message: JSONView? { fields.pointee.message }
    package var prompt: JSONView? { fields.pointee.prompt }
    package var model: JSONView? { fields.pointee.model }
    package var error: JSONView? { fields.pointee.error }
    package var isInterrupt: JSONView? { fields.pointee.isInterrupt }
    package var reason: JSONView? { fields.pointee.reason }
    package var durationMilliseconds: JSONView? { fields.pointee.durationMilliseconds }
    /// Only in lines of `hook_events.jsonl`.
    package var sourceApp: JSONView? { fields.pointee.sourceApp }
    /// Only in lines of `hook_events.jsonl`.
    package var workflowID: JSONView? { fields.pointee.workflowID }

    /// Whether the record is one of `hook_events.jsonl`, whose `success` and `duration_ms` say
    /// nothing: its writer had neither (B46).
    package var isLoggerRecord: Bool { fields.pointee.isLoggerRecord }
}

/// The members that ``HookPayload`` lends, read in one walk: half a dozen projectors look at them,
/// and some twenty of them are too many to be handed around.
package struct HookFields {
    fileprivate(set) var sessionID: JSONView?
    fileprivate(set) var workingDirectory: JSONView?
    fileprivate(set) var toolName: JSONView?
    fileprivate(set) var toolInput: JSONView?
    fileprivate(set) var toolResponse: JSONView?
    fileprivate(set) var toolUseID: JSONView?
    fileprivate(set) var promptID: JSONView?
    fileprivate(set) var permissionMode: JSONView?
    fileprivate(set) var agentID: JSONView?
    fileprivate(set) var agentType: JSONView?
    fileprivate(set) var message: JSONView?
    fileprivate(set) var prompt: JSONView?
    fileprivate(set) var model: JSONView?
    fileprivate(set) var error: JSONView?
    fileprivate(set) var isInterrupt: JSONView?
    fileprivate(set) var reason: JSONView?
    fileprivate(set) var durationMilliseconds: JSONView?
    fileprivate(set) var sourceApp: JSONView?
    fileprivate(set) var workflowID: JSONView?
    private var context: JSONView?
    private var nested: JSONView?
    private var hasEventType = false

    package init(_ data: JSONMembers) {
        data.forEach { key, value in
            take(key, value)
            return true
        }
        guard hasEventType, let nested else { return }
        JSONMembers(nested).forEach { key, value in
            take(key, value)
            return true
        }
        if workingDirectory == nil { workingDirectory = context?["cwd"] }
    }

    var isLoggerRecord: Bool { hasEventType && nested != nil }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        switch key.count {
        case 3:
            if key.equals("cwd") { Self.keep(value, in: &workingDirectory) }
        case 5:
            if key.equals("error") { Self.keep(value, in: &error) }
            if key.equals("model") { Self.keep(value, in: &model) }
        case 6:
            if key.equals("prompt") { Self.keep(value, in: &prompt) }
            if key.equals("reason") { Self.keep(value, in: &reason) }
        case 7:
            if key.equals("message") { Self.keep(value, in: &message) }
            if key.equals("payload") { Self.keep(value, in: &nested) }
            if key.equals("context") { Self.keep(value, in: &context) }
        case 8:
            if key.equals("agent_id") { Self.keep(value, in: &agentID) }
        case 9:
            if key.equals("tool_name") { Self.keep(value, in: &toolName) }
            if key.equals("prompt_id") { Self.keep(value, in: &promptID) }
        case 10:
            if key.equals("session_id") { Self.keep(value, in: &sessionID) }
            if key.equals("tool_input") { Self.keep(value, in: &toolInput) }
            if key.equals("agent_type") { Self.keep(value, in: &agentType) }
            if key.equals("event_type") { hasEventType = true }
            if key.equals("source_app") { Self.keep(value, in: &sourceApp) }
        case 11:
            if key.equals("tool_use_id") { Self.keep(value, in: &toolUseID) }
            if key.equals("duration_ms") { Self.keep(value, in: &durationMilliseconds) }
            if key.equals("workflow_id") { Self.keep(value, in: &workflowID) }
            if key.equals("tool_result") { Self.keep(value, in: &toolResponse) }
        case 12:
            if key.equals("is_interrupt") { Self.keep(value, in: &isInterrupt) }
        case 13:
            if key.equals("tool_response") { Self.keep(value, in: &toolResponse) }
        case 15:
            if key.equals("permission_mode") { Self.keep(value, in: &permissionMode) }
        default: break
        }
    }

    /// The first member of a name counts, and `null` is as good as absent.
    @inline(__always)
    private static func keep(_ value: JSONView, in slot: inout JSONView?) {
        if slot == nil, !value.isNull { slot = value }
    }
}
