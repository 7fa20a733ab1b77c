import TachoProjections

extension RowList {
    /// Keeps the rows whose cell in this column passes the test.
    ///
    /// Different texts are looked at once each, then rows by the numbers of their texts.
    func keep(_ cells: CellSource, _ test: RowTest) {
        switch test {
        case .everything: break
        case .nothing: removeAll()
        case .unknown: keepKnown(cells, false)
        case .known: keepKnown(cells, true)
        case .numbers(let range, let isOutside, let orUnknown):
            keepNumbers(cells, range, isOutside: isOutside, orUnknown: orUnknown)
        case .oneOfNumbers(let numbers):
            let isBoolean = cells.form == .boolean
            filter { row in
                cells.isKnown(row)
                    && numbers.contains(isBoolean ? cells.bit(row) : cells.numbers[row])
            }
        case .reals(let holds, let orUnknown):
            filter { row in
                guard cells.isKnown(row) else { return orUnknown }
                return holds(Double(bitPattern: UInt64(bitPattern: cells.numbers[row])))
            }
        case .texts(let holds, let orUnknown):
            keepTexts(cells, holds, orUnknown: orUnknown)
        }
    }

    private func keepKnown(_ cells: CellSource, _ isWanted: Bool) {
        switch cells.form {
        case .key: if !isWanted { removeAll() }
        case .text: filter { (cells.numbers[$0] != 0) == isWanted }
        case .value: filter { (cells.valueSizes[$0] != 0) == isWanted }
        case .integer, .real, .boolean, .moment, .money:
            filter { cells.isKnown($0) == isWanted }
        }
    }

    private func keepNumbers(
        _ cells: CellSource, _ range: ClosedRange<Int64>, isOutside: Bool, orUnknown: Bool
    ) {
        let lowest = range.lowerBound
        let width = UInt64(bitPattern: range.upperBound &- lowest)
        if cells.form == .boolean {
            filter { row in
                guard cells.isKnown(row) else { return orUnknown }
                return range.contains(cells.bit(row)) != isOutside
            }
            return
        }
        let numbers = cells.numbers
        filter { row in
            let isInside = UInt64(bitPattern: numbers[row] &- lowest) <= width
            return cells.isKnown(row) ? isInside != isOutside : orUnknown
        }
    }

    private func keepTexts(
        _ cells: CellSource, _ holds: (UnsafeRawBufferPointer) -> Bool, orUnknown: Bool
    ) {
        guard cells.form == .text else {
            filter { row in cells.rowText(row).map(holds) ?? orUnknown }
            return
        }
        // By the number of the text, 0 for unknown.
        let results = UnsafeMutablePointer<Bool>.allocate(capacity: cells.textCount + 1)
        defer { results.deallocate() }
        results[0] = orUnknown
        for number in 0..<cells.textCount { results[number + 1] = holds(cells.text(number)) }
        keep(byNumber: cells.numbers, results)
    }

    /// Keeps the rows whose number has `true`.
    private func keep(byNumber numbers: NumberScan, _ results: UnsafePointer<Bool>) {
        guard let base = numbers.base else { return filter { _ in results[0] } }
        switch numbers.width {
        case 1:
            let cells = base.assumingMemoryBound(to: Int8.self)
            filter { results[Int(cells[$0])] }
        case 2:
            let cells = base.assumingMemoryBound(to: Int16.self)
            filter { results[Int(cells[$0])] }
        default:
            filter { results[Int(truncatingIfNeeded: numbers[$0])] }
        }
    }
}
