import TachoLog

extension Table {
    /// The rows that a query asks for, in its order.
    ///
    /// Equality on a key or an indexed column is looked up; every other condition looks at the
    /// rows that are left, at each different text of an interned column once.
    ///
    /// - Precondition: Operands are of their columns' types, as ``TableQuery/Condition`` reads
    ///   them.
    /// - Complexity: O(rows + sorting what is left); with a small `limit` the sort keeps only so
    ///   many rows.
    package func rows(_ query: TableQuery) -> [Int] {
        var candidates: [Int]?
        var rest = query.conditions
        if let first = rest.firstIndex(where: isLookUp) {
            let condition = rest.remove(at: first)
            candidates = lookUp(condition)
        }
        for condition in rest {
            let test = makeTest(condition)
            candidates = candidates.map { $0.filter(test) } ?? (0..<rowCount).filter(test)
        }
        let rows = candidates ?? Array(0..<rowCount)
        let start = min(max(0, query.offset), rows.count)
        let end = start + min(rows.count - start, max(0, query.limit ?? rows.count))
        return Array(sorted(rows, by: query.order, count: end)[start..<end])
    }

    // MARK: Conditions

    private func isLookUp(_ condition: TableQuery.Condition) -> Bool {
        guard condition.comparison == .equal, condition.operand != .unknown else { return false }
        return switch columns[condition.column].layout {
        case .key, .interned: true
        case .words: columns[condition.column].index != nil
        case .bytes, .bits: false
        }
    }

    private func lookUp(_ condition: TableQuery.Condition) -> [Int] {
        switch condition.operand {
        case .text(let text): rows(where: condition.column, equals: text)
        case .integer(let number), .money(let number): rows(where: condition.column, equals: number)
        case .timestamp(let moment): rows(where: condition.column, equals: moment.microseconds)
        case .unknown, .real, .boolean, .json: []
        }
    }

    private func makeTest(_ condition: TableQuery.Condition) -> (Int) -> Bool {
        let column = condition.column
        if condition.operand == .unknown {
            let isWanted = condition.comparison == .equal
            return { isUnknown(column, $0) == isWanted }
        }
        let comparison = condition.comparison
        switch condition.operand {
        case .unknown: return { _ in false }
        case .text(let text): return makeTextTest(column, comparison, text.bytes)
        case .json(let json): return makeTextTest(column, comparison, json)
        case .boolean(let boolean):
            return { row in
                columns[column].boolean(row).map { ($0 == boolean) == (comparison == .equal) }
                    ?? false
            }
        case .real(let number):
            return { row in
                real(column, row).map { comparison.holds($0 == number, $0 < number) } ?? false
            }
        case .integer(let number), .money(let number):
            return makeNumberTest(column, comparison, number)
        case .timestamp(let moment):
            return makeNumberTest(column, comparison, moment.microseconds)
        }
    }

    private func makeNumberTest(
        _ column: Int, _ comparison: TableQuery.Comparison, _ number: Int64
    ) -> (Int) -> Bool {
        let cells = columns[column]
        return { row in
            cells.word(row).map { comparison.holds($0 == number, $0 < number) } ?? false
        }
    }

    private func makeTextTest(
        _ column: Int, _ comparison: TableQuery.Comparison, _ operand: [UInt8]
    ) -> (Int) -> Bool {
        let cells = columns[column]
        let needle = operand.map(\.smallLetter)
        func holds(_ text: UnsafeRawBufferPointer) -> Bool {
            if comparison == .contains { return text.containsIgnoringCase(needle) }
            return comparison.holds(
                text.elementsEqual(operand), text.lexicographicallyPrecedes(operand))
        }
        guard cells.layout == .interned else {
            return { row in cells.withText(row, holds) ?? false }
        }
        let results = (0..<cells.dictionary.count).map { number in
            cells.dictionary.withBytes(of: number, holds)
        }
        return { row in
            let number = cells.numbers[row]
            return number != 0 && results[Int(number) - 1]
        }
    }
}

extension TableQuery.Comparison {
    /// Whether it holds between two values of which these two facts are known.
    @inline(__always)
    fileprivate func holds(_ isEqual: Bool, _ isLess: Bool) -> Bool {
        switch self {
        case .equal: isEqual
        case .notEqual: !isEqual
        case .less: isLess
        case .lessOrEqual: isLess || isEqual
        case .greater: !isLess && !isEqual
        case .greaterOrEqual: !isLess
        case .contains: false
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the needle, which is in lower case, is a part of these bytes.
    fileprivate func containsIgnoringCase(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first else { return true }
        guard count >= needle.count else { return false }
        for start in 0...(count - needle.count) where self[start].smallLetter == first {
            var matched = 1
            while matched < needle.count, self[start + matched].smallLetter == needle[matched] {
                matched += 1
            }
            if matched == needle.count { return true }
        }
        return false
    }
}
