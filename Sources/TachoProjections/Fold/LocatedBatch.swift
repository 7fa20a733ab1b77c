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
        indices = [[Int32]](repeating: [], count: laneCount)
        // Half a kilobyte is a usual line, and a dozen members usual data.
        records.reserveCapacity(bytes.count / 512)
        members.reserveCapacity(bytes.count / 48)
    }

    deinit {
        // All elements are plain bytes: nothing is to be done for each.
        events.deallocate()
        payloads.deallocate()
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
        events = .allocate(capacity: records.count)
        payloads = .allocate(capacity: records.count { $0.isHook })
        var payloadCount = 0
        for (index, located) in records.enumerated() {
            let own = UnsafeBufferPointer(
                rebasing: places[located.memberStart..<located.memberEnd])
            var payload: UnsafePointer<HookPayload>?
            if located.isHook {
                let read = Event(located.record, own).hookPayload
                payloads.initializeElement(at: payloadCount, to: read)
                payload = payloads.baseAddress.map { UnsafePointer($0 + payloadCount) }
                payloadCount += 1
            }
            events.initializeElement(at: index, to: Event(located.record, own, payload: payload))
        }
        records = []
        members = []
    }
}
