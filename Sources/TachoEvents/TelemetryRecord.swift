package import TachoJSON

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

    /// A number that is not below zero, given as a number or as text.
    package func count(_ key: StaticString) -> Int64? {
        self[key]?.integerLenient().flatMap { $0 >= 0 ? $0 : nil }
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
        text("session.id") ?? text("gen_ai.conversation.id") ?? text("conversation.id")
            ?? resource?["session.id"].flatMap { $0.withText { !$0.isEmpty } == true ? $0 : nil }
    }

    /// Nanoseconds since 1970 of a span's beginning and end.
    package var spanNanoseconds: (start: Int64, end: Int64)? {
        guard let start = data["start_time_unix_nano"]?.integer(),
            let end = data["end_time_unix_nano"]?.integer(), start > 0, start <= end
        else { return nil }
        return (start, end)
    }

    package var traceID: JSONView? { data["trace_id"] }
    package var spanID: JSONView? { data["span_id"] }
    package var statusCode: Int64? { data.field("status", "code")?.integer() }

    /// Tokens as Claude Code's `api_request` counts them: input without what the cache gave.
    package var requestUsage: MessageUsage {
        MessageUsage(
            input: count("input_tokens"), output: count("output_tokens"),
            cacheWrite: count("cache_creation_tokens"), cacheRead: count("cache_read_tokens"),
            // What telemetry calls normal is what messages call standard, and theirs to say.
            speed: text("speed").flatMap { $0.equals("fast") ? $0 : nil })
    }

    /// Tokens as GenAI spans count them: their input has what the cache gave and took in it.
    package var spanUsage: MessageUsage? {
        let read = count("gen_ai.usage.cache_read.input_tokens")
        let written = count("gen_ai.usage.cache_creation.input_tokens")
        let whole = count("gen_ai.usage.input_tokens") ?? count("gen_ai.usage.prompt_tokens")
        let output =
            count("gen_ai.usage.output_tokens") ?? count("gen_ai.usage.completion_tokens")
        guard whole != nil || output != nil else { return nil }
        let input = whole.map { max(0, $0 - min($0, read ?? 0) - min($0, written ?? 0)) }
        return MessageUsage(
            input: input, output: output, cacheWrite: written, cacheRead: read, speed: nil)
    }
}

extension MessageUsage {
    /// Counts that were read elsewhere; those out of range are unknown.
    package init(
        input: Int64?, output: Int64?, cacheWrite: Int64?, cacheRead: Int64?, speed: JSONView?
    ) {
        func valid(_ count: Int64?) -> Int64? {
            count.flatMap { (0...Self.limit).contains($0) ? $0 : nil }
        }
        self.init()
        set(valid(input), valid(output), valid(cacheWrite), valid(cacheRead), speed)
    }
}
