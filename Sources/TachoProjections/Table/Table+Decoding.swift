// Reading what Table+Encoding.swift writes: O(bytes), straight into the columns, without hash
// tables. Sizes are checked against what is left before anything is allocated for them.

extension Table {
    /// Reads a table of this schema from its canonical bytes.
    ///
    /// - Throws: ``TableDecodingError`` if the bytes are not a table of this schema.
    package init(
        schema: TableSchema, decoding bytes: [UInt8], hashSeed: UInt64? = nil
    ) throws(TableDecodingError) {
        var source = ArraySource(bytes)
        try self.init(schema: schema, decoding: &source, hashSeed: hashSeed)
        guard source.remaining == 0 else { throw .damaged(column: -1) }
    }

    /// Reads a table that begins there, to its end.
    ///
    /// - Throws: ``TableDecodingError`` if the bytes are not a table of this schema.
    package init<Source: ByteSource & ~Copyable>(
        schema: TableSchema, decoding source: inout Source, hashSeed: UInt64? = nil
    ) throws(TableDecodingError) {
        self.init(schema: schema, hashSeed: hashSeed)
        try readHeader(from: &source)
        // Some cells in reserve, so that the first new row does not copy the whole table.
        rowCapacity = rowCount + min(rowCount / 32, 65_536) + 64
        for column in columns.indices {
            try columns[column].decode(
                column: column, rowCount: rowCount, rowCapacity: rowCapacity, from: &source)
        }
    }

    private mutating func readHeader<Source: ByteSource & ~Copyable>(
        from source: inout Source
    ) throws(TableDecodingError) {
        guard try source.bytes(8) == TableFormat.magic,
            try source.integer(UInt32.self) == TableFormat.version
        else { throw .unsupportedFormat }
        guard try source.integer(UInt32.self) == UInt32(columns.count),
            try source.bytes(8) == TableFormat.schemaTag(schema)
        else { throw .otherSchema }
        // Keys differ, so at most one is empty: there are no more rows than bytes, plus one.
        rowCount = try source.count(limit: source.remaining + 1, column: -1)
    }

    /// A table whose cells stay in a snapshot, and are read from there as they are asked for.
    ///
    /// Rows can be looked up, read, added, and changed; looking at all rows of a column needs it
    /// opened. A cell that cannot be read is unknown: see ``storedFailure``.
    ///
    /// - Throws: ``TableDecodingError`` if the snapshot is not of a table of this schema.
    /// - Complexity: O(columns).
    init(
        schema: TableSchema, stored file: SnapshotBlockFile, hashSeed: UInt64? = nil
    ) throws(TableDecodingError) {
        self.init(schema: schema, hashSeed: hashSeed)
        var source = file.source()
        try readHeader(from: &source)
        rowCapacity = rowCount
        storedFile = file
        for column in columns.indices {
            columns[column].isOpen = false
            columns[column].index = nil
            columns[column].stored = StoredCells(
                StoredColumn(
                    file, index: column, layout: columns[column].layout, rowCount: rowCount,
                    isLast: column == columns.count - 1),
                seed: columns[column].seed)
        }
        let start = columns.first?.stored?.column.start
        guard start == TableFormat.headerByteCount else { throw .damaged(column: 0) }
        if let failure = file.failure { throw failure }
    }

    /// Why a cell could not be read, if so: what the table says is then not to be used.
    package var storedFailure: TableDecodingError? { storedFile?.failure }

    /// Reads whole columns of a table in a snapshot, and leaves the snapshot; a table that was read
    /// already lets go of the others.
    ///
    /// - Parameter names: The columns; `nil` is all. Using another one from then on traps, so a
    ///   table with only some can be asked about those, and neither be changed nor written.
    /// - Throws: ``TableDecodingError``; the table is then not to be used.
    /// - Complexity: O(bytes of these columns).
    package mutating func openColumns(_ names: [String]?) throws(TableDecodingError) {
        let wanted = columns.indices.filter {
            names?.contains(schema.columns[$0].name) ?? true
        }
        do throws(TableDecodingError) {
            for column in wanted {
                try columns[column].openStored(column: column, rowCapacity: rowCapacity)
            }
        } catch {
            storedFile?.fail(error)
        }
        if let failure = storedFile?.failure { throw failure }
        storedFile = nil
        sourceNumbers = Self.noSourceNumbers
        for column in columns.indices where !wanted.contains(column) { columns[column].close() }
    }
}

extension Column {
    mutating func decode<Source: ByteSource & ~Copyable>(
        column: Int, rowCount: Int, rowCapacity: Int, from source: inout Source
    ) throws(TableDecodingError) {
        // Built again when the table is changed.
        index = nil
        switch layout {
        case .key:
            let byteCount = try source.count(limit: source.remaining, column: column)
            guard rowCount <= byteCount + 1 else { throw .damaged(column: column) }
            dictionary = try decodeTexts(
                count: rowCount, byteCount: byteCount, column: column, from: &source)
        case .interned:
            let count = try source.count(limit: rowCount, column: column)
            let byteCount = try source.count(limit: source.remaining, column: column)
            dictionary = try decodeTexts(
                count: count, byteCount: byteCount, column: column, from: &source)
            numbers = try NumberCells(
                decoding: rowCount, capacity: rowCapacity, byteLimit: 4, column: column,
                from: &source)
            if let largest = numbers.range?.upperBound, largest > Int64(count) {
                throw .damaged(column: column)
            }
        case .bytes:
            try decodeByteValues(rowCount, rowCapacity, column: column, from: &source)
        case .words:
            known = try decodeBitmap(rowCount, rowCapacity, column: column, from: &source)
            let smallest = try source.integer(Int64.self)
            numbers = try NumberCells(
                decoding: rowCount, capacity: rowCapacity, plus: smallest, column: column,
                from: &source)
            try clearUnknownWords(rowCount, smallest: smallest, column: column)
        case .bits:
            known = try decodeBitmap(rowCount, rowCapacity, column: column, from: &source)
            bits = try decodeBitmap(rowCount, rowCapacity, column: column, from: &source)
            guard zip(bits, known).allSatisfy({ $0 & ~$1 == 0 }) else {
                throw .damaged(column: column)
            }
        }
    }

    private func decodeTexts<Source: ByteSource & ~Copyable>(
        count: Int, byteCount: Int, column: Int, from source: inout Source
    ) throws(TableDecodingError) -> TextDictionary {
        let sizes: [UInt32] = try decodeCells(count, count, column: column, from: &source)
        let starts = TextStarts(sizes: sizes)
        guard starts[count] == byteCount else { throw .damaged(column: column) }
        return TextDictionary(arena: try source.bytes(byteCount), starts: starts, seed: seed)
    }

    private mutating func decodeByteValues<Source: ByteSource & ~Copyable>(
        _ rowCount: Int, _ rowCapacity: Int, column: Int, from source: inout Source
    ) throws(TableDecodingError) {
        let byteCount = try source.count(limit: source.remaining, column: column)
        let sizes = try NumberCells(
            decoding: rowCount, capacity: rowCapacity, byteLimit: 4, column: column, from: &source)
        guard sizes.sumOfSizes == byteCount else { throw .damaged(column: column) }
        byteValues = ByteColumn(arena: try source.bytes(byteCount), sizes: sizes)
    }

    /// Numbers of the rows, then zeros up to the capacity.
    private func decodeCells<Source: ByteSource & ~Copyable, Number: FixedWidthInteger>(
        _ count: Int, _ capacity: Int, plus base: Number = 0, column: Int,
        from source: inout Source
    ) throws(TableDecodingError) -> [Number] where Number: BitwiseCopyable {
        try makeArray(capacity, reserve: 0) { cells throws(TableDecodingError) in
            let filled = UnsafeMutableBufferPointer(rebasing: cells[..<count])
            try PackedNumbers.read(into: filled, plus: base, from: &source, column: column)
            UnsafeMutableBufferPointer(rebasing: cells[count...]).initialize(repeating: 0)
        }
    }

    private func decodeBitmap<Source: ByteSource & ~Copyable>(
        _ rowCount: Int, _ rowCapacity: Int, column: Int, from source: inout Source
    ) throws(TableDecodingError) -> [UInt64] {
        let wordCount = (rowCount + 63) / 64
        guard wordCount <= source.remaining / 8 else { throw .truncated }
        let bitmap: [UInt64] = try makeArray((rowCapacity + 63) / 64, reserve: 0) {
            words throws(TableDecodingError) in
            let filled = UnsafeMutableBufferPointer(rebasing: words[..<wordCount])
            try source.read(into: UnsafeMutableRawBufferPointer(filled))
            for index in filled.indices { filled[index] = UInt64(littleEndian: filled[index]) }
            UnsafeMutableBufferPointer(rebasing: words[wordCount...]).initialize(repeating: 0)
        }
        if rowCount & 63 != 0, bitmap[wordCount - 1] >> UInt64(rowCount & 63) != 0 {
            throw .damaged(column: column)
        }
        return bitmap
    }

    /// An unknown cell holds 0 in memory and the smallest known number in the bytes.
    private mutating func clearUnknownWords(
        _ rowCount: Int, smallest: Int64, column: Int
    ) throws(TableDecodingError) {
        guard numbers.clear(unknownIn: known, rowCount: rowCount, expecting: smallest) else {
            throw .damaged(column: column)
        }
    }
}
