/// The last 256 bytes of a sealed segment: what it is, and where its index is.
///
/// Bytes: <doc:FileFormat#Footer>.
package struct SegmentFooter: Equatable, Sendable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        // Bits 0–15 have to be understood to read the lines, bits 16–31 may be passed over.

        /// Some positions were lost before the segment was sealed; the index names them.
        package static let hasGaps = Flags(rawValue: 1 << 16)
        /// Some records were erased; the index keeps their leaves.
        package static let hasErasures = Flags(rawValue: 1 << 17)

        static let known: Flags = [.hasGaps, .hasErasures]
    }

    package let store: StoreID
    package let firstPosition: Position
    /// Positions of gaps and erased records included.
    package let lastPosition: Position
    /// Of the records that are there.
    package let count: Int
    /// The earliest and the latest of the store's times; 1970 if `count` is 0.
    package let firstRecorded: Timestamp
    package let lastRecorded: Timestamp
    /// Of the lines.
    package let rawByteCount: Int
    /// Of all frames; where the index begins.
    package let dataByteCount: Int
    package let frameCount: Int
    package let indexOffset: Int
    package let indexByteCount: Int
    package let crcOfIndex: UInt32
    /// The columns (``SegmentColumns``); 0, 0, 0 for none.
    package let columnsOffset: Int
    package let columnsByteCount: Int
    package let crcOfColumns: UInt32
    package let chainBefore: Digest256
    package let chainAfter: Digest256
    /// SHA-256 of the concatenated lines: of what `lz4 -dc` prints.
    package let linesDigest: Digest256
    /// The compression level it was written with.
    package let level: Int
    package let flags: Flags
}

extension SegmentFooter {
    /// The whole skippable frame: 256 bytes.
    package var encoded: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(SegmentFormat.footerByteCount)
        bytes.append(littleEndian: SegmentFormat.footerMagic)
        bytes.append(
            littleEndian: UInt32(
                SegmentFormat.footerByteCount - SegmentFormat.skippableHeaderByteCount))
        bytes += SegmentFormat.footerName
        bytes.append(littleEndian: SegmentFormat.version)
        bytes.append(littleEndian: UInt16(level))
        bytes.append(littleEndian: flags.rawValue)
        bytes += store.bytes
        bytes.append(littleEndian: firstPosition.rawValue)
        bytes.append(littleEndian: lastPosition.rawValue)
        bytes.append(littleEndian: UInt64(count))
        bytes.append(littleEndian: firstRecorded.microseconds)
        bytes.append(littleEndian: lastRecorded.microseconds)
        bytes.append(littleEndian: UInt64(rawByteCount))
        bytes.append(littleEndian: UInt64(dataByteCount))
        bytes.append(littleEndian: UInt64(indexOffset))
        bytes.append(littleEndian: UInt64(indexByteCount))
        bytes.append(littleEndian: UInt64(columnsOffset))
        bytes.append(littleEndian: UInt64(columnsByteCount))
        bytes.append(littleEndian: crcOfIndex)
        bytes.append(littleEndian: crcOfColumns)
        bytes.append(chainBefore)
        bytes.append(chainAfter)
        bytes.append(linesDigest)
        bytes.append(littleEndian: UInt32(frameCount))
        bytes.append(littleEndian: UInt64(0))
        bytes.append(littleEndian: UInt64(0))
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        precondition(
            bytes.count == SegmentFormat.footerByteCount, "a footer has always the same size")
        return bytes
    }

    /// Reads the last 256 bytes of `file`, which begin at `offset`.
    package init(_ bytes: [UInt8], file: String, at offset: Int) throws(LogError) {
        try self.init(unplaced: bytes, file: file, at: offset)
        guard isConsistent(footerOffset: offset) else {
            throw .damaged(file, at: offset, "the footer contradicts itself")
        }
    }

    /// Reads a footer that may have been moved: salvage finds such.
    init(unplaced bytes: [UInt8], file: String, at offset: Int) throws(LogError) {
        guard bytes.count == SegmentFormat.footerByteCount,
            SegmentIndex.isHeader(bytes, magic: SegmentFormat.footerMagic),
            bytes[8..<16].elementsEqual(SegmentFormat.footerName)
        else { throw .damaged(file, at: offset, "the segment does not end with a footer") }
        let crcOffset = SegmentFormat.footerByteCount - 4
        let isIntact = bytes.withUnsafeBytes { bytes in
            var tail = ByteCursor(bytes, at: crcOffset)
            return tail.integer(UInt32.self)
                == CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<crcOffset]))
        }
        guard isIntact else { throw .damaged(file, at: offset, "the footer fails its checksum") }
        let (version, flags) = bytes.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes, at: 16)
            let version = cursor.integer(UInt16.self)
            _ = cursor.integer(UInt16.self)
            return (version ?? 0, cursor.integer(UInt32.self) ?? 0)
        }
        guard version == SegmentFormat.version, flags & SegmentFormat.requiredFlags == 0 else {
            throw .unsupported(file, "segment version \(version), flags \(flags)")
        }
        guard let footer = bytes.withUnsafeBytes({ SegmentFooter(intact: $0) }) else {
            throw .damaged(file, at: offset, "the footer contradicts itself")
        }
        self = footer
    }

    private init?(intact bytes: UnsafeRawBufferPointer) {
        var cursor = ByteCursor(bytes, at: 18)
        guard let level = cursor.integer(UInt16.self), let flags = cursor.integer(UInt32.self),
            let storeRange = cursor.range(StoreID.byteCount),
            let store = StoreID(bytes[storeRange]),
            let firstPosition = cursor.position(), let lastPosition = cursor.position(),
            let count = cursor.size(),
            let firstRecorded = cursor.timestamp(), let lastRecorded = cursor.timestamp(),
            let rawByteCount = cursor.size(), let dataByteCount = cursor.size(),
            let indexOffset = cursor.size(), let indexByteCount = cursor.size(),
            let columnsOffset = cursor.size(), let columnsByteCount = cursor.size(),
            let crcOfIndex = cursor.integer(UInt32.self),
            let crcOfColumns = cursor.integer(UInt32.self),
            let chainBefore = cursor.digest(), let chainAfter = cursor.digest(),
            let linesDigest = cursor.digest(), let frameCount = cursor.count()
        else { return nil }
        self.store = store
        self.firstPosition = firstPosition
        self.lastPosition = lastPosition
        self.count = count
        self.firstRecorded = firstRecorded
        self.lastRecorded = lastRecorded
        self.rawByteCount = rawByteCount
        self.dataByteCount = dataByteCount
        self.frameCount = frameCount
        self.indexOffset = indexOffset
        self.indexByteCount = indexByteCount
        self.crcOfIndex = crcOfIndex
        self.columnsOffset = columnsOffset
        self.columnsByteCount = columnsByteCount
        self.crcOfColumns = crcOfColumns
        self.chainBefore = chainBefore
        self.chainAfter = chainAfter
        self.linesDigest = linesDigest
        self.level = Int(level)
        self.flags = Flags(rawValue: flags)
    }

    /// Whether frames, index, columns, and footer stand one behind the other with nothing between.
    ///
    /// A flag that this version does not know may announce something between them.
    private func isConsistent(footerOffset: Int) -> Bool {
        guard firstPosition > .zero, firstPosition <= lastPosition,
            UInt64(count) <= lastPosition.rawValue - firstPosition.rawValue + 1,
            firstRecorded <= lastRecorded,
            dataByteCount == indexOffset, indexOffset <= footerOffset,
            indexByteCount <= footerOffset - indexOffset
        else { return false }
        var end = indexOffset + indexByteCount
        if columnsByteCount > 0 {
            guard columnsOffset == end, columnsByteCount <= footerOffset - end else { return false }
            end += columnsByteCount
        } else {
            guard columnsOffset == 0, crcOfColumns == 0 else { return false }
        }
        return end == footerOffset || !Flags.known.isSuperset(of: flags)
    }
}
