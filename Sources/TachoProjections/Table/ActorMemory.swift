import TachoEvents
import TachoLog

/// Who changed a row, read once an event however many rows the event changes.
///
/// An event with a list of a million calls touches a million rows: reading its data for each would
/// take time that grows with the square of the list.
struct ActorMemory: Sendable {
    /// Zero is no event.
    private var position: Position = .zero
    /// Empty if the event names nobody.
    private var name: [UInt8] = []

    /// Lends the name of the event's actor, else its source.
    @inline(__always)
    mutating func withActor(of event: Event, _ body: (UnsafeRawBufferPointer) -> Void) {
        // Most events are an agent's own and name nobody: nothing is read and nothing kept.
        guard event.mayNameActor else { return body(event.source) }
        if position != event.position {
            position = event.position
            name = event.withActor { [UInt8]($0.prefix(characterBytes: Self.byteLimit)) } ?? []
        }
        guard !name.isEmpty else { return body(event.source) }
        name.withUnsafeBytes(body)
    }

    /// A name and not a text: a hostile one would be kept for each row.
    static let byteLimit = 200
}
