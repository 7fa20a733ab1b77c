package import TachoLog

// The canonical bytes of a table: the same for every table that says the same, whatever order of
// changes, snapshots, or batches led to it. All numbers are little endian.
//
//   offset  0  "TACHOTAB"
//           8  u32 version of this format: 2
//          12  u32 number of columns
//          16  first 8 bytes of the SHA-256 of the schema's description
//          24  u64 number of rows
//          32  the columns in the order of the schema:
//
//   key       u64 bytes of text │ packed sizes of the texts │ texts in row order
//   interned  u64 different texts │ u64 bytes of text │ packed sizes │ texts in the order of the
//             first row that has them │ packed number of each row's text, from 1; 0 is unknown
//   bytes     u64 bytes │ packed sizes plus 1; 0 is unknown │ values in row order
//   words     bitmap of the known │ i64 smallest known │ packed differences to it; 0 if unknown
//   bits      bitmap of the known │ bitmap of the true
//
// "Packed" is ``PackedNumbers``. A bitmap is u64 words, row 0 in the lowest bit of the first; bits
// beyond the last row are 0. Columns have no tag of their own: the schema gives their layout.

enum TableFormat {
    static let magic = Array("TACHOTAB".utf8)
    /// 2: with `updated_by` among the columns that every table has.
    static let version: UInt32 = 2
    static let headerByteCount = 32

    static func schemaTag(_ schema: TableSchema) -> [UInt8] {
        Array(SHA256.hash(schema.canonicalDescription).bytes.prefix(8))
    }
}

extension Table {
    /// Appends the canonical bytes.
    package func encode(into bytes: inout [UInt8]) {
        var sink = ArraySink(bytes)
        bytes = []
        encode(to: &sink)
        bytes = sink.bytes
    }

    /// SHA-256 of the canonical bytes.
    package var stateHash: Digest256 {
        var sink = HashSink()
        encode(to: &sink)
        return sink.finish()
    }

    package func encode<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
        encode(to: &sink) { _ in }
    }

    /// - Parameters:
    ///   - sink: Where the bytes go.
    ///   - willEncode: Called before each column.
    func encode<Sink: ByteSink & ~Copyable>(
        to sink: inout Sink, willEncode: (borrowing Sink) -> Void
    ) {
        sink.write(TableFormat.magic)
        sink.write(littleEndian: TableFormat.version)
        sink.write(littleEndian: UInt32(columns.count))
        sink.write(TableFormat.schemaTag(schema))
        sink.write(littleEndian: UInt64(rowCount))
        for column in columns {
            willEncode(sink)
            column.encode(rowCount: rowCount, to: &sink)
        }
    }
}

extension Column {
    fileprivate func encode<Sink: ByteSink & ~Copyable>(rowCount: Int, to sink: inout Sink) {
        precondition(isOpen, "a table with all of its columns is written")
        switch layout {
        case .key: encodeKey(to: &sink)
        case .interned: encodeInterned(rowCount: rowCount, to: &sink)
        case .bytes: encodeBytes(rowCount: rowCount, to: &sink)
        case .words: encodeWords(rowCount: rowCount, to: &sink)
        case .bits:
            encode(known, rowCount: rowCount, to: &sink)
            encode(bits, rowCount: rowCount, to: &sink)
        }
    }

    /// Keys never change, so the dictionary is canonical as it is.
    private func encodeKey<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
        var all = TextSizes()
        for number in 0..<dictionary.count { all.add(dictionary.byteCount(of: number)) }
        sink.write(littleEndian: UInt64(all.byteCount))
        PackedNumbers.write(count: dictionary.count, largest: UInt64(all.largest), to: &sink) {
            range, sizes in
            for index in sizes.indices {
                sizes[index] = UInt64(dictionary.byteCount(of: range.lowerBound + index))
            }
        }
        sink.beginTexts(all)
        sink.write(dictionary.arena)
        sink.endTexts(all)
    }

    private func encodeInterned<Sink: ByteSink & ~Copyable>(
        rowCount: Int, to sink: inout Sink
    ) {
        let (kept, renumbered) = canonicalNumbers(rowCount: rowCount)
        var all = TextSizes()
        for number in kept { all.add(dictionary.byteCount(of: Int(number))) }
        sink.write(littleEndian: UInt64(kept.count))
        sink.write(littleEndian: UInt64(all.byteCount))
        PackedNumbers.write(count: kept.count, largest: UInt64(all.largest), to: &sink) {
            range, sizes in
            for (index, number) in kept[range].enumerated() {
                sizes[index] = UInt64(dictionary.byteCount(of: Int(number)))
            }
        }
        sink.beginTexts(all)
        for number in kept { dictionary.withBytes(of: Int(number)) { sink.write($0) } }
        sink.endTexts(all)
        PackedNumbers.write(count: rowCount, largest: UInt64(kept.count), to: &sink) {
            rows, target in
            for index in target.indices {
                let number = numbers[rows.lowerBound + index]
                target[index] = number == 0 ? 0 : UInt64(renumbered[Int(number) - 1])
            }
        }
    }

    private func encodeBytes<Sink: ByteSink & ~Copyable>(
        rowCount: Int, to sink: inout Sink
    ) {
        var all = TextSizes()
        var areKnown = false
        for row in 0..<rowCount {
            guard let size = byteValues.byteCount(of: row) else { continue }
            all.add(size)
            areKnown = true
        }
        sink.write(littleEndian: UInt64(all.byteCount))
        let largest = areKnown ? all.largest + 1 : 0
        PackedNumbers.write(count: rowCount, largest: UInt64(largest), to: &sink) {
            rows, sizes in
            for index in sizes.indices {
                let size = byteValues.byteCount(of: rows.lowerBound + index)
                sizes[index] = UInt64(size.map { $0 + 1 } ?? 0)
            }
        }
        sink.beginTexts(all)
        for row in 0..<rowCount { byteValues.withBytes(of: row) { sink.write($0) } }
        sink.endTexts(all)
    }

    private func encodeWords<Sink: ByteSink & ~Copyable>(
        rowCount: Int, to sink: inout Sink
    ) {
        encode(known, rowCount: rowCount, to: &sink)
        var smallest = Int64.max
        var largest = Int64.min
        for row in 0..<rowCount where isKnown(row) {
            smallest = min(smallest, numbers[row])
            largest = max(largest, numbers[row])
        }
        if smallest > largest { (smallest, largest) = (0, 0) }
        sink.write(littleEndian: smallest)
        let range = UInt64(bitPattern: largest &- smallest)
        PackedNumbers.write(count: rowCount, largest: range, to: &sink) { rows, target in
            for index in target.indices {
                let row = rows.lowerBound + index
                target[index] = isKnown(row) ? UInt64(bitPattern: numbers[row] &- smallest) : 0
            }
        }
    }

    private func encode<Sink: ByteSink & ~Copyable>(
        _ bitmap: [UInt64], rowCount: Int, to sink: inout Sink
    ) {
        for word in bitmap[..<((rowCount + 63) / 64)] { sink.write(littleEndian: word) }
    }
}
