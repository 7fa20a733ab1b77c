import TachoLog

/// A copy of what `tool_sequences` says of sessions and their agents, for finding rows.
///
/// One look-up tells both of a session and of its own agent, which go by the same text. Bounded: a
/// full one is emptied, and filled again from the table.
struct AgentRows: Sendable {
    /// What one text leads to.
    struct Place: Sendable {
        /// Of the agent with that key.
        var newest: Int?
        /// Of the session with that name.
        var first: Int?
        /// Who told of the session's first row.
        var witness: CallStep.Witness?
    }

    private var texts = TextDictionary()
    /// By number of the text.
    private var places: [Place] = []

    static let limit = 1 << 14

    /// What a text leads to; what was not asked for before is asked of `find`.
    @inline(__always)
    mutating func place(
        of text: UnsafeRawBufferPointer, else find: () -> Place
    ) -> Place {
        let (number, isNew) = texts.intern(text)
        guard isNew else { return places[number] }
        let place = find()
        if texts.count > Self.limit {
            texts = TextDictionary()
            places = []
            _ = texts.intern(text)
        }
        places.append(place)
        return place
    }

    /// Notes what has changed of a text that was asked for.
    ///
    /// One that was forgotten since is read again from the table, which says the same.
    mutating func change(_ text: UnsafeRawBufferPointer, _ body: (inout Place) -> Void) {
        if let number = texts.number(of: text) { body(&places[number]) }
    }
}
