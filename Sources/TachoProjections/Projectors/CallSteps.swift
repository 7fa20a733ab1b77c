import TachoEvents
import TachoJSON
import TachoLog

/// One thing that an event says about the calls of an agent.
///
/// The only place that knows how sources tell of calls: a new source is a `case` in
/// ``forEach(in:_:)``, and the sequences follow. Its texts are lent for the time of the call it is
/// passed to: most of a million calls are steps on from the one before, and keep nothing.
struct CallStep {
    enum Kind {
        /// A call of `tool` began.
        case began
        /// The call ended, and went well or not.
        case ended(isSuccess: Bool)
        /// A person spoke: what comes now answers them.
        case prompted
    }

    private(set) var kind: Kind
    let session: UnsafeRawBufferPointer
    /// The subagent; `nil` for the session's own agent.
    var agent: JSONView?
    /// Names the call in the session.
    var call: Int64 = 0
    /// The tool's name.
    var tool: UnsafeRawBufferPointer?
    /// The file it works on.
    var path: UnsafeRawBufferPointer?
    var moment: Timestamp?
    /// Milliseconds, where the source tells them.
    var duration: Int64?

    /// Whether the source may tell calls again, as documents do that grow.
    var mayComeAgain = false

    static let inputs: [TypePattern] =
        AgentFormats.inputs + [
            "hook.PreToolUse", "hook.PostToolUse", "hook.PostToolUseFailure",
            "hook.PermissionDenied",
            "hook.UserPromptSubmit", "transcript.assistant", "transcript.user", "output.assistant",
            "output.user",
        ]

    /// Who tells it: of a session only the first one's word counts.
    enum Witness: Sendable, CaseIterable {
        case hook, transcript, output

        init(of event: Event) {
            switch event.type[0] {
            case UInt8(ascii: "h"): self = .hook
            case UInt8(ascii: "o"): self = .output
            default: self = .transcript
            }
        }

        var name: StaticString {
            switch self {
            case .hook: "hook"
            case .transcript: "transcript"
            case .output: "output"
            }
        }
    }

    /// The workflow that a step belongs to, where the event tells one.
    static func workflow(
        of event: Event, session: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        if event.type.hasPrefix("transcript.") || event.isOfAgentSession { return nil }
        let name = event.stream.dropping(prefix: "wf-")
        let isNobody = name.equals("unknown") || name.equals("general")
        return isNobody || name.elementsEqual(session) ? nil : name
    }

    static func forEach(in event: Event, _ body: (CallStep) -> Void) {
        switch event.type[0] {
        case _ where event.isOfAgentSession: readActivities(event, body)
        case UInt8(ascii: "h"): readHook(event, body)
        default: readMessage(event, isOutput: event.type[0] == UInt8(ascii: "o"), body)
        }
    }

    // MARK: Hooks

    private static func readHook(_ event: Event, _ body: (CallStep) -> Void) {
        let payload = event.hookPayload
        let isNamed: Void? = payload.sessionID?.withText { readHook(event, payload, $0, body) }
        if isNamed == nil { readHook(event, payload, event.stream, body) }
    }

    private static func readHook(
        _ event: Event, _ payload: HookPayload, _ session: UnsafeRawBufferPointer,
        _ body: (CallStep) -> Void
    ) {
        let isLive = event.source.equals("claude-code/hook")
        let moment = event.time ?? (isLive ? event.recorded : nil)
        if event.type.equals("hook.UserPromptSubmit") {
            return body(CallStep(kind: .prompted, session: session))
        }
        var step = CallStep(
            kind: .began, session: session, agent: payload.agentID, call: call(payload),
            moment: moment)
        if event.type.equals("hook.PreToolUse") {
            return step.withTexts(payload.toolName, path(payload.toolInput), body)
        }
        // Of a call that ends, its tool is known.
        step.kind = .ended(isSuccess: event.type.equals("hook.PostToolUse"))
        step.duration = payload.reportedDuration
        body(step)
    }

    /// The file's, which stands first where there is one, or else the notebook's, or what iFlow reads.
    private static func path(_ input: JSONView?) -> JSONView? {
        guard let input else { return nil }
        var file: JSONView?
        var other: JSONView?
        JSONMembers(input).forEach { key, value in
            if key.equals("file_path") { file = value }
            if other == nil, key.equals("notebook_path") || key.equals("absolute_path") {
                other = value
            }
            return file == nil
        }
        return file ?? other
    }

    /// Hands the step on with its tool and path; one that is no text is unknown.
    private mutating func withTexts(
        _ tool: JSONView?, _ path: JSONView?, _ body: (CallStep) -> Void
    ) {
        func lend(_ text: JSONView?, _ next: (UnsafeRawBufferPointer?) -> Void) {
            let isText: Void? = text?.withText { next($0) }
            if isText == nil { next(nil) }
        }
        lend(tool) { tool in
            lend(path) { path in
                self.tool = tool
                self.path = path
                body(self)
            }
        }
    }

    // MARK: Other agents

    private static func readActivities(_ event: Event, _ body: (CallStep) -> Void) {
        let session = event.stream
        AgentFormats.forEachActivity(in: event) { activity in
            switch activity {
            case .prompt:
                body(CallStep(kind: .prompted, session: session, mayComeAgain: true))
            case .call(let call):
                var step = CallStep(
                    kind: .began, session: session, call: hash(call.id), moment: call.time,
                    mayComeAgain: true)
                (call.name?.bytes ?? []).withUnsafeBytes { name in
                    (call.path?.bytes ?? []).withUnsafeBytes { path in
                        step.tool = call.name == nil ? nil : name
                        step.path = call.path == nil ? nil : path
                        body(step)
                    }
                }
            case .result(let result):
                body(
                    CallStep(
                        kind: .ended(isSuccess: result.outcome == .completed), session: session,
                        call: hash(result.id), moment: result.time, duration: result.duration,
                        mayComeAgain: true))
            default: break
            }
        }
    }

    private static func hash(_ id: ByteString) -> Int64 {
        id.bytes.withUnsafeBytes { ContentHash.hash($0) }
    }

    /// Without an id a call is its tool and its input; a logger's Post has no input.
    private static func call(_ payload: HookPayload) -> Int64 {
        if let id = payload.toolUseID?.withText({ $0.isEmpty ? nil : ContentHash.hash($0) }),
            let id
        {
            return id
        }
        let tool = payload.toolName?.withText { ContentHash.hash($0) } ?? 0
        let input = payload.isLoggerRecord ? nil : payload.toolInput
        return ContentHash.combine(tool, input.map { ContentHash.hash($0.bytes) } ?? 0)
    }

    // MARK: Messages

    private static func readMessage(
        _ event: Event, isOutput: Bool, _ body: (CallStep) -> Void
    ) {
        let reading = event.agentReading
        let isNamed: Void? =
            isOutput
            ? reading.record.sessionID?.withText { read(reading, event, isOutput, $0, body) } : nil
        if isNamed == nil { read(reading, event, isOutput, event.stream, body) }
    }

    private static func read(
        _ reading: AgentReading, _ event: Event, _ isOutput: Bool,
        _ session: UnsafeRawBufferPointer, _ body: (CallStep) -> Void
    ) {
        let record = reading.record
        let agent = isOutput ? record.parentToolUseID : record.agentID
        var isOfTool = false
        var resultCount = 0
        reading.forEachBlock { block in
            isOfTool = isOfTool || block.kind != nil
            if block.kind == .result { resultCount += 1 }
        }
        guard isOfTool else {
            if event.type.equals("transcript.user"), agent == nil, record.isOfPerson {
                body(CallStep(kind: .prompted, session: session))
            }
            return
        }
        let duration = resultCount == 1 ? event.resultDuration : nil
        reading.forEachBlock { block in
            guard let kind = block.kind,
                let id = block.id?.withText({ $0.isEmpty ? nil : ContentHash.hash($0) }), let id
            else { return }
            switch kind {
            case .use:
                var step = CallStep(
                    kind: .began, session: session, agent: agent, call: id, moment: event.time,
                    mayComeAgain: event.isOfIFlow)
                step.withTexts(block.name, path(block.input), body)
            case .result:
                body(
                    CallStep(
                        kind: .ended(isSuccess: !block.isError), session: session, agent: agent,
                        call: id, moment: event.time, duration: duration))
            }
        }
    }
}
