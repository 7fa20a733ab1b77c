internal import TachoJSON

/// Tells what wrote a record from the members it has.
///
/// Only members that one kind of log has and the others lack decide. A record that could be of
/// several kinds says nothing, and the next one is asked.
enum RecordShape {
    /// - Parameter record: May be cut off at its end; what is behind the cut is not looked at.
    /// - Returns: `nil` if the record does not tell.
    static func kind(of record: JSONView) -> SourceKind? {
        guard record.kind == .object else { return nil }
        let members = Members(record)
        if isNoteOfGemini(record, members) { return .sidecar }
        return wholeDocument(members) ?? hook(members) ?? otherAgent(members)
            ?? transcript(members) ?? log(members)
    }

    /// What the CLI keeps beside its sessions: `logs.json`, a list of what was typed, and copies of the
    /// conversation that a person asked for, `checkpoint-….json`.
    private static func isNoteOfGemini(_ record: JSONView, _ members: Members) -> Bool {
        if members.isText(.sessionId), members.isText(.message), !members.has(.uuid) {
            return record["messageId"]?.kind == .number
        }
        var isCopy = false
        members[.history]?.forEachElement { message in
            isCopy = message["parts"]?.kind == .array
            return false
        }
        return isCopy
    }

    private static func wholeDocument(_ members: Members) -> SourceKind? {
        if members.isArray(.resourceLogs) || members.isArray(.resourceMetrics)
            || members.isArray(.resourceSpans)
        {
            return .otlp
        }
        if members.isArray(.trajectory) { return .sweAgent }
        if members.isArray(.history), !members.has(.sessionId), !members.has(.type) {
            return .sweAgent
        }
        if members.isText(.sessionId), members.isText(.projectHash) { return .gemini }
        if members.isText(.checkpointID), members.isText(.sessionID) { return .sidecar }
        if members.isText(.agentType), members.has(.spawnDepth) || members.has(.toolUseId) {
            return .sidecar
        }
        if members.isArray(.completed), members.has(.current), members.has(.lastUpdated) {
            return .adwPhases
        }
        return nil
    }

    private static func hook(_ members: Members) -> SourceKind? {
        if members.isText(.eventID), members.isText(.eventType), members.has(.payload) {
            return .adwHookLog
        }
        if members.isObject(.inputData), members[.inputData]?["session_id"] != nil {
            return .statusLine
        }
        if members.isText(.sessionID), members.isObject(.model), members.isObject(.workspace) {
            return .statusLine
        }
        if members.isText(.hookEventName) { return .hookLog }
        if members.isText(.toolName), members.isText(.sessionID), !members.has(.type) {
            return .hookLog
        }
        if members.isText(.command), members.has(.blocked), members.has(.reason) {
            return .blockedCommands
        }
        return nil
    }

    private static func otherAgent(_ members: Members) -> SourceKind? {
        if members.isText(.event), members.isObject(.properties), members.isText(.userID) {
            return .aider
        }
        // The first line of a rollout before there were types.
        if !members.has(.type), members.isText(.id), members.isText(.timestamp),
            members.has(.instructions) || members.has(.git)
        {
            return .codex
        }
        guard let type = members[.type], type.kind == .string else { return nil }
        if members.isObject(.payload), members.isText(.timestamp),
            ["session_meta", "response_item", "event_msg", "turn_context", "compacted"]
                .contains(where: { type.equals($0) })
        {
            return .codex
        }
        if members.isObject(.data), members.isText(.id), members.has(.parentId),
            !members.has(.uuid)
        {
            return .copilot
        }
        if !members.has(.uuid), !members.has(.sessionId), !members.has(.sessionID),
            members.isText(.timestamp),
            type.equals("session") && members.isText(.id)
                || type.equals("message") && members.isObject(.message)
        {
            return .pi
        }
        return nil
    }

    private static func transcript(_ members: Members) -> SourceKind? {
        guard let type = members[.type], type.kind == .string else { return nil }
        if members.isText(.sessionID), !members.has(.sessionId) { return .agentOutput }
        let isTranscript =
            members.isText(.uuid)
            && (members.has(.sessionId) || members.has(.parentUuid) || members.has(.message))
            || members.isText(.sessionId)
            || type.equals("summary") && members.has(.leafUuid)
            || type.equals("file-history-snapshot") && members.has(.snapshot)
        guard isTranscript else { return nil }
        return isIFlow(members) ? .iflowTranscript : .transcript
    }

    /// iFlow's sessions are named `session-…` and of version 1.0.0, which Claude Code's never are.
    private static func isIFlow(_ members: Members) -> Bool {
        guard members[.sessionId]?.withText({ $0.starts(with: "session-".utf8) }) == true else {
            return false
        }
        if let version = members[.version] { return version.equals("1.0.0") }
        return members[.message]?["model"]?.withText { !$0.starts(with: "claude".utf8) } ?? false
    }

    private static func log(_ members: Members) -> SourceKind? {
        if members.isText(.adwID),
            members.isText(.phaseStatus) || members.isText(.workflowStatus)
                || members.isText(.logMessage)
        {
            return .structuredLog
        }
        if members.isText(.level), members.isText(.source), members.isText(.message),
            members.isText(.timestamp) || members.isText(.eventID)
        {
            return .structuredLog
        }
        return nil
    }

    /// Whether every member of a document is a cost estimate, keyed by an issue's number.
    static func isCostEstimates(_ document: JSONView) -> Bool {
        var count = 0
        var isEstimate = true
        document.forEachMember { _, value in
            count += 1
            isEstimate = value["estimated_cost_total"] != nil
            return isEstimate && count < 4
        }
        return count > 0 && isEstimate
    }
}

/// The members that tell, picked in one pass.
private struct Members {
    enum Key: Int, CaseIterable {
        case resourceLogs, resourceMetrics, resourceSpans, trajectory, history, sessionId
        case projectHash, checkpointID, sessionID, agentType, spawnDepth, toolUseId, completed
        case current, lastUpdated, eventID, eventType, payload, inputData, model, workspace
        case hookEventName, toolName, type, command, blocked, reason, event, properties, userID
        case timestamp, data, id, parentId, uuid, message, parentUuid, leafUuid, snapshot
        case version, adwID, phaseStatus, workflowStatus, logMessage, level, source
        case instructions, git
    }

    private static let picker = JSONPicker([
        "resourceLogs", "resourceMetrics", "resourceSpans", "trajectory", "history", "sessionId",
        "projectHash", "checkpoint_id", "session_id", "agentType", "spawnDepth", "toolUseId",
        "completed",
        "current", "last_updated", "event_id", "event_type", "payload", "input_data", "model",
        "workspace",
        "hook_event_name", "tool_name", "type", "command", "blocked", "reason", "event",
        "properties", "user_id",
        "timestamp", "data", "id", "parentId", "uuid", "message", "parentUuid", "leafUuid",
        "snapshot",
        "version", "adw_id", "phase_status", "workflow_status", "log_message", "level", "source",
        "instructions", "git",
    ])

    private var slots: [JSONView?] = []

    init(_ record: JSONView) {
        Self.picker.pick(record, into: &slots)
    }

    subscript(key: Key) -> JSONView? { slots[key.rawValue] }

    func has(_ key: Key) -> Bool { self[key] != nil }
    func isText(_ key: Key) -> Bool { self[key]?.kind == .string }
    func isObject(_ key: Key) -> Bool { self[key]?.kind == .object }
    func isArray(_ key: Key) -> Bool { self[key]?.kind == .array }
}
