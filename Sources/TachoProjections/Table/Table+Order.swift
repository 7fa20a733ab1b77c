// Sorting rows: each cell becomes a number that orders as the cell does, so that the sort itself
// compares numbers only.

extension Table {
    /// The first `count` rows in order; what follows them is in no order.
    func sorted(_ rows: [Int], by order: [TableQuery.Order], count: Int) -> [Int] {
        guard !order.isEmpty, rows.count > 1, count > 0 else { return rows }
        let keys = order.map { sortKeys(rows, $0) }
        func precedes(_ left: Int, _ right: Int) -> Bool {
            for keys in keys where keys[left] != keys[right] { return keys[left] < keys[right] }
            // Rows came in ascending order, so their places break a tie as the table does.
            return left < right
        }
        let places =
            count < rows.count / 4
            ? rows.indices.smallest(count, by: precedes) : rows.indices.sorted(by: precedes)
        return places.map { rows[$0] }
    }

    private func sortKeys(_ rows: [Int], _ order: TableQuery.Order) -> [SortKey] {
        let cells = columns[order.column]
        func key(_ number: UInt64) -> SortKey {
            SortKey(isUnknown: false, number: order.isDescending ? ~number : number)
        }
        switch cells.layout {
        case .key, .bytes:
            let ranks = TextList(cells: cells, rows: rows).ranks()
            return rows.indices.map { place in
                isUnknown(order.column, rows[place]) ? .unknown : key(ranks[place])
            }
        case .interned:
            let ranks = TextList(cells: cells, rows: nil).ranks()
            return rows.map { row in
                let number = cells.numbers[row]
                return number == 0 ? .unknown : key(ranks[Int(number) - 1])
            }
        case .words:
            let isReal = cells.type == .real
            return rows.map { row in
                cells.word(row).map { key(isReal ? $0.orderOfReal : $0.orderOfInteger) }
                    ?? .unknown
            }
        case .bits:
            return rows.map { row in cells.boolean(row).map { key($0 ? 1 : 0) } ?? .unknown }
        }
    }
}

/// A number that orders as a cell does, whatever it holds; the unknown come last.
private struct SortKey: Equatable {
    let isUnknown: Bool
    let number: UInt64

    static let unknown = SortKey(isUnknown: true, number: 0)

    static func < (left: SortKey, right: SortKey) -> Bool {
        if left.isUnknown != right.isUnknown { return right.isUnknown }
        return left.number < right.number
    }
}

/// The texts of some rows, or the different texts of a column.
private struct TextList {
    let cells: Column
    /// `nil` for the column's dictionary.
    let rows: [Int]?

    var count: Int { rows?.count ?? cells.dictionary.count }

    /// An unknown text is empty here.
    func withText<Result>(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let rows else { return cells.dictionary.withBytes(of: place, body) }
        return cells.withText(rows[place], body)
            ?? body(UnsafeRawBufferPointer(start: nil, count: 0))
    }

    /// The place of each text among all of them, sorted by bytes; equal texts have equal places.
    func ranks() -> [UInt64] {
        let prefixes = (0..<count).map { withText($0, \.orderOfFirstBytes) }
        func precedes(_ left: Int, _ right: Int) -> Bool {
            if prefixes[left] != prefixes[right] { return prefixes[left] < prefixes[right] }
            return withText(left) { left in
                withText(right) { right in left.lexicographicallyPrecedes(right) }
            }
        }
        let sorted = (0..<count).sorted(by: precedes)
        var ranks = [UInt64](repeating: 0, count: count)
        for place in sorted.indices.dropFirst() {
            let isLarger = precedes(sorted[place - 1], sorted[place])
            ranks[sorted[place]] = ranks[sorted[place - 1]] + (isLarger ? 1 : 0)
        }
        return ranks
    }
}

extension Int64 {
    /// The same order without a sign.
    fileprivate var orderOfInteger: UInt64 { UInt64(bitPattern: self) ^ 1 << 63 }

    /// The order of the `Double` with these bits (IEEE 754 totalOrder, §5.10).
    fileprivate var orderOfReal: UInt64 {
        let bits = UInt64(bitPattern: self)
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var orderOfFirstBytes: UInt64 {
        var order: UInt64 = 0
        for byte in prefix(8) { order = order << 8 | UInt64(byte) }
        return order << UInt64(8 * (8 - Swift.min(8, count)))
    }
}

extension Range<Int> {
    /// The `count` elements that come first by a strict order without ties, in that order.
    ///
    /// A heap of what was found so far, the last of them on top: O(n log count).
    fileprivate func smallest(_ count: Int, by precedes: (Int, Int) -> Bool) -> [Int] {
        var heap = [Int]()
        heap.reserveCapacity(count)
        func sink(_ element: Int, from start: Int, _ heap: inout [Int]) {
            var place = start
            while true {
                var child = 2 * place + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, precedes(heap[child], heap[child + 1]) { child += 1 }
                guard precedes(element, heap[child]) else { break }
                heap[place] = heap[child]
                place = child
            }
            heap[place] = element
        }
        for element in self {
            if heap.count < count {
                heap.append(element)
                if heap.count == count {
                    for place in (0..<count / 2).reversed() {
                        sink(heap[place], from: place, &heap)
                    }
                }
            } else if precedes(element, heap[0]) {
                sink(element, from: 0, &heap)
            }
        }
        return heap.sorted(by: precedes)
    }
}
