import TachoEvents
import TachoJSON
import TachoLog

/// A batch whose records were located once for all lanes.
///
/// It has a copy of the batch's bytes, which costs a hundredth of folding them, so that the events
/// may point into it for as long as they are folded. Its memory serves batch after batch: new
/// memory for each would be given back and cleared again, a tenth of a rebuild's time.
///
/// Made by one thread: ``begin(_:)``, ``note(_:for:)`` for each record, then ``complete(at:)``,
/// then it is read by many, and begun again when all of them are done.
final class LocatedBatch: @unchecked Sendable {
    // @unchecked: nothing is written between `complete`, which comes before other threads get it,
    // and `begin`, which comes after the last of them has finished with it (``Lanes``).
    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Of those records that any lane wants.
    private(set) var events = UnsafeMutableBufferPointer<Event>(start: nil, count: 0)
    /// By lane: indices of the events it wants.
    private(set) var indices: [[Int32]]
    private(set) var lastPosition: Position = .zero

    private var records: [Located] = []
    /// Of the records' data, one behind the other.
    private var members: [JSONMemberPlace] = []
    private var foundReadings: [FoundReading] = []
    private var foundBlocks: [ToolBlock] = []
    private var places = UnsafeMutableBufferPointer<JSONMemberPlace>(start: nil, count: 0)

    private var bytesMemory = BatchMemory<UInt8>()
    private var eventMemory = BatchMemory<Event>()
    private var placeMemory = BatchMemory<JSONMemberPlace>()
    private var payloadMemory = BatchMemory<HookPayload>()
    private var readingMemory = BatchMemory<AgentReading>()
    private var blockMemory = BatchMemory<ToolBlock>()

    private struct Located {
        let record: RecordView
        /// The record's part of `members`.
        let memberStart: Int
        let memberEnd: Int
        let isHook: Bool
    }

    private struct FoundReading {
        let reading: AgentReading
        let blocks: Range<Int>
    }

    init(laneCount: Int) {
        indices = [[Int32]](repeating: [], count: laneCount)
    }

    deinit {
        bytesMemory.deallocate()
        eventMemory.deallocate()
        placeMemory.deallocate()
        payloadMemory.deallocate()
        readingMemory.deallocate()
        blockMemory.deallocate()
    }

    /// Forgets the batch it had, and takes the bytes of another.
    func begin(_ batch: RecordBatch) {
        let copy = UnsafeMutableRawBufferPointer(bytesMemory.room(for: batch.bytes.count))
        batch.bytes.withUnsafeBytes { copy.copyMemory(from: $0) }
        bytes = UnsafeRawBufferPointer(copy)
        for lane in indices.indices { indices[lane].removeAll(keepingCapacity: true) }
        records.removeAll(keepingCapacity: true)
        members.removeAll(keepingCapacity: true)
        // Half a kilobyte is a usual line, and a dozen members usual data.
        records.reserveCapacity(bytes.count / 512)
        members.reserveCapacity(bytes.count / 48)
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
        places = placeMemory.filled(with: members)
        let readings = readMessages()
        events = eventMemory.room(for: records.count)
        let payloads = payloadMemory.room(for: records.count { $0.isHook })
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
    }

    /// Reads the messages among the records, with their blocks, of which all lie in one array.
    private func readMessages() -> UnsafeMutableBufferPointer<AgentReading> {
        foundReadings.removeAll(keepingCapacity: true)
        foundBlocks.removeAll(keepingCapacity: true)
        for located in records {
            let event = Event(located.record, places(of: located))
            guard event.isAgentMessage else { continue }
            let reading = AgentReading(event)
            let start = foundBlocks.count
            reading.forEachBlock { foundBlocks.append($0) }
            foundReadings.append(
                FoundReading(reading: reading, blocks: start..<foundBlocks.count))
        }
        let blocks = blockMemory.filled(with: foundBlocks)
        let readings = readingMemory.room(for: foundReadings.count)
        for (index, found) in foundReadings.enumerated() {
            let own = UnsafeBufferPointer(rebasing: blocks[found.blocks])
            readings.initializeElement(at: index, to: AgentReading(found.reading, blocks: own))
        }
        return readings
    }

    private func places(of located: Located) -> UnsafeBufferPointer<JSONMemberPlace> {
        UnsafeBufferPointer(rebasing: places[located.memberStart..<located.memberEnd])
    }
}

/// Room for elements of one kind, as much as any batch has needed.
///
/// They are plain bytes: nothing is to be done for those that are overwritten.
private struct BatchMemory<Element> {
    private var memory = UnsafeMutableBufferPointer<Element>(start: nil, count: 0)

    /// Room for `count` elements, which are undefined; what was there before is gone.
    mutating func room(for count: Int) -> UnsafeMutableBufferPointer<Element> {
        if count > memory.count {
            memory.deallocate()
            memory = .allocate(capacity: count + count / 4)
        }
        return UnsafeMutableBufferPointer(rebasing: memory[..<count])
    }

    mutating func filled(with elements: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let room = room(for: elements.count)
        _ = room.initialize(from: elements)
        return room
    }

    func deallocate() { memory.deallocate() }
}
