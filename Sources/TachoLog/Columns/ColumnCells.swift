import TachoJSON

/// The values of one column for the records of one frame, on their way into the file.
///
/// Bytes: <doc:FileFormat#Columns>. A value that is not what was declared makes the whole cell row of
/// the frame `elsewhere`: whoever asks reads the lines then, so that no answer depends on whether
/// there are columns.
struct ColumnCells {
    enum State: UInt8 {
        /// Some value does not fit: read the lines.
        case elsewhere = 0
        /// No record has a value.
        case absent = 1
        case values = 2
        /// Values follow, and before them which rows have one.
        case fewValues = 3
    }

    static let maximumTextByteCount = 512
    /// Numbers of texts are of 16 bits, and 0 is no text.
    static let maximumTextCount = 65_535

    private let kind: ColumnSet.Column.Kind
    private var isElsewhere = false
    private var texts = TextTable()
    /// Those that have a value, ascending; with a code or a number each.
    private var rows: [Int] = []
    private var codes: [UInt16] = []
    private var numbers: [Int64] = []

    init(_ kind: ColumnSet.Column.Kind) {
        self.kind = kind
    }

    /// Takes the value of the record with the number `row` in its frame; rows ascend.
    mutating func add(_ field: JSONField, row: Int) {
        // `null` is written for what is unknown, and so is nothing at all.
        if field.isNull { return }
        switch kind {
        case .text:
            guard let text = field.plainText else { return isElsewhere = true }
            add(text, row: row)
        case .number(let digits):
            guard let number = field.scaledNumber(digits: digits) else { return isElsewhere = true }
            rows.append(row)
            numbers.append(number)
        }
    }

    mutating func add(_ text: UnsafeRawBufferPointer, row: Int) {
        guard !isElsewhere, text.count <= Self.maximumTextByteCount else {
            return isElsewhere = true
        }
        let index = texts.index(of: text, hash: BloomFilter.hash(text))
        guard index < Self.maximumTextCount else { return isElsewhere = true }
        rows.append(row)
        codes.append(UInt16(index + 1))
    }

    /// The bytes of these cells before compression; it is empty again then.
    mutating func finish(rowCount: Int) -> [UInt8] {
        defer { removeAll() }
        if isElsewhere { return [State.elsewhere.rawValue] }
        if rows.isEmpty { return [State.absent.rawValue] }
        let distances = distancesIfFew(rowCount)
        var bytes = [distances == nil ? State.values.rawValue : State.fewValues.rawValue]
        if let distances { append(distances, to: &bytes) }
        switch kind {
        case .text: appendTexts(rowCount, isSparse: distances != nil, to: &bytes)
        case .number: appendNumbers(rowCount, isSparse: distances != nil, to: &bytes)
        }
        return bytes
    }

    mutating func removeAll() {
        isElsewhere = false
        texts.removeAll()
        codes.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
    }

    /// How far each row with a value is behind the one before, if they are few and not too far.
    private func distancesIfFew(_ rowCount: Int) -> [UInt16]? {
        guard rows.count < rowCount / 4 else { return nil }
        var distances = [UInt16]()
        var next = 0
        for row in rows {
            guard let distance = UInt16(exactly: row - next) else { return nil }
            distances.append(distance)
            next = row + 1
        }
        return distances
    }

    /// As two byte planes.
    private func append(_ distances: [UInt16], to bytes: inout [UInt8]) {
        bytes.append(littleEndian: UInt32(distances.count))
        for distance in distances { bytes.append(UInt8(truncatingIfNeeded: distance)) }
        for distance in distances { bytes.append(UInt8(truncatingIfNeeded: distance >> 8)) }
    }

    private func appendTexts(_ rowCount: Int, isSparse: Bool, to bytes: inout [UInt8]) {
        var codes = codes
        if !isSparse {
            codes = [UInt16](repeating: 0, count: rowCount)
            for (row, code) in zip(rows, self.codes) { codes[row] = code }
        }
        bytes.append(littleEndian: UInt16(texts.count))
        for text in texts.texts {
            bytes.append(littleEndian: UInt16(text.bytes.count))
            bytes += text.bytes
        }
        let width = Self.bitCount(of: UInt64(texts.count))
        bytes.append(UInt8(width))
        var filled: UInt64 = 0
        var filledBitCount = 0
        for code in codes {
            filled |= UInt64(code) << UInt64(filledBitCount)
            filledBitCount += width
            while filledBitCount >= 8 {
                bytes.append(UInt8(truncatingIfNeeded: filled))
                filled >>= 8
                filledBitCount -= 8
            }
        }
        if filledBitCount > 0 { bytes.append(UInt8(truncatingIfNeeded: filled)) }
    }

    private func appendNumbers(_ rowCount: Int, isSparse: Bool, to bytes: inout [UInt8]) {
        if !isSparse {
            var presence = [UInt8](repeating: 0, count: (rowCount + 7) / 8)
            for row in rows { presence[row / 8] |= 1 << UInt8(row % 8) }
            bytes += presence
            bytes.append(littleEndian: UInt32(numbers.count))
        }
        let least = numbers.min() ?? 0
        // As distances from the least, which fit into 64 bits without a sign whatever they are.
        let distances = numbers.map { UInt64(bitPattern: $0 &- least) }
        let width = (Self.bitCount(of: distances.max() ?? 0) + 7) / 8
        bytes.append(littleEndian: least)
        bytes.append(UInt8(width))
        // Byte planes: the high bytes of neighbours are alike, the low ones are noise.
        for plane in 0..<width {
            for distance in distances {
                bytes.append(UInt8(truncatingIfNeeded: distance >> UInt64(8 * plane)))
            }
        }
    }

    private static func bitCount(of value: UInt64) -> Int { 64 - value.leadingZeroBitCount }
}

/// Takes the declared fields out of records.
struct ColumnExtractor {
    /// The first keys of all paths into the data.
    private let fields: JSONFields
    /// For each of them, the columns that begin with it.
    private let columnsOfField: [[Int]]
    /// For each column, what finds its further keys.
    private let innerFields: [[JSONFields]]
    private let envelope: [(column: Int, origin: ColumnSet.Column.Origin)]

    init(_ set: ColumnSet) {
        var keys = [String]()
        var columnsOfField = [[Int]]()
        var envelope = [(column: Int, origin: ColumnSet.Column.Origin)]()
        for (number, column) in set.columns.enumerated() {
            guard let key = column.path.first else {
                envelope.append((number, column.origin))
                continue
            }
            if let index = keys.firstIndex(where: { $0.utf8.elementsEqual(key.utf8) }) {
                columnsOfField[index].append(number)
            } else {
                keys.append(key)
                columnsOfField.append([number])
            }
        }
        fields = JSONFields(keys)
        innerFields = set.columns.map { $0.path.dropFirst().map { JSONFields([$0]) } }
        self.columnsOfField = columnsOfField
        self.envelope = envelope
    }

    /// Adds the record's values to the cells of each column.
    func add(_ record: RecordView, row: Int, to cells: inout [ColumnCells]) {
        for (column, origin) in envelope {
            switch origin {
            case .stream: cells[column].add(record.stream, row: row)
            case .type: cells[column].add(record.type, row: row)
            case .source: cells[column].add(record.source, row: row)
            case .data: break
            }
        }
        fields.forEach(in: record.data) { index, value in
            for column in columnsOfField[index] {
                descend(value, innerFields[column][...]) { cells[column].add($0, row: row) }
            }
        }
    }

    private func descend(
        _ value: JSONField, _ fields: ArraySlice<JSONFields>, _ body: (JSONField) -> Void
    ) {
        guard let next = fields.first else { return body(value) }
        next.forEach(in: value.bytes) { _, inner in descend(inner, fields.dropFirst(), body) }
    }
}
