/// What waits for the rows that a batch has touched, until they are settled.
///
/// Like a dictionary by row, but found by an index: a draft is looked for several times for each
/// event. Takes four bytes for each row up to the last one that ever had a draft.
struct RowDrafts<Draft: Sendable>: Sendable {
    /// By row: the place in `drafts`, plus one; 0 for none.
    private var places: [Int32] = []
    private var drafts: [Draft] = []
    private var touched: [Int] = []

    var isEmpty: Bool { touched.isEmpty }

    /// The rows that have a draft, ascending.
    var rows: [Int] { touched.sorted() }

    func contains(_ row: Int) -> Bool { place(of: row) != nil }

    /// Lends a row's draft; `nil` and no call if it has none.
    ///
    /// A draft holds many arrays, and copying it would count references to each.
    @inline(__always)
    func read<Result>(_ row: Int, _ body: (borrowing Draft) -> Result) -> Result? {
        guard let place = place(of: row) else { return nil }
        return body(drafts[place])
    }

    /// Changes a row's draft in place; `nil` and no call if it has none.
    @inline(__always)
    @discardableResult
    mutating func change<Result>(_ row: Int, _ body: (inout Draft) -> Result) -> Result? {
        guard let place = place(of: row) else { return nil }
        return body(&drafts[place])
    }

    /// The row's draft, which is made first if there is none.
    subscript(row: Int, default draft: @autoclosure () -> Draft) -> Draft {
        @inline(__always)
        _read { yield place(of: row).map { drafts[$0] } ?? draft() }
        @inline(__always)
        _modify {
            let place = place(of: row) ?? insert(draft(), row)
            yield &drafts[place]
        }
    }

    mutating func removeAll() {
        for row in touched { places[row] = 0 }
        touched.removeAll(keepingCapacity: true)
        drafts.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    private func place(of row: Int) -> Int? {
        guard row < places.count, places[row] != 0 else { return nil }
        return Int(places[row]) - 1
    }

    private mutating func insert(_ draft: Draft, _ row: Int) -> Int {
        if row >= places.count {
            places.append(
                contentsOf: repeatElement(0, count: max(64, row * 5 / 4) - places.count + 1))
        }
        drafts.append(draft)
        touched.append(row)
        places[row] = Int32(clamping: drafts.count)
        return drafts.count - 1
    }
}
