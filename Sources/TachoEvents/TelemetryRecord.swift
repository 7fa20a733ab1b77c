package import TachoJSON
package import TachoLog

/// The data of an `otel.*` event: a log record, a span, or a point of a metric.
///
/// Programs say numbers as numbers or as text, and the same attribute otherwise in the next event:
/// ask with ``count(_:)``. A member that is absent is `nil`.
///
/// Source: ecosystem §3.6, §3.8; `shared/data/SHAPES.md` part 1.
package struct TelemetryRecord {
    /// Nothing lasts longer than a year of milliseconds: what says so is no duration.
    package static let durationLimit: Int64 = 365 * 24 * 3600 * 1000

    package let attributes: JSONView?
    package let resource: JSONView?
    private let data: JSONView

    package init(_ data: JSONView) {
        self.data = data
        attributes = data["attributes"]
        resource = data.field("resource", "attributes")
    }

    package var isLog: Bool { data["signal"]?.equals("log") == true }
    package var isSpan: Bool { data["signal"]?.equals("span") == true }

    /// An attribute of the record itself; `null` is as good as absent.
    package subscript(_ key: StaticString) -> JSONView? {
        attributes?[key].flatMap { $0.isNull ? nil : $0 }
    }

    /// Text that is not empty.
    package func text(_ key: StaticString) -> JSONView? {
        self[key].flatMap { $0.withText { !$0.isEmpty } == true ? $0 : nil }
    }

    /// As ``text(_:)``; where the record does not say, its resource.
    private func shared(_ key: StaticString) -> JSONView? {
        text(key)
            ?? resource?[key].flatMap { $0.withText { !$0.isEmpty } == true ? $0 : nil }
    }

    /// A number that is not below zero, given as a number or as text.
    package func count(_ key: StaticString) -> Int64? {
        self[key]?.integerLenient().flatMap { $0 >= 0 ? $0 : nil }
    }

    /// A number that can be one of tokens.
    private func tokens(_ key: StaticString) -> Int64? {
        count(key).flatMap { $0 <= MessageUsage.limit ? $0 : nil }
    }

    /// A truth, given as such or as text.
    package func flag(_ key: StaticString) -> Bool? {
        guard let value = self[key] else { return nil }
        if let flag = value.boolean() { return flag }
        if value.equals("true") { return true }
        return value.equals("false") ? false : nil
    }

    /// The agent's session; GenAI's conversation, where there is none.
    package var sessionID: JSONView? {
        shared("session.id") ?? shared("gen_ai.conversation.id") ?? shared("conversation.id")
            ?? shared("traceloop.association.properties.session_id")
    }

    /// Nanoseconds since 1970 of a span's beginning and end.
    package var spanNanoseconds: (start: Int64, end: Int64)? {
        guard let start = data["start_time_unix_nano"]?.integer(),
            let end = data["end_time_unix_nano"]?.integer(), start > 0, start <= end
        else { return nil }
        return (start, end)
    }

    /// When a span began; `nil` for one that is longer than anything lasts.
    package var spanStart: Timestamp? {
        guard let times = spanNanoseconds,
            times.end - times.start <= Self.durationLimit * 1_000_000
        else { return nil }
        return Timestamp(microseconds: times.start / 1000)
    }

    /// Whether what a span is about went wrong.
    package var hasFailed: Bool {
        data.field("status", "code")?.integer() == 2 || text("error.type") != nil
    }
    /// What a span says of that.
    package var failure: JSONView? {
        text("error.type")
            ?? data.field("status", "message").flatMap {
                $0.withText { !$0.isEmpty } == true ? $0 : nil
            }
    }

    /// Tokens as Claude Code's `api_request` counts them: input without what the cache gave.
    package var requestUsage: MessageUsage {
        MessageUsage(
            input: tokens("input_tokens"), output: tokens("output_tokens"),
            cacheRead: tokens("cache_read_tokens"), cacheWrite: tokens("cache_creation_tokens"),
            // What telemetry calls normal is what messages call standard, and theirs to say.
            speed: text("speed").flatMap { $0.equals("fast") ? $0 : nil })
    }

    /// Tokens as Codex's `codex.sse_event` of kind `response.completed` counts them, its other kinds
    /// none: what the cache gave and took is part of the input, what was reasoned of the output.
    package var codexUsage: MessageUsage? {
        guard self["event.kind"]?.equals("response.completed") == true else { return nil }
        let input = tokens("input_token_count")
        let output = tokens("output_token_count")
        guard input != nil || output != nil else { return nil }
        return MessageUsage(
            prompt: input, output: output, cacheRead: tokens("cached_token_count"),
            cacheWrite: tokens("cache_write_token_count"))
    }

    /// Tokens as Gemini's `gemini_cli.api_response` counts them: what the cache gave is part of the
    /// input, what a tool put into the prompt beside it, what was thought beside the output.
    package var geminiUsage: MessageUsage? {
        let input = tokens("input_token_count")
        let output = tokens("output_token_count")
        guard input != nil || output != nil else { return nil }
        return MessageUsage(
            prompt: input.map { $0 + (tokens("tool_token_count") ?? 0) },
            output: output.map { $0 + (tokens("thoughts_token_count") ?? 0) },
            cacheRead: tokens("cached_content_token_count"))
    }

}

// Spans of calls of models and tools, as GenAI's conventions name things, OpenInference (`llm.…`,
// `openinference.…`), and OpenLLMetry (`traceloop.…`, and older names of GenAI's).
//
// Source: ecosystem §3.8; the three conventions' own lists of attributes.

extension TelemetryRecord {
    /// What a span is about.
    package enum SpanKind: Sendable {
        /// One call of a model.
        case model
        /// One call of a tool.
        case tool
        /// Calls of both, whose tokens it sums up.
        case agent
    }

    /// What a span is about, by its event's type without `otel.`; `nil` for anything else.
    package func spanKind(_ name: UnsafeRawBufferPointer) -> SpanKind? {
        if name.equals("span.chat") || name.equals("span.text_completion")
            || name.equals("span.generate_content")
        {
            return .model
        }
        if name.equals("span.execute_tool") { return .tool }
        if name.equals("span.invoke_agent") { return .agent }
        if let kind = text("openinference.span.kind") {
            if kind.equals("LLM") { return .model }
            if kind.equals("TOOL") { return .tool }
            return kind.equals("AGENT") ? .agent : nil
        }
        if let type = text("llm.request.type") {
            return type.equals("chat") || type.equals("completion") ? .model : nil
        }
        guard let kind = text("traceloop.span.kind") else { return nil }
        if kind.equals("tool") { return .tool }
        return kind.equals("agent") ? .agent : nil
    }

    package var spanModel: JSONView? {
        text("gen_ai.response.model") ?? text("gen_ai.request.model") ?? text("llm.model_name")
    }

    package var spanProvider: JSONView? {
        text("gen_ai.provider.name") ?? text("gen_ai.system") ?? text("llm.provider")
            ?? text("llm.system")
    }

    package var toolName: JSONView? {
        text("gen_ai.tool.name") ?? text("tool.name") ?? text("traceloop.entity.name")
    }

    /// JSON as text.
    package var toolArguments: JSONView? {
        text("gen_ai.tool.call.arguments") ?? text("input.value") ?? text("traceloop.entity.input")
    }

    package var toolResult: JSONView? {
        text("gen_ai.tool.call.result") ?? text("output.value") ?? text("traceloop.entity.output")
    }

    /// Tokens: the input has what the cache gave and took in it.
    package var spanUsage: MessageUsage? {
        let read =
            tokens("gen_ai.usage.cache_read.input_tokens")
            ?? tokens("gen_ai.usage.cache_read_input_tokens")
            ?? tokens("llm.token_count.prompt_details.cache_read")
        let written =
            tokens("gen_ai.usage.cache_creation.input_tokens")
            ?? tokens("gen_ai.usage.cache_creation_input_tokens")
            ?? tokens("llm.token_count.prompt_details.cache_write")
        let whole =
            tokens("gen_ai.usage.input_tokens") ?? tokens("gen_ai.usage.prompt_tokens")
            ?? tokens("llm.token_count.prompt")
        let output =
            tokens("gen_ai.usage.output_tokens") ?? tokens("gen_ai.usage.completion_tokens")
            ?? tokens("llm.token_count.completion")
        guard whole != nil || output != nil else { return nil }
        let input = whole.map { max(0, $0 - min($0, read ?? 0) - min($0, written ?? 0)) }
        return MessageUsage(
            input: input, output: output, cacheRead: read, cacheWrite: written)
    }
}
