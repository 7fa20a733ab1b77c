import TachoEvents
import TachoJSON
package import TachoLog

/// The requests for erasure that a log tells of, and how far each has come.
package struct ErasureHistory: Sendable {
    package enum State: String, Sendable {
        /// Nothing may have been taken away yet; the same command goes on.
        case requested
        /// The log is without the events, and something of them is left elsewhere.
        case rewritten
        /// Nothing of them was left in any file of the store.
        case proven
    }

    package struct Request: Equatable, Sendable {
        package let position: Position
        package let recorded: Timestamp
        package let kind: String
        /// HMAC of the selector under the store's secret, in hexadecimal.
        package let selector: String
        package let until: Position
        package let reason: String?
        /// How many events were taken away, once they were.
        package var eventCount: Int?
        /// Where the last receipt stands.
        package var receipt: Position?
        package var state = State.requested
    }

    /// In order of position.
    package private(set) var requests: [Request] = []

    /// What could not be looked through: it is in an archive that cannot be read from here, and may
    /// have requests or receipts.
    package private(set) var outOfReach: [SegmentSummary] = []

    /// - Parameter reader: Of the log.
    /// - Throws: ``LogError`` if the log cannot be read in full.
    package init(_ reader: LogReader) throws(LogError) {
        self.init()
        try take(reader, from: reader.firstPosition, through: reader.lastPosition)
    }

    /// What can be told without archives that are away.
    ///
    /// - Parameter reader: Of the log.
    /// - Returns: The requests, and what is ``outOfReach``.
    /// - Throws: ``LogError`` if what is here cannot be read.
    package static func withinReach(_ reader: LogReader) throws(LogError) -> ErasureHistory {
        var history = ErasureHistory()
        var next = reader.firstPosition
        for segment in reader.segments where segment.state == "archived" && segment.last >= next {
            if next < segment.first {
                try history.take(reader, from: next, through: segment.first.previous)
            }
            let before = history
            do throws(LogError) {
                try history.take(
                    reader, from: max(next, segment.first), through: segment.last)
            } catch {
                guard error.code == .archived else { throw error }
                history = before
                history.outOfReach.append(segment)
            }
            next = segment.last.next
        }
        if next <= reader.lastPosition {
            try history.take(reader, from: next, through: reader.lastPosition)
        }
        return history
    }

    private mutating func take(
        _ reader: LogReader, from first: Position, through last: Position
    ) throws(LogError) {
        var history = self
        let filter = RecordFilter(types: Self.types.map { TypePattern($0) }, streams: ["tacho"])
        try LogError.unifying {
            try reader.forEachBatch(from: first, through: last, matching: filter) { batch in
                try batch.forEachRecord { record in
                    history.take(record)
                    return true
                }
                return true
            }
        }
        self = history
    }

    init() {}

    /// Of the events that it is made from.
    static let types = [EventType.eraseRequested, EventType.erased]

    /// - Parameter record: Of any type, in order of position.
    mutating func take(_ record: RecordView) {
        let data = JSONView(validated: record.data)
        if EventType.eraseRequested.bytes.elementsEqual(record.type) {
            requests.append(Request(record, data))
        } else if EventType.erased.bytes.elementsEqual(record.type) {
            let number = data["request"]?.integer()
            let index = requests.firstIndex { number == Int64(clamping: $0.position.rawValue) }
            if let index { requests[index].take(record.position, data) }
        }
    }
}

extension ErasureHistory.Request {
    fileprivate init(_ record: RecordView, _ data: JSONView) {
        position = record.position
        recorded = record.recorded
        kind = data["kind"]?.string() ?? ""
        selector = data["selector_hmac"]?.string() ?? ""
        until = Position(data["until"]?.integer().flatMap(UInt64.init(exactly:)) ?? 0)
        reason = data["reason"]?.string()
    }

    fileprivate mutating func take(_ position: Position, _ data: JSONView) {
        let count = data["events"]?.integer().flatMap(Int.init(exactly:)) ?? 0
        eventCount = (eventCount ?? 0) + count
        receipt = position
        state = data["proven"]?.boolean() == true ? .proven : .rewritten
    }
}
