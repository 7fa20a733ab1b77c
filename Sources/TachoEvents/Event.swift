public import TachoJSON
public import TachoLog

/// An event as a projector sees it: the envelope located, the data read when asked for.
///
/// Borrows what was read of it, and the bytes of its batch, as ``RecordView`` does: valid only inside
/// the call it was passed to.
@usableFromInline
package struct Event {
    // A pointer, because a dozen projectors are handed each event.
    @usableFromInline let reading: UnsafePointer<EventReading>

    /// - Parameter reading: Stays where it is, and what it is of, too, as long as the event is used.
    package init(_ reading: UnsafePointer<EventReading>) {
        self.reading = reading
    }

    /// Lends the event of a record.
    package static func withEvent<Result, Failure: Error>(
        of record: RecordView, _ body: (Event) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withEvent(of: record, members: JSONMembers(JSONView(validated: record.data)), body)
    }

    /// Lends the event of a record whose members were found before.
    package static func withEvent<Result, Failure: Error>(
        of record: RecordView, members: JSONMembers, _ body: (Event) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let reading = EventReading(record, members)
        guard reading.shape == .hook else {
            return try withUnsafePointer(to: reading) { reading throws(Failure) in
                try body(Event(reading))
            }
        }
        return try withUnsafePointer(to: HookFields(members)) { fields throws(Failure) in
            var reading = reading
            reading.hookFields = fields
            return try withUnsafePointer(to: reading) { reading throws(Failure) in
                try body(Event(reading))
            }
        }
    }

    @inlinable package var record: RecordView { reading.pointee.record }

    /// The members of ``data``.
    ///
    /// Reading these spares the walk over the data, where it was done before for other readers of
    /// the event.
    @inlinable package var members: JSONMembers { reading.pointee.members }

    /// The data as a hook's: half a dozen projectors look at it.
    ///
    /// - Precondition: The event is one of `hook.*`.
    @inlinable package var hookPayload: HookPayload {
        guard let fields = reading.pointee.hookFields else {
            preconditionFailure("an event of another family has no payload of a hook")
        }
        return HookPayload(fields, of: reading.pointee.members.object)
    }

    /// The data as a record of a phase or a workflow.
    package var phaseRecord: PhaseRecord {
        reading.pointee.phaseRecord?.pointee ?? PhaseRecord(members)
    }

    /// The data as a message of Claude Code's.
    package var agentReading: AgentReading {
        reading.pointee.message?.pointee ?? AgentReading(self)
    }

    @inlinable package var position: Position { reading.pointee.record.position }
    /// When the store took it in; never decreases along the log.
    @inlinable package var recorded: Timestamp { reading.pointee.record.recorded }
    /// When it happened by the producer's clock; `nil` is unknown.
    @inlinable package var time: Timestamp? { reading.pointee.record.time }
    /// The best that is known about when it happened.
    @inlinable package var occurred: Timestamp { time ?? recorded }
    @inlinable package var id: UnsafeRawBufferPointer { reading.pointee.record.id }
    @inlinable package var stream: UnsafeRawBufferPointer { reading.pointee.record.stream }
    @inlinable package var type: UnsafeRawBufferPointer { reading.pointee.record.type }
    @inlinable package var source: UnsafeRawBufferPointer { reading.pointee.record.source }
    @inlinable package var version: Int { reading.pointee.record.version }

    /// The submitted object, of which nothing is parsed before a member is asked for.
    @inlinable package var data: JSONView { JSONView(validated: reading.pointee.record.data) }
}

/// What of a record was read, once for all who look at its event.
@usableFromInline
package struct EventReading {
    @usableFromInline package let record: RecordView
    @usableFromInline package var members: JSONMembers
    /// Of an event of `hook.*`.
    @usableFromInline package var hookFields: UnsafePointer<HookFields>?
    /// What ``Event/agentReading`` gives; `nil` leaves it to be read when asked for.
    @usableFromInline package var message: UnsafePointer<AgentReading>?
    /// The same for ``Event/phaseRecord``.
    @usableFromInline package var phaseRecord: UnsafePointer<PhaseRecord>?
    @usableFromInline package let shape: Shape
    /// See ``Event/mayNameActor``.
    @usableFromInline let mayNameActor: Bool

    /// - Parameters:
    ///   - record: Its envelope.
    ///   - members: All members of its data.
    @inlinable @inline(__always)
    package init(_ record: RecordView, _ members: JSONMembers) {
        self.record = record
        self.members = members
        shape = Shape(record.type)
        mayNameActor = shape != .hook && Self.mayNameActor(record.type)
    }
}

extension EventReading {
    /// What the data of an event is read as by all who look at it.
    @usableFromInline package enum Shape {
        case hook
        case phase
        case other

        @usableFromInline init(_ type: UnsafeRawBufferPointer) {
            switch type.first {
            case UInt8(ascii: "h") where type.hasPrefix("hook."): self = .hook
            case UInt8(ascii: "p") where type.hasPrefix("phase."): self = .phase
            case UInt8(ascii: "w") where type.hasPrefix("workflow."): self = .phase
            default: self = .other
            }
        }
    }
}

extension Event {
    /// The type without its family: `PreToolUse` for `hook.PreToolUse` and `hook.`.
    ///
    /// - Returns: `nil` if the type is not of that family.
    package func name(after prefix: StaticString) -> UnsafeRawBufferPointer? {
        guard type.hasPrefix(prefix) else { return nil }
        return UnsafeRawBufferPointer(rebasing: type[prefix.utf8CodeUnitCount...])
    }
}
