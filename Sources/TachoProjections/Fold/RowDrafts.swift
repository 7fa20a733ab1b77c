/// What waits for the rows that a batch has touched, until they are settled.
///
/// Like a dictionary by row, but found by an index: a draft is looked for several times for each
/// event. Takes four bytes for each row up to the last one that ever had a draft.
struct RowDrafts<Draft: Sendable>: Sendable {
    /// By row: the place in `drafts`, plus one; 0 for none.
    private var places: [Int32] = []
    private var drafts: [Draft?] = []
    private var touched: [Int] = []

    var isEmpty: Bool { touched.isEmpty }

    /// The rows that have a draft, ascending.
    var rows: [Int] { touched.sorted() }

    subscript(row: Int) -> Draft? {
        // Lent, not copied: a draft holds many arrays.
        _read {
            if let place = place(of: row) {
                yield drafts[place]
            } else {
                yield nil
            }
        }
        _modify {
            if let place = place(of: row) {
                yield &drafts[place]
            } else {
                // What is written to a draft that is not there goes nowhere.
                var none: Draft?
                yield &none
            }
        }
    }

    subscript(row: Int, default draft: @autoclosure () -> Draft) -> Draft {
        get { self[row] ?? draft() }
        _modify {
            let place = place(of: row) ?? insert(draft(), row)
            // Taken out while it is changed, so that nothing in it is copied.
            var changed = drafts[place].take() ?? draft()
            defer { drafts[place] = changed }
            yield &changed
        }
    }

    func contains(_ row: Int) -> Bool { place(of: row) != nil }

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
