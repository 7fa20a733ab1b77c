/// The index of a sealed segment: where each frame is and what it holds.
///
/// Bytes: <doc:FileFormat#Index>. Everything is checked when it is read, so that what is asked of
/// it later cannot fail.
struct SegmentIndex: Sendable {
    let firstPosition: Position
    let frames: [FrameEntry]
    let types: [ByteString]
    let streams: [ByteString]
    let gaps: [SegmentGap]
    let erasures: [SegmentErasure]
    /// The payload, into which the frames' ranges point.
    let bytes: [UInt8]

    static let headerByteCount = 48
    static let crcByteCount = 4
    static let gapByteCount = 48
    static let erasureByteCount = 40
}

// MARK: - Writing

extension SegmentIndex {
    /// The whole skippable frame.
    ///
    /// `entries` are those of all frames, as ``FrameEntry`` appends them; they refer to `types`
    /// and `streams`.
    static func encode(
        entries: [UInt8], frameCount: Int, types: TextTable, streams: TextTable,
        gaps: [SegmentGap], erasures: [SegmentErasure], firstPosition: Position, seed: UInt32
    ) -> [UInt8] {
        var payload = SegmentFormat.indexName
        payload.append(littleEndian: SegmentFormat.version)
        payload.append(UInt8(BloomFilter.probeCount))
        payload.append(UInt8(0))
        payload.append(littleEndian: UInt32(0))
        payload.append(littleEndian: firstPosition.rawValue)
        payload.append(littleEndian: UInt32(frameCount))
        payload.append(littleEndian: UInt32(types.count))
        payload.append(littleEndian: UInt32(streams.count))
        payload.append(littleEndian: UInt32(gaps.count))
        payload.append(littleEndian: UInt32(erasures.count))
        payload.append(littleEndian: UInt32(FrameEntry.fixedByteCount))
        for text in types.texts + streams.texts {
            payload.append(littleEndian: UInt32(text.bytes.count))
            payload += text.bytes
        }
        for gap in gaps {
            payload.append(littleEndian: gap.first.rawValue)
            payload.append(littleEndian: gap.last.rawValue)
            payload.append(gap.chainAfter)
        }
        for erasure in erasures {
            payload.append(littleEndian: erasure.position.rawValue)
            payload.append(erasure.leaf)
        }
        payload += entries
        payload.append(littleEndian: CRC32C.checksum(payload, seed: seed))
        var frame = [UInt8]()
        frame.reserveCapacity(payload.count + SegmentFormat.skippableHeaderByteCount)
        frame.append(littleEndian: SegmentFormat.indexMagic)
        frame.append(littleEndian: UInt32(payload.count))
        return frame + payload
    }
}

// MARK: - Reading

extension SegmentIndex {
    /// Reads the whole skippable frame, which lies at `offset` of `file`.
    init(
        frame: [UInt8], store: StoreID, file: String, at offset: Int
    ) throws(LogError) {
        let header = SegmentFormat.skippableHeaderByteCount
        guard frame.count >= header + SegmentIndex.headerByteCount + SegmentIndex.crcByteCount,
            SegmentIndex.isHeader(frame, magic: SegmentFormat.indexMagic)
        else { throw .damaged(file, at: offset, "this is not the segment's index") }
        let bytes = Array(frame[header...])
        guard let fields = bytes.withUnsafeBytes({ Fields($0, store: store) }) else {
            throw .damaged(file, at: offset, "the index fails its checksum")
        }
        guard fields.version == SegmentFormat.version,
            fields.flags & SegmentFormat.requiredFlags == 0,
            fields.probeCount == BloomFilter.probeCount
        else {
            throw .unsupported(
                file, "index version \(fields.version), flags \(fields.flags)")
        }
        guard let index = bytes.withUnsafeBytes({ SegmentIndex(fields, $0, bytes) }) else {
            throw .damaged(file, at: offset, "the index contradicts itself")
        }
        self = index
    }

    /// Whether a skippable frame begins with `magic` and its own byte count.
    static func isHeader(_ frame: [UInt8], magic: UInt32) -> Bool {
        frame.withUnsafeBytes { frame in
            var cursor = ByteCursor(frame)
            return cursor.integer(UInt32.self) == magic && cursor.count() == cursor.remaining
        }
    }

    /// The fixed start of the payload.
    private struct Fields {
        let version: UInt16
        let probeCount: Int
        let flags: UInt32
        let firstPosition: Position
        let frameCount: Int
        let typeCount: Int
        let streamCount: Int
        let gapCount: Int
        let erasureCount: Int
        let entryByteCount: Int

        /// `nil` unless the payload is the one that was written for a segment of `store`.
        init?(_ payload: UnsafeRawBufferPointer, store: StoreID) {
            var cursor = ByteCursor(payload)
            guard cursor.skip(SegmentFormat.indexName), let version = cursor.integer(UInt16.self),
                let probeCount = cursor.integer(UInt8.self), cursor.integer(UInt8.self) != nil,
                let flags = cursor.integer(UInt32.self), let firstPosition = cursor.position(),
                let frameCount = cursor.count(), let typeCount = cursor.count(),
                let streamCount = cursor.count(), let gapCount = cursor.count(),
                let erasureCount = cursor.count(), let entryByteCount = cursor.count()
            else { return nil }
            let end = payload.count - SegmentIndex.crcByteCount
            let covered = UnsafeRawBufferPointer(rebasing: payload[..<end])
            let seed = SegmentFormat.seed(store: store, firstPosition: firstPosition)
            var tail = ByteCursor(payload, at: end)
            guard tail.integer(UInt32.self) == CRC32C.checksum(covered, seed: seed) else {
                return nil
            }
            self.version = version
            self.probeCount = Int(probeCount)
            self.flags = flags
            self.firstPosition = firstPosition
            self.frameCount = frameCount
            self.typeCount = typeCount
            self.streamCount = streamCount
            self.gapCount = gapCount
            self.erasureCount = erasureCount
            self.entryByteCount = entryByteCount
        }
    }

    private init?(_ fields: Fields, _ payload: UnsafeRawBufferPointer, _ bytes: [UInt8]) {
        let end = payload.count - SegmentIndex.crcByteCount
        let covered = UnsafeRawBufferPointer(rebasing: payload[..<end])
        var cursor = ByteCursor(covered, at: SegmentIndex.headerByteCount)
        guard fields.entryByteCount >= FrameEntry.fixedByteCount,
            let types = SegmentIndex.texts(fields.typeCount, &cursor),
            let streams = SegmentIndex.texts(fields.streamCount, &cursor),
            let gaps = SegmentIndex.gaps(fields.gapCount, &cursor),
            let erasures = SegmentIndex.erasures(fields.erasureCount, &cursor),
            // Before memory is asked for, and without multiplication, which could overflow.
            fields.frameCount <= cursor.remaining / fields.entryByteCount
        else { return nil }
        var frames = [FrameEntry]()
        frames.reserveCapacity(fields.frameCount)
        for _ in 0..<fields.frameCount {
            guard
                let entry = FrameEntry(
                    &cursor, fixedByteCount: fields.entryByteCount,
                    typeCount: types.count, streamCount: streams.count),
                entry.offset == frames.last?.endOffset ?? 0,
                entry.firstPosition > frames.last?.lastPosition ?? .zero
            else { return nil }
            frames.append(entry)
        }
        let knowsAllFlags = fields.flags == 0
        guard cursor.remaining == 0 || !knowsAllFlags else { return nil }
        firstPosition = fields.firstPosition
        self.frames = frames
        self.types = types
        self.streams = streams
        self.gaps = gaps
        self.erasures = erasures
        self.bytes = bytes
    }

    private static func texts(_ count: Int, _ cursor: inout ByteCursor) -> [ByteString]? {
        guard count <= cursor.remaining / 4 else { return nil }
        var texts = [ByteString]()
        texts.reserveCapacity(count)
        for _ in 0..<count {
            guard let byteCount = cursor.count(), let range = cursor.range(byteCount) else {
                return nil
            }
            texts.append(ByteString(Array(cursor.bytes[range])))
        }
        return texts
    }

    private static func gaps(_ count: Int, _ cursor: inout ByteCursor) -> [SegmentGap]? {
        guard count <= cursor.remaining / gapByteCount else { return nil }
        var gaps = [SegmentGap]()
        for _ in 0..<count {
            guard let first = cursor.position(), let last = cursor.position(), first <= last,
                first > gaps.last?.last ?? .zero, let chainAfter = cursor.digest()
            else { return nil }
            gaps.append(SegmentGap(first: first, last: last, chainAfter: chainAfter))
        }
        return gaps
    }

    private static func erasures(_ count: Int, _ cursor: inout ByteCursor) -> [SegmentErasure]? {
        guard count <= cursor.remaining / erasureByteCount else { return nil }
        var erasures = [SegmentErasure]()
        for _ in 0..<count {
            guard let position = cursor.position(),
                position > erasures.last?.position ?? .zero, let leaf = cursor.digest()
            else { return nil }
            erasures.append(SegmentErasure(position: position, leaf: leaf))
        }
        return erasures
    }
}

// MARK: - Asking

extension SegmentIndex {
    func mightContain(id hash: UInt64, in frame: FrameEntry) -> Bool {
        bytes.withUnsafeBytes { bytes in
            BloomFilter.mightContain(
                hash, in: UnsafeRawBufferPointer(rebasing: bytes[frame.idBloom]))
        }
    }

    /// The whole entry in words, to be compared with the lines.
    func summary(of frame: FrameEntry) -> FrameSummary {
        bytes.withUnsafeBytes { bytes in
            let types = zip(
                FrameEntry.numbers(in: bytes, frame.types, every: 8),
                FrameEntry.numbers(in: bytes, frame.types.dropFirst(4), every: 8)
            ).map { FrameSummary.TypeCount(type: self.types[$0], count: $1) }
            return FrameSummary(
                count: frame.count, firstPosition: frame.firstPosition,
                lastPosition: frame.lastPosition, recorded: frame.recorded, times: frame.times,
                timedCount: frame.timedCount, types: types, streamCount: frame.streamCount,
                streams: FrameEntry.numbers(in: bytes, frame.streams, every: 4).map { streams[$0] },
                streamBloom: Array(bytes[frame.streamBloom]),
                idBloom: Array(bytes[frame.idBloom]), chainAfter: frame.chainAfter)
        }
    }
}
