import TachoLog

/// The cells of one column.
///
/// All layouts share one struct, whose unused arrays stay empty, because the payload of an enum
/// cannot be changed in place. Cells are made in advance, all unknown, up to the table's row
/// capacity; inserting a row costs nothing here.
struct Column: Sendable {
    enum Layout: UInt8, Sendable {
        /// Row number = number in the dictionary: the texts of a key differ from row to row.
        case key
        /// A number in the dictionary, plus one; 0 is unknown.
        case interned
        /// Each value for itself.
        case bytes
        /// 64 bits, and a bit that says whether the value is known.
        case words
        /// A bit, and a bit that says whether the value is known.
        case bits
    }

    // In the order of how often they are looked at: what setting a number takes lies in one or two
    // lines of the processor's cache.
    let type: ColumnType
    let layout: Layout
    /// Whether the arrays here hold all cells; see ``Table/openColumns(_:)``.
    var isOpen = true
    var known: [UInt64] = []
    var bits: [UInt64] = []
    /// The values of `words`, and the numbers of `interned`.
    var numbers = NumberCells()
    /// Of an indexed column; `nil` after reading a file, until the table is changed.
    var index: SecondaryIndex?
    var dictionary: TextDictionary
    var byteValues = ByteColumn()
    /// The cells in a snapshot, and what has changed since; `nil` where they are not read from one.
    ///
    /// What reads cells here is for open columns: whoever reads others asks for this first, so that
    /// the way to the arrays stays short (``Table`` does).
    var stored: StoredCells?
    let seed: UInt64

    init(_ definition: ColumnDefinition, isKey: Bool, seed: UInt64) {
        type = definition.type
        layout = Self.layout(of: definition, isKey: isKey)
        self.seed = seed
        dictionary = TextDictionary(seed: seed)
        index = definition.isIndexed && !isKey ? SecondaryIndex(seed: seed) : nil
    }

    static func layout(of definition: ColumnDefinition, isKey: Bool) -> Layout {
        if isKey { return .key }
        return switch definition.type {
        case .text: definition.isInterned ? .interned : .bytes
        case .json: .bytes
        case .boolean: .bits
        case .integer, .real, .timestamp, .money: .words
        }
    }

    mutating func grow(to rowCapacity: Int) {
        guard isOpen else { return }
        let bitWordCount = (rowCapacity + 63) / 64
        switch layout {
        case .key: break
        case .interned: numbers.grow(to: rowCapacity)
        case .bytes: byteValues.grow(to: rowCapacity)
        case .words:
            numbers.grow(to: rowCapacity)
            known.grow(to: bitWordCount, with: 0)
        case .bits:
            bits.grow(to: bitWordCount, with: 0)
            known.grow(to: bitWordCount, with: 0)
        }
        index?.grow(to: rowCapacity)
    }

    var memoryByteCount: Int {
        dictionary.memoryByteCount + numbers.memoryByteCount + byteValues.memoryByteCount
            + bits.heldByteCount + known.heldByteCount
            + (index?.memoryByteCount ?? 0)
    }

    // MARK: Numbers

    @inline(__always)
    func isKnown(_ row: Int) -> Bool {
        known.bit(row)
    }

    @inline(__always)
    func word(_ row: Int) -> Int64? {
        isKnown(row) ? numbers[row] : nil
    }

    @inline(__always)
    private func check(_ type: ColumnType) {
        precondition(self.type == type, "a cell is used as what its column holds")
    }

    @inline(__always)
    mutating func setWord(_ row: Int, to value: Int64?, as type: ColumnType) {
        check(type)
        setWord(row, to: value)
    }

    /// An unknown cell holds 0, so that equal tables have equal bytes.
    @inline(__always)
    mutating func setWord(_ row: Int, to value: Int64?) {
        guard isOpen else { return setStored(row, to: .number(value)) }
        if index != nil {
            setIndexedWord(row, to: value)
            return
        }
        if value == nil, !isKnown(row) { return }
        numbers[row] = value ?? 0
        known.setBit(row, to: value != nil)
    }

    /// Sets a cell to a number that is not 0.
    ///
    /// - Returns: Whether it may have been another one.
    @inline(__always)
    mutating func changeWord(_ row: Int, to value: Int64) -> Bool {
        if isOpen, numbers[row] == value { return false }
        setWord(row, to: value)
        return true
    }

    private mutating func setIndexedWord(_ row: Int, to value: Int64?) {
        let old = word(row)
        guard old != value else { return }
        if let old { index?.remove(row, fromNumber: old) }
        if let value { index?.add(row, toNumber: value) }
        numbers[row] = value ?? 0
        known.setBit(row, to: value != nil)
    }

    @inline(__always)
    func boolean(_ row: Int) -> Bool? {
        isKnown(row) ? bits.bit(row) : nil
    }

    mutating func setBoolean(_ row: Int, to value: Bool?) {
        check(.boolean)
        guard isOpen else { return setStored(row, to: .number(value.map { $0 ? 1 : 0 })) }
        bits.setBit(row, to: value ?? false)
        known.setBit(row, to: value != nil)
    }

    // MARK: Text

    @inline(__always)
    func withText<Result>(
        _ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        switch layout {
        case .key:
            return try dictionary.withBytes(of: row, body)
        case .interned:
            let number = numbers[row]
            return number == 0 ? nil : try dictionary.withBytes(of: Int(number) - 1, body)
        case .bytes:
            return try byteValues.withBytes(of: row, body)
        case .words, .bits:
            preconditionFailure("text is read from columns of text")
        }
    }

    /// Where the text of a cell lies: the arena, held, so that the column need not be.
    @inline(__always)
    func textCell(_ row: Int) -> (arena: [UInt8], range: Range<Int>)? {
        switch layout {
        case .key: return (dictionary.arena, dictionary.range(of: row))
        case .interned:
            let number = numbers[row]
            return number == 0
                ? nil : (dictionary.arena, dictionary.range(of: Int(number) - 1))
        case .bytes:
            return byteValues.range(of: row).map { (byteValues.arena, $0) }
        case .words, .bits:
            preconditionFailure("text is read from columns of text")
        }
    }

    @inline(__always)
    mutating func setInterned(_ row: Int, to bytes: UnsafeRawBufferPointer?, rowCount: Int) {
        guard isOpen else { return setStoredText(row, to: bytes) }
        let isChanged = setNumber(row, to: bytes.map { dictionary.intern($0).number } ?? -1)
        if isChanged, dictionary.count > 2 * rowCount + 1024 {
            collectGarbage(rowCount: rowCount)
        }
    }

    /// Sets a cell of an open column to a text of the dictionary, by its number; −1 is unknown.
    ///
    /// - Returns: Whether another text was there.
    @inline(__always)
    @discardableResult
    mutating func setNumber(_ row: Int, to number: Int) -> Bool {
        let old = numbers[row]
        let new = Int64(number + 1)
        guard old != new else { return false }
        numbers[row] = new
        if index != nil {
            if old != 0 { index?.remove(row, from: Int(old) - 1) }
            if new != 0 { index?.add(row, to: Int(new) - 1) }
        }
        return old != 0
    }

    /// The same, if the number is that of a text.
    ///
    /// - Returns: Whether it is.
    mutating func setNumber(
        _ row: Int, to number: Int, ifItIs text: UnsafeRawBufferPointer
    ) -> Bool {
        guard isOpen, dictionary.holds(text, as: number) else { return false }
        setNumber(row, to: number)
        return true
    }

    /// The number of a text, or of a key's row, which is added if it is new.
    @inline(__always)
    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        isOpen ? dictionary.intern(bytes) : internStored(bytes)
    }

    @inline(__always)
    mutating func setText(_ row: Int, to bytes: UnsafeRawBufferPointer?, rowCount: Int) {
        if layout == .interned { return setInterned(row, to: bytes, rowCount: rowCount) }
        precondition(layout == .bytes, "a key never changes")
        setValue(row, to: bytes, as: .text)
    }

    @inline(__always)
    mutating func setValue(
        _ row: Int, to bytes: UnsafeRawBufferPointer?, as type: ColumnType
    ) {
        check(type)
        guard isOpen else { return setStored(row, to: .bytes(bytes.map { Array($0) })) }
        byteValues.set(row, to: bytes)
    }

    /// Drops the texts that no row has any more: more than half of them, when this is called.
    private mutating func collectGarbage(rowCount: Int) {
        let (kept, renumbered) = canonicalNumbers(rowCount: rowCount)
        var dictionary = TextDictionary(seed: seed)
        for number in kept {
            self.dictionary.withBytes(of: Int(number)) { _ = dictionary.intern($0) }
        }
        self.dictionary = dictionary
        for row in 0..<rowCount where numbers[row] != 0 {
            numbers[row] = Int64(renumbered[Int(numbers[row]) - 1])
        }
        if index != nil { buildIndex(rowCount: rowCount) }
    }

    /// The dictionary as it would be if it held what the rows have, in the order of the rows.
    ///
    /// - Returns: The numbers of the texts in use in that order, and for each text its place in
    ///   it plus one.
    func canonicalNumbers(rowCount: Int) -> (kept: [UInt32], renumbered: [UInt32]) {
        var kept = [UInt32]()
        var renumbered = [UInt32](repeating: 0, count: dictionary.count)
        for row in 0..<rowCount {
            let number = UInt32(numbers[row])
            if number == 0 || renumbered[Int(number) - 1] != 0 { continue }
            kept.append(number - 1)
            renumbered[Int(number) - 1] = UInt32(kept.count)
        }
        return (kept, renumbered)
    }

    // MARK: Index

    mutating func buildIndex(rowCount: Int) {
        var index = SecondaryIndex(seed: seed)
        index.grow(to: numbers.count)
        for row in 0..<rowCount {
            if layout == .words {
                if let value = word(row) { index.add(row, toNumber: value) }
            } else if numbers[row] != 0 {
                index.add(row, to: Int(numbers[row]) - 1)
            }
        }
        self.index = index
    }
}

/// A bitmap: bit 0 is the lowest of the first word.
extension [UInt64] {
    @inline(__always)
    func bit(_ index: Int) -> Bool {
        self[index >> 6] &>> UInt64(truncatingIfNeeded: index) & 1 == 1
    }

    func hasClearBit(below end: Int) -> Bool {
        let whole = end >> 6
        if self[..<whole].contains(where: { $0 != .max }) { return true }
        let mask = (1 as UInt64) << UInt64(end & 63) - 1
        return end & 63 != 0 && self[whole] & mask != mask
    }

    /// Most bits are what they are set to: who has them is not asked then.
    @inline(__always)
    mutating func setBit(_ index: Int, to value: Bool) {
        guard bit(index) != value else { return }
        self[index >> 6] ^= (1 as UInt64) &<< UInt64(truncatingIfNeeded: index)
    }
}
