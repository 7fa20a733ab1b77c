import TachoEvents
import TachoJSON
import TachoLog

/// A batch whose records were located once for all lanes.
///
/// It has a copy of the batch's bytes, which costs a hundredth of folding them, so that the events
/// may point into it for as long as it lives.
///
/// Made by one thread: ``note(_:for:)`` for each record, then ``complete(at:)``, then it is read
/// by many.
final class LocatedBatch: @unchecked Sendable {
    // @unchecked: nothing is written after `complete`, which comes before other threads get it.
    let bytes: UnsafeRawBufferPointer
    /// Of those records that any lane wants.
    private(set) var events: UnsafeMutableBufferPointer<Event>
    /// By lane: indices of the events it wants.
    private(set) var indices: [[Int32]]
    private(set) var lastPosition: Position = .zero

    private var records: [Located] = []
    /// Of the records' data, one behind the other.
    private var members: [JSONMemberPlace] = []
    private var places: UnsafeMutableBufferPointer<JSONMemberPlace>
    private var payloads: UnsafeMutableBufferPointer<HookPayload>
    private var readings: UnsafeMutableBufferPointer<AgentReading>
    private var blocks: UnsafeMutableBufferPointer<ToolBlock>

    private struct Located {
        let record: RecordView
        /// The record's part of `members`.
        let memberStart: Int
        let memberEnd: Int
        let isHook: Bool
    }

    init(_ batch: RecordBatch, laneCount: Int) {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: batch.bytes.count, alignment: 64)
        batch.bytes.withUnsafeBytes { copy.copyMemory(from: $0) }
        bytes = UnsafeRawBufferPointer(copy)
        events = .init(start: nil, count: 0)
        places = .init(start: nil, count: 0)
        payloads = .init(start: nil, count: 0)
        readings = .init(start: nil, count: 0)
        blocks = .init(start: nil, count: 0)
        indices = [[Int32]](repeating: [], count: laneCount)
        // Half a kilobyte is a usual line, and a dozen members usual data.
        records.reserveCapacity(bytes.count / 512)
        members.reserveCapacity(bytes.count / 48)
    }

    deinit {
        // All elements are plain bytes: nothing is to be done for each.
        events.deallocate()
        payloads.deallocate()
        readings.deallocate()
        blocks.deallocate()
        places.deallocate()
        bytes.deallocate()
    }

    /// Adds a record for the lanes of a route; one that none of them wants is passed over.
    ///
    /// - Precondition: The record views ``bytes``.
    @inline(__always)
    func note(_ record: RecordView, for route: TypeRouter.Route) {
        if route.isEmpty { return }
        let index = Int32(truncatingIfNeeded: records.count)
        for lane in route { indices[lane].append(index) }
        let start = members.count
        JSONMemberPlace.note(of: JSONView(validated: record.data), in: &members)
        records.append(
            Located(
                record: record, memberStart: start, memberEnd: members.count,
                isHook: record.type.hasPrefix("hook.")))
    }

    /// Makes the events, now that what they point to stays where it is.
    func complete(at lastPosition: Position) {
        self.lastPosition = lastPosition
        places = .allocate(capacity: members.count)
        _ = places.initialize(from: members)
        readMessages()
        events = .allocate(capacity: records.count)
        payloads = .allocate(capacity: records.count { $0.isHook })
        var payloadCount = 0
        var readingCount = 0
        for (index, located) in records.enumerated() {
            let own = places(of: located)
            var event = Event(located.record, own)
            if located.isHook, let base = payloads.baseAddress {
                (base + payloadCount).initialize(to: event.hookPayload)
                event = Event(located.record, own, payload: base + payloadCount)
                payloadCount += 1
            } else if event.isAgentMessage, let base = readings.baseAddress {
                event = Event(located.record, own, message: base + readingCount)
                readingCount += 1
            }
            events.initializeElement(at: index, to: event)
        }
        records = []
        members = []
    }

    /// Reads the messages among the records, with their blocks, of which all lie in one array.
    private func readMessages() {
        var found: [(reading: AgentReading, blocks: Range<Int>)] = []
        var all: [ToolBlock] = []
        for located in records {
            let event = Event(located.record, places(of: located))
            guard event.isAgentMessage else { continue }
            let reading = AgentReading(event)
            let start = all.count
            reading.forEachBlock { all.append($0) }
            found.append((reading, start..<all.count))
        }
        blocks = .allocate(capacity: all.count)
        _ = blocks.initialize(from: all)
        readings = .allocate(capacity: found.count)
        for (index, (reading, range)) in found.enumerated() {
            let own = UnsafeBufferPointer(rebasing: blocks[range])
            readings.initializeElement(at: index, to: AgentReading(reading, blocks: own))
        }
    }

    private func places(of located: Located) -> UnsafeBufferPointer<JSONMemberPlace> {
        UnsafeBufferPointer(rebasing: places[located.memberStart..<located.memberEnd])
    }
}
