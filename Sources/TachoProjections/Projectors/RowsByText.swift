import TachoLog

/// A copy of what a table says about which row a text leads to: the newest row of an agent, for one.
///
/// Bounded: a full one is emptied, and filled again from the table.
struct RowsByText: Sendable {
    private var texts = TextDictionary()
    /// By number of the text.
    private var rows: [Int] = []

    static let limit = 1 << 14

    /// The row that was noted for a text, else what `find` says, which is noted.
    @inline(__always)
    mutating func row(of text: UnsafeRawBufferPointer, else find: () -> Int?) -> Int? {
        if let number = texts.number(of: text) { return rows[number] }
        guard let row = find() else { return nil }
        note(row, of: text)
        return row
    }

    mutating func note(_ row: Int, of text: UnsafeRawBufferPointer) {
        if texts.count >= Self.limit {
            texts = TextDictionary()
            rows = []
        }
        let (number, isNew) = texts.intern(text)
        if isNew {
            rows.append(row)
        } else {
            rows[number] = row
        }
    }
}
