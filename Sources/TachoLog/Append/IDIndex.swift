/// Finds an event by its id, so that the same event is not appended twice.
///
/// Ids of segments that are not sealed are held in memory, read once and then kept up to date.
/// Those of sealed segments are found through the segments' blooms: only a frame that says "maybe"
/// is decoded, and its ids are kept for the next question, within a bound.
///
/// A class, so that a writer without one holds nothing that its end has to look at: in a hook's
/// process that look costs as much as a record.
final class IDIndex {
    /// What is kept of an event: enough to tell "the same" from "another with this id".
    struct Entry {
        let position: Position
        let content: UInt64
    }

    /// 128 bits of an id's hash, which stand for it.
    ///
    /// The seeds are drawn for each process: nobody can choose ids that meet.
    struct Key: Equatable {
        let high: UInt64
        let low: UInt64

        init(_ id: UnsafeRawBufferPointer) {
            high = ByteHash.hash(id, seed: Seeds.high)
            low = ByteHash.hash(id, seed: Seeds.low)
        }
    }

    private enum Seeds {
        static let high = UInt64.random(in: 0...UInt64.max)
        static let low = UInt64.random(in: 0...UInt64.max)
        static let content = UInt64.random(in: 0...UInt64.max)
    }

    /// Entries of decoded frames; beyond this they are dropped and decoded again when asked for.
    private static let maximumFrameEntryCount = 1_000_000

    private var activeEntries = IDTable()
    private(set) var activeFirst: Position
    private(set) var activeByteCount = 0
    /// By first position, of segments that have ended and are not sealed yet.
    private var plainEntries: [Position: IDTable] = [:]
    /// Whether all segments before the active one are known: as plain ones, or as sealed readers.
    ///
    /// What becomes of them later does not add ids.
    var knowsEarlierSegments = false
    private var framesSeen: Set<FrameKey> = []
    private var frameEntries = IDTable()

    struct FrameKey: Hashable {
        let segment: Position
        let frame: Int
    }

    init(activeFirst: Position) {
        self.activeFirst = activeFirst
    }

    /// Learns a record that stands in the active segment, up to the offset `byteCount`.
    func learn(_ record: RecordView, through byteCount: Int) {
        activeEntries.set(
            Key(record.id), Entry(position: record.position, content: Self.content(record)))
        activeByteCount = byteCount
    }

    /// Learns an event that is about to be written to the active segment.
    func learn(_ key: Key, _ entry: Entry) {
        activeEntries.set(key, entry)
    }

    func advance(to byteCount: Int) {
        activeByteCount = byteCount
    }

    /// The event with this id in a segment that is not sealed or in a frame that has been read.
    func known(_ key: Key) -> Entry? {
        if let entry = activeEntries[key] ?? frameEntries[key] { return entry }
        for entries in plainEntries.values {
            if let entry = entries[key] { return entry }
        }
        return nil
    }

    /// The index of a log whose active segment has ended with `byteCount` bytes and waits to be
    /// sealed; `nil` if not all of its ids are known.
    func afterRoll(at byteCount: Int, to first: Position) -> IDIndex? {
        guard activeByteCount == byteCount else { return nil }
        plainEntries[activeFirst] = activeEntries
        activeEntries = IDTable()
        activeByteCount = 0
        activeFirst = first
        // The manifest is looked at once more, and lets go of what has been sealed meanwhile.
        knowsEarlierSegments = false
        return self
    }

    /// Forgets the ids of a segment, which its sealed form knows.
    func forget(_ entry: SegmentEntry) {
        plainEntries[entry.first] = nil
    }

    func hasSeen(_ frame: FrameKey) -> Bool { framesSeen.contains(frame) }

    /// Keeps the ids of a segment that is not sealed, once.
    func learn(
        _ segment: PlainSegment, _ fileSystem: any FileSystem
    ) throws(LogError) {
        guard plainEntries[segment.entry.first] == nil else { return }
        var entries = IDTable()
        try LogError.unifying {
            let file = try fileSystem.open(segment.layout.logFile(segment.entry.file), .read)
            defer { fileSystem.close(file) }
            try segment.forEachBatch(
                fileSystem, file, through: segment.entry.byteCount,
                { batch in
                    try batch.forEachRecord { record in
                        // What a failed sync left behind the segment's last position is not in
                        // the log.
                        guard record.position <= segment.entry.last else { return false }
                        entries.set(
                            Key(record.id),
                            Entry(position: record.position, content: Self.content(record)))
                        return true
                    }
                    return true
                }, onDamage: { _ in })
        }
        plainEntries[segment.entry.first] = entries
    }

    /// Keeps the ids of one decoded frame.
    func learn(frame: FrameKey, _ batch: RecordBatch) throws {
        if frameEntries.count > Self.maximumFrameEntryCount {
            frameEntries = IDTable()
            framesSeen.removeAll(keepingCapacity: true)
        }
        try batch.forEachRecord { record in
            frameEntries.set(
                Key(record.id), Entry(position: record.position, content: Self.content(record)))
            return true
        }
        framesSeen.insert(frame)
    }

    // MARK: - Content

    // Everything the producer said. Not `recorded` and the position, which are the store's.

    static func content(_ record: RecordView) -> UInt64 {
        var hash = ByteHash.hash(record.stream, seed: Seeds.content)
        hash = ByteHash.hash(record.type, seed: hash)
        hash = ByteHash.hash(record.source, seed: hash)
        return content(record.data, record.version, record.time, seed: hash)
    }

    static func content(_ event: borrowing NewEvent) -> UInt64 {
        var hash = event.stream.bytes.withUnsafeBytes {
            ByteHash.hash($0, seed: Seeds.content)
        }
        hash = event.type.bytes.withUnsafeBytes { ByteHash.hash($0, seed: hash) }
        hash = event.source.bytes.withUnsafeBytes { ByteHash.hash($0, seed: hash) }
        let (version, time) = (event.version, event.time)
        return event.data.withUnsafeBytes { content($0, version, time, seed: hash) }
    }

    private static func content(
        _ data: UnsafeRawBufferPointer, _ version: Int, _ time: Timestamp?, seed: UInt64
    ) -> UInt64 {
        // Not mixed with the seed here: the hash mixes both, and what is mixed twice falls out.
        let moment = UInt64(bitPattern: time?.microseconds ?? .min)
        return withUnsafeBytes(of: (UInt64(bitPattern: Int64(version)), moment)) {
            ByteHash.hash(data, seed: ByteHash.hash($0, seed: seed))
        }
    }
}

/// A table from the hash of an id to its event: open addressing, no entry is ever removed.
struct IDTable {
    private struct Slot {
        var high: UInt64
        var low: UInt64
        /// 0 in a free slot: positions begin at 1.
        var position: UInt64
        var content: UInt64
    }

    private static let freeSlot = Slot(high: 0, low: 0, position: 0, content: 0)

    private(set) var count = 0
    /// A power of two of them, or none.
    private var slots: [Slot] = []

    subscript(key: IDIndex.Key) -> IDIndex.Entry? {
        guard count > 0 else { return nil }
        let slot = slots[place(of: key)]
        guard slot.position > 0 else { return nil }
        return IDIndex.Entry(position: Position(slot.position), content: slot.content)
    }

    /// - Precondition: The entry has a position.
    mutating func set(_ key: IDIndex.Key, _ entry: IDIndex.Entry) {
        precondition(entry.position > .zero, "events have positions from 1")
        // At most three quarters are taken, so that a search ends soon.
        if count >= slots.count / 4 * 3 { grow() }
        let place = place(of: key)
        if slots[place].position == 0 { count += 1 }
        slots[place] = Slot(
            high: key.high, low: key.low, position: entry.position.rawValue,
            content: entry.content)
    }

    /// The slot of this key, or the free one where it belongs.
    private func place(of key: IDIndex.Key) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: key.high) & mask
        while slots[place].position > 0,
            slots[place].low != key.low || slots[place].high != key.high
        {
            place = (place + 1) & mask
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Self.freeSlot, count: max(64, old.count * 2))
        let mask = slots.count - 1
        for slot in old where slot.position > 0 {
            var place = Int(truncatingIfNeeded: slot.high) & mask
            while slots[place].position > 0 { place = (place + 1) & mask }
            slots[place] = slot
        }
    }
}
