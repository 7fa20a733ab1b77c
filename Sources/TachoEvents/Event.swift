package import TachoJSON
package import TachoLog

/// An event as a projector sees it: the envelope located, the data read when asked for.
///
/// Borrows the bytes of its batch, as ``RecordView`` does: valid only inside the call it was
/// passed to.
package struct Event {
    package let record: RecordView
    /// The members of ``data``.
    ///
    /// Reading these spares the walk over the data, where it was done before for other readers of
    /// the event.
    package let members: JSONMembers
    @usableFromInline let readPayload: UnsafePointer<HookPayload>?
    private let readMessage: UnsafePointer<AgentReading>?

    package init(_ record: RecordView) {
        self.record = record
        members = JSONMembers(JSONView(validated: record.data))
        readPayload = nil
        readMessage = nil
    }

    /// Views a record of which something was read before, lent like its bytes.
    ///
    /// - Parameters:
    ///   - record: Its envelope.
    ///   - places: All members of its data.
    ///   - payload: What ``hookPayload`` gives; `nil` leaves it to be read when asked for.
    ///   - message: Likewise, what ``agentReading`` gives.
    package init(
        _ record: RecordView, _ places: UnsafeBufferPointer<JSONMemberPlace>,
        payload: UnsafePointer<HookPayload>? = nil, message: UnsafePointer<AgentReading>? = nil
    ) {
        self.record = record
        members = JSONMembers(JSONView(validated: record.data), at: places)
        readPayload = payload
        readMessage = message
    }

    /// The data as a hook's: half a dozen projectors look at it.
    @inlinable package var hookPayload: HookPayload {
        if let readPayload { return readPayload.pointee }
        return HookPayload(members)
    }

    /// The data as a message of Claude Code's.
    package var agentReading: AgentReading { readMessage?.pointee ?? AgentReading(self) }

    @inlinable package var position: Position { record.position }
    /// When the store took it in; never decreases along the log.
    @inlinable package var recorded: Timestamp { record.recorded }
    /// When it happened by the producer's clock; `nil` is unknown.
    @inlinable package var time: Timestamp? { record.time }
    /// The best that is known about when it happened.
    @inlinable package var occurred: Timestamp { record.time ?? record.recorded }
    @inlinable package var id: UnsafeRawBufferPointer { record.id }
    @inlinable package var stream: UnsafeRawBufferPointer { record.stream }
    @inlinable package var type: UnsafeRawBufferPointer { record.type }
    @inlinable package var source: UnsafeRawBufferPointer { record.source }
    @inlinable package var version: Int { record.version }

    /// The submitted object, of which nothing is parsed before a member is asked for.
    @inlinable package var data: JSONView { JSONView(validated: record.data) }
}

extension Event {
    /// The type without its family: `PreToolUse` for `hook.PreToolUse` and `hook.`.
    ///
    /// - Returns: `nil` if the type is not of that family.
    package func name(after prefix: ByteString) -> UnsafeRawBufferPointer? {
        guard type.starts(with: prefix.bytes) else { return nil }
        return UnsafeRawBufferPointer(rebasing: type[prefix.bytes.count...])
    }
}
