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

    /// - Parameters:
    ///   - reader: Of the log.
    ///   - first: Where to begin; `nil` is where the log does.
    /// - Throws: ``LogError`` if the log cannot be read from there.
    package init(_ reader: LogReader, from first: Position? = nil) throws(LogError) {
        var history = Self()
        let filter = RecordFilter(types: Self.types.map { TypePattern($0) }, streams: ["tacho"])
        try LogError.unifying {
            try reader.forEachBatch(from: first, matching: filter) { batch in
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
