/// The different texts of a column in the order of their bytes.
struct TextRanks {
    /// By the number of a text, from 0 on: how many are before it.
    private(set) var ranks: [UInt32]
    /// Numbers of the texts in order.
    private(set) var numbers: [UInt32]

    /// - Complexity: O(texts · log texts).
    init(_ cells: CellSource) {
        let count = cells.textCount
        let firstBytes = (0..<count).map { cells.text($0).firstBytes }
        numbers = (0..<UInt32(count)).sorted { left, right in
            let (left, right) = (Int(left), Int(right))
            if firstBytes[left] != firstBytes[right] { return firstBytes[left] < firstBytes[right] }
            return cells.text(left).order(against: cells.text(right)) < 0
        }
        ranks = [UInt32](repeating: 0, count: count)
        for (rank, number) in numbers.enumerated() { ranks[Int(number)] = UInt32(rank) }
    }

    /// The number of a text, from 0 on; `nil` if no row has it.
    func number(of text: UnsafeRawBufferPointer, _ cells: CellSource) -> Int? {
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            let order = cells.text(Int(numbers[middle])).order(against: text)
            if order == 0 { return Int(numbers[middle]) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}

extension UnsafeRawBufferPointer {
    /// A number that orders as the first eight bytes do.
    fileprivate var firstBytes: UInt64 {
        var order: UInt64 = 0
        for byte in prefix(8) { order = order << 8 | UInt64(byte) }
        return order << UInt64(8 * (8 - Swift.min(8, count)))
    }
}
