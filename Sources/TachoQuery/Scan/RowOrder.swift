import TachoProjections

/// Sorts rows by columns without comparing them: stable counting and radix sorts of the numbers that
/// cells are, from the last column to the first.
///
/// Unknown cells come first, and last when it is descending, as SQLite has it; equal ones in the
/// order of the table.
enum RowOrder {
    /// So many different values are counted at once: the counters stay in the second cache.
    private static let bucketLimit = 1 << 17

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
    /// - Complexity: O(rows), times one to five by how far numbers are apart.
    static func sort(
        _ list: RowList, by cells: CellSource, _ ranks: TextRanks?, isDescending: Bool
    ) {
        guard list.count > 1 else { return }
        if let ranks, ranks.ranks.count < bucketLimit {
            return sort(list, byTextOf: cells, ranks, isDescending: isDescending)
        }
        if cells.form == .boolean {
            return sort(list, bucketCount: 3) { row in
                let bucket = cells.isKnown(row) ? 1 + Int(cells.bit(row)) : 0
                return isDescending ? 2 - bucket : bucket
            }
        }
        sortEntries(list, isDescending: isDescending) { row in
            if let ranks {
                let number = Int(truncatingIfNeeded: cells.numbers[row])
                return number == 0 ? nil : UInt64(ranks.ranks[number - 1])
            }
            return cells.isKnown(row) ? key(cells, row) : nil
        }
    }

    // MARK: Few values

    private static func sort(
        _ list: RowList, byTextOf cells: CellSource, _ ranks: TextRanks, isDescending: Bool
    ) {
        // By the number of a text: 0 for unknown, then by rank.
        let last = ranks.ranks.count
        var buckets = [UInt32](repeating: UInt32(isDescending ? last : 0), count: last + 1)
        for (number, rank) in ranks.ranks.enumerated() {
            buckets[number + 1] = isDescending ? UInt32(last) - 1 - rank : rank + 1
        }
        buckets.withUnsafeBufferPointer { buckets in
            sort(list, bucketCount: last + 1) { row in
                Int(buckets[Int(truncatingIfNeeded: cells.numbers[row])])
            }
        }
    }

    @inline(__always)
    private static func sort(_ list: RowList, bucketCount: Int, _ bucket: (Int) -> Int) {
        let sorted = UnsafeMutablePointer<UInt32>.allocate(capacity: list.count)
        let ends = UnsafeMutablePointer<UInt32>.allocate(capacity: bucketCount + 1)
        defer { ends.deallocate() }
        ends.initialize(repeating: 0, count: bucketCount + 1)
        list.forEach { ends[bucket($0) &+ 1] &+= 1 }
        for bucket in 1..<bucketCount + 1 { ends[bucket] &+= ends[bucket - 1] }
        list.forEach { row in
            let place = bucket(row)
            sorted[Int(ends[place])] = UInt32(truncatingIfNeeded: row)
            ends[place] &+= 1
        }
        list.take(sorted)
    }

    // MARK: Numbers

    private struct Entry {
        var key: UInt64
        var row: UInt32
    }

    /// A number that orders as the cell does.
    @inline(__always)
    private static func key(_ cells: CellSource, _ row: Int) -> UInt64 {
        guard cells.form == .real else {
            return UInt64(bitPattern: cells.numbers[row]) ^ 1 << 63
        }
        let number = Double(bitPattern: UInt64(bitPattern: cells.numbers[row]))
        // Zero has two signs and is one number.
        let bits = number == 0 ? 0 : number.bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }

    @inline(__always)
    private static func sortEntries(
        _ list: RowList, isDescending: Bool, _ key: (Int) -> UInt64?
    ) {
        var unknown = [UInt32]()
        var entries = [Entry]()
        entries.reserveCapacity(list.count)
        var smallest = UInt64.max
        var largest: UInt64 = 0
        var isSorted = true
        list.forEach { row in
            guard let key = key(row) else {
                return unknown.append(UInt32(truncatingIfNeeded: row))
            }
            let wanted = isDescending ? ~key : key
            isSorted = isSorted && wanted >= largest
            smallest = min(smallest, wanted)
            largest = max(largest, wanted)
            entries.append(Entry(key: wanted, row: UInt32(truncatingIfNeeded: row)))
        }
        if isSorted, unknown.isEmpty { return }
        if !isSorted { radixSort(&entries, smallest, largest) }
        let sorted = UnsafeMutablePointer<UInt32>.allocate(capacity: list.count)
        let first = isDescending ? 0 : unknown.count
        for (place, entry) in entries.enumerated() { sorted[first + place] = entry.row }
        let firstUnknown = isDescending ? entries.count : 0
        for (place, row) in unknown.enumerated() { sorted[firstUnknown + place] = row }
        list.take(sorted)
    }

    private static func radixSort(
        _ entries: inout [Entry], _ smallest: UInt64, _ largest: UInt64
    ) {
        let bitCount = 64 - (largest - smallest).leadingZeroBitCount
        // As few passes as there can be with counters that stay in the cache, all as wide.
        let passCount = (bitCount + 12) / 13
        let passBitCount = (bitCount + passCount - 1) / passCount
        let mask = (1 as UInt64) << UInt64(passBitCount) - 1
        var source = entries
        var target = entries
        for pass in 0..<passCount {
            let shift = UInt64(pass * passBitCount)
            var ends = [Int](repeating: 0, count: Int(mask) + 2)
            source.withUnsafeBufferPointer { source in
                target.withUnsafeMutableBufferPointer { target in
                    ends.withUnsafeMutableBufferPointer { ends in
                        for entry in source {
                            ends[Int((entry.key &- smallest) >> shift & mask) &+ 1] &+= 1
                        }
                        for digit in 1..<ends.count { ends[digit] &+= ends[digit - 1] }
                        for entry in source {
                            let digit = Int((entry.key &- smallest) >> shift & mask)
                            target[ends[digit]] = entry
                            ends[digit] &+= 1
                        }
                    }
                }
            }
            swap(&source, &target)
        }
        entries = source
    }
}
