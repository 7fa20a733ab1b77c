/// The values of some columns for all records of one frame.
///
/// What ``LogReader/fold(_:_:lines:columns:)`` hands out in place of lines. One worker fills the
/// same block again for each frame: nothing of it may be kept. Rows are numbered from 0 in the order
/// of position, and positions are without holes: row *n* has ``firstPosition`` + *n*.
///
/// Pointers, because this is read two million times in ten milliseconds. Everything that can be
/// wrong with the bytes is checked when the block is filled, so that texts, codes, and rows are
/// inside what they count.
public final class ColumnBlock {
    public private(set) var firstPosition = Position.zero
    public private(set) var rowCount = 0
    /// In the order in which the columns were asked for.
    @usableFromInline private(set) var columns: [Cells]

    /// The memory of one column.
    @usableFromInline
    struct Cells {
        let kind: ColumnSet.Column.Kind
        /// The cells as they were before compression, with room behind them for a word.
        @usableFromInline var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        /// Offset and byte count in `bytes` of each text.
        @usableFromInline var texts: [(offset: Int, byteCount: Int)] = []
        /// Of each row; 0 has none.
        @usableFromInline var codes = UnsafeMutableBufferPointer<UInt16>(start: nil, count: 0)
        /// Of the rows that have one.
        @usableFromInline var numbers = UnsafeMutableBufferPointer<Int64>(start: nil, count: 0)
        /// Which rows have one: a bit for each row, and clear bits up to a word's end.
        @usableFromInline var presence = UnsafeMutableBufferPointer<UInt64>(start: nil, count: 0)
        /// Of the rows that have a value, where there are few.
        var rows: [Int] = []
        @usableFromInline var isAbsent = true
    }

    package init(_ columns: [ColumnSet.Column]) {
        self.columns = columns.map { Cells(kind: $0.kind) }
    }

    deinit {
        for cells in columns {
            cells.bytes.deallocate()
            cells.codes.deallocate()
            cells.numbers.deallocate()
            cells.presence.deallocate()
        }
    }

    // MARK: - Asking

    /// Whether no row has a value.
    @inlinable @inline(__always)
    public func isAbsent(_ column: Int) -> Bool { columns[column].isAbsent }

    /// How many different texts the column has in this block.
    @inlinable @inline(__always)
    public func textCount(_ column: Int) -> Int { columns[column].texts.count }

    /// One of the texts; valid while the block is not filled again.
    @inlinable @inline(__always)
    public func text(_ column: Int, _ index: Int) -> UnsafeRawBufferPointer {
        let (offset, byteCount) = columns[column].texts[index]
        return UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(columns[column].bytes)[offset..<offset + byteCount])
    }

    /// For each row the number of its text plus one; 0 where the value is unknown.
    ///
    /// - Precondition: It is a column of texts.
    @inlinable @inline(__always)
    public func codes(_ column: Int) -> UnsafeBufferPointer<UInt16> {
        UnsafeBufferPointer(rebasing: columns[column].codes[..<rowCount])
    }

    /// Visits the rows that have a number, ascending.
    ///
    /// - Precondition: It is a column of numbers.
    @inlinable @inline(__always)
    public func forEachNumber(_ column: Int, _ body: (_ row: Int, _ number: Int64) -> Void) {
        guard !columns[column].isAbsent, let presence = columns[column].presence.baseAddress,
            let numbers = columns[column].numbers.baseAddress
        else { return }
        var index = 0
        var row = 0
        while row < rowCount {
            var bits = presence[row / 64]
            while bits != 0 {
                body(row + bits.trailingZeroBitCount, numbers[index])
                index &+= 1
                bits &= bits &- 1
            }
            row += 64
        }
    }
}

// MARK: - Filling

extension ColumnBlock {
    /// Takes in the part of a frame.
    ///
    /// - Parameters:
    ///   - part: Whose checksum is right.
    ///   - segment: What it is a part of.
    ///   - indexes: Which of the segment's columns are ours.
    ///   - frame: Whose part it is; without holes.
    /// - Returns: `false` if the lines have to be read, because a value did not fit or the part is
    ///   not what it should be.
    package func fill(
        _ part: UnsafeRawBufferPointer, of segment: SegmentColumns, _ indexes: [Int],
        frame: FrameEntry
    ) -> Bool {
        guard let places = segment.cells(in: part) else { return false }
        firstPosition = frame.firstPosition
        rowCount = frame.count
        for (number, index) in indexes.enumerated() {
            let block = UnsafeRawBufferPointer(rebasing: part[places[index].range])
            guard columns[number].fill(block, places[index].rawByteCount, rowCount) else {
                return false
            }
        }
        return true
    }
}

extension ColumnBlock.Cells {
    fileprivate mutating func fill(
        _ block: UnsafeRawBufferPointer, _ rawByteCount: Int, _ rowCount: Int
    ) -> Bool {
        reserve(rawByteCount)
        let raw = UnsafeMutableRawBufferPointer(rebasing: bytes[..<rawByteCount])
        if block.count == rawByteCount {
            raw.copyMemory(from: block)
        } else if !LZ4Block.decode(block, into: raw) {
            return false
        }
        texts.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        var cursor = ByteCursor(UnsafeRawBufferPointer(raw))
        switch cursor.integer(UInt8.self).flatMap(ColumnCells.State.init(rawValue:)) {
        case nil, .elsewhere: return false
        case .absent:
            isAbsent = true
            if kind == .text {
                reserveCodes(rowCount)
                codes.update(repeating: 0)
            }
            return true
        case .values:
            isAbsent = false
            return kind == .text
                ? fillTexts(&cursor, rowCount, isSparse: false)
                : fillNumbers(&cursor, rowCount, isSparse: false)
        case .fewValues:
            isAbsent = false
            guard fillRows(&cursor, rowCount) else { return false }
            return kind == .text
                ? fillTexts(&cursor, rowCount, isSparse: true)
                : fillNumbers(&cursor, rowCount, isSparse: true)
        }
    }

    private mutating func fillRows(_ cursor: inout ByteCursor, _ rowCount: Int) -> Bool {
        guard let count = cursor.count(), count <= rowCount, let low = cursor.range(count),
            let high = cursor.range(count)
        else { return false }
        var next = 0
        for index in 0..<count {
            let row =
                next + Int(cursor.bytes[low.lowerBound + index])
                + Int(cursor.bytes[high.lowerBound + index]) << 8
            guard row < rowCount else { return false }
            rows.append(row)
            next = row + 1
        }
        return true
    }

    private mutating func reserve(_ byteCount: Int) {
        // A word may be read at any bit of the cells, and 64 presence bits at any 64 rows.
        let needed = byteCount + 16
        guard bytes.count < needed else { return }
        bytes.deallocate()
        bytes = .allocate(byteCount: needed * 2, alignment: 16)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    private mutating func reserveCodes(_ count: Int) {
        guard codes.count < count else { return }
        codes.deallocate()
        codes = .allocate(capacity: count * 2)
        codes.initialize(repeating: 0)
    }

    private mutating func fillTexts(
        _ cursor: inout ByteCursor, _ rowCount: Int, isSparse: Bool
    ) -> Bool {
        let codeCount = isSparse ? rows.count : rowCount
        guard let textCount = cursor.integer(UInt16.self) else { return false }
        for _ in 0..<textCount {
            guard let byteCount = cursor.integer(UInt16.self),
                let range = cursor.range(Int(byteCount))
            else { return false }
            texts.append((range.lowerBound, range.count))
        }
        guard let width = cursor.integer(UInt8.self).map(Int.init), width <= 16,
            let range = cursor.range((codeCount * width + 7) / 8), cursor.remaining == 0,
            let base = bytes.baseAddress
        else { return false }
        reserveCodes(rowCount)
        guard let codes = codes.baseAddress else { return rowCount == 0 }
        if isSparse { codes.update(repeating: 0, count: rowCount) }
        let packed = UnsafeRawPointer(base) + range.lowerBound
        var greatest: UInt16 = 0
        if isSparse {
            for index in 0..<codeCount {
                let code = Self.code(packed, index, width)
                codes[rows[index]] = code
                greatest = max(greatest, code)
            }
        } else {
            greatest = Self.unpack(packed, codeCount, width, into: codes)
        }
        return Int(greatest) <= texts.count
    }

    /// One code of `width` bits.
    @inline(__always)
    private static func code(_ packed: UnsafeRawPointer, _ index: Int, _ width: Int) -> UInt16 {
        let bit = index &* width
        // 16 bits that begin at any of 8 lie in 32; the last word reaches into the slack.
        let word = UInt32(littleEndian: (packed + (bit &>> 3)).loadUnaligned(as: UInt32.self))
        let mask: UInt32 = (1 &<< UInt32(width)) &- 1
        return UInt16(truncatingIfNeeded: (word &>> UInt32(truncatingIfNeeded: bit & 7)) & mask)
    }

    /// Unpacks codes eight at a time, which begin at a byte: two words have four of them each.
    ///
    /// - Returns: The greatest.
    private static func unpack(
        _ packed: UnsafeRawPointer, _ count: Int, _ width: Int,
        into codes: UnsafeMutablePointer<UInt16>
    ) -> UInt16 {
        let mask: UInt64 = (1 &<< UInt64(width)) &- 1
        let (step, half) = (UInt64(width), 4 &* width)
        var greatest: UInt16 = 0
        let whole = count & ~7
        var index = 0
        while index < whole {
            let start = packed + index / 8 &* width
            // Both words end at most 16 bytes behind the codes, which is the slack.
            var low = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
            var high = UInt64(
                littleEndian: (start + (half &>> 3)).loadUnaligned(as: UInt64.self))
            high &>>= UInt64(truncatingIfNeeded: half & 7)
            for place in 0..<4 {
                let first = UInt16(truncatingIfNeeded: low & mask)
                let second = UInt16(truncatingIfNeeded: high & mask)
                codes[index &+ place] = first
                codes[index &+ place &+ 4] = second
                greatest = max(greatest, first, second)
                low &>>= step
                high &>>= step
            }
            index &+= 8
        }
        while index < count {
            codes[index] = code(packed, index, width)
            greatest = max(greatest, codes[index])
            index &+= 1
        }
        return greatest
    }

    private mutating func fillNumbers(
        _ cursor: inout ByteCursor, _ rowCount: Int, isSparse: Bool
    ) -> Bool {
        reservePresence(rowCount)
        var count = rows.count
        if isSparse {
            for row in rows { presence[row / 64] |= 1 << UInt64(row % 64) }
        } else {
            guard let bits = cursor.range((rowCount + 7) / 8), let stored = cursor.count() else {
                return false
            }
            for (index, byte) in cursor.bytes[bits].enumerated() {
                presence[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
            }
            // What is behind the last row is not a row.
            if rowCount % 64 > 0 { presence[rowCount / 64] &= (1 << UInt64(rowCount % 64)) - 1 }
            count = presence[..<((rowCount + 63) / 64)].reduce(0) { $0 + $1.nonzeroBitCount }
            guard stored == count else { return false }
        }
        guard let least = cursor.integer(Int64.self),
            let width = cursor.integer(UInt8.self).map(Int.init), width <= 8,
            let planes = cursor.range(count * width), cursor.remaining == 0,
            let base = bytes.baseAddress
        else { return false }
        if numbers.count < count {
            numbers.deallocate()
            numbers = .allocate(capacity: count * 2)
            numbers.initialize(repeating: 0)
        }
        guard let numbers = numbers.baseAddress else { return count == 0 }
        for index in 0..<count { numbers[index] = least }
        for plane in 0..<width {
            let bytes = UnsafeRawPointer(base) + planes.lowerBound + plane * count
            let shift = UInt64(8 * plane)
            for index in 0..<count {
                let byte = UInt64(bytes.load(fromByteOffset: index, as: UInt8.self))
                numbers[index] = numbers[index] &+ Int64(bitPattern: byte &<< shift)
            }
        }
        return true
    }

    /// Clears the bits of all rows.
    private mutating func reservePresence(_ rowCount: Int) {
        let wordCount = (rowCount + 63) / 64
        if presence.count < wordCount {
            presence.deallocate()
            presence = .allocate(capacity: wordCount * 2)
            presence.initialize(repeating: 0)
        } else {
            presence.update(repeating: 0)
        }
    }
}
