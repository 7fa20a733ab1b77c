/// Rows by value: one doubly linked list of rows for each different value.
///
/// The links are arrays by row, so that a row changes its value in O(1), in eight bytes a row.
/// Values are numbered: by the column's own dictionary for text, by one of the index for numbers.
struct SecondaryIndex: Sendable {
    /// First row of each value's list, plus one; 0 for an empty list.
    private var heads: [UInt32] = []
    /// Made when the first row has a value: many columns of a table never have one.
    private var nextRows: [UInt32] = []
    private var previousRows: [UInt32] = []
    /// The numbers of an indexed column of numbers, as their eight bytes.
    private var numbers: TextDictionary
    private var rowCapacity = 0

    init(seed: UInt64) {
        numbers = TextDictionary(seed: seed)
    }

    var memoryByteCount: Int {
        heads.heldByteCount + nextRows.heldByteCount + previousRows.heldByteCount
            + numbers.memoryByteCount
    }

    mutating func grow(to rowCapacity: Int) {
        self.rowCapacity = rowCapacity
        if !nextRows.isEmpty { growLinks() }
    }

    private mutating func growLinks() {
        nextRows.grow(to: rowCapacity, with: 0)
        previousRows.grow(to: rowCapacity, with: 0)
    }

    mutating func add(_ row: Int, to value: Int) {
        if nextRows.isEmpty { growLinks() }
        if value >= heads.count {
            heads.grow(to: value + 1 + heads.count / 2, with: 0)
        }
        let head = heads[value]
        nextRows[row] = head
        previousRows[row] = 0
        if head != 0 { previousRows[Int(head) - 1] = UInt32(row + 1) }
        heads[value] = UInt32(row + 1)
    }

    mutating func remove(_ row: Int, from value: Int) {
        let next = nextRows[row]
        let previous = previousRows[row]
        if next != 0 { previousRows[Int(next) - 1] = previous }
        if previous == 0 {
            heads[value] = next
        } else {
            nextRows[Int(previous) - 1] = next
        }
        nextRows[row] = 0
        previousRows[row] = 0
    }

    /// Ascending.
    func rows(of value: Int) -> [Int] {
        guard value < heads.count else { return [] }
        var rows = [Int]()
        var link = heads[value]
        while link != 0 {
            rows.append(Int(link) - 1)
            link = nextRows[Int(link) - 1]
        }
        // Rows that kept their first value lie in descending order.
        rows.reverse()
        if !zip(rows, rows.dropFirst()).allSatisfy(<) { rows.sort() }
        return rows
    }

    // MARK: Numbers

    mutating func add(_ row: Int, toNumber number: Int64) {
        add(row, to: withUnsafeBytes(of: number) { numbers.intern($0).number })
    }

    mutating func remove(_ row: Int, fromNumber number: Int64) {
        guard let value = withUnsafeBytes(of: number, { numbers.number(of: $0) }) else {
            preconditionFailure("a row is removed from the value it was added to")
        }
        remove(row, from: value)
    }

    func rows(ofNumber number: Int64) -> [Int] {
        withUnsafeBytes(of: number) { numbers.number(of: $0) }.map(rows(of:)) ?? []
    }
}
