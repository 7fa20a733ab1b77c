package import TachoJSON

/// The data of a `transcript.*` or `output.*` event: one record of Claude Code's own.
///
/// Both shapes are read alike: the transcript's (`sessionId`, `toolUseResult`) and the one of
/// `--output-format stream-json` (`session_id`, `tool_use_result`). A member that is absent or
/// `null` is `nil`.
///
/// A record says a tool's result twice: in `message`, and, longer, in `toolUseResult`. What tables
/// want of the second, how long a tool ran, they look for in the event's members.
///
/// Source: ecosystem §3.3; `shared/data/SHAPES.md`.
package struct AgentRecord {
    package private(set) var sessionID: JSONView?
    package private(set) var workingDirectory: JSONView?
    package private(set) var version: JSONView?
    package private(set) var gitBranch: JSONView?
    package private(set) var agentID: JSONView?
    package private(set) var isSidechain: JSONView?
    package private(set) var isMeta: JSONView?
    package private(set) var isCompactSummary: JSONView?
    package private(set) var message: JSONView?
    package private(set) var parentToolUseID: JSONView?
    package private(set) var permissionMode: JSONView?
    /// Of the call of the model that a transcript's record comes from.
    package private(set) var requestID: JSONView?
    /// Dollars a message cost; only agents before 1.0.9 said so.
    package private(set) var costUSD: JSONView?
    // Of `system` records.
    package private(set) var subtype: JSONView?
    package private(set) var model: JSONView?
    /// Whether there is a `model` at all: the reference's price asks.
    package private(set) var hasModel = false
    // Of `result` records.
    package private(set) var isError: JSONView?
    package private(set) var result: JSONView?
    package private(set) var usage: JSONView?
    package private(set) var modelUsage: JSONView?
    package private(set) var totalCostUSD: JSONView?
    package private(set) var durationMilliseconds: JSONView?

    /// Whether a user's record is a person's: not the agent's own words, not a subagent's task.
    package var isOfPerson: Bool {
        isMeta?.boolean() != true && isSidechain?.boolean() != true
            && isCompactSummary?.boolean() != true && parentToolUseID == nil
    }

    package init(_ data: JSONMembers) {
        data.forEach { key, value in
            take(key, value)
            return true
        }
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        switch key.count {
        case 3:
            if key.equals("cwd") { Self.keep(value, in: &workingDirectory) }
        case 5:
            if key.equals("model") {
                hasModel = true
                Self.keep(value, in: &model)
            }
            if key.equals("usage") { Self.keep(value, in: &usage) }
        case 6:
            if key.equals("isMeta") { Self.keep(value, in: &isMeta) }
            if key.equals("result") { Self.keep(value, in: &result) }
        case 7:
            if key.equals("message") { Self.keep(value, in: &message) }
            if key.equals("version") { Self.keep(value, in: &version) }
            if key.equals("subtype") { Self.keep(value, in: &subtype) }
            if key.equals("agentId") { Self.keep(value, in: &agentID) }
            if key.equals("costUSD") { Self.keep(value, in: &costUSD) }
        case 8:
            if key.equals("is_error") { Self.keep(value, in: &isError) }
        case 9:
            if key.equals("sessionId") { Self.keep(value, in: &sessionID) }
            if key.equals("gitBranch") { Self.keep(value, in: &gitBranch) }
            if key.equals("requestId") { Self.keep(value, in: &requestID) }
        case 10:
            if key.equals("session_id") { Self.keep(value, in: &sessionID) }
            if key.equals("modelUsage") { Self.keep(value, in: &modelUsage) }
        case 11:
            if key.equals("isSidechain") { Self.keep(value, in: &isSidechain) }
            if key.equals("duration_ms") { Self.keep(value, in: &durationMilliseconds) }
        case 14:
            if key.equals("permissionMode") { Self.keep(value, in: &permissionMode) }
            if key.equals("total_cost_usd") { Self.keep(value, in: &totalCostUSD) }
        case 16:
            if key.equals("isCompactSummary") { Self.keep(value, in: &isCompactSummary) }
        case 18:
            if key.equals("parent_tool_use_id") { Self.keep(value, in: &parentToolUseID) }
        case 19:
            if key.equals("claude_code_version") { Self.keep(value, in: &version) }
        default: break
        }
    }

    /// The first member of a name counts, and `null` is as good as absent.
    @inline(__always)
    private static func keep(_ value: JSONView, in slot: inout JSONView?) {
        if slot == nil, !value.isNull { slot = value }
    }
}
