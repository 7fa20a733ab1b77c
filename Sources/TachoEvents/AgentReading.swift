package import TachoJSON

/// What a message of Claude Code's says, read once: five projectors look at each.
@usableFromInline package struct AgentReading {
    package let record: AgentRecord
    package let message: AgentMessage?
    /// `nil` where they are read when asked for.
    private let blocks: UnsafeBufferPointer<ToolBlock>?

    package init(_ event: Event) {
        record = AgentRecord(event.members)
        message = record.message.map { AgentMessage($0) }
        blocks = nil
    }

    /// The same with its blocks, which are lent.
    package init(_ other: AgentReading, blocks: UnsafeBufferPointer<ToolBlock>) {
        record = other.record
        message = other.message
        self.blocks = blocks
    }

    package var content: JSONView? { message?.content }

    /// Calls `body` with each block of the content, those about no tool too.
    package func forEachBlock(_ body: (ToolBlock) -> Void) {
        if let blocks {
            for block in blocks { body(block) }
        } else {
            content?.forEachElement { element in
                body(ToolBlock(element))
                return true
            }
        }
    }
}

extension Event {
    /// Whether iFlow wrote it, whose transcripts have Claude Code's shape but for two things: a call
    /// is repeated by the record after it, and a result says its outcome in its content.
    package var isOfIFlow: Bool { source.hasPrefix("iflow/") }

    /// Whether ``agentReading`` is worth being read before it is asked for.
    package var isAgentMessage: Bool {
        switch type.first {
        case UInt8(ascii: "t"):
            type.equals("transcript.assistant") || type.equals("transcript.user")
        case UInt8(ascii: "o"):
            type.equals("output.assistant") || type.equals("output.user")
                || type.equals("output.result")
        default: false
        }
    }
}
