package import TachoLog

/// Where events go: the log's writer, or a model of it in a test.
package protocol EventSink: ~Copyable {
    /// Takes events as one batch behind those taken before; their data has been validated already.
    ///
    /// A sink may return before they are in the log, and tell of them later.
    ///
    /// - Returns: One outcome for each event that was taken, in their order: of those that were not
    ///   told of before, as many as are known.
    /// - Throws: ``LogError`` of the first event without an outcome; neither it nor anything taken
    ///   behind it is acknowledged then.
    mutating func append(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome]

    /// Waits until all that was taken is in the log.
    ///
    /// - Returns: The outcomes that were not told of before.
    /// - Throws: As ``append(_:)``.
    mutating func settle() throws(LogError) -> [AppendOutcome]
}

extension EventSink where Self: ~Copyable {
    /// Of a sink that tells at once.
    package mutating func settle() throws(LogError) -> [AppendOutcome] { [] }

    /// Takes events and waits for them; nothing else may be under way.
    package mutating func appendAndSettle(
        _ events: [NewEvent]
    ) throws(LogError) -> [AppendOutcome] {
        var outcomes = try append(events)
        while outcomes.count < events.count {
            let more = try settle()
            precondition(!more.isEmpty, "what was taken has an outcome or a fault")
            outcomes += more
        }
        return outcomes
    }
}

/// The log itself as a sink.
package struct LogSink: EventSink, ~Copyable {
    package var writer: LogWriter
    private let durability: Durability

    package init(_ writer: consuming LogWriter, durability: Durability = .commit) {
        self.writer = writer
        self.durability = durability
    }

    package mutating func append(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome] {
        try writer.append(validated: events, durability: durability).outcomes
    }

    /// Gives the writer back, for closing it.
    package consuming func finish() -> LogWriter { writer }
}
