/// The columns of a sealed segment: what they are, and where each frame's part lies.
///
/// Bytes: <doc:FileFormat#Columns>. Everything is checked when it is read; each part has a checksum of
/// its own, so that one can be read without the others, and a damaged one costs no more than the
/// reading of its frame's lines.
package struct SegmentColumns: Sendable {
    package let set: ColumnSet
    /// In the file, one for each of the segment's frames.
    package let parts: [Part]
    package let seldom: [Seldom]

    package struct Part: Equatable, Sendable {
        package let offset: Int
        package let byteCount: Int
        package let crc: UInt32
    }

    /// All lines of a type that hardly occurs.
    package struct Seldom: Equatable, Sendable {
        /// In the index's dictionary.
        package let type: Int
        package let count: Int
        package let rawByteCount: Int
        package let part: Part
    }

    static let headerByteCount = 40
    static let crcByteCount = 4
    static let seldomByteCount = 20
    static let maximumByteCount = 1 << 30
}

extension SegmentReader {
    /// Reads what columns the segment has.
    ///
    /// - Returns: `nil` if it has none, or some that only a newer version can read.
    /// - Throws: ``LogError`` `.damaged` if they are not what was written; the lines may be whole.
    package func columns(read: Read) throws(LogError) -> SegmentColumns? {
        guard footer.columnsByteCount > 0 else { return nil }
        let start = footer.columnsOffset
        var bytes = try SegmentReader.bytes(
            start, min(footer.columnsByteCount, 4 << 10), of: file, through: read)
        let header = SegmentFormat.skippableHeaderByteCount
        // A later version may put something else here; its checksum is the footer's.
        guard bytes.dropFirst(header).starts(with: SegmentFormat.columnsName) else { return nil }
        let directoryByteCount = bytes.withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            return cursor.range(header + 24).flatMap { _ in cursor.count() } ?? 0
        }
        guard directoryByteCount >= SegmentColumns.headerByteCount + SegmentColumns.crcByteCount,
            directoryByteCount <= footer.columnsByteCount - header
        else { throw .damaged(file, at: start, "this is not the directory of its columns") }
        if bytes.count < header + directoryByteCount {
            bytes = try SegmentReader.bytes(
                start, header + directoryByteCount, of: file, through: read)
        }
        let directory = Array(bytes[header..<header + directoryByteCount])
        return try SegmentColumns.read(directory, of: self)
    }
}

extension SegmentColumns {
    fileprivate static func read(
        _ directory: [UInt8], of reader: SegmentReader
    ) throws(LogError) -> SegmentColumns? {
        let start = reader.footer.columnsOffset
        let isIntact = directory.withUnsafeBytes { bytes in
            let end = bytes.count - crcByteCount
            var tail = ByteCursor(bytes, at: end)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<end])
            return tail.integer(UInt32.self) == CRC32C.checksum(covered, seed: reader.seed)
        }
        guard isIntact else {
            throw .damaged(reader.file, at: start, "the columns' directory fails its checksum")
        }
        let found: Found = directory.withUnsafeBytes { SegmentColumns.parse($0, of: reader) }
        switch found {
        case .columns(let columns): return columns
        case .unknown: return nil
        case .contradiction:
            throw .damaged(reader.file, at: start, "the columns contradict the segment")
        }
    }

    private enum Found {
        case columns(SegmentColumns)
        case unknown
        case contradiction
    }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, of reader: SegmentReader
    ) -> Found {
        var cursor = ByteCursor(bytes)
        guard cursor.skip(SegmentFormat.columnsName), let version = cursor.integer(UInt16.self),
            cursor.integer(UInt16.self) != nil, let flags = cursor.integer(UInt32.self),
            cursor.position() == reader.footer.firstPosition, cursor.count() == bytes.count,
            let columnCount = cursor.count(), let frameCount = cursor.count(),
            let seldomCount = cursor.count()
        else { return .contradiction }
        guard version == SegmentFormat.version, flags & SegmentFormat.requiredFlags == 0,
            columnCount <= ColumnSet.maximumCount
        else { return .unknown }
        var columns = [ColumnSet.Column]()
        for _ in 0..<columnCount {
            guard let column = ColumnSet.Column(&cursor), !columns.contains(column) else {
                return .unknown
            }
            columns.append(column)
        }
        guard frameCount == reader.frames.count, frameCount <= cursor.remaining / 8,
            seldomCount <= cursor.remaining / seldomByteCount
        else { return .contradiction }
        var offset =
            reader.footer.columnsOffset + SegmentFormat.skippableHeaderByteCount + bytes.count
        let end = reader.footer.columnsOffset + reader.footer.columnsByteCount
        func part(_ cursor: inout ByteCursor) -> Part? {
            guard let byteCount = cursor.count(), let crc = cursor.integer(UInt32.self),
                byteCount <= end - offset
            else { return nil }
            defer { offset += byteCount }
            return Part(offset: offset, byteCount: byteCount, crc: crc)
        }
        var parts = [Part]()
        for _ in 0..<frameCount {
            guard let part = part(&cursor) else { return .contradiction }
            parts.append(part)
        }
        var seldom = [Seldom]()
        for _ in 0..<seldomCount {
            guard let type = cursor.count(), type < reader.types.count,
                type > seldom.last?.type ?? -1, let count = cursor.count(),
                let rawByteCount = cursor.count(), let part = part(&cursor),
                SegmentFormat.allows(rawByteCount: rawByteCount, byteCount: part.byteCount)
            else { return .contradiction }
            seldom.append(
                Seldom(type: type, count: count, rawByteCount: rawByteCount, part: part))
        }
        guard offset == end, cursor.remaining == crcByteCount else { return .contradiction }
        return .columns(
            SegmentColumns(set: ColumnSet(columns), parts: parts, seldom: seldom))
    }

    // MARK: Parts

    /// The cells of one column in a frame's part, as they are compressed.
    struct Cells {
        let rawByteCount: Int
        /// In the part; as many bytes as the cells have are the cells.
        let range: Range<Int>
    }

    /// Where the columns' cells are in a part; `nil` if it is not one.
    func cells(in part: UnsafeRawBufferPointer) -> [Cells]? {
        var cursor = ByteCursor(part)
        var cells = [Cells]()
        cells.reserveCapacity(set.columns.count)
        for _ in set.columns {
            guard let rawByteCount = cursor.count(), let byteCount = cursor.count(),
                let range = cursor.range(byteCount), byteCount <= rawByteCount,
                SegmentFormat.allows(rawByteCount: rawByteCount, byteCount: byteCount)
            else { return nil }
            cells.append(Cells(rawByteCount: rawByteCount, range: range))
        }
        return cursor.remaining == 0 ? cells : nil
    }

    /// The cells of all columns as they were before compression; `nil` if this is no part.
    func decodedCells(in part: [UInt8]) -> [[UInt8]]? {
        part.withUnsafeBytes { bytes in
            guard let cells = cells(in: bytes) else { return nil }
            var decoded = [[UInt8]]()
            for cell in cells {
                let block = UnsafeRawBufferPointer(rebasing: bytes[cell.range])
                guard let bytes = Self.decoded(block, rawByteCount: cell.rawByteCount) else {
                    return nil
                }
                decoded.append(bytes)
            }
            return decoded
        }
    }

    /// What a block is that is compressed only if that makes it smaller.
    static func decoded(_ block: UnsafeRawBufferPointer, rawByteCount: Int) -> [UInt8]? {
        guard block.count != rawByteCount else { return Array(block) }
        var isGood = false
        let bytes = [UInt8](unsafeUninitializedCapacity: rawByteCount) { target, count in
            isGood = LZ4Block.decode(block, into: UnsafeMutableRawBufferPointer(target))
            count = isGood ? rawByteCount : 0
        }
        return isGood ? bytes : nil
    }
}

extension SegmentReader {
    /// The bytes of a part of the columns, which are what was written.
    package func part(
        _ part: SegmentColumns.Part, read: Read
    ) throws(LogError) -> [UInt8] {
        let bytes = try SegmentReader.bytes(part.offset, part.byteCount, of: file, through: read)
        guard CRC32C.checksum(bytes, seed: seed) == part.crc else {
            throw .damaged(file, at: part.offset, "a part of the columns fails its checksum")
        }
        return bytes
    }

    /// All lines of a seldom type, ascending.
    func lines(
        of seldom: SegmentColumns.Seldom, read: Read
    ) throws(LogError) -> [UInt8] {
        let bytes = try part(seldom.part, read: read)
        let lines = bytes.withUnsafeBytes {
            SegmentColumns.decoded($0, rawByteCount: seldom.rawByteCount)
        }
        guard let lines else {
            throw .damaged(file, at: seldom.part.offset, "the lines of a type cannot be decoded")
        }
        return lines
    }

    /// Everything that is kept of records beside their frames, decoded: for whoever has to prove
    /// that something is not there any more.
    package func forEachDerivedPart(
        read: Read, _ body: ([UInt8]) -> Void
    ) throws(LogError) {
        guard let columns = try columns(read: read) else { return }
        for entry in columns.parts {
            let bytes = try part(entry, read: read)
            for cells in columns.decodedCells(in: bytes) ?? [bytes] { body(cells) }
        }
        for entry in columns.seldom { body(try lines(of: entry, read: read)) }
    }
}
