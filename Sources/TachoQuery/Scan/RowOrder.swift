import TachoProjections

/// Sorts rows by columns without comparing them: a stable radix sort of the numbers that cells are,
/// from the last column to the first.
///
/// Unknown cells come first, and last when it is descending, as SQLite has it; equal ones in the
/// order of the table.
enum RowOrder {
    private struct Entry {
        var key: UInt64
        var row: UInt32
    }

    /// Bits that one pass looks at: its counters stay in the nearest cache.
    private static let passBitCount: UInt64 = 11

    /// Whether columns of this form are sorted here.
    static func canSort(_ form: QueryColumn.Form) -> Bool {
        switch form {
        case .text, .integer, .real, .boolean, .moment, .money: true
        case .key, .value: false
        }
    }

    /// - Parameters:
    ///   - list: The rows.
    ///   - cells: The column.
    ///   - ranks: Of its texts, if it is one of texts.
    ///   - isDescending: The largest first.
    static func sort(
        _ list: RowList, by cells: CellSource, _ ranks: TextRanks?, isDescending: Bool
    ) {
        guard list.count > 1 else { return }
        var unknown = [UInt32]()
        var entries = [Entry]()
        entries.reserveCapacity(list.count)
        var smallest = UInt64.max
        var largest: UInt64 = 0
        var isSorted = true
        ranks?.ranks.withUnsafeBufferPointer { ranks in
            for place in 0..<list.count {
                let row = list.rows.map { Int($0[place]) } ?? place
                let number = Int(truncatingIfNeeded: cells.numbers[row])
                if number == 0 {
                    unknown.append(UInt32(truncatingIfNeeded: row))
                } else {
                    add(UInt64(ranks[number - 1]), row)
                }
            }
        }
        if ranks == nil {
            for place in 0..<list.count {
                let row = list.rows.map { Int($0[place]) } ?? place
                if !cells.isKnown(row) {
                    unknown.append(UInt32(truncatingIfNeeded: row))
                } else {
                    add(key(cells, row), row)
                }
            }
        }
        func add(_ key: UInt64, _ row: Int) {
            let key = isDescending ? ~key : key
            isSorted = isSorted && key >= (entries.last?.key ?? 0)
            smallest = min(smallest, key)
            largest = max(largest, key)
            entries.append(Entry(key: key, row: UInt32(truncatingIfNeeded: row)))
        }
        if isSorted, unknown.isEmpty { return }
        if !isSorted { radixSort(&entries, smallest, largest) }
        var place = 0
        func put(_ row: UInt32) {
            list.replace(place, with: row)
            place += 1
        }
        if !isDescending { for row in unknown { put(row) } }
        for entry in entries { put(entry.row) }
        if isDescending { for row in unknown { put(row) } }
    }

    /// A number that orders as the cell does.
    private static func key(_ cells: CellSource, _ row: Int) -> UInt64 {
        switch cells.form {
        case .boolean: return UInt64(bitPattern: cells.bit(row))
        case .real:
            let number = Double(bitPattern: UInt64(bitPattern: cells.numbers[row]))
            // Zero has two signs and is one number.
            let bits = number == 0 ? 0 : number.bitPattern
            return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        default: return UInt64(bitPattern: cells.numbers[row]) ^ 1 << 63
        }
    }

    private static func radixSort(
        _ entries: inout [Entry], _ smallest: UInt64, _ largest: UInt64
    ) {
        let bitCount = UInt64(64 - (largest - smallest).leadingZeroBitCount)
        let mask = (1 as UInt64) << passBitCount - 1
        var source = entries
        var target = entries
        for shift in stride(from: 0, to: bitCount, by: Int(passBitCount)) {
            var ends = [Int](repeating: 0, count: Int(mask) + 2)
            source.withUnsafeBufferPointer { source in
                target.withUnsafeMutableBufferPointer { target in
                    ends.withUnsafeMutableBufferPointer { ends in
                        for entry in source {
                            ends[Int((entry.key - smallest) >> shift & mask) + 1] += 1
                        }
                        for digit in 1..<ends.count { ends[digit] += ends[digit - 1] }
                        for entry in source {
                            let digit = Int((entry.key - smallest) >> shift & mask)
                            target[ends[digit]] = entry
                            ends[digit] += 1
                        }
                    }
                }
            }
            swap(&source, &target)
        }
        entries = source
    }
}
