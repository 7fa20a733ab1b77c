import Synchronization
import TachoLog

/// The cells of a column as they lie in a snapshot, each read when it is asked for.
///
/// What cannot be read is unknown, and said by the file's `failure`. A cell takes some microseconds
/// the first time, when its block is decoded, and a tenth of one afterwards.
final class StoredColumn: Sendable {
    let file: SnapshotBlockFile
    let layout: Column.Layout
    let rowCount: Int
    /// Where the column lies in the state.
    let start: Int
    let end: Int
    private let index: Int
    private let startsPlace: Int
    private let lookUpPlace: Int
    private let rangesPlace: Int
    private let memory = Mutex(Memory())
    private static let readByteCount = 1 << 14

    private struct Memory: Sendable {
        var parts: Parts?
        var numbers: NumberCells?
    }

    /// Where the parts of the column lie, as Table+Encoding.swift writes them.
    private struct Parts: Sendable {
        var known = 0
        var bits = 0
        var smallest: Int64 = 0
        var textCount = 0
        var texts = 0
        var textByteCount = 0
        var sizes = StoredNumbers()
        var numbers = StoredNumbers()
    }

    /// - Parameters:
    ///   - file: The snapshot.
    ///   - index: The column's number.
    ///   - layout: As the schema says.
    ///   - rowCount: Of the table.
    ///   - isLast: Whether no column follows.
    init(
        _ file: SnapshotBlockFile, index: Int, layout: Column.Layout, rowCount: Int, isLast: Bool
    ) {
        self.file = file
        self.index = index
        self.layout = layout
        self.rowCount = rowCount
        let entry = 8 + SnapshotIndex.columnByteCount * index
        start = file.place(inIndex: entry)
        // There the next one begins, or else the quarantined events: their place is the first of all.
        end =
            isLast
            ? file.place(inIndex: 0) : file.place(inIndex: entry + SnapshotIndex.columnByteCount)
        startsPlace = file.indexStart + file.place(inIndex: entry + 8)
        lookUpPlace = file.indexStart + file.place(inIndex: entry + 16)
        rangesPlace = file.indexStart + file.place(inIndex: entry + 24)
    }

    private var parts: Parts {
        if let parts = memory.withLock(\.parts) { return parts }
        let parts = readParts()
        memory.withLock { $0.parts = parts }
        return parts
    }

    private func readParts() -> Parts {
        var parts = Parts()
        var offset = start
        func count(limit: Int) -> Int {
            defer { offset += 8 }
            let count = file.integer(at: offset, UInt64.self)
            guard count <= UInt64(limit) else {
                file.fail(.damaged(column: index))
                return 0
            }
            return Int(count)
        }
        func numbers(_ count: Int) -> StoredNumbers {
            let width = Int(file.integer(at: offset, UInt8.self))
            guard width <= 8 else {
                file.fail(.damaged(column: index))
                return StoredNumbers()
            }
            let numbers = StoredNumbers(start: offset + 1, width: width, count: count)
            offset += 1 + width * count
            return numbers
        }
        let bitmapByteCount = 8 * ((rowCount + 63) / 64)
        switch layout {
        case .key, .bytes:
            parts.textCount = rowCount
            parts.textByteCount = count(limit: file.header.byteCount)
            parts.sizes = numbers(rowCount)
            parts.texts = offset
        case .interned:
            parts.textCount = count(limit: rowCount)
            parts.textByteCount = count(limit: file.header.byteCount)
            parts.sizes = numbers(parts.textCount)
            parts.texts = offset
            offset += parts.textByteCount
            parts.numbers = numbers(rowCount)
        case .words:
            parts.known = offset
            offset += bitmapByteCount
            parts.smallest = file.integer(at: offset)
            offset += 8
            parts.numbers = numbers(rowCount)
        case .bits:
            parts.known = offset
            parts.bits = offset + bitmapByteCount
        }
        return parts
    }

    // MARK: Cells

    private func bit(_ row: Int, at bitmap: Int) -> Bool {
        file.integer(at: bitmap + row / 8, UInt8.self) >> UInt8(row & 7) & 1 == 1
    }

    func isKnown(_ row: Int) -> Bool { bit(row, at: parts.known) }

    func word(_ row: Int) -> Int64? {
        let parts = parts
        guard bit(row, at: parts.known) else { return nil }
        return parts.smallest &+ Int64(bitPattern: parts.numbers.number(row, in: file))
    }

    func boolean(_ row: Int) -> Bool? {
        let parts = parts
        return bit(row, at: parts.known) ? bit(row, at: parts.bits) : nil
    }

    /// The number of a row's text, from 1; 0 is unknown.
    func textNumber(_ row: Int) -> Int {
        let parts = parts
        let number = parts.numbers.number(row, in: file)
        guard number <= UInt64(parts.textCount) else {
            file.fail(.damaged(column: index))
            return 0
        }
        return Int(number)
    }

    /// The rows of a text's number, ascending.
    ///
    /// - Complexity: O(rows / 1,024) for a text whose rows lie near to each other, as those of a
    ///   workflow do; O(rows) for one that is everywhere.
    func rows(ofTextNumber number: Int) -> [Int] {
        let count = (rowCount + SnapshotIndex.stride - 1) / SnapshotIndex.stride
        let (arena, range) = file.bytes(rangesPlace..<rangesPlace + 8 * count)
        let wanted = UInt32(clamping: number)
        var pieces = [Int]()
        arena.withUnsafeBytes { bytes in
            for piece in 0..<range.count / 8 {
                let place = range.lowerBound + 8 * piece
                let smallest = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
                let largest = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                if UInt32(littleEndian: smallest) <= wanted, UInt32(littleEndian: largest) >= wanted
                {
                    pieces.append(piece)
                }
            }
        }
        var rows = [Int]()
        if pieces.count > count / 8 + 1 {
            numbers.appendRows(where: Int64(number), rowCount: rowCount, to: &rows)
            return rows
        }
        let numbers = parts.numbers
        for piece in pieces {
            let first = piece * SnapshotIndex.stride
            var row = first
            numbers.forEach(first..<min(rowCount, first + SnapshotIndex.stride), in: file) {
                if $0 == UInt64(number) { rows.append(row) }
                row += 1
            }
        }
        return rows
    }

    /// The same of a number.
    func rows(ofWord number: Int64) -> [Int] {
        var rows = [Int]()
        numbers.appendRows(where: number, rowCount: rowCount, to: &rows)
        // An unknown cell lies there as the smallest that is known.
        return rows.filter(isKnown)
    }

    /// The numbers of all rows: their own, or those of their texts.
    private var numbers: NumberCells {
        if let numbers = memory.withLock(\.numbers) { return numbers }
        var numbers = NumberCells()
        do throws(TableDecodingError) {
            var source = file.source(from: parts.numbers.start - 1)
            numbers = try NumberCells(
                decoding: rowCount, capacity: rowCount, plus: parts.smallest,
                byteLimit: layout == .words ? 8 : 4, column: index, from: &source)
        } catch {
            file.fail(error)
            numbers.grow(to: rowCount)
        }
        memory.withLock { $0.numbers = numbers }
        return numbers
    }

    // MARK: Texts

    var textCount: Int { parts.textCount }

    /// Where the text with this number lies; `nil` for a row's value that is unknown.
    func text(_ number: Int) -> (arena: [UInt8], range: Range<Int>)? {
        let parts = parts
        // A value has one more in its size, of which 0 is unknown.
        let more = layout == .bytes ? 1 : 0
        let size = Int(truncatingIfNeeded: parts.sizes.number(number, in: file)) &- more
        guard size >= 0 else { return nil }
        let start = textStart(number, parts, more: more)
        guard start >= 0, start <= parts.textByteCount, size <= parts.textByteCount - start else {
            file.fail(.damaged(column: index))
            return nil
        }
        return file.bytes(parts.texts + start..<parts.texts + start + size)
    }

    /// Where a text begins among the texts; anywhere, if the snapshot is damaged.
    private func textStart(_ number: Int, _ parts: Parts, more: Int) -> Int {
        let first = number / SnapshotIndex.stride
        var start = Int(
            truncatingIfNeeded: file.integer(at: startsPlace + 8 * first, UInt64.self))
        let earlier = first * SnapshotIndex.stride..<number
        parts.sizes.forEach(earlier, in: file) {
            start &+= max(0, Int(truncatingIfNeeded: $0) &- more)
        }
        return start
    }

    /// The number of a text; `nil` if the column has no such.
    func number(of text: UnsafeRawBufferPointer) -> Int? {
        lookUpPlace == file.indexStart ? numberAmongAscending(text) : numberByLookUp(text)
    }

    private func numberAmongAscending(_ text: UnsafeRawBufferPointer) -> Int? {
        func isFrom(_ number: Int) -> Bool {
            guard let (arena, range) = self.text(number) else { return false }
            return arena.withUnsafeBytes {
                !text.isBelow(UnsafeRawBufferPointer(rebasing: $0[range]))
            }
        }
        let count = parts.textCount
        guard count > 0 else { return nil }
        // What a tail adds is mostly above all that there are.
        if isFrom(count - 1) { return number(of: text, from: count - 1) }
        var (low, high) = (0, (count - 1) / SnapshotIndex.pieceCount)
        while low < high {
            let middle = (low + high + 1) / 2
            if isFrom(middle * SnapshotIndex.pieceCount) { low = middle } else { high = middle - 1 }
        }
        return number(of: text, from: low * SnapshotIndex.pieceCount)
    }

    private func numberByLookUp(_ text: UnsafeRawBufferPointer) -> Int? {
        let count = parts.textCount
        let bucketCount = SnapshotIndex.bucketCount(forCount: count)
        let hash = ByteHash.hash(text, seed: SnapshotIndex.hashSeed)
        let bucket = lookUpPlace + 4 * SnapshotIndex.bucket(hash, of: bucketCount)
        let first = Int(file.integer(at: bucket, UInt32.self))
        let end = Int(file.integer(at: bucket + 4, UInt32.self))
        guard first <= end, end <= count else {
            file.fail(.damaged(column: index))
            return nil
        }
        let tags = lookUpPlace + 4 * (bucketCount + 1)
        let (arena, range) = file.bytes(tags + first..<tags + end)
        let wanted = SnapshotIndex.tag(hash)
        guard arena[range].contains(wanted) else { return nil }
        let planes = (0..<SnapshotIndex.pieceByteCount(forCount: count)).map { plane in
            let start = tags + count * (1 + plane)
            return file.bytes(start + first..<start + end)
        }
        // Fewer are there only where the file says that it is damaged.
        guard planes.allSatisfy({ $0.range.count == range.count }) else { return nil }
        var piece = 0
        for (place, tag) in arena[range].enumerated() {
            for (plane, bytes) in planes.enumerated() {
                piece += Int(bytes.arena[bytes.range.lowerBound + place]) << (8 * plane)
            }
            let first = piece * SnapshotIndex.pieceCount
            if tag == wanted, let number = number(of: text, from: first) { return number }
        }
        return nil
    }

    /// Looks for a text among some from that number on, to the end of their piece.
    private func number(of text: UnsafeRawBufferPointer, from first: Int) -> Int? {
        let parts = parts
        guard first < parts.textCount else {
            file.fail(.damaged(column: index))
            return nil
        }
        var start = textStart(first, parts, more: 0)
        var number = first
        var alike: [(number: Int, start: Int)] = []
        let pieceEnd = (first / SnapshotIndex.pieceCount + 1) * SnapshotIndex.pieceCount
        let end = min(parts.textCount, pieceEnd)
        parts.sizes.forEach(first..<end, in: file) { size in
            if size == UInt64(text.count) { alike.append((number, start)) }
            start &+= Int(truncatingIfNeeded: size)
            number += 1
        }
        guard start >= 0, start <= parts.textByteCount else {
            file.fail(.damaged(column: index))
            return nil
        }
        // Texts are read some at a time: most of them are short.
        var (arena, range) = ([UInt8](), 0..<0)
        var read = 0..<0
        for (number, place) in alike {
            let end = place &+ text.count
            guard place >= 0, end >= place, end <= start else { continue }
            if !(read.lowerBound <= place && end <= read.upperBound) {
                read = place..<min(start, max(end, place + Self.readByteCount))
                let from = parts.texts + read.lowerBound
                (arena, range) = file.bytes(from..<from + read.count)
                guard range.count == read.count else { return nil }
            }
            let isSame = arena.withUnsafeBytes { bytes in
                let offset = range.lowerBound + place - read.lowerBound
                return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + text.count])
                    .elementsEqual(text)
            }
            if isSame { return number }
        }
        return nil
    }
}

/// Packed numbers in a snapshot: see ``PackedNumbers``.
private struct StoredNumbers: Sendable {
    /// Behind the width.
    var start = 0
    var width = 0
    var count = 0

    func number(_ index: Int, in file: SnapshotBlockFile) -> UInt64 {
        guard index < count, width > 0 else { return 0 }
        let chunk = index / PackedNumbers.chunkCount * PackedNumbers.chunkCount
        let planeByteCount = min(PackedNumbers.chunkCount, count - chunk)
        let place = start + chunk * width + index - chunk
        var number: UInt64 = 0
        for plane in 0..<width {
            let byte = file.integer(at: place + plane * planeByteCount, UInt8.self)
            number |= UInt64(byte) << UInt64(8 * plane)
        }
        return number
    }

    /// - Precondition: The indices are of one chunk.
    func forEach(_ indices: Range<Int>, in file: SnapshotBlockFile, _ body: (UInt64) -> Void) {
        guard !indices.isEmpty, indices.upperBound <= count else { return }
        guard width > 0 else { return indices.forEach { _ in body(0) } }
        let chunk = indices.lowerBound / PackedNumbers.chunkCount * PackedNumbers.chunkCount
        let planeByteCount = min(PackedNumbers.chunkCount, count - chunk)
        let place = start + chunk * width + indices.lowerBound - chunk
        let planes = (0..<width).map { plane in
            let first = place + plane * planeByteCount
            return file.bytes(first..<first + indices.count)
        }
        for index in 0..<indices.count {
            var number: UInt64 = 0
            for (plane, bytes) in planes.enumerated() {
                let byte = bytes.arena[bytes.range.lowerBound + index]
                number |= UInt64(byte) << UInt64(8 * plane)
            }
            body(number)
        }
    }
}
