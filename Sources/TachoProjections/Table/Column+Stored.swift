// The cells of a column that lies in a snapshot: read from there one by one, and changed here.

/// Cells in a snapshot, and what has changed since.
struct StoredCells: Sendable {
    enum Change: Sendable {
        /// Also of a column of bits: 0 or 1.
        case number(Int64?)
        /// A text's number, from 1; 0 is unknown.
        case text(Int)
        case bytes([UInt8]?)
    }

    let column: StoredColumn
    /// By row; rows that the snapshot has not are unknown but for these.
    var changes: [Int: Change] = [:]

    /// Some rows of the snapshot as far as they have not changed, and those that have changed into
    /// what is wanted; ascending.
    fileprivate func rows(_ stored: [Int], changedTo isWanted: (Change) -> Bool) -> [Int] {
        var rows = stored.filter { changes[$0] == nil }
        let unchangedCount = rows.count
        for (row, change) in changes where isWanted(change) { rows.append(row) }
        if rows.count > unchangedCount { rows.sort() }
        return rows
    }
}

extension Column {
    /// What the snapshot holds of a row; `nil` for rows that it has not.
    private func base(_ row: Int) -> StoredColumn? {
        guard let stored, row < stored.column.rowCount else { return nil }
        return stored.column
    }

    func storedWord(_ row: Int) -> Int64? {
        if case .number(let number)? = stored?.changes[row] { return number }
        return base(row)?.word(row)
    }

    func storedBoolean(_ row: Int) -> Bool? {
        if case .number(let number)? = stored?.changes[row] { return number.map { $0 != 0 } }
        return base(row)?.boolean(row)
    }

    func isStoredUnknown(_ row: Int) -> Bool {
        switch layout {
        case .key: false
        case .interned: storedTextNumber(row) == 0
        case .bytes: storedText(row) == nil
        case .words: storedWord(row) == nil
        case .bits: storedBoolean(row) == nil
        }
    }

    /// From 1; 0 is unknown.
    private func storedTextNumber(_ row: Int) -> Int {
        if case .text(let number)? = stored?.changes[row] { return number }
        return base(row)?.textNumber(row) ?? 0
    }

    /// The text with a number: of the snapshot, or of those that came since.
    private func storedText(numbered number: Int) -> (arena: [UInt8], range: Range<Int>)? {
        guard let column = stored?.column else { return nil }
        let count = column.textCount
        if number < count { return column.text(number) }
        guard number - count < dictionary.count else { return nil }
        return (dictionary.arena, dictionary.range(of: number - count))
    }

    func storedText(_ row: Int) -> (arena: [UInt8], range: Range<Int>)? {
        switch layout {
        case .key: return storedText(numbered: row)
        case .interned:
            let number = storedTextNumber(row)
            return number == 0 ? nil : storedText(numbered: number - 1)
        case .bytes:
            if case .bytes(let bytes)? = stored?.changes[row] {
                return bytes.map { ($0, 0..<$0.count) }
            }
            return base(row)?.text(row)
        case .words, .bits:
            preconditionFailure("text is read from columns of text")
        }
    }

    func storedNumber(of text: UnsafeRawBufferPointer) -> Int? {
        guard let column = stored?.column else { return nil }
        return column.number(of: text)
            ?? dictionary.number(of: text).map { column.textCount + $0 }
    }

    /// The rows of a text, ascending.
    ///
    /// - Complexity: See ``StoredColumn/rows(ofTextNumber:)``.
    func storedRows(of text: UnsafeRawBufferPointer) -> [Int] {
        guard let stored, let number = storedNumber(of: text) else { return [] }
        if layout == .key { return [number] }
        let isStored = number < stored.column.textCount
        return stored.rows(isStored ? stored.column.rows(ofTextNumber: number + 1) : []) {
            if case .text(number + 1) = $0 { true } else { false }
        }
    }

    /// The rows of a number, ascending.
    ///
    /// - Complexity: O(rows), a tenth of a nanosecond each; the first time a few.
    func storedRows(of number: Int64) -> [Int] {
        guard let stored else { return [] }
        return stored.rows(stored.column.rows(ofWord: number)) {
            if case .number(number) = $0 { true } else { false }
        }
    }

    // MARK: Changing

    mutating func setStored(_ row: Int, to change: StoredCells.Change) {
        stored?.changes[row] = change
    }

    mutating func internStored(_ text: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        guard let column = stored?.column else { return (0, false) }
        if let number = column.number(of: text) { return (number, false) }
        let (number, isNew) = dictionary.intern(text)
        return (column.textCount + number, isNew)
    }

    mutating func setStoredText(_ row: Int, to text: UnsafeRawBufferPointer?) {
        setStored(row, to: .text(text.map { internStored($0).number + 1 } ?? 0))
    }

    // MARK: Opening

    /// Lets go of all cells.
    mutating func close() {
        isOpen = false
        stored = nil
        dictionary = TextDictionary(seed: seed)
        numbers = NumberCells()
        byteValues = ByteColumn()
        words = NumberCells()
        bits = []
        known = []
        index = nil
    }

    /// Reads all cells from the snapshot, with what has changed since.
    ///
    /// - Throws: ``TableDecodingError``; the column is then as it was.
    /// - Complexity: O(bytes of the column).
    mutating func openStored(
        column index: Int, rowCapacity: Int
    ) throws(TableDecodingError) {
        guard let stored else { return }
        var opened = self
        opened.stored = nil
        opened.isOpen = true
        var source = stored.column.file.source(from: stored.column.start)
        try opened.decode(
            column: index, rowCount: stored.column.rowCount, rowCapacity: rowCapacity,
            from: &source)
        for number in 0..<dictionary.count {
            dictionary.withBytes(of: number) { opened.dictionary.appendNew($0) }
        }
        for (row, change) in stored.changes {
            switch change {
            case .text(let number): opened.numbers[row] = Int64(number)
            case .bytes(let bytes):
                if let bytes {
                    bytes.withUnsafeBytes { opened.byteValues.set(row, to: $0) }
                } else {
                    opened.byteValues.set(row, to: nil)
                }
            case .number(let number) where layout == .bits:
                opened.setBoolean(row, to: number.map { $0 != 0 })
            case .number(let number): opened.setWord(row, to: number)
            }
        }
        self = opened
    }
}
