package import TachoLog

extension Table {
    /// The rows whose text in this column is exactly `text`, ascending.
    ///
    /// - Complexity: O(rows found) for an indexed column or the key, else O(rows).
    package func rows(
        where column: some ColumnHandle, equals text: UnsafeRawBufferPointer
    ) -> [Int] {
        let index = column.columnIndex
        precondition(columns[index].type == .text, "text is looked for in columns of text")
        switch columns[index].layout {
        case .key:
            return row(forKey: text).map { [$0] } ?? []
        case .interned:
            guard let number = columns[index].dictionary.number(of: text) else { return [] }
            if let secondary = columns[index].index { return secondary.rows(of: number) }
            let numbers = columns[index].numbers
            return (0..<rowCount).filter { numbers[$0] == number + 1 }
        case .bytes:
            return (0..<rowCount).filter { row in
                columns[index].withText(row) { $0.elementsEqual(text) } ?? false
            }
        case .words, .bits:
            return []
        }
    }

    package func rows(where column: some ColumnHandle, equals text: ByteString) -> [Int] {
        text.bytes.withUnsafeBytes { rows(where: column, equals: $0) }
    }

    /// The rows with this integer, timestamp (microseconds), or money (pico-dollars), ascending.
    package func rows(where column: some ColumnHandle, equals number: Int64) -> [Int] {
        let index = column.columnIndex
        precondition(
            columns[index].layout == .words && columns[index].type != .real,
            "an integer is looked for in columns of integers")
        if let secondary = columns[index].index { return secondary.rows(ofNumber: number) }
        return (0..<rowCount).filter { columns[index].word($0) == number }
    }
}
