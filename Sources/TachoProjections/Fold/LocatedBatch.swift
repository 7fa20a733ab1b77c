import TachoEvents
import TachoJSON
import TachoLog

/// A batch whose records were located and read once for all lanes.
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
    // @exclusivity: one thread calls one method after the other, so that no two accesses overlap;
    // looking for that took longer than noting a record.
    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var lastPosition: Position = .zero

    /// Of those records that any lane wants.
    @exclusivity(unchecked) private var readings = BatchMemory<EventReading>()
    /// Which lanes want them.
    @exclusivity(unchecked) private var routes = BatchMemory<TypeRouter.Route>()
    /// All lanes that want any of them.
    @exclusivity(unchecked) private var lanes = TypeRouter.Route()
    /// Of the records' data, one behind the other.
    @exclusivity(unchecked) private var members = BatchMemory<JSONMemberPlace>()
    /// Ends of the records' parts of `members`.
    @exclusivity(unchecked) private var memberEnds = BatchMemory<UInt32>()
    /// Of the hooks' events among the records, in their order.
    @exclusivity(unchecked) private var hookFields = BatchMemory<HookFields>()
    /// Of the phases' and workflows' events among them.
    @exclusivity(unchecked) private var phaseRecords = BatchMemory<PhaseRecord>()
    private var messages: [FoundMessage] = []
    private var foundBlocks: [ToolBlock] = []

    private var bytesMemory = BatchMemory<UInt8>()
    private var messageMemory = BatchMemory<AgentReading>()
    private var blockMemory = BatchMemory<ToolBlock>()

    private struct FoundMessage {
        let record: Int
        let reading: AgentReading
        let blocks: Range<Int>
    }

    deinit {
        readings.deallocate()
        members.deallocate()
        routes.deallocate()
        memberEnds.deallocate()
        hookFields.deallocate()
        phaseRecords.deallocate()
        bytesMemory.deallocate()
        messageMemory.deallocate()
        blockMemory.deallocate()
    }

    /// Calls `body` with the events that a lane wants, in the log's order.
    @inline(__always)
    func forEachEvent(of lane: Int, _ body: (Event) -> Void) {
        guard lanes.contains(lane) else { return }
        let (routes, count, readings) = (routes.start, routes.count, readings.start)
        for index in 0..<count where routes[index].contains(lane) {
            body(Event(readings + index))
        }
    }

    /// Forgets the batch it had, and takes the bytes of another.
    func begin(_ batch: RecordBatch) {
        bytesMemory.removeAll()
        batch.bytes.withUnsafeBytes { bytesMemory.append($0) }
        bytes = UnsafeRawBufferPointer(start: bytesMemory.start, count: bytesMemory.count)
        readings.removeAll()
        routes.removeAll()
        lanes = TypeRouter.Route()
        members.removeAll()
        memberEnds.removeAll()
        hookFields.removeAll()
        phaseRecords.removeAll()
    }

    /// Adds a record for the lanes of a route; one that none of them wants is passed over.
    ///
    /// - Precondition: The record views ``bytes``.
    @inline(__always)
    func note(_ record: RecordView, for route: TypeRouter.Route) {
        if route.isEmpty { return }
        routes.append(route)
        lanes.formUnion(route)
        let data = JSONView(validated: record.data)
        let places = noteMembers(of: data)
        memberEnds.append(UInt32(members.count))
        // Where the members lie is told when all of them do.
        let reading = readings.next()
        reading.initialize(to: EventReading(record, JSONMembers(data)))
        switch reading.pointee.shape {
        case .hook: HookFields.read(JSONMembers(data, at: places), into: hookFields.next())
        case .phase: PhaseRecord.read(JSONMembers(data, at: places), into: phaseRecords.next())
        case .other: break
        }
    }

    /// - Returns: The places, for as long as no others are noted.
    private func noteMembers(of data: JSONView) -> UnsafeBufferPointer<JSONMemberPlace> {
        var count = JSONMemberPlace.note(of: data, in: members.room)
        if count > members.room.count {
            members.reserve(members.count + count)
            count = JSONMemberPlace.note(of: data, in: members.room)
        }
        let start = members.start + members.count
        members.take(count)
        return UnsafeBufferPointer(start: start, count: count)
    }

    /// Ends the noting of records; from now on all of them stay where they are.
    func complete(at lastPosition: Position) {
        self.lastPosition = lastPosition
        linkReadings()
        readMessages()
    }

    /// Tells the readings where what they point to lies.
    private func linkReadings() {
        var memberStart = 0
        var hookCount = 0
        var phaseCount = 0
        for index in 0..<readings.count {
            let reading = readings.start + index
            let memberEnd = Int(memberEnds.start[index])
            reading.pointee.members = JSONMembers(
                JSONView(validated: reading.pointee.record.data),
                at: UnsafeBufferPointer(
                    start: members.start + memberStart, count: memberEnd - memberStart))
            memberStart = memberEnd
            switch reading.pointee.shape {
            case .hook:
                reading.pointee.hookFields = UnsafePointer(hookFields.start + hookCount)
                hookCount += 1
            case .phase:
                reading.pointee.phaseRecord = UnsafePointer(phaseRecords.start + phaseCount)
                phaseCount += 1
            case .other: break
            }
        }
    }

    /// Reads the messages among the records, with their blocks, of which all lie in one array.
    private func readMessages() {
        messages.removeAll(keepingCapacity: true)
        foundBlocks.removeAll(keepingCapacity: true)
        for index in 0..<readings.count {
            let event = Event(readings.start + index)
            guard event.isAgentMessage else { continue }
            let reading = AgentReading(event)
            let start = foundBlocks.count
            reading.forEachBlock { foundBlocks.append($0) }
            messages.append(
                FoundMessage(
                    record: index, reading: reading, blocks: start..<foundBlocks.count))
        }
        blockMemory.removeAll()
        foundBlocks.withUnsafeBufferPointer { blockMemory.append($0) }
        messageMemory.removeAll()
        messageMemory.reserve(messages.count)
        let blocks = UnsafeBufferPointer(start: blockMemory.start, count: blockMemory.count)
        for found in messages {
            let own = UnsafeBufferPointer(rebasing: blocks[found.blocks])
            readings.start[found.record].message = UnsafePointer(
                messageMemory.start + messageMemory.count)
            messageMemory.append(AgentReading(found.reading, blocks: own))
        }
    }
}

/// Elements of one kind, in as much memory as any batch has needed.
///
/// They are plain bytes: nothing is to be done for those that are overwritten. Not an array, which
/// would ask for each element whether somebody else has it, too.
private struct BatchMemory<Element> {
    private var memory = UnsafeMutableBufferPointer<Element>.allocate(capacity: 1)
    private(set) var count = 0

    /// Where the elements lie until there are more than memory for them.
    @inline(__always)
    var start: UnsafeMutablePointer<Element> {
        // Not nil: there is always memory for one.
        memory.baseAddress.unsafelyUnwrapped
    }

    /// The memory behind the elements.
    @inline(__always)
    var room: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: start + count, count: memory.count - count)
    }

    /// Takes in elements that were made in ``room``.
    @inline(__always)
    mutating func take(_ newCount: Int) { count += newCount }

    @inline(__always)
    mutating func removeAll() { count = 0 }

    /// Adds an element.
    ///
    /// - Returns: Where it has to be initialized, before another one is added.
    @inline(__always)
    mutating func next() -> UnsafeMutablePointer<Element> {
        if count == memory.count { reserve(count + 1) }
        count += 1
        return start + count - 1
    }

    @inline(__always)
    mutating func append(_ element: Element) { next().initialize(to: element) }

    mutating func append(_ elements: UnsafeRawBufferPointer) where Element == UInt8 {
        append(elements.assumingMemoryBound(to: UInt8.self))
    }

    mutating func append(_ elements: UnsafeBufferPointer<Element>) {
        reserve(count + elements.count)
        guard let first = elements.baseAddress else { return }
        (start + count).initialize(from: first, count: elements.count)
        count += elements.count
    }

    /// Makes memory for `needed` elements.
    mutating func reserve(_ needed: Int) {
        guard needed > memory.count else { return }
        let larger = UnsafeMutableBufferPointer<Element>.allocate(
            capacity: needed + needed / 4 + 64)
        _ = larger.initialize(from: UnsafeBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }

    func deallocate() { memory.deallocate() }
}
