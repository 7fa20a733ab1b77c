import TachoEvents
package import TachoLog

extension Table {
    /// The rows whose text in this column is exactly `text`, ascending.
    ///
    /// - Complexity: O(rows found) for an indexed column or the key, else O(rows): of an interned
    ///   column a tenth of a nanosecond each, so that only what the fold looks for, at each event,
    ///   is worth an index in a table with a row for each event.
    package func rows(
        where column: some ColumnHandle, equals text: UnsafeRawBufferPointer
    ) -> [Int] {
        let index = column.columnIndex
        precondition(columns[index].type == .text, "text is looked for in columns of text")
        if !columns[index].isOpen {
            return withColumn(index) { Column.cells(of: $0).rows(of: text, rowCount: rowCount) }
        }
        switch columns[index].layout {
        case .key:
            return row(forKey: text).map { [$0] } ?? []
        case .interned:
            guard let number = columns[index].dictionary.number(of: text) else { return [] }
            if let secondary = columns[index].index { return secondary.rows(of: number) }
            var rows = [Int]()
            columns[index].numbers.appendRows(
                where: Int64(number + 1), rowCount: rowCount, to: &rows)
            return rows
        case .bytes:
            return (0..<rowCount).filter { row in
                columns[index].withText(row) { $0.equals(text) } ?? false
            }
        case .words, .bits:
            return []
        }
    }

    package func rows(where column: some ColumnHandle, equals text: ByteString) -> [Int] {
        text.bytes.withUnsafeBytes { rows(where: column, equals: $0) }
    }

    /// The texts of an interned column as numbers, for counting rows by them.
    package func textNumbers(of column: some ColumnHandle) -> TextNumbers {
        let index = column.columnIndex
        precondition(columns[index].layout == .interned, "only interned texts have numbers")
        precondition(columns[index].isOpen, "a column that was not opened is not looked at")
        return TextNumbers(cells: columns[index])
    }

    /// The rows with this integer, timestamp (microseconds), or money (pico-dollars), ascending.
    package func rows(where column: some ColumnHandle, equals number: Int64) -> [Int] {
        let index = column.columnIndex
        precondition(
            columns[index].layout == .words && columns[index].type != .real,
            "an integer is looked for in columns of integers")
        if !columns[index].isOpen {
            return withColumn(index) { Column.cells(of: $0).rows(of: number) }
        }
        if let secondary = columns[index].index { return secondary.rows(ofNumber: number) }
        return (0..<rowCount).filter { columns[index].word($0) == number }
    }
}

/// Which text each row has, as a number from 1; 0 is unknown.
///
/// The numbers mean something in this value only: they say nothing about another opening of the
/// table.
package struct TextNumbers: Sendable {
    fileprivate let cells: Column

    package subscript(row: Int) -> Int { Int(cells.numbers[row]) }

    /// No number is larger.
    package var largest: Int { cells.dictionary.count }

    /// The number of a text; `nil` if no row has it.
    package func number(of text: ByteString) -> Int? {
        text.bytes.withUnsafeBytes { cells.dictionary.number(of: $0) }.map { $0 + 1 }
    }
}
