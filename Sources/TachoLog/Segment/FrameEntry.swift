/// One frame's line in the index of a sealed segment: where it is, and what is in it.
///
/// Types, streams, and bloom filters stay in the index's bytes; the entry knows where.
package struct FrameEntry: Equatable, Sendable {
    /// In the file.
    package let offset: Int
    /// Compressed, from magic number to content checksum.
    package let byteCount: Int
    /// Of the lines.
    package let rawByteCount: Int
    /// CRC-32C of the compressed frame, seeded with store and segment.
    package let crc: UInt32
    package let count: Int
    package let firstPosition: Position
    package let lastPosition: Position
    package let recorded: ClosedRange<Timestamp>
    /// The producers' times; `nil` if no record has one.
    package let times: ClosedRange<Timestamp>?
    package let timedCount: Int
    /// The chain after the frame's last line.
    package let chainAfter: Digest256

    let streamCount: Int
    /// In the index's bytes, 8 for each: number in the dictionary, count.
    let types: Range<Int>
    /// In the index's bytes, 4 for each; empty if there is a bloom filter instead.
    let streams: Range<Int>
    let streamBloom: Range<Int>
    let idBloom: Range<Int>

    /// Without types, streams, and bloom filters.
    static let fixedByteCount = 128

    package var endOffset: Int { offset + byteCount }
}

extension FrameEntry {
    /// Reads an entry of `fixedByteCount` (in later versions perhaps more) and varying bytes.
    ///
    /// - Returns: `nil` if a number is out of range; sums over several entries are the index's.
    init?(_ cursor: inout ByteCursor, fixedByteCount: Int, typeCount: Int, streamCount: Int) {
        let start = cursor.offset
        guard let offset = cursor.size(), let byteCount = cursor.count(),
            let rawByteCount = cursor.count(), let crc = cursor.integer(UInt32.self),
            let count = cursor.count(), let firstPosition = cursor.position(),
            let lastPosition = cursor.position(), let firstRecorded = cursor.timestamp(),
            let lastRecorded = cursor.timestamp(), let firstTime = cursor.timestamp(),
            let lastTime = cursor.timestamp(), let timedCount = cursor.count(),
            let typesInFrame = cursor.count(), let streamsInFrame = cursor.count(),
            let streamBloomByteCount = cursor.count(), let idBloomByteCount = cursor.count(),
            cursor.integer(UInt32.self) != nil, let chainAfter = cursor.digest(),
            cursor.range(fixedByteCount - (cursor.offset - start)) != nil
        else { return nil }
        guard SegmentFormat.allows(rawByteCount: rawByteCount, byteCount: byteCount),
            firstPosition <= lastPosition, count > 0,
            UInt64(count) <= lastPosition.rawValue - firstPosition.rawValue + 1,
            firstRecorded <= lastRecorded, firstTime <= lastTime, timedCount <= count,
            streamBloomByteCount > 0 || streamsInFrame <= SegmentFormat.listedStreamLimit
        else { return nil }
        let listedCount = streamBloomByteCount > 0 ? 0 : streamsInFrame
        guard let types = cursor.range(typesInFrame * 8),
            let streams = cursor.range(listedCount * 4),
            let streamBloom = cursor.range(streamBloomByteCount),
            let idBloom = cursor.range(idBloomByteCount)
        else { return nil }
        self.offset = offset
        self.byteCount = byteCount
        self.rawByteCount = rawByteCount
        self.crc = crc
        self.count = count
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        recorded = firstRecorded...lastRecorded
        times = timedCount > 0 ? firstTime...lastTime : nil
        self.timedCount = timedCount
        self.chainAfter = chainAfter
        self.streamCount = streamsInFrame
        self.types = types
        self.streams = streams
        self.streamBloom = streamBloom
        self.idBloom = idBloom
        guard refersInside(cursor.bytes, typeCount: typeCount, streamCount: streamCount) else {
            return nil
        }
    }

    /// Whether the numbers of types and streams are in the dictionary.
    private func refersInside(
        _ bytes: UnsafeRawBufferPointer, typeCount: Int, streamCount: Int
    ) -> Bool {
        FrameEntry.numbers(in: bytes, types, every: 8).allSatisfy { $0 < typeCount }
            && FrameEntry.numbers(in: bytes, streams, every: 4).allSatisfy { $0 < streamCount }
    }

    /// The 32-bit numbers that stand `stride` bytes apart in `range`, which lies inside `bytes`.
    static func numbers(
        in bytes: UnsafeRawBufferPointer, _ range: Range<Int>, every stride: Int
    ) -> some Sequence<Int> {
        Swift.stride(from: range.lowerBound, to: range.upperBound, by: stride).lazy.map {
            Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
        }
    }

    /// Appends the entry of a frame; the inverse of ``init(_:fixedByteCount:typeCount:streamCount:)``.
    static func append(
        _ summary: FrameSummary, offset: Int, byteCount: Int, rawByteCount: Int, crc: UInt32,
        types: inout TextTable, streams: inout TextTable, to bytes: inout [UInt8]
    ) {
        bytes.append(littleEndian: UInt64(offset))
        bytes.append(littleEndian: UInt32(byteCount))
        bytes.append(littleEndian: UInt32(rawByteCount))
        bytes.append(littleEndian: crc)
        bytes.append(littleEndian: UInt32(summary.count))
        bytes.append(littleEndian: summary.firstPosition.rawValue)
        bytes.append(littleEndian: summary.lastPosition.rawValue)
        bytes.append(littleEndian: summary.recorded.lowerBound.microseconds)
        bytes.append(littleEndian: summary.recorded.upperBound.microseconds)
        bytes.append(littleEndian: summary.times?.lowerBound.microseconds ?? 0)
        bytes.append(littleEndian: summary.times?.upperBound.microseconds ?? 0)
        bytes.append(littleEndian: UInt32(summary.timedCount))
        bytes.append(littleEndian: UInt32(summary.types.count))
        bytes.append(littleEndian: UInt32(summary.streamCount))
        bytes.append(littleEndian: UInt32(summary.streamBloom.count))
        bytes.append(littleEndian: UInt32(summary.idBloom.count))
        bytes.append(littleEndian: UInt32(0))
        bytes.append(summary.chainAfter)
        for entry in summary.types {
            bytes.append(littleEndian: UInt32(types.index(of: entry.type)))
            bytes.append(littleEndian: UInt32(entry.count))
        }
        for stream in summary.streams {
            bytes.append(littleEndian: UInt32(streams.index(of: stream)))
        }
        bytes += summary.streamBloom
        bytes += summary.idBloom
    }
}

extension TextTable {
    fileprivate mutating func index(of text: ByteString) -> Int {
        text.bytes.withUnsafeBytes { index(of: $0, hash: BloomFilter.hash($0)) }
    }
}
