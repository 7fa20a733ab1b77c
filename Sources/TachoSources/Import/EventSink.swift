package import TachoLog

/// Where events go: the log's writer, or a model of it in a test.
package protocol EventSink: ~Copyable {
    /// Appends events as one batch, whose data has been validated already.
    ///
    /// - Returns: One outcome for each event, in their order.
    /// - Throws: ``LogError``; nothing of the batch is acknowledged then.
    mutating func append(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome]
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
