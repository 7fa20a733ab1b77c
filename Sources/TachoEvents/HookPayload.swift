public import TachoJSON

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
@usableFromInline
package struct HookPayload {
    @usableFromInline let fields: UnsafePointer<HookFields>
    @usableFromInline let data: JSONView

    @inlinable
    init(_ fields: UnsafePointer<HookFields>, of data: JSONView) {
        self.fields = fields
        self.data = data
    }

    @inlinable @inline(__always)
    func view(_ place: UInt32) -> JSONView? { place == 0 ? nil : data.value(at: place) }

    @inlinable package var sessionID: JSONView? { view(fields.pointee.sessionID) }
    @inlinable package var workingDirectory: JSONView? { view(fields.pointee.workingDirectory) }
    @inlinable package var toolName: JSONView? { view(fields.pointee.toolName) }
    @inlinable package var toolInput: JSONView? { view(fields.pointee.toolInput) }
    @inlinable package var toolResponse: JSONView? { view(fields.pointee.toolResponse) }
    @inlinable package var toolUseID: JSONView? { view(fields.pointee.toolUseID) }
    @inlinable package var promptID: JSONView? { view(fields.pointee.promptID) }
    @inlinable package var permissionMode: JSONView? { view(fields.pointee.permissionMode) }
    @inlinable package var agentID: JSONView? { view(fields.pointee.agentID) }
    @inlinable package var agentType: JSONView? { view(fields.pointee.agentType) }
    @inlinable package var message: JSONView? { view(fields.pointee.message) }
    @inlinable package var prompt: JSONView? { view(fields.pointee.prompt) }
    @inlinable package var model: JSONView? { view(fields.pointee.model) }
    @inlinable package var error: JSONView? { view(fields.pointee.error) }
    @inlinable package var isInterrupt: JSONView? { view(fields.pointee.isInterrupt) }
    @inlinable package var reason: JSONView? { view(fields.pointee.reason) }
    @inlinable package var durationMilliseconds: JSONView? {
        view(fields.pointee.durationMilliseconds)
    }
    /// Only in lines of `hook_events.jsonl`.
    @inlinable package var sourceApp: JSONView? { view(fields.pointee.sourceApp) }
    /// Only in lines of `hook_events.jsonl`.
    @inlinable package var workflowID: JSONView? { view(fields.pointee.workflowID) }

    /// Whether the record is one of `hook_events.jsonl`, whose `success` and `duration_ms` say
    /// nothing: its writer had neither (B46).
    @inlinable package var isLoggerRecord: Bool { fields.pointee.isLoggerRecord }
}

/// The members that ``HookPayload`` lends, read in one walk: half a dozen projectors look at them,
/// and some twenty of them are too many to be handed around.
///
/// Of each there is where its value begins in the data; 0, where the data's brace is, for none. All
/// events of a batch have them in memory, and each projector goes through it.
@usableFromInline
package struct HookFields {
    @usableFromInline fileprivate(set) var sessionID: UInt32 = 0
    @usableFromInline fileprivate(set) var workingDirectory: UInt32 = 0
    @usableFromInline fileprivate(set) var toolName: UInt32 = 0
    @usableFromInline fileprivate(set) var toolInput: UInt32 = 0
    @usableFromInline fileprivate(set) var toolResponse: UInt32 = 0
    @usableFromInline fileprivate(set) var toolUseID: UInt32 = 0
    @usableFromInline fileprivate(set) var promptID: UInt32 = 0
    @usableFromInline fileprivate(set) var permissionMode: UInt32 = 0
    @usableFromInline fileprivate(set) var agentID: UInt32 = 0
    @usableFromInline fileprivate(set) var agentType: UInt32 = 0
    @usableFromInline fileprivate(set) var message: UInt32 = 0
    @usableFromInline fileprivate(set) var prompt: UInt32 = 0
    @usableFromInline fileprivate(set) var model: UInt32 = 0
    @usableFromInline fileprivate(set) var error: UInt32 = 0
    @usableFromInline fileprivate(set) var isInterrupt: UInt32 = 0
    @usableFromInline fileprivate(set) var reason: UInt32 = 0
    @usableFromInline fileprivate(set) var durationMilliseconds: UInt32 = 0
    @usableFromInline fileprivate(set) var sourceApp: UInt32 = 0
    @usableFromInline fileprivate(set) var workflowID: UInt32 = 0
    private var context: UInt32 = 0
    private var nested: UInt32 = 0
    private var hasEventType = false
    @usableFromInline private(set) var isLoggerRecord = false

    private init() {}

    package init(_ members: JSONMembers) {
        read(members)
    }

    /// Reads members where the fields are to lie: a copy would wait for those just written.
    package static func read(
        _ members: JSONMembers, into place: UnsafeMutablePointer<HookFields>
    ) {
        place.initialize(to: HookFields())
        place.pointee.read(members)
    }

    private mutating func read(_ members: JSONMembers) {
        let data = members.object
        members.forEach { key, value in
            take(key, value, data)
            return true
        }
        isLoggerRecord = hasEventType && nested != 0
        guard isLoggerRecord else { return }
        JSONMembers(data.value(at: nested)).forEach { key, value in
            take(key, value, data)
            return true
        }
        if workingDirectory == 0, context != 0, let value = data.value(at: context)["cwd"] {
            workingDirectory = data.offset(of: value)
        }
    }

    @inline(__always)
    private mutating func take(
        _ key: UnsafeRawBufferPointer, _ value: JSONView, _ data: JSONView
    ) {
        func keep(_ place: inout UInt32) {
            // The first member of a name counts, and `null` is as good as absent.
            if place == 0, !value.isNull { place = data.offset(of: value) }
        }
        switch key.count {
        case 3:
            if key.equals("cwd") { keep(&workingDirectory) }
        case 5:
            if key.equals("error") { keep(&error) }
            if key.equals("model") { keep(&model) }
        case 6:
            if key.equals("prompt") { keep(&prompt) }
            if key.equals("reason") { keep(&reason) }
        case 7:
            if key.equals("message") { keep(&message) }
            if key.equals("payload") { keep(&nested) }
            if key.equals("context") { keep(&context) }
        case 8:
            if key.equals("agent_id") { keep(&agentID) }
        case 9:
            if key.equals("tool_name") { keep(&toolName) }
            if key.equals("prompt_id") { keep(&promptID) }
        case 10:
            if key.equals("session_id") { keep(&sessionID) }
            if key.equals("tool_input") { keep(&toolInput) }
            if key.equals("agent_type") { keep(&agentType) }
            if key.equals("event_type") { hasEventType = true }
            if key.equals("source_app") { keep(&sourceApp) }
        case 11:
            if key.equals("tool_use_id") { keep(&toolUseID) }
            if key.equals("duration_ms") { keep(&durationMilliseconds) }
            if key.equals("workflow_id") { keep(&workflowID) }
            if key.equals("tool_result") { keep(&toolResponse) }
        case 12:
            if key.equals("is_interrupt") { keep(&isInterrupt) }
        case 13:
            if key.equals("tool_response") { keep(&toolResponse) }
        case 15:
            if key.equals("permission_mode") { keep(&permissionMode) }
        default: break
        }
    }
}
