import TachoJSON
import TachoLog

// The cells of a kept table's row, as one JSON array on one line:
//
//   unknown     null
//   text        a string; {"hex":"…"} for bytes that are no UTF-8
//   integer     a number, and so for timestamps (microseconds since 1970) and money (pico-dollars)
//   real        a number; {"bits":n} for what JSON cannot say exactly
//   boolean     true or false
//   json        [value]; {"hex":"…"} for one with a line break in it

enum KeptCells {
    static func line(_ values: [Value]) -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for value in values { write(value, to: &json) }
        json.endArray()
        return json.bytes + [0x0A]
    }

    private static func write(_ value: Value, to json: inout JSONWriter) {
        switch value {
        case .unknown: json.value(nil)
        case .text(let text):
            if text.bytes.withUnsafeBytes({ JSON.isWellFormedUTF8($0) }) {
                json.value(text.bytes)
            } else {
                write("hex", text.bytes.hexadecimalText, to: &json)
            }
        case .integer(let number), .money(let number): json.value(number)
        case .timestamp(let moment): json.value(moment.microseconds)
        case .real(let number):
            if number.isFinite, number != 0 || number.sign == .plus {
                json.value(number)
            } else {
                json.beginObject()
                json.key("bits")
                json.value(Int64(bitPattern: number.bitPattern))
                json.endObject()
            }
        case .boolean(let boolean): json.value(boolean)
        case .json(let bytes):
            // As deep as it stands in the line: a reader has its limit. What fails is kept as bytes.
            let nested = Array("[[".utf8) + bytes + Array("]]".utf8)
            if bytes.contains(0x0A) || (try? JSON.validate(nested)) == nil {
                write("hex", bytes.hexadecimalText, to: &json)
            } else {
                json.beginArray()
                json.rawValue(bytes)
                json.endArray()
            }
        }
    }

    private static func write(
        _ key: StaticString, _ text: String, to json: inout JSONWriter
    ) {
        json.beginObject()
        json.key(key)
        json.value(text)
        json.endObject()
    }

    /// - Returns: `nil` if the line is not a row of these columns.
    static func values(_ line: [UInt8], _ columns: [KeptColumn]) -> [Value]? {
        guard (try? JSON.validate(line)) == .array else { return nil }  // try?: no JSON, no row
        var values = [Value]()
        values.reserveCapacity(columns.count)
        line.withUnsafeBytes { line in
            JSONView(validated: line).forEachElement { element in
                guard values.count < columns.count,
                    let value = value(element, columns[values.count].type)
                else { return false }
                values.append(value)
                return true
            }
        }
        return values.count == columns.count ? values : nil
    }

    private static func value(_ view: JSONView, _ type: ColumnType) -> Value? {
        if view.isNull { return .unknown }
        switch type {
        case .text:
            if let text = view.text() { return .text(ByteString(text)) }
            return hexadecimal(view).map { .text(ByteString($0)) }
        case .integer: return view.integer().map(Value.integer)
        case .money: return view.integer().map(Value.money)
        case .timestamp: return view.integer().map { .timestamp(Timestamp(microseconds: $0)) }
        case .boolean: return view.boolean().map(Value.boolean)
        case .real:
            if let number = view.number {
                return Double(String(decoding: number, as: UTF8.self)).map(Value.real)
            }
            return view["bits"]?.integer().map {
                .real(Double(bitPattern: UInt64(bitPattern: $0)))
            }
        case .json:
            if let bytes = hexadecimal(view) { return .json(bytes) }
            guard view.kind == .array else { return nil }
            var found: [UInt8]?
            view.forEachElement { element in
                found = Array(element.bytes)
                return false
            }
            return found.map(Value.json)
        }
    }

    private static func hexadecimal(_ view: JSONView) -> [UInt8]? {
        guard view.kind == .object else { return nil }
        return view["hex"]?.text().flatMap { [UInt8](hexadecimal: $0) }
    }
}

extension [UInt8] {
    fileprivate var hexadecimalText: String { String(decoding: hexadecimal, as: UTF8.self) }
}

extension Table {
    /// Sets a cell to a value of its column's type.
    mutating func set(_ column: Int, of row: Int, value: Value) {
        switch value {
        case .unknown: setUnknown(column, of: row)
        case .text(let text): set(column, of: row, text: text)
        case .integer(let number): set(column, of: row, integer: number)
        case .real(let number): set(column, of: row, real: number)
        case .boolean(let boolean): set(column, of: row, boolean: boolean)
        case .timestamp(let moment): set(column, of: row, timestamp: moment)
        case .money(let amount): set(column, of: row, money: amount)
        case .json(let bytes): set(column, of: row, json: bytes)
        }
    }
}
