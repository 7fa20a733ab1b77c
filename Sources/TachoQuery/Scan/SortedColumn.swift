import TachoProjections

/// The known rows of a column sorted by value, for finding those of many values one after the other,
/// as a join does.
struct SortedColumn {
    private let cells: CellSource
    private let rows: [UInt32]
    /// Of a column of texts: where the rows of each text begin, by its rank, and the ranks.
    private let starts: [UInt32]
    private let ranks: TextRanks?

    /// - Complexity: O(rows).
    init(_ cells: CellSource, _ ranks: TextRanks?, rowCount: Int) {
        self.cells = cells
        self.ranks = ranks
        let list = RowList(all: rowCount)
        list.keep(cells, .known)
        RowOrder.sort(list, by: cells, ranks, isDescending: false)
        rows = (0..<list.count).map { list.rows?[$0] ?? UInt32($0) }
        guard let ranks else {
            starts = []
            return
        }
        var starts = [UInt32](repeating: 0, count: ranks.ranks.count + 1)
        for row in rows {
            starts[Int(ranks.ranks[Int(cells.numbers[Int(row)]) - 1]) + 1] += 1
        }
        for rank in starts.indices.dropFirst() { starts[rank] += starts[rank - 1] }
        self.starts = starts
    }

    /// The rows with this text, ascending.
    func rows(of text: UnsafeRawBufferPointer) -> ArraySlice<UInt32> {
        guard let ranks, let number = ranks.number(of: text, cells) else { return [] }
        let rank = Int(ranks.ranks[number])
        return rows[Int(starts[rank])..<Int(starts[rank + 1])]
    }

    /// The rows with a number in the range, by number, then ascending.
    func rows(in range: ClosedRange<Int64>) -> ArraySlice<UInt32> {
        func firstPlace(_ isBefore: (Int64) -> Bool) -> Int {
            var low = 0
            var high = rows.count
            while low < high {
                let middle = (low + high) / 2
                if isBefore(cells.numbers[Int(rows[middle])]) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low
        }
        let start = firstPlace { $0 < range.lowerBound }
        return rows[start..<max(start, firstPlace { $0 <= range.upperBound })]
    }
}
