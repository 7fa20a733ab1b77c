/// Numbers by row, all in as few bytes as the largest of them needs: 0, 1, 2, 4, or 8.
///
/// Most columns of a table hold nothing, small counts, or numbers of few texts; only times and
/// money need eight bytes. Setting a number that is too large for the others widens all of them,
/// which happens at most four times. Cells are 0 until they are set.
struct NumberCells: Sendable {
    private(set) var count = 0
    private var width = Width.none
    // One of them is in use. The payload of an enum could not be changed in place.
    private var bytes: [Int8] = []
    private var shorts: [Int16] = []
    private var ints: [Int32] = []
    private var longs: [Int64] = []

    private enum Width: Int {
        case none = 0
        case byte = 1
        case short = 2
        case int = 4
        case long = 8

        /// The least that holds everything between two numbers.
        init(of range: ClosedRange<Int64>) {
            self =
                if range == 0...0 {
                    .none
                } else if Int8(exactly: range.lowerBound) != nil,
                    Int8(exactly: range.upperBound) != nil
                {
                    .byte
                } else if Int16(exactly: range.lowerBound) != nil,
                    Int16(exactly: range.upperBound) != nil
                {
                    .short
                } else if Int32(exactly: range.lowerBound) != nil,
                    Int32(exactly: range.upperBound) != nil
                {
                    .int
                } else {
                    .long
                }
        }
    }

    var memoryByteCount: Int {
        bytes.heldByteCount + shorts.heldByteCount + ints.heldByteCount + longs.heldByteCount
    }

    /// Where the cells lie, for ``ColumnScan``.
    var scan: NumberScan {
        switch width {
        case .none: NumberScan(width: 0, base: nil)
        case .byte: NumberScan(width: 1, base: bytes.addressOfFirst)
        case .short: NumberScan(width: 2, base: shorts.addressOfFirst)
        case .int: NumberScan(width: 4, base: ints.addressOfFirst)
        case .long: NumberScan(width: 8, base: longs.addressOfFirst)
        }
    }

    subscript(row: Int) -> Int64 {
        @inline(__always)
        get {
            switch width {
            case .byte: return Int64(bytes[row])
            case .short: return Int64(shorts[row])
            case .int: return Int64(ints[row])
            case .long: return longs[row]
            case .none:
                precondition(row >= 0 && row < count, "a cell of the column")
                return 0
            }
        }
        // Not inlined: it is some forty instructions, and cells are set everywhere.
        set {
            if store(newValue, row) { return }
            widen(for: newValue)
            _ = store(newValue, row)
        }
    }

    /// - Returns: Whether the number fits.
    @inline(__always)
    private mutating func store(_ number: Int64, _ row: Int) -> Bool {
        switch width {
        case .byte:
            guard let number = Int8(exactly: number) else { return false }
            bytes[row] = number
        case .short:
            guard let number = Int16(exactly: number) else { return false }
            shorts[row] = number
        case .int:
            guard let number = Int32(exactly: number) else { return false }
            ints[row] = number
        case .long:
            longs[row] = number
        case .none:
            return number == 0
        }
        return true
    }

    /// Makes cells up to `capacity`, the new ones 0.
    mutating func grow(to capacity: Int) {
        guard count < capacity else { return }
        count = capacity
        fill()
    }

    private mutating func fill() {
        switch width {
        case .none: break
        case .byte: bytes.grow(to: count, with: 0)
        case .short: shorts.grow(to: count, with: 0)
        case .int: ints.grow(to: count, with: 0)
        case .long: longs.grow(to: count, with: 0)
        }
    }

    private mutating func widen(for value: Int64) {
        let wider = Width(of: min(value, 0)...max(value, 0))
        precondition(wider.rawValue > width.rawValue, "the number did not fit before")
        change(to: wider)
    }

    /// Gives up bytes that no number needs.
    private mutating func narrow() {
        guard let range else { return }
        let needed = Width(of: min(range.lowerBound, 0)...max(range.upperBound, 0))
        if needed.rawValue < width.rawValue { change(to: needed) }
    }

    /// - Precondition: All numbers fit.
    private mutating func change(to width: Width) {
        let old = self
        self = NumberCells()
        count = old.count
        self.width = width
        switch width {
        case .none: break
        case .byte: bytes = old.cells(count)
        case .short: shorts = old.cells(count)
        case .int: ints = old.cells(count)
        case .long: longs = old.cells(count)
        }
    }

    private func cells<Number: FixedWidthInteger>(_ count: Int) -> [Number] {
        switch width {
        case .none: [Number](repeating: 0, count: count)
        case .byte: bytes.map { Number(truncatingIfNeeded: $0) }
        case .short: shorts.map { Number(truncatingIfNeeded: $0) }
        case .int: ints.map { Number(truncatingIfNeeded: $0) }
        case .long: longs.map { Number(truncatingIfNeeded: $0) }
        }
    }

    /// Appends the rows, of the first `rowCount`, whose number is `wanted`.
    func appendRows(where wanted: Int64, rowCount: Int, to rows: inout [Int]) {
        switch width {
        case .none: if wanted == 0 { rows.append(contentsOf: 0..<rowCount) }
        case .byte: Self.appendRows(bytes, wanted, rowCount, &rows)
        case .short: Self.appendRows(shorts, wanted, rowCount, &rows)
        case .int: Self.appendRows(ints, wanted, rowCount, &rows)
        case .long: Self.appendRows(longs, wanted, rowCount, &rows)
        }
    }

    /// Sixty-four at a time, which the compiler compares as vectors; few of them have a match.
    private static func appendRows<Number: FixedWidthInteger>(
        _ cells: [Number], _ wanted: Int64, _ rowCount: Int, _ rows: inout [Int]
    ) {
        guard let wanted = Number(exactly: wanted) else { return }
        cells.withUnsafeBufferPointer { cells in
            for start in stride(from: 0, to: min(rowCount, cells.count), by: 64) {
                let part = start..<min(rowCount, start + 64)
                var differences: Number = .max
                for row in part { differences = min(differences, cells[row] ^ wanted == 0 ? 0 : 1) }
                guard differences == 0 else { continue }
                for row in part where cells[row] == wanted { rows.append(row) }
            }
        }
    }

    /// The smallest and the largest number; `nil` without cells.
    var range: ClosedRange<Int64>? {
        guard count > 0 else { return nil }
        return switch width {
        case .none: 0...0
        case .byte: Self.range(bytes)
        case .short: Self.range(shorts)
        case .int: Self.range(ints)
        case .long: Self.range(longs)
        }
    }

    private static func range<Number: FixedWidthInteger>(
        _ cells: [Number]
    ) -> ClosedRange<Int64> {
        var smallest = Number.max
        var largest = Number.min
        for cell in cells {
            smallest = min(smallest, cell)
            largest = max(largest, cell)
        }
        return Int64(smallest)...Int64(largest)
    }

    /// Sets to 0 the cells whose bits in `known` are not set, if each of them holds `filler`.
    ///
    /// - Returns: Whether they all did.
    mutating func clear(unknownIn known: [UInt64], rowCount: Int, expecting filler: Int64) -> Bool {
        switch width {
        case .none: filler == 0 || !known.hasClearBit(below: rowCount)
        case .byte: Self.clear(&bytes, known, rowCount, filler)
        case .short: Self.clear(&shorts, known, rowCount, filler)
        case .int: Self.clear(&ints, known, rowCount, filler)
        case .long: Self.clear(&longs, known, rowCount, filler)
        }
    }

    private static func clear<Number: FixedWidthInteger>(
        _ cells: inout [Number], _ known: [UInt64], _ rowCount: Int, _ filler: Int64
    ) -> Bool {
        guard let filler = Number(exactly: filler) else {
            return !known.hasClearBit(below: rowCount)
        }
        var areFiller = true
        cells.withUnsafeMutableBufferPointer { cells in
            for (place, word) in known.enumerated() where word != .max {
                for row in place * 64..<max(place * 64, min(rowCount, place * 64 + 64)) {
                    let keep = 0 &- Number(truncatingIfNeeded: word >> UInt64(row & 63) & 1)
                    areFiller = areFiller && (keep != 0 || cells[row] == filler)
                    cells[row] &= keep
                }
            }
        }
        return areFiller
    }

    /// Where values of these sizes lie one after the other.
    ///
    /// - Parameters:
    ///   - sizes: One more than each has; 0 for no value, which lies at 0.
    ///   - total: What they add up to.
    init(startsOf sizes: NumberCells, total: Int) {
        count = sizes.count
        width = total == 0 ? .none : total <= Int(Int32.max) ? .int : .long
        switch width {
        case .int: ints = Self.starts(sizes)
        case .long: longs = Self.starts(sizes)
        default: break
        }
    }

    /// What sizes add up to, of which each cell is one more than the size, or 0 for none.
    var sumOfSizes: Int {
        switch width {
        case .none: 0
        case .byte: Self.sumOfSizes(bytes)
        case .short: Self.sumOfSizes(shorts)
        case .int: Self.sumOfSizes(ints)
        case .long: Self.sumOfSizes(longs)
        }
    }

    private static func sumOfSizes<Size: FixedWidthInteger>(_ sizes: [Size]) -> Int {
        var sum = 0
        for size in sizes where size != 0 { sum &+= Int(truncatingIfNeeded: size) - 1 }
        return sum
    }

    private static func starts<Start: FixedWidthInteger>(_ sizes: NumberCells) -> [Start] {
        switch sizes.width {
        case .none: [Start](repeating: 0, count: sizes.count)
        case .byte: starts(sizes.bytes)
        case .short: starts(sizes.shorts)
        case .int: starts(sizes.ints)
        case .long: starts(sizes.longs)
        }
    }

    private static func starts<Size: FixedWidthInteger, Start: FixedWidthInteger>(
        _ sizes: [Size]
    ) -> [Start] {
        var offset: Start = 0
        return sizes.map { size in
            guard size != 0 else { return 0 }
            defer { offset += Start(truncatingIfNeeded: size) - 1 }
            return offset
        }
    }

    // MARK: Decoding

    init() {}

    /// Reads packed numbers, each plus `base`, and makes cells that are 0 up to `capacity`.
    ///
    /// - Parameters:
    ///   - rowCount: How many are packed.
    ///   - capacity: How many cells there are to be; not fewer.
    ///   - base: Added to each.
    ///   - byteLimit: Bytes that a packed number may have.
    ///   - column: For the error.
    ///   - source: Where the numbers are next.
    /// - Throws: ``TableDecodingError`` `.damaged` if a number does not fit into 64 bits.
    init<Source: ByteSource & ~Copyable>(
        decoding rowCount: Int, capacity: Int, plus base: Int64 = 0, byteLimit: Int = 8,
        column: Int, from source: inout Source
    ) throws(TableDecodingError) {
        let packedWidth = Int(try source.integer(UInt8.self))
        guard packedWidth <= byteLimit else { throw .damaged(column: column) }
        count = capacity
        // What numbers of that width can come to, which may be more than there is.
        let largest = packedWidth == 8 ? .max : (1 as UInt64) << UInt64(8 * packedWidth) - 1
        if let largest = Int64(exactly: largest) {
            let (end, overflows) = base.addingReportingOverflow(largest)
            width = overflows ? .long : Width(of: min(base, 0)...max(end, 0))
        } else {
            width = .long
        }
        switch width {
        case .none: break
        case .byte:
            bytes = try Self.cells(rowCount, capacity, packedWidth, base, column, &source)
        case .short:
            shorts = try Self.cells(rowCount, capacity, packedWidth, base, column, &source)
        case .int:
            ints = try Self.cells(rowCount, capacity, packedWidth, base, column, &source)
        case .long:
            longs = try Self.cells(rowCount, capacity, packedWidth, base, column, &source)
        }
        // The largest number of one, two, or four bytes needs a cell of twice as many.
        if width.rawValue > packedWidth { narrow() }
    }

    private static func cells<Source: ByteSource & ~Copyable, Number: FixedWidthInteger>(
        _ rowCount: Int, _ capacity: Int, _ packedWidth: Int, _ base: Int64, _ column: Int,
        _ source: inout Source
    ) throws(TableDecodingError) -> [Number] where Number: BitwiseCopyable {
        try makeArray(capacity, reserve: 0) { cells throws(TableDecodingError) in
            let filled = UnsafeMutableBufferPointer(rebasing: cells[..<rowCount])
            try PackedNumbers.read(
                width: packedWidth, into: filled, plus: Number(truncatingIfNeeded: base),
                from: &source, column: column)
            UnsafeMutableBufferPointer(rebasing: cells[rowCount...]).initialize(repeating: 0)
        }
    }
}
