package import TachoJSON

/// The data of a `phase.*` or `workflow.*` event, or of a structured log record.
///
/// Both writers' lines are read alike (the workflow's, with `event_type`, and the server's, without
/// it), and so are the bodies posted to the task log. A member that is absent or `null` is `nil`.
///
/// Source: semantics §2.3, §2.6.
@usableFromInline package struct PhaseRecord {
    package private(set) var workflow: JSONView?
    package private(set) var issueNumber: JSONView?
    package private(set) var template: JSONView?
    package private(set) var phaseName: JSONView?
    package private(set) var phaseNumber: JSONView?
    package private(set) var phaseStatus: JSONView?
    package private(set) var workflowStatus: JSONView?
    package private(set) var message: JSONView?
    package private(set) var errorMessage: JSONView?
    package private(set) var startedAt: JSONView?
    package private(set) var completedAt: JSONView?
    package private(set) var durationSeconds: JSONView?
    package private(set) var tokensUsed: JSONView?
    package private(set) var costUSD: JSONView?
    package private(set) var toolCalls: JSONView?
    package private(set) var retryCount: JSONView?
    package private(set) var sessionID: JSONView?
    package private(set) var parent: JSONView?
    package private(set) var model: JSONView?
    package private(set) var dependsOn: JSONView?
    /// The writer's own name of the record.
    package private(set) var eventID: JSONView?

    private init() {}

    package init(_ data: JSONMembers) {
        read(data)
    }

    /// Reads members where the record is to lie: a copy would wait for those just written.
    package static func read(
        _ data: JSONMembers, into place: UnsafeMutablePointer<PhaseRecord>
    ) {
        place.initialize(to: PhaseRecord())
        place.pointee.read(data)
    }

    private mutating func read(_ data: JSONMembers) {
        data.forEach { key, value in
            take(key, value)
            return true
        }
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        switch key.count {
        case 5:
            if key.equals("phase") { Self.keep(value, in: &phaseName) }
            if key.equals("model") { Self.keep(value, in: &model) }
        case 6:
            if key.equals("adw_id") { Self.keep(value, in: &workflow) }
            if key.equals("status") { Self.keep(value, in: &workflowStatus) }
        case 7:
            if key.equals("message") { Self.keep(value, in: &message) }
        case 8:
            if key.equals("cost_usd") { Self.keep(value, in: &costUSD) }
            if key.equals("event_id") { Self.keep(value, in: &eventID) }
        case 10:
            if key.equals("phase_name") { Self.keep(value, in: &phaseName) }
            if key.equals("started_at") { Self.keep(value, in: &startedAt) }
            if key.equals("tool_calls") { Self.keep(value, in: &toolCalls) }
            if key.equals("session_id") { Self.keep(value, in: &sessionID) }
            if key.equals("model_used") { Self.keep(value, in: &model) }
            if key.equals("depends_on") { Self.keep(value, in: &dependsOn) }
        case 11:
            if key.equals("log_message") { Self.keep(value, in: &message) }
            if key.equals("tokens_used") { Self.keep(value, in: &tokensUsed) }
            if key.equals("retry_count") { Self.keep(value, in: &retryCount) }
            if key.equals("workflow_id") { Self.keep(value, in: &workflow) }
        case 12:
            if key.equals("phase_number") { Self.keep(value, in: &phaseNumber) }
            if key.equals("phase_status") { Self.keep(value, in: &phaseStatus) }
            if key.equals("issue_number") { Self.keep(value, in: &issueNumber) }
            if key.equals("completed_at") { Self.keep(value, in: &completedAt) }
            if key.equals("total_tokens") { Self.keep(value, in: &tokensUsed) }
        case 13:
            if key.equals("error_message") { Self.keep(value, in: &errorMessage) }
            if key.equals("parent_adw_id") { Self.keep(value, in: &parent) }
        case 14:
            if key.equals("total_cost_usd") { Self.keep(value, in: &costUSD) }
        case 15:
            if key.equals("workflow_status") { Self.keep(value, in: &workflowStatus) }
        case 16:
            if key.equals("duration_seconds") { Self.keep(value, in: &durationSeconds) }
        case 17:
            if key.equals("workflow_template") { Self.keep(value, in: &template) }
        default: break
        }
    }

    /// The first member of a name counts, and `null` is as good as absent.
    @inline(__always)
    private static func keep(_ value: JSONView, in slot: inout JSONView?) {
        if slot == nil, !value.isNull { slot = value }
    }
}
