/// Makes the columns of a segment while its records go by.
///
/// Bytes: <doc:FileFormat#Columns>. Holds the compressed columns of all frames, a hundredth of the
/// segment, and the lines of seldom types.
struct ColumnsWriter {
    private let set: ColumnSet
    private let extractor: ColumnExtractor
    private var cells: [ColumnCells]
    private var rowCount = 0
    private(set) var seldom = SeldomLines()
    /// Byte count and checksum of each frame's part.
    private var entries: [UInt8] = []
    private var frameCount = 0
    private var parts: [UInt8] = []

    init(_ set: ColumnSet) {
        self.set = set
        extractor = ColumnExtractor(set)
        cells = set.columns.map { ColumnCells($0.kind) }
    }

    mutating func add(_ record: RecordView) {
        extractor.add(record, row: rowCount, to: &cells)
        rowCount += 1
        seldom.add(record)
    }

    /// The cells of the records since the last call, for each column as they are before compression.
    mutating func finishFrame() -> [[UInt8]] {
        defer { rowCount = 0 }
        return cells.indices.map { cells[$0].finish(rowCount: rowCount) }
    }

    /// Closes the part of a frame.
    mutating func closeFrame(level: Int, seed: UInt32) {
        let start = parts.count
        for cells in finishFrame() {
            let block = LZ4Block.compress(cells, level: level) ?? cells
            parts.append(littleEndian: UInt32(cells.count))
            parts.append(littleEndian: UInt32(block.count))
            parts += block
        }
        frameCount += 1
        entries.append(littleEndian: UInt32(parts.count - start))
        entries.append(littleEndian: checksum(of: parts, from: start, seed))
    }

    /// The whole skippable frame; `nil` if nothing would be in it, or too much for one.
    consuming func finish(firstPosition: Position, level: Int, seed: UInt32) -> [UInt8]? {
        var seldomEntries = [UInt8]()
        let kept = seldom.kept()
        if set.isEmpty, kept.isEmpty { return nil }
        for entry in kept {
            let block = LZ4Block.compress(entry.lines, level: level) ?? entry.lines
            seldomEntries.append(littleEndian: UInt32(entry.type))
            seldomEntries.append(littleEndian: UInt32(entry.count))
            seldomEntries.append(littleEndian: UInt32(entry.lines.count))
            seldomEntries.append(littleEndian: UInt32(block.count))
            seldomEntries.append(littleEndian: CRC32C.checksum(block, seed: seed))
            parts += block
        }
        var declarations = [UInt8]()
        for column in set.columns { column.append(to: &declarations) }
        let directoryByteCount =
            SegmentColumns.headerByteCount + declarations.count + entries.count
            + seldomEntries.count + SegmentColumns.crcByteCount
        let byteCount = directoryByteCount + parts.count
        guard byteCount <= SegmentColumns.maximumByteCount else { return nil }
        var payload = SegmentFormat.columnsName
        payload.append(littleEndian: SegmentFormat.version)
        payload.append(littleEndian: UInt16(0))
        payload.append(littleEndian: UInt32(0))
        payload.append(littleEndian: firstPosition.rawValue)
        payload.append(littleEndian: UInt32(directoryByteCount))
        payload.append(littleEndian: UInt32(set.columns.count))
        payload.append(littleEndian: UInt32(frameCount))
        payload.append(littleEndian: UInt32(kept.count))
        payload += declarations
        payload += entries
        payload += seldomEntries
        payload.append(littleEndian: CRC32C.checksum(payload, seed: seed))
        var frame = [UInt8]()
        frame.reserveCapacity(byteCount + SegmentFormat.skippableHeaderByteCount)
        frame.append(littleEndian: SegmentFormat.columnsMagic)
        frame.append(littleEndian: UInt32(byteCount))
        frame += payload
        frame += parts
        return frame
    }

    private func checksum(of bytes: [UInt8], from start: Int, _ seed: UInt32) -> UInt32 {
        bytes.withUnsafeBytes {
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...]), seed: seed)
        }
    }
}
