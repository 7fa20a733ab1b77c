/// Finds an event by its id, so that the same event is not appended twice.
///
/// Ids of the active segment are held in memory, read once and then kept up to date. Those of
/// sealed segments are found through the segments' blooms: only a frame that says "maybe" is
/// decoded, and its ids are kept for the next question, within a bound.
struct IDIndex {
    /// What is kept of an event: enough to tell "the same" from "another with this id".
    struct Entry {
        let position: Position
        let content: UInt64
    }

    /// Two halves of a hash.
    ///
    /// Within one process only, so the seed may differ between processes.
    struct Key: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ id: UnsafeRawBufferPointer) {
            high = Self.hash(id, salt: 1)
            low = Self.hash(id, salt: 2)
        }

        private static func hash(_ bytes: UnsafeRawBufferPointer, salt: UInt8) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(salt)
            hasher.combine(bytes: bytes)
            return UInt64(bitPattern: Int64(hasher.finalize()))
        }
    }

    /// Entries of decoded frames; beyond this they are dropped and decoded again when asked for.
    private static let maximumFrameEntryCount = 1_000_000

    private var activeEntries: [Key: Entry] = [:]
    private(set) var activeFirst: Position
    private(set) var activeByteCount = 0
    private var framesSeen: Set<FrameKey> = []
    private var frameEntries: [Key: Entry] = [:]

    struct FrameKey: Hashable {
        let segment: Position
        let frame: Int
    }

    init(activeFirst: Position) {
        self.activeFirst = activeFirst
    }

    /// Learns a record that stands in the active segment, up to the offset `byteCount`.
    mutating func learn(_ record: RecordView, through byteCount: Int) {
        activeEntries[Key(record.id)] = Entry(
            position: record.position, content: Self.content(record))
        activeByteCount = byteCount
    }

    mutating func learn(_ event: NewEvent, id: ByteString, at position: Position) {
        let key = id.bytes.withUnsafeBytes { Key($0) }
        activeEntries[key] = Entry(position: position, content: Self.content(event))
    }

    mutating func advance(to byteCount: Int) {
        activeByteCount = byteCount
    }

    /// The event with this id in the active segment or in a frame that has been read.
    func known(_ key: Key) -> Entry? {
        activeEntries[key] ?? frameEntries[key]
    }

    func hasSeen(_ frame: FrameKey) -> Bool { framesSeen.contains(frame) }

    /// Keeps the ids of a segment that is not sealed, once.
    mutating func learn(
        _ segment: PlainSegment, _ fileSystem: any FileSystem
    ) throws(LogError) {
        let key = FrameKey(segment: segment.entry.first, frame: 0)
        guard !hasSeen(key) else { return }
        var batches = [RecordBatch]()
        try LogError.unifying {
            let file = try fileSystem.open(segment.layout.logFile(segment.entry.file), .read)
            defer { fileSystem.close(file) }
            try segment.forEachBatch(
                fileSystem, file, through: segment.entry.byteCount,
                {
                    batches.append($0)
                    return true
                }, onDamage: { _ in })
            // What a failed sync left behind the segment's last position is not in the log.
            for batch in batches { try learn(frame: key, batch, through: segment.entry.last) }
        }
        framesSeen.insert(key)
    }

    /// Keeps the ids of one decoded frame.
    mutating func learn(
        frame: FrameKey, _ batch: RecordBatch, through last: Position? = nil
    ) throws {
        if frameEntries.count > Self.maximumFrameEntryCount {
            frameEntries.removeAll(keepingCapacity: true)
            framesSeen.removeAll(keepingCapacity: true)
        }
        try batch.forEachRecord { record in
            if let last, record.position > last { return false }
            frameEntries[Key(record.id)] = Entry(
                position: record.position, content: Self.content(record))
            return true
        }
        framesSeen.insert(frame)
    }

    // MARK: - Content

    // Everything the producer said. Not `recorded` and the position, which are the store's.

    static func content(_ record: RecordView) -> UInt64 {
        var hasher = Hasher()
        combine(&hasher, record.stream)
        combine(&hasher, record.type)
        combine(&hasher, record.source)
        hasher.combine(record.version)
        hasher.combine(record.time)
        combine(&hasher, record.data)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    static func content(_ event: NewEvent) -> UInt64 {
        var hasher = Hasher()
        for bytes in [event.stream.bytes, event.type.bytes, event.source.bytes] {
            bytes.withUnsafeBytes { combine(&hasher, $0) }
        }
        hasher.combine(event.version)
        hasher.combine(event.time)
        event.data.withUnsafeBytes { combine(&hasher, $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func combine(_ hasher: inout Hasher, _ bytes: UnsafeRawBufferPointer) {
        hasher.combine(bytes.count)
        hasher.combine(bytes: bytes)
    }
}
