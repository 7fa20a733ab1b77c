internal import TachoJSON
internal import TachoLog

extension Recorder {
    /// Records how a phase of a workflow is: `phase.<status>`.
    ///
    /// A start need not be recorded; a completion with a duration says when it began.
    ///
    /// - Parameters:
    ///   - name: `Plan`, `Build`, `Test`, or any other.
    ///   - status: How it is now.
    ///   - workflow: The workflow's id; `nil` is the one of the surroundings.
    ///   - issue: The issue that it works on.
    ///   - number: The phase's number; `nil` goes by its name.
    ///   - template: The workflow's template.
    ///   - message: For people.
    ///   - error: What went wrong.
    ///   - duration: How long it took.
    ///   - tokens: Tokens that it used.
    ///   - costUSD: What it cost, as a decimal number: `"0.2164515"`.
    public func phase(
        _ name: String, _ status: Status, workflow: String? = nil, issue: Int? = nil,
        number: Int? = nil, template: String? = nil, message: String? = nil, error: String? = nil,
        duration: Duration? = nil, tokens: Int? = nil, costUSD: String? = nil
    ) {
        let now = Timestamp.now
        let workflow = workflow ?? self.workflow
        var object = ObjectWriter()
        object.add("adw_id", workflow)
        object.add("issue_number", issue)
        object.add("workflow_template", template)
        object.add("phase_name", name)
        object.add("phase_number", number)
        object.add("phase_status", status.rawValue)
        object.add("message", message)
        object.add("error_message", error)
        object.addTimes(now, duration, hasEnded: status == .completed || status == .failed)
        object.add("tokens_used", tokens)
        object.add("cost_usd", decimal: costUSD)
        hand("phase.\(status.rawValue)", workflow, now, object.bytes)
    }

    /// Records how a whole workflow is: `workflow.<status>`.
    ///
    /// The parameters are those of ``phase(_:_:workflow:issue:number:template:message:error:duration:tokens:costUSD:)``.
    public func workflow(
        _ status: Status, workflow: String? = nil, issue: Int? = nil, template: String? = nil,
        message: String? = nil, error: String? = nil, duration: Duration? = nil,
        tokens: Int? = nil, costUSD: String? = nil
    ) {
        let now = Timestamp.now
        let workflow = workflow ?? self.workflow
        var object = ObjectWriter()
        object.add("adw_id", workflow)
        object.add("issue_number", issue)
        object.add("workflow_template", template)
        object.add("workflow_status", status.rawValue)
        object.add("message", message)
        object.add("error_message", error)
        object.addTimes(now, duration, hasEnded: status == .completed || status == .failed)
        object.add("total_tokens", tokens)
        object.add("total_cost_usd", decimal: costUSD)
        hand("workflow.\(status.rawValue)", workflow, now, object.bytes)
    }

    /// Records one call of a tool, when it is over: `tool.call`.
    ///
    /// - Parameters:
    ///   - name: The tool's name.
    ///   - id: What names the call, if other records of it are to be joined with this one.
    ///   - workflow: The workflow's id; `nil` is the one of the surroundings.
    ///   - session: The agent's session.
    ///   - input: What it was called with.
    ///   - duration: How long it took.
    ///   - success: Whether it went well; `nil` is unknown.
    ///   - error: What went wrong.
    public func toolCall(
        _ name: String, id: String? = nil, workflow: String? = nil, session: String? = nil,
        input: KeyValuePairs<String, RecordedValue> = [:], duration: Duration? = nil,
        success: Bool? = nil, error: String? = nil
    ) {
        let now = Timestamp.now
        let workflow = workflow ?? self.workflow
        var object = ObjectWriter()
        object.add("tool_call_id", id)
        object.add("workflow_id", workflow)
        object.add("session_id", session)
        object.add("tool_name", name)
        if !input.isEmpty { object.add("parameters", input) }
        object.addTimes(now, duration, hasEnded: true)
        object.add("success", success)
        object.add("error_message", error)
        hand("tool.call", workflow ?? session, now, object.bytes)
    }

    /// Records an event of any type.
    ///
    /// - Parameters:
    ///   - type: Dotted and lower-case, as in `build.cache`.
    ///   - stream: Whose events belong together; `nil` is the workflow of the surroundings.
    ///   - data: The event's fields, in this order.
    public func event(
        type: String, stream: String? = nil, data: KeyValuePairs<String, RecordedValue> = [:]
    ) {
        var object = ObjectWriter()
        for (key, value) in data { object.add(key, value) }
        hand(type, stream ?? workflow, .now, object.bytes)
    }

    /// Records an event whose data is JSON already: one object, kept as it is.
    ///
    /// - Parameters:
    ///   - type: Dotted and lower-case, as in `build.cache`.
    ///   - stream: Whose events belong together; `nil` is the workflow of the surroundings.
    ///   - json: The text of one JSON object. Anything else is counted as refused.
    public func event(type: String, stream: String? = nil, json: String) {
        hand(type, stream ?? workflow, .now, Array(json.utf8))
    }

    private func hand(_ type: String, _ stream: String?, _ time: Timestamp, _ data: [UInt8]) {
        queue.hand(
            DraftEvent(
                type: ByteString(type),
                stream: EnvelopeText.encoded(Array((stream ?? "general").utf8)), time: time,
                data: data))
    }
}

/// Builds the data of an event; what is unknown is left out.
private struct ObjectWriter {
    private var writer = JSONWriter()

    init() { writer.beginObject() }

    var bytes: [UInt8] {
        var writer = writer
        writer.endObject()
        return writer.bytes
    }

    mutating func add(_ key: String, _ text: String?) {
        guard let text else { return }
        writer.key(key)
        writer.value(text)
    }

    mutating func add(_ key: String, _ number: Int?) {
        guard let number else { return }
        writer.key(key)
        writer.value(number)
    }

    mutating func add(_ key: String, _ boolean: Bool?) {
        guard let boolean else { return }
        writer.key(key)
        writer.value(boolean)
    }

    mutating func add(_ key: String, _ value: RecordedValue) {
        writer.key(key)
        value.write(to: &writer)
    }

    mutating func add(_ key: String, _ object: KeyValuePairs<String, RecordedValue>) {
        writer.key(key)
        writer.beginObject()
        for (key, value) in object { add(key, value) }
        writer.endObject()
    }

    /// A number in its own digits; what is none is kept as text, which readers take for unknown.
    mutating func add(_ key: String, decimal: String?) {
        guard let decimal else { return }
        writer.key(key)
        if (try? JSON.validate(Array(decimal.utf8))) == .number {  // Else it is text.
            writer.rawValue(Array(decimal.utf8))
        } else {
            writer.value(decimal)
        }
    }

    mutating func addTimes(_ now: Timestamp, _ duration: Duration?, hasEnded: Bool) {
        let microseconds = duration.map(Self.microseconds)
        if hasEnded {
            if let microseconds {
                writer.key("started_at")
                writer.value(Timestamp(microseconds: now.microseconds - microseconds).iso8601)
            }
            writer.key("completed_at")
            writer.value(now.iso8601)
        } else {
            writer.key("started_at")
            writer.value(now.iso8601)
        }
        if let microseconds {
            writer.key("duration_seconds")
            writer.value(Double(microseconds) / 1_000_000)
        }
    }

    /// Within a hundred years, so that no sum overflows.
    private static func microseconds(_ duration: Duration) -> Int64 {
        let bound = Duration.seconds(3_155_760_000)
        let (seconds, attoseconds) = max(.zero, min(duration, bound)).components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
