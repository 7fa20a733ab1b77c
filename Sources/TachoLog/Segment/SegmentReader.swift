/// Reads a sealed segment from its bytes, wherever they are.
///
/// Opening reads the footer and the index, two short pieces at the end. From then on the reader
/// is a value: any number of threads may ask it for frames, each with its own way to the bytes.
package struct SegmentReader: Sendable {
    /// Gives the `byteCount` bytes at `offset`, exactly, or throws.
    package typealias Read = (_ offset: Int, _ byteCount: Int) throws(LogError) -> [UInt8]

    package let footer: SegmentFooter
    let index: SegmentIndex
    let file: String
    let seed: UInt32
    package let footerOffset: Int

    /// - Parameters:
    ///   - byteCount: Of the whole file.
    ///   - store: Whose segment it has to be.
    ///   - file: Its name, for errors.
    ///   - read: Called for the footer and the index only.
    /// - Throws: ``LogError``: `damaged` if the bytes are not what was written, or belong to
    ///   another store; `unsupported` if a newer version wrote them.
    package init(
        byteCount: Int, store: StoreID, file: String, read: Read
    ) throws(LogError) {
        footerOffset = byteCount - SegmentFormat.footerByteCount
        guard footerOffset >= 0 else {
            throw .damaged(file, at: max(byteCount, 0), "the segment is cut off")
        }
        footer = try SegmentFooter(
            try SegmentReader.bytes(
                footerOffset, SegmentFormat.footerByteCount, of: file, through: read),
            file: file, at: footerOffset)
        guard footer.store == store else {
            throw .damaged(
                file, at: footerOffset,
                "it belongs to store \(footer.store) and not to \(store)")
        }
        self.file = file
        seed = SegmentFormat.seed(store: store, firstPosition: footer.firstPosition)
        let frame = try SegmentReader.bytes(
            footer.indexOffset, footer.indexByteCount, of: file, through: read)
        guard CRC32C.checksum(frame, seed: seed) == footer.crcOfIndex else {
            throw .damaged(file, at: footer.indexOffset, "the index fails its checksum")
        }
        index = try SegmentIndex(
            frame: frame, store: store, file: file, at: footer.indexOffset)
        guard index.agrees(with: footer) else {
            throw .damaged(
                file, at: footer.indexOffset, "the index and the footer contradict each other")
        }
    }

    /// Adjacent and ascending; they begin at the start of the file.
    package var frames: [FrameEntry] { index.frames }

    /// The types of all records, in the order in which they first appear.
    package var types: [ByteString] { index.types }

    package var gaps: [SegmentGap] { index.gaps }

    package var erasures: [SegmentErasure] { index.erasures }

    /// What `read` gives, once it has the promised count.
    static func bytes(
        _ offset: Int, _ byteCount: Int, of file: String, through read: Read
    ) throws(LogError) -> [UInt8] {
        let bytes = try read(offset, byteCount)
        guard bytes.count == byteCount else {
            throw .damaged(file, at: offset + bytes.count, "the segment is cut off")
        }
        return bytes
    }
}

// MARK: - Choosing frames

extension SegmentReader {
    /// The frames that may hold a record with these properties, ascending.
    ///
    /// A frame that is left out holds none; one that is named may still turn out to hold none.
    package func frameIndexes(
        from: Position = .first, through: Position? = nil, matching filter: RecordFilter = .all
    ) -> [Int] {
        let choice = FrameChoice(filter, in: index)
        var indexes = [Int]()
        for number in firstFrameIndex(endingAtOrAfter: from)..<frames.count {
            let frame = frames[number]
            if let through, frame.firstPosition > through { break }
            if choice.admits(frame, of: index) { indexes.append(number) }
        }
        return indexes
    }

    /// The frames that may hold the record with this id: hardly ever more than the one that does.
    package func mightContain(id: UnsafeRawBufferPointer) -> [Int] {
        let hash = BloomFilter.hash(id)
        return frames.indices.filter { index.mightContain(id: hash, in: frames[$0]) }
    }

    /// - Complexity: O(log frames).
    private func firstFrameIndex(endingAtOrAfter position: Position) -> Int {
        var low = 0
        var high = frames.count
        while low < high {
            let middle = (low + high) / 2
            if frames[middle].lastPosition < position {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

/// A filter in the words of one index: numbers of its dictionaries instead of texts.
private struct FrameChoice {
    private let filter: RecordFilter
    /// For each type of the dictionary, whether it is asked for.
    private let wantsType: [Bool]
    private let wantsStream: [Bool]
    private let streamHashes: [UInt64]

    init(_ filter: RecordFilter, in index: SegmentIndex) {
        self.filter = filter
        wantsType =
            filter.types.isEmpty
            ? [] : index.types.map { type in filter.types.contains { $0.matches(type.bytes) } }
        wantsStream =
            filter.streams.isEmpty ? [] : index.streams.map { filter.streams.contains($0) }
        streamHashes = filter.streams.map { BloomFilter.hash($0) }
    }

    func admits(_ frame: FrameEntry, of index: SegmentIndex) -> Bool {
        if let from = filter.recordedFrom, frame.recorded.upperBound < from { return false }
        if let through = filter.recordedThrough, frame.recorded.lowerBound > through {
            return false
        }
        return index.bytes.withUnsafeBytes { bytes in
            if !filter.types.isEmpty {
                let types = FrameEntry.numbers(in: bytes, frame.types, every: 8)
                guard types.contains(where: { wantsType[$0] }) else { return false }
            }
            guard !filter.streams.isEmpty else { return true }
            guard frame.streamBloom.isEmpty else {
                let bloom = UnsafeRawBufferPointer(rebasing: bytes[frame.streamBloom])
                return streamHashes.contains { BloomFilter.mightContain($0, in: bloom) }
            }
            let streams = FrameEntry.numbers(in: bytes, frame.streams, every: 4)
            return streams.contains { wantsStream[$0] }
        }
    }
}

// MARK: - Decoding

extension SegmentReader {
    /// Decodes one frame, whose bytes are checked against the index before they are looked at.
    ///
    /// - Parameters:
    ///   - compressed: The `frame.byteCount` bytes at `frame.offset`.
    ///   - frame: One of ``frames``.
    ///   - lines: Becomes the frame's lines, `frame.rawByteCount` bytes; its memory is reused. If
    ///     an error is thrown, what it holds means nothing.
    /// - Throws: ``LogError`` `damaged` if these are not the bytes that were written.
    package func decode(
        _ compressed: UnsafeRawBufferPointer, _ frame: FrameEntry, into lines: inout [UInt8]
    ) throws(LogError) {
        // The size is bounded by what the index was checked for when it was read.
        lines.resize(to: frame.rawByteCount)
        let failure = lines.withUnsafeMutableBytes { fault(compressed, frame, into: $0) }
        if let failure { throw failure }
    }

    /// Decodes one frame into memory of exactly its size.
    ///
    /// - Returns: What is wrong; `nil` if `lines` are the frame's lines.
    func fault(
        _ compressed: UnsafeRawBufferPointer, _ frame: FrameEntry,
        into lines: UnsafeMutableRawBufferPointer
    ) -> LogError? {
        guard compressed.count == frame.byteCount,
            CRC32C.checksum(compressed, seed: seed) == frame.crc
        else { return .damaged(file, at: frame.offset, "a frame fails its checksum") }
        return LZ4FrameDecoder.decode(compressed, into: lines).map {
            .damaged(file, at: frame.offset + $0.offset, $0.what)
        }
    }

    /// The lines of one frame, in memory that is not cleared before.
    func lines(of frame: FrameEntry, read: Read) throws(LogError) -> [UInt8] {
        let compressed = try SegmentReader.bytes(
            frame.offset, frame.byteCount, of: file, through: read)
        var failure: LogError?
        let lines = [UInt8](unsafeUninitializedCapacity: frame.rawByteCount) { lines, count in
            failure = compressed.withUnsafeBytes {
                fault($0, frame, into: UnsafeMutableRawBufferPointer(lines))
            }
            count = failure == nil ? frame.rawByteCount : 0
        }
        if let failure { throw failure }
        return lines
    }

    /// Reads and decodes one frame.
    package func lines(
        of frame: FrameEntry, read: Read, into lines: inout [UInt8]
    ) throws(LogError) {
        let compressed = try SegmentReader.bytes(
            frame.offset, frame.byteCount, of: file, through: read)
        let failure: LogError? = compressed.withUnsafeBytes { compressed in
            do throws(LogError) {
                try decode(compressed, frame, into: &lines)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }
}

extension [UInt8] {
    /// Gives the array this many bytes, keeping its memory and as many bytes as fit.
    ///
    /// Frames are of almost equal sizes, so that hardly a byte is cleared for nothing.
    mutating func resize(to byteCount: Int) {
        if count > byteCount {
            removeLast(count - byteCount)
        } else {
            reserveCapacity(byteCount)
            // In runs, which are copied; a repeated element is appended one by one when not
            // optimised.
            while count < byteCount {
                append(contentsOf: zeros[..<Swift.min(zeros.count, byteCount - count)])
            }
        }
    }
}

private let zeros = [UInt8](repeating: 0, count: 64 << 10)

extension SegmentIndex {
    /// Whether the sums of the index are what the footer says.
    func agrees(with footer: SegmentFooter) -> Bool {
        guard firstPosition == footer.firstPosition, frames.count == footer.frameCount,
            frames.last?.endOffset ?? 0 == footer.dataByteCount,
            frames.first?.firstPosition ?? footer.firstPosition >= footer.firstPosition,
            frames.last?.lastPosition ?? footer.lastPosition <= footer.lastPosition,
            gaps.first?.first ?? footer.firstPosition >= footer.firstPosition,
            gaps.last?.last ?? footer.lastPosition <= footer.lastPosition,
            erasures.first?.position ?? footer.firstPosition >= footer.firstPosition,
            erasures.last?.position ?? footer.lastPosition <= footer.lastPosition,
            gaps.isEmpty != footer.flags.contains(.hasGaps),
            erasures.isEmpty != footer.flags.contains(.hasErasures)
        else { return false }
        // No sum overflows: counts are of 32 bits and their number is bounded by the index's own
        // bytes; gaps are disjoint and inside the segment.
        let count = frames.reduce(0) { $0 + $1.count }
        let rawByteCount = frames.reduce(0) { $0 + $1.rawByteCount }
        let missing = gaps.reduce(UInt64(erasures.count)) {
            $0 + ($1.last.rawValue - $1.first.rawValue + 1)
        }
        return count == footer.count && rawByteCount == footer.rawByteCount
            && UInt64(count) + missing
                == footer.lastPosition.rawValue - footer.firstPosition.rawValue + 1
    }
}
