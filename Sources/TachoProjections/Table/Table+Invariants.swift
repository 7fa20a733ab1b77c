extension Table {
    /// Traps if the table contradicts itself: for tests, after every step.
    ///
    /// - Complexity: O(cells).
    package func checkInvariants() {
        precondition(columns[schema.keyColumn].dictionary.count == rowCount, "a key for each row")
        precondition(rowCount <= rowCapacity || rowCount == 0, "rows lie within the capacity")
        for column in columns.indices {
            columns[column].checkInvariants(rowCount: rowCount, rowCapacity: rowCapacity)
        }
    }
}

extension Column {
    fileprivate func checkInvariants(rowCount: Int, rowCapacity: Int) {
        dictionary.checkInvariants()
        switch layout {
        case .key: break
        case .interned:
            precondition(numbers.count == rowCapacity, "a cell for each row")
            precondition(
                (numbers.range?.upperBound ?? 0) <= dictionary.count, "texts are in use")
            for row in rowCount..<rowCapacity {
                precondition(numbers[row] == 0, "no cells beyond the rows")
            }
        case .bytes:
            byteValues.checkInvariants()
            for row in rowCount..<rowCapacity {
                precondition(byteValues.byteCount(of: row) == nil, "no cells beyond the rows")
            }
        case .words:
            precondition(numbers.count == rowCapacity, "a cell for each row")
            for row in 0..<rowCapacity where !isKnown(row) {
                precondition(numbers[row] == 0, "an unknown cell holds 0")
            }
        case .bits:
            precondition(zip(bits, known).allSatisfy { $0 & ~$1 == 0 }, "unknown is not true")
        }
        for row in rowCount..<rowCapacity where layout == .words || layout == .bits {
            precondition(!isKnown(row), "no cells beyond the rows")
        }
        checkIndex(rowCount: rowCount)
    }

    private func checkIndex(rowCount: Int) {
        guard let index else { return }
        var found = 0
        if layout == .interned {
            for number in 0..<dictionary.count {
                let rows = index.rows(of: number)
                found += rows.count
                precondition(
                    rows.allSatisfy { numbers[$0] == number + 1 }, "the index is true")
            }
            precondition(
                found == (0..<rowCount).count { numbers[$0] != 0 }, "the index is complete")
        } else {
            for row in 0..<rowCount {
                guard let value = word(row) else { continue }
                precondition(index.rows(ofNumber: value).contains(row), "the index is complete")
            }
        }
    }
}
