package import TachoJSON
package import TachoLog

/// A cell by itself, for readers that do not know the table: CLI, SQL, export.
package enum Value: Hashable, Sendable {
    case unknown
    case text(ByteString)
    case integer(Int64)
    case real(Double)
    case boolean(Bool)
    case timestamp(Timestamp)
    /// Pico-dollars.
    case money(Int64)
    case json([UInt8])
}

extension Value: CustomStringConvertible {
    /// For people and CSV: nothing for unknown, dollars for money, ISO 8601 for moments.
    package var description: String {
        switch self {
        case .unknown: ""
        case .text(let text): text.description
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .boolean(let boolean): String(boolean)
        case .timestamp(let timestamp): timestamp.description
        case .money(let picoDollars): String(decoding: PicoDollars.text(picoDollars), as: UTF8.self)
        case .json(let json): String(decoding: json, as: UTF8.self)
        }
    }

    /// Reads what a person wrote for a column of this type, as ``description`` writes it.
    ///
    /// - Returns: `nil` if it is no value of the type.
    package init?(_ text: ByteString, as type: ColumnType) {
        let string = String(decoding: text.bytes, as: UTF8.self)
        switch type {
        case .text: self = .text(text)
        case .json: self = .json(text.bytes)
        case .integer:
            guard let number = Int64(string) else { return nil }
            self = .integer(number)
        case .real:
            guard let number = Double(string), !number.isNaN else { return nil }
            self = .real(number)
        case .boolean:
            guard let boolean = Bool(string) else { return nil }
            self = .boolean(boolean)
        case .timestamp:
            // A day alone is its beginning.
            let whole = text.bytes.count == 10 ? text.bytes + Array("T00:00:00Z".utf8) : text.bytes
            guard let timestamp = Timestamp(iso8601: whole) else { return nil }
            self = .timestamp(timestamp)
        case .money:
            guard let picoDollars = PicoDollars.exact(text.bytes) else { return nil }
            self = .money(picoDollars)
        }
    }
}

extension Table {
    package func value(_ column: some ColumnHandle, _ row: Int) -> Value {
        let index = column.columnIndex
        guard !isUnknown(index, row) else { return .unknown }
        return switch columns[index].type {
        case .text: text(index, row).map(Value.text) ?? .unknown
        case .integer: integer(index, row).map(Value.integer) ?? .unknown
        case .real: real(index, row).map(Value.real) ?? .unknown
        case .boolean: boolean(index, row).map(Value.boolean) ?? .unknown
        case .timestamp: timestamp(index, row).map(Value.timestamp) ?? .unknown
        case .money: money(index, row).map(Value.money) ?? .unknown
        case .json: json(index, row).map(Value.json) ?? .unknown
        }
    }

    /// Writes a row as a JSON object, its members named as the columns.
    ///
    /// Money is a string, dollars in decimal, because a JSON number becomes a `Double` in most
    /// readers; moments are ISO 8601; JSON is as it was recorded; unknown is `null`.
    ///
    /// - Parameters:
    ///   - row: One of the table's.
    ///   - selected: Columns in the order in which they are written; `nil` is all that are shown.
    ///   - writer: Where a value is expected.
    package func writeJSON(
        row: Int, columns selected: [Int]? = nil, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        for column in selected ?? schema.visibleColumns {
            writer.key(schema.columns[column].name)
            writeJSON(column, row, to: &writer)
        }
        writer.endObject()
    }

    private func writeJSON(_ column: Int, _ row: Int, to writer: inout JSONWriter) {
        guard !isUnknown(column, row) else { return writer.value(nil) }
        switch columns[column].type {
        case .text: withText(column, row) { writer.value($0) }
        case .integer: integer(column, row).map { writer.value($0) }
        case .real: real(column, row).map { writer.value($0) }
        case .boolean: boolean(column, row).map { writer.value($0) }
        case .timestamp: timestamp(column, row).map { writer.value($0.iso8601) }
        case .money: money(column, row).map { writer.value(PicoDollars.text($0)) }
        case .json: withJSON(column, row) { writer.rawValue($0) }
        }
    }
}
