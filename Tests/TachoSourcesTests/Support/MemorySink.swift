import TachoLog
import TachoSources

/// The log as a dictionary: ids with what they were first appended with.
struct MemorySink: EventSink {
    private(set) var events: [NewEvent] = []
    private(set) var batches: [Int] = []
    private var indexByID: [ByteString: Int] = [:]
    /// Fails the append with this number, counted from 1.
    var failingAppend: Int?

    mutating func append(_ new: [NewEvent]) throws(LogError) -> [AppendOutcome] {
        if failingAppend == batches.count + 1 { throw LogError(.outOfSpace, "full") }
        batches.append(new.count)
        var outcomes: [AppendOutcome] = []
        for event in new {
            try event.validate()
            if let id = event.id, let known = indexByID[id] {
                let position = Position(UInt64(known + 1))
                outcomes.append(
                    events[known] == event ? .duplicate(position) : .conflict(position))
                continue
            }
            if let id = event.id { indexByID[id] = events.count }
            events.append(event)
            outcomes.append(.appended(Position(UInt64(events.count))))
        }
        return outcomes
    }
}

extension NewEvent {
    var text: String { String(decoding: data, as: UTF8.self) }
}
