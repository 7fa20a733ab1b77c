import TachoEvents
package import TachoJSON
package import TachoLog

// Reading and setting cells. A handle of the wrong type is an error of ours and traps.

extension Table {
    @inline(__always)
    private func place(_ column: some ColumnHandle, _ row: Int, _ type: ColumnType) -> Int {
        let index = column.columnIndex
        checkRow(row)
        precondition(columns[index].type == type, "a cell is used as what its column holds")
        return index
    }

    /// Lends a column, by a pointer: as a value it would be copied, with all its arrays, wherever the
    /// compiler cannot see that nobody changes the table meanwhile.
    @inline(__always)
    func withColumn<Result>(
        _ index: Int, _ body: (UnsafePointer<Column>) throws -> Result
    ) rethrows -> Result {
        try columns.withUnsafeBufferPointer { columns in
            // In bounds: a schema has as many columns as the table, and a handle is one of them.
            precondition(index < columns.count, "a handle is one of the table's columns")
            guard let base = columns.baseAddress else { preconditionFailure("a key is a column") }
            return try body(base + index)
        }
    }

    /// Reads a cell of an open column where it lies, of another one in the snapshot.
    @inline(__always)
    private func cell<Result>(
        _ index: Int, _ open: (UnsafePointer<Column>) -> Result, stored: (StoredCells) -> Result
    ) -> Result {
        withColumn(index) { column in
            column.pointee.isOpen ? open(column) : stored(Column.cells(of: column))
        }
    }

    // MARK: Text

    package func text(_ column: some ColumnHandle, _ row: Int) -> ByteString? {
        withText(column, row) { ByteString($0) }
    }

    /// Lends the text of a cell; `nil` and no call if it is unknown.
    package func withText<Result>(
        _ column: some ColumnHandle, _ row: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        let index = place(column, row, .text)
        let found = cell(index, { $0.pointee.textCell(row) }, stored: { $0.text(row) })
        guard let cell = found else { return nil }
        return try cell.arena.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[cell.range]))
        }
    }

    /// Whether the cell holds exactly these bytes; false if it is unknown.
    package func text(
        _ column: some ColumnHandle, _ row: Int, equals text: UnsafeRawBufferPointer
    ) -> Bool {
        withText(column, row) { $0.equals(text) } ?? false
    }

    package func text(
        _ column: some ColumnHandle, _ row: Int, equals text: StaticString
    ) -> Bool {
        text.withUTF8Buffer { self.text(column, row, equals: UnsafeRawBufferPointer($0)) }
    }

    package mutating func set(
        _ column: some ColumnHandle, of row: Int, text: UnsafeRawBufferPointer?
    ) {
        checkRow(row)
        columns[column.columnIndex].setText(row, to: text, rowCount: rowCount)
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, text: StaticString) {
        text.withUTF8Buffer { set(column, of: row, text: UnsafeRawBufferPointer($0)) }
    }

    @_disfavoredOverload
    package mutating func set(_ column: some ColumnHandle, of row: Int, text: ByteString) {
        text.bytes.withUnsafeBytes { set(column, of: row, text: $0) }
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, text: [UInt8]) {
        text.withUnsafeBytes { set(column, of: row, text: $0) }
    }

    /// The unescaped text of a JSON string; unknown for anything else.
    package mutating func set(_ column: some ColumnHandle, of row: Int, text: JSONView) {
        let isText: Void? = text.withText { set(column, of: row, text: $0) }
        if isText == nil { setUnknown(column, of: row) }
    }

    // MARK: JSON

    package func json(_ column: some ColumnHandle, _ row: Int) -> [UInt8]? {
        withJSON(column, row) { Array($0) }
    }

    /// Lends the bytes of a cell's JSON value; `nil` and no call if it is unknown.
    package func withJSON<Result>(
        _ column: some ColumnHandle, _ row: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        let index = place(column, row, .json)
        return try withColumn(index) { column in
            guard !column.pointee.isOpen else {
                return try column.pointee.byteValues.withBytes(of: row, body)
            }
            guard let cell = Column.cells(of: column).text(row) else { return nil }
            return try cell.arena.withUnsafeBytes {
                try body(UnsafeRawBufferPointer(rebasing: $0[cell.range]))
            }
        }
    }

    /// - Precondition: One valid JSON value.
    package mutating func set(
        _ column: some ColumnHandle, of row: Int, json: UnsafeRawBufferPointer?
    ) {
        checkRow(row)
        columns[column.columnIndex].setValue(row, to: json, as: .json)
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, json: [UInt8]) {
        json.withUnsafeBytes { set(column, of: row, json: $0) }
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, json: JSONView) {
        set(column, of: row, json: json.bytes)
    }

    // MARK: Numbers

    @inline(__always)
    private func word(_ index: Int, _ row: Int) -> Int64? {
        cell(index, { $0.pointee.word(row) }, stored: { $0.word(row) })
    }

    package func integer(_ column: some ColumnHandle, _ row: Int) -> Int64? {
        word(place(column, row, .integer), row)
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, integer: Int64?) {
        checkRow(row)
        columns[column.columnIndex].setWord(row, to: integer, as: .integer)
    }

    package func real(_ column: some ColumnHandle, _ row: Int) -> Double? {
        word(place(column, row, .real), row).map {
            Double(bitPattern: UInt64(bitPattern: $0))
        }
    }

    /// Not a number is unknown: its bits differ between machines.
    package mutating func set(_ column: some ColumnHandle, of row: Int, real: Double?) {
        checkRow(row)
        let value = real.flatMap { $0.isNaN ? nil : Int64(bitPattern: $0.bitPattern) }
        columns[column.columnIndex].setWord(row, to: value, as: .real)
    }

    package func boolean(_ column: some ColumnHandle, _ row: Int) -> Bool? {
        cell(
            place(column, row, .boolean), { $0.pointee.boolean(row) }, stored: { $0.boolean(row) })
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, boolean: Bool?) {
        checkRow(row)
        columns[column.columnIndex].setBoolean(row, to: boolean)
    }

    package func timestamp(_ column: some ColumnHandle, _ row: Int) -> Timestamp? {
        word(place(column, row, .timestamp), row).map {
            Timestamp(microseconds: $0)
        }
    }

    package mutating func set(_ column: some ColumnHandle, of row: Int, timestamp: Timestamp?) {
        checkRow(row)
        columns[column.columnIndex].setWord(row, to: timestamp?.microseconds, as: .timestamp)
    }

    /// Pico-dollars.
    package func money(_ column: some ColumnHandle, _ row: Int) -> Int64? {
        word(place(column, row, .money), row)
    }

    /// Sets a cell to an amount in pico-dollars.
    package mutating func set(_ column: some ColumnHandle, of row: Int, money: Int64?) {
        checkRow(row)
        columns[column.columnIndex].setWord(row, to: money, as: .money)
    }

    // MARK: Any type

    package func isUnknown(_ column: some ColumnHandle, _ row: Int) -> Bool {
        let index = column.columnIndex
        checkRow(row)
        return cell(index) { column in
            switch column.pointee.layout {
            case .key: false
            case .interned: column.pointee.numbers[row] == 0
            case .bytes: column.pointee.byteValues.byteCount(of: row) == nil
            case .words, .bits: !column.pointee.isKnown(row)
            }
        } stored: {
            $0.isUnknown(row)
        }
    }

    package mutating func setUnknown(_ column: some ColumnHandle, of row: Int) {
        let index = column.columnIndex
        checkRow(row)
        switch columns[index].layout {
        case .key: preconditionFailure("a key never changes")
        case .interned: columns[index].setInterned(row, to: nil, rowCount: rowCount)
        case .bytes: columns[index].setValue(row, to: nil, as: columns[index].type)
        case .words: columns[index].setWord(row, to: nil)
        case .bits: columns[index].setBoolean(row, to: nil)
        }
    }
}
