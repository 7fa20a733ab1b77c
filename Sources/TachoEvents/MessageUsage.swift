package import TachoJSON

/// The `usage` of a message or of a result, or one model's share of a result's `modelUsage`.
///
/// A count that is missing, of another kind, negative, or beyond ``limit`` is unknown, not 0.
///
/// Source: ecosystem §3.3.
package struct MessageUsage {
    /// Tokens that were neither read from a cache nor written to one.
    package private(set) var input: Int64?
    package private(set) var output: Int64?
    /// Tokens written to a cache, however long they stay.
    package private(set) var cacheWrite: Int64?
    /// Of those, the ones that stay for five minutes.
    package private(set) var cacheWrite5m: Int64?
    /// Of those, the ones that stay for an hour.
    package private(set) var cacheWrite1h: Int64?
    package private(set) var cacheRead: Int64?
    package private(set) var webSearches: Int64?
    package private(set) var serviceTier: JSONView?
    package private(set) var speed: JSONView?
    /// Dollars, of a `modelUsage` only.
    package private(set) var costUSD: JSONView?

    /// No message and no session has more tokens than a million million.
    package static let limit: Int64 = 1_000_000_000_000

    /// Counts that were read elsewhere.
    package init(
        input: Int64? = nil, output: Int64? = nil, cacheRead: Int64? = nil,
        cacheWrite: Int64? = nil, speed: JSONView? = nil
    ) {
        self.speed = speed
        self.input = input
        self.output = output
        self.cacheRead = cacheRead
        self.cacheWrite = cacheWrite
    }

    /// Counts of an agent whose input has the cached tokens in it.
    ///
    /// More from the cache than there was input is a contradiction: the rest is then 0.
    package init(
        prompt: Int64?, output: Int64?, cacheRead: Int64?, cacheWrite: Int64? = nil
    ) {
        let cached = (cacheRead ?? 0) + (cacheWrite ?? 0)
        self.init(
            input: prompt.map { max(0, $0 - cached) }, output: output, cacheRead: cacheRead,
            cacheWrite: cacheWrite)
    }

    /// A count of tokens; `nil` is unknown.
    package static func count(_ value: JSONView?) -> Int64? {
        guard let count = value?.integer(), (0...limit).contains(count) else { return nil }
        return count
    }

    /// Reads `usage`, whose names have underscores, or a part of `modelUsage`, whose have none.
    package init(_ usage: JSONView) {
        JSONMembers(usage).forEach { key, value in
            take(key, value)
            return true
        }
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        switch key.count {
        case 5: if speed == nil, key.equals("speed") { speed = value }
        case 7: if costUSD == nil, key.equals("costUSD") { costUSD = value }
        case 11: if key.equals("inputTokens") { Self.keep(value, in: &input) }
        case 12:
            if key.equals("input_tokens") { Self.keep(value, in: &input) }
            if key.equals("outputTokens") { Self.keep(value, in: &output) }
            if serviceTier == nil, key.equals("service_tier") { serviceTier = value }
        case 13: if key.equals("output_tokens") { Self.keep(value, in: &output) }
        case 14: if key.equals("cache_creation") { takeSplit(value) }
        case 15:
            if key.equals("server_tool_use") {
                if let count = value["web_search_requests"] { Self.keep(count, in: &webSearches) }
            }
        case 17: if key.equals("webSearchRequests") { Self.keep(value, in: &webSearches) }
        case 20: if key.equals("cacheReadInputTokens") { Self.keep(value, in: &cacheRead) }
        case 23: if key.equals("cache_read_input_tokens") { Self.keep(value, in: &cacheRead) }
        case 24: if key.equals("cacheCreationInputTokens") { Self.keep(value, in: &cacheWrite) }
        case 27: if key.equals("cache_creation_input_tokens") { Self.keep(value, in: &cacheWrite) }
        default: break
        }
    }

    private mutating func takeSplit(_ split: JSONView) {
        if let count = split["ephemeral_5m_input_tokens"] { Self.keep(count, in: &cacheWrite5m) }
        if let count = split["ephemeral_1h_input_tokens"] { Self.keep(count, in: &cacheWrite1h) }
    }

    /// The first member of a name that is a count counts.
    private static func keep(_ value: JSONView, in slot: inout Int64?) {
        if slot == nil { slot = count(value) }
    }

    /// Takes over how long a result's cache writes stay, where they are all this model's.
    package mutating func adoptSplit(of usage: MessageUsage) {
        guard let cacheWrite, cacheWrite == usage.cacheWrite else { return }
        cacheWrite5m = usage.cacheWrite5m
        cacheWrite1h = usage.cacheWrite1h
    }

    /// Takes over what a result says of its run as a whole.
    package mutating func adoptTier(of usage: MessageUsage) {
        serviceTier = usage.serviceTier
        speed = usage.speed
    }
}
