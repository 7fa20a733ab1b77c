/// The cells of a column that lies in a snapshot: read from there one by one, and what has changed
/// since.
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
    /// The texts that the snapshot has not; their numbers follow those that it has.
    var newTexts: TextDictionary

    init(_ column: StoredColumn, seed: UInt64) {
        self.column = column
        newTexts = TextDictionary(seed: seed)
    }

    /// What the snapshot holds of a row; `nil` for rows that it has not.
    private func base(_ row: Int) -> StoredColumn? {
        row < column.rowCount ? column : nil
    }

    // MARK: Cells

    func word(_ row: Int) -> Int64? {
        if case .number(let number)? = changes[row] { return number }
        return base(row)?.word(row)
    }

    func boolean(_ row: Int) -> Bool? {
        if case .number(let number)? = changes[row] { return number.map { $0 != 0 } }
        return base(row)?.boolean(row)
    }

    func isUnknown(_ row: Int) -> Bool {
        switch column.layout {
        case .key: false
        case .interned: textNumber(row) == 0
        case .bytes: text(row) == nil
        case .words: word(row) == nil
        case .bits: boolean(row) == nil
        }
    }

    /// From 1; 0 is unknown.
    private func textNumber(_ row: Int) -> Int {
        if case .text(let number)? = changes[row] { return number }
        return base(row)?.textNumber(row) ?? 0
    }

    /// Of the snapshot, or of those that came since.
    private func text(numbered number: Int) -> (arena: [UInt8], range: Range<Int>)? {
        let count = column.textCount
        if number < count { return column.text(number) }
        guard number - count < newTexts.count else { return nil }
        return (newTexts.arena, newTexts.range(of: number - count))
    }

    /// Where the text or value of a row lies; `nil` if it is unknown.
    func text(_ row: Int) -> (arena: [UInt8], range: Range<Int>)? {
        switch column.layout {
        case .key: return text(numbered: row)
        case .interned:
            let number = textNumber(row)
            return number == 0 ? nil : text(numbered: number - 1)
        case .bytes:
            if case .bytes(let bytes)? = changes[row] { return bytes.map { ($0, 0..<$0.count) } }
            return base(row)?.text(row)
        case .words, .bits:
            preconditionFailure("text is read from columns of text")
        }
    }

    // MARK: Looking up

    /// The number of a text, or of a key's row; `nil` if there is none such.
    func number(of text: UnsafeRawBufferPointer) -> Int? {
        column.number(of: text) ?? newTexts.number(of: text).map { column.textCount + $0 }
    }

    /// The rows of a text, ascending.
    ///
    /// - Complexity: See ``StoredColumn/rows(ofTextNumber:)``; O(rows), each read, in a column of
    ///   values.
    func rows(of text: UnsafeRawBufferPointer, rowCount: Int) -> [Int] {
        if column.layout == .bytes {
            return (0..<rowCount).filter { row in
                self.text(row).map { $0.arena[$0.range].elementsEqual(text) } ?? false
            }
        }
        guard let number = number(of: text) else { return [] }
        if column.layout == .key { return [number] }
        let isStored = number < column.textCount
        return rows(isStored ? column.rows(ofTextNumber: number + 1) : []) {
            if case .text(number + 1) = $0 { true } else { false }
        }
    }

    /// The rows of a number, ascending.
    ///
    /// - Complexity: O(rows), a tenth of a nanosecond each; the first time a few.
    func rows(of number: Int64) -> [Int] {
        rows(column.rows(ofWord: number)) {
            if case .number(number) = $0 { true } else { false }
        }
    }

    /// Some rows of the snapshot as far as they have not changed, and those that have changed into
    /// what is wanted; ascending.
    private func rows(_ stored: [Int], changedTo isWanted: (Change) -> Bool) -> [Int] {
        var rows = stored.filter { changes[$0] == nil }
        let unchangedCount = rows.count
        for (row, change) in changes where isWanted(change) { rows.append(row) }
        if rows.count > unchangedCount { rows.sort() }
        return rows
    }
}

extension Column {
    /// The cells in a snapshot of a column that is not open.
    @inline(never)
    static func cells(of column: UnsafePointer<Column>) -> StoredCells {
        guard let stored = column.pointee.stored else {
            preconditionFailure("a column that was not opened is not looked at")
        }
        return stored
    }

    // MARK: Changing

    @inline(never)
    mutating func setStored(_ row: Int, to change: StoredCells.Change) {
        precondition(stored != nil, "a column that was not opened is not changed")
        stored?.changes[row] = change
    }

    @inline(never)
    mutating func internStored(_ text: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        guard let column = stored?.column else {
            preconditionFailure("a column that was not opened is not changed")
        }
        if let number = column.number(of: text) { return (number, false) }
        let (number, isNew) = stored?.newTexts.intern(text) ?? (0, false)
        return (column.textCount + number, isNew)
    }

    @inline(never)
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
        guard stored.column.file.header.byteCount - source.remaining == stored.column.end else {
            throw .damaged(column: index)
        }
        for number in 0..<stored.newTexts.count {
            stored.newTexts.withBytes(of: number) { opened.dictionary.appendNew($0) }
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
