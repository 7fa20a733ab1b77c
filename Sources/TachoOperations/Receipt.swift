package import TachoJSON
package import TachoLog

/// What an operation on the store did, as an event of the store's own history.
///
/// Every operation that is carried out leaves one: in the stream `tacho`, by the source
/// `tacho/operations`, with the plan it followed and what came out.
package struct Receipt: Sendable {
    package let type: ByteString
    /// One JSON object.
    package let data: [UInt8]

    /// - Parameters:
    ///   - type: As `tacho.compacted`.
    ///   - members: Writes the members of the object.
    package init(_ type: ByteString, members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        members(&writer)
        writer.endObject()
        self.type = type
        data = writer.bytes
    }

    /// The receipt as an event; the store gives it an id.
    package var event: NewEvent { event(id: nil) }

    /// The receipt as an event that is appended once, by whoever comes first.
    func event(id: ByteString?) -> NewEvent {
        NewEvent(id: id, stream: "tacho", type: type, source: "tacho/operations", data: data)
    }
}
