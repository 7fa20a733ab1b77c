/// Rows that a scan gives, in order: all of a table, or these.
final class RowList {
    /// `nil` for the rows from 0 on.
    private(set) var rows: UnsafeMutablePointer<UInt32>?
    private(set) var count: Int

    /// All rows of a table.
    init(all count: Int) {
        precondition(count <= Int(UInt32.max), "a table has fewer than 2³² rows")
        self.count = count
    }

    init(_ list: some Collection<UInt32>) {
        count = list.count
        let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, list.count))
        for (place, row) in list.enumerated() { rows[place] = row }
        self.rows = rows
    }

    deinit { rows?.deallocate() }

    /// Keeps the rows for which this holds.
    @inline(__always)
    func filter(_ holds: (Int) -> Bool) {
        var kept = 0
        if let rows {
            for place in 0..<count {
                let row = rows[place]
                rows[kept] = row
                kept &+= holds(Int(row)) ? 1 : 0
            }
        } else {
            let rows = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, count))
            for row in 0..<count {
                rows[kept] = UInt32(truncatingIfNeeded: row)
                kept &+= holds(row) ? 1 : 0
            }
            self.rows = rows
        }
        count = kept
    }

    func removeAll() { count = 0 }

    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
        if let rows {
            for place in 0..<count { body(Int(rows[place])) }
        } else {
            for row in 0..<count { body(row) }
        }
    }

    /// Puts as many others in place of the rows.
    ///
    /// - Parameter sorted: Memory of which the list takes care from now on.
    func take(_ sorted: UnsafeMutablePointer<UInt32>) {
        rows?.deallocate()
        rows = sorted
    }
}
