package import TachoJSON

/// The `message` of an assistant's or user's record.
package struct AgentMessage {
    package private(set) var id: JSONView?
    package private(set) var model: JSONView?
    package private(set) var content: JSONView?
    package private(set) var stopReason: JSONView?
    package private(set) var usage: JSONView?

    /// Locates the members of a message.
    package init(_ message: JSONView) {
        JSONMembers(message).forEach { key, value in
            take(key, value)
            return true
        }
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        guard !value.isNull else { return }
        switch key.count {
        case 2: if id == nil, key.equals("id") { id = value }
        case 5:
            if model == nil, key.equals("model") { model = value }
            if usage == nil, key.equals("usage") { usage = value }
        case 7: if content == nil, key.equals("content") { content = value }
        case 11: if stopReason == nil, key.equals("stop_reason") { stopReason = value }
        default: break
        }
    }
}

/// One block of a message's content, if it is about a tool.
package struct ToolBlock {
    package enum Kind: Sendable {
        case use
        case result
    }

    package private(set) var kind: Kind?
    /// Of the call: `id` of a use, `tool_use_id` of a result.
    package private(set) var id: JSONView?
    package private(set) var name: JSONView?
    package private(set) var input: JSONView?
    package private(set) var content: JSONView?
    package private(set) var isError = false

    /// Reads a block; of any other kind of block no more than its `type`, which stands first.
    package init(_ block: JSONView) {
        JSONMembers(block).forEach { key, value in take(key, value) }
        if kind == .result, iFlowError != nil { isError = true }
    }

    /// What a result that went wrong says: its content is text, or blocks of which some are text.
    package var errorText: JSONView? {
        if content?.kind == .string { return content }
        var text = iFlowError
        content?.forEachElement { block in
            text = block["text"]
            return text == nil
        }
        return text
    }

    /// iFlow's results are objects, which have the error in the place of the output.
    private var iFlowError: JSONView? {
        guard let content, content.kind == .object else { return nil }
        let response = content.field("responseParts", "functionResponse")?["response"]
        return response?["error"].flatMap { $0.isNull ? nil : $0 }
    }

    /// - Returns: Whether to go on.
    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) -> Bool {
        switch key.count {
        case 2: if id == nil, key.equals("id") { id = value }
        case 4:
            if kind == nil, key.equals("type") {
                if value.equals("tool_use") {
                    kind = .use
                } else if value.equals("tool_result") {
                    kind = .result
                } else {
                    return false
                }
            }
            if name == nil, key.equals("name") { name = value }
        case 5: if input == nil, key.equals("input") { input = value }
        case 7: if content == nil, key.equals("content") { content = value }
        case 8: if key.equals("is_error") { isError = value.boolean() ?? false }
        case 11: if id == nil, key.equals("tool_use_id") { id = value }
        default: break
        }
        return true
    }
}

/// Tokens by kind, as Anthropic's `usage` tells them: input without what the cache gave.
package struct TokenUsage: Hashable, Sendable {
    package var input: Int64 = 0
    package var output: Int64 = 0
    package var cacheWrite: Int64 = 0
    package var cacheRead: Int64 = 0

    package init(
        input: Int64 = 0, output: Int64 = 0, cacheWrite: Int64 = 0, cacheRead: Int64 = 0
    ) {
        self.input = input
        self.output = output
        self.cacheWrite = cacheWrite
        self.cacheRead = cacheRead
    }

    /// A count that is missing or none (``MessageUsage/count(_:)``) is 0.
    package init(_ usage: JSONView) {
        JSONMembers(usage).forEach { key, value in
            take(key, value)
            return true
        }
    }

    @inline(__always)
    private mutating func take(_ key: UnsafeRawBufferPointer, _ value: JSONView) {
        switch key.count {
        case 12: if key.equals("input_tokens") { input = Self.count(value) }
        case 13: if key.equals("output_tokens") { output = Self.count(value) }
        case 23: if key.equals("cache_read_input_tokens") { cacheRead = Self.count(value) }
        case 27: if key.equals("cache_creation_input_tokens") { cacheWrite = Self.count(value) }
        default: break
        }
    }

    private static func count(_ value: JSONView) -> Int64 {
        MessageUsage.count(value) ?? 0
    }
}
