package import TachoJSON

/// The data of a `hook.*` event: what the agent gave its hook on standard input.
///
/// Three generations are read alike: payloads of 2025 (no `tool_use_id`, no time), newer ones, and
/// the lines of `hook_events.jsonl`, which hold a payload inside an object of their own
/// (`event_id`, `event_type`, `payload`). A member that is absent or `null` is `nil`; so is text
/// that is no string, once it is asked for.
///
/// Source: ecosystem §3.1, semantics §2.5.
package struct HookPayload {
    package private(set) var sessionID: JSONView?
    package private(set) var workingDirectory: JSONView?
    package private(set) var toolName: JSONView?
    package private(set) var toolInput: JSONView?
    package private(set) var toolResponse: JSONView?
    package private(set) var toolUseID: JSONView?
    package private(set) var promptID: JSONView?
    package private(set) var permissionMode: JSONView?
    package private(set) var agentID: JSONView?
    package private(set) var agentType: JSONView?
    package private(set) var message: JSONView?
    package private(set) var prompt: JSONView?
    package private(set) var model: JSONView?
    package private(set) var error: JSONView?
    package private(set) var isInterrupt: JSONView?
    package private(set) var reason: JSONView?
    package private(set) var durationMilliseconds: JSONView?
    /// Only in lines of `hook_events.jsonl`.
    package private(set) var sourceApp: JSONView?
    /// Only in lines of `hook_events.jsonl`.
    package private(set) var workflowID: JSONView?
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

    /// Whether the record is one of `hook_events.jsonl`, whose `success` and `duration_ms` say
    /// nothing: its writer had neither (B46).
    package var isLoggerRecord: Bool { hasEventType && nested != nil }

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
