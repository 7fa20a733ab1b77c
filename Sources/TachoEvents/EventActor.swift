import TachoJSON

// Who stands behind an event: a person, a service, a reviewer.

extension Event {
    /// Whether members of the data can name an actor.
    ///
    /// Records of an agent's own (hooks, transcripts, outputs, lines of logs) are most of every log
    /// and the largest of its events, and their shape has no such member: they are not looked
    /// through. Their actor is their source.
    @inlinable package var mayNameActor: Bool { reading.pointee.mayNameActor }

    /// Lends who the data names: `updated_by`, else `actor`, else `reviewer`.
    ///
    /// - Returns: `nil` and no call if none of them is a text with something in it.
    package func withActor<Result>(
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        var found: (rank: Int, name: JSONView)?
        members.forEach { key, value in
            guard let rank = Self.rank(ofActor: key), rank < found?.rank ?? .max,
                value.withText({ !$0.isEmpty }) == true
            else { return true }
            found = (rank, value)
            return rank > 0
        }
        return found?.name.withText(body)
    }

    /// The place of a key among those that name an actor; the first that is there counts.
    @inline(__always)
    private static func rank(ofActor key: UnsafeRawBufferPointer) -> Int? {
        switch key.count {
        case 10: key.equals("updated_by") ? 0 : nil
        case 5: key.equals("actor") ? 1 : nil
        case 8: key.equals("reviewer") ? 2 : nil
        default: nil
        }
    }
}

extension EventReading {
    /// See ``Event/mayNameActor``; of other types than hooks'.
    @usableFromInline static func mayNameActor(_ type: UnsafeRawBufferPointer) -> Bool {
        switch type.first {
        case UInt8(ascii: "t"): !type.hasPrefix("transcript.")
        case UInt8(ascii: "o"): !type.hasPrefix("output.")
        case UInt8(ascii: "l"): !type.hasPrefix("log.line")
        default: true
        }
    }
}
