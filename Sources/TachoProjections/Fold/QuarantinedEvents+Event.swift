import TachoEvents
import TachoJSON
package import TachoLog

extension QuarantinedEvents.Entry {
    /// What happened as an event of the store's own history.
    ///
    /// Made from these four facts alone, and so is its id: whoever records it, and how often, the
    /// log holds it once.
    package func event(in projector: any Projector.Type) -> NewEvent {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("projector")
        writer.value(projector.name)
        writer.key("version")
        writer.value(projector.version)
        writer.key("position")
        writer.value(position.rawValue)
        writer.key("reason")
        writer.value(reason.description)
        writer.endObject()
        let id = "\(EventType.quarantined)/\(SHA256.hash(writer.bytes).hex.prefix(32))"
        return NewEvent(
            id: ByteString(id), stream: "tacho", type: EventType.quarantined,
            source: "tacho/projections", data: writer.bytes)
    }
}
