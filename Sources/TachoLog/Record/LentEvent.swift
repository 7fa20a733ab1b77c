/// An event of an array, lent where it stands.
///
/// An element of an array is copied before anything is called with it, also through a span or a
/// pointer: ten counts of references an event, of which a batch was a quarter of its time. What
/// cannot be copied is lent instead.
struct LentEvent: ~Copyable {
    private let event: NewEvent

    func validate() throws(LogError) { try event.validate() }

    func validateEnvelope() throws(LogError) { try event.validateEnvelope() }

    var bringsID: Bool { event.id != nil }

    /// Encodes it as one active line (``RecordEncoder/append(_:generator:position:remaining:)``).
    func append(
        to encoder: inout RecordEncoder, generator: inout UUIDv7Generator, position: Position,
        remaining: Int
    ) {
        encoder.append(event, generator: &generator, position: position, remaining: remaining)
    }
}

extension [NewEvent] {
    /// Calls `body` with the index of each event and the event.
    @inline(__always)
    func forEachLent<Failure>(
        _ body: (Int, borrowing LentEvent) throws(Failure) -> Void
    ) throws(Failure) {
        try withUnsafeBufferPointer { (events) throws(Failure) in
            // The same memory under another type: a struct with one stored property is laid out as
            // that property is. It is only read, and the array keeps it for as long as this takes.
            try events.withMemoryRebound(to: LentEvent.self) { (lent) throws(Failure) in
                for index in lent.indices { try body(index, lent[index]) }
            }
        }
    }

    /// Whether any event has an id of its producer's.
    var bringIDs: Bool {
        var found = false
        forEachLent { _, event in found = found || event.bringsID }
        return found
    }
}
