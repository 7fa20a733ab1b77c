import CSQLite
import TachoProjections

/// Where a column's values come from, as plain pointers: what is called for each row and column
/// counts no references and allocates nothing.
///
/// The pointers are those of a ``ColumnScan``, which ``QueryTable`` keeps as long as this.
struct CellSource {
    let form: QueryColumn.Form
    let isOpen: Bool
    let numbers: NumberScan
    let known: UnsafePointer<UInt64>?
    let bits: UnsafePointer<UInt64>?
    let bytes: UnsafePointer<UInt8>?
    let textStarts: StartScan
    let textCount: Int
    let valueStarts: NumberScan
    let valueSizes: NumberScan

    init(_ form: QueryColumn.Form, _ scan: ColumnScan) {
        self.form = form
        isOpen = scan.shape != .closed
        numbers = scan.numbers
        known = scan.known
        bits = scan.bits
        bytes = scan.bytes
        textStarts = scan.textStarts
        textCount = scan.textCount
        valueStarts = scan.valueStarts
        valueSizes = scan.valueSizes
    }

    @inline(__always)
    func isKnown(_ row: Int) -> Bool {
        guard let known else { return false }
        return known[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1 == 1
    }

    @inline(__always)
    func bit(_ row: Int) -> Int64 {
        guard let bits else { return 0 }
        return Int64(bits[row &>> 6] &>> UInt64(truncatingIfNeeded: row & 63) & 1)
    }

    /// The text with this number, from 0 on.
    @inline(__always)
    func text(_ number: Int) -> UnsafeRawBufferPointer {
        guard let bytes else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = textStarts[number]
        return UnsafeRawBufferPointer(
            start: bytes + start, count: textStarts[number &+ 1] &- start)
    }

    /// The bytes of a row, of the form `value`; `nil` is unknown.
    @inline(__always)
    func value(_ row: Int) -> UnsafeRawBufferPointer? {
        let size = Int(truncatingIfNeeded: valueSizes[row])
        guard size > 0 else { return nil }
        guard let bytes else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(
            start: bytes + Int(truncatingIfNeeded: valueStarts[row]), count: size &- 1)
    }

    /// The text of a row, of a form that has one; `nil` is unknown.
    @inline(__always)
    func rowText(_ row: Int) -> UnsafeRawBufferPointer? {
        switch form {
        case .text:
            let number = Int(truncatingIfNeeded: numbers[row])
            return number == 0 ? nil : text(number &- 1)
        case .key: return text(row)
        case .value: return value(row)
        case .integer, .real, .boolean, .moment, .money: return nil
        }
    }

    /// Gives SQLite the value of a row, lent where it is text: tables do not change meanwhile.
    @inline(__always)
    func give(_ row: Int, to context: OpaquePointer?) {
        switch form {
        case .text:
            let number = Int(truncatingIfNeeded: numbers[row])
            guard number != 0 else { return sqlite3_result_null(context) }
            SQLText.lend(text(number &- 1), to: context)
        case .integer:
            guard isKnown(row) else { return sqlite3_result_null(context) }
            sqlite3_result_int64(context, numbers[row])
        case .moment:
            guard isKnown(row) else { return sqlite3_result_null(context) }
            SQLText.giveMoment(numbers[row], to: context)
        case .boolean:
            guard isKnown(row) else { return sqlite3_result_null(context) }
            sqlite3_result_int64(context, bit(row))
        case .real:
            guard isKnown(row) else { return sqlite3_result_null(context) }
            sqlite3_result_double(context, Double(bitPattern: UInt64(bitPattern: numbers[row])))
        case .key:
            SQLText.lend(text(row), to: context)
        case .value:
            guard let value = value(row) else { return sqlite3_result_null(context) }
            SQLText.lend(value, to: context)
        case .money:
            guard isKnown(row) else { return sqlite3_result_null(context) }
            SQLText.giveMoney(numbers[row], to: context)
        }
    }
}

/// Text for SQLite: lent while a statement runs, or copied.
enum SQLText {
    /// SQLite copies what it is given with this.
    static var copied: sqlite3_destructor_type {
        unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }

    private static let empty: StaticString = ""

    @inline(__always)
    static func lend(_ text: UnsafeRawBufferPointer, to context: OpaquePointer?) {
        // Without an address SQLite would take it for unknown.
        let address = text.baseAddress ?? UnsafeRawPointer(empty.utf8Start)
        sqlite3_result_text64(
            context, address.assumingMemoryBound(to: CChar.self), UInt64(text.count), nil,
            UInt8(truncatingIfNeeded: SQLITE_UTF8))
    }

    static func giveMoment(_ microseconds: Int64, to context: OpaquePointer?) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: MomentText.byteCount) { text in
            guard let address = text.baseAddress else { return }
            MomentText.write(microseconds, to: address)
            give(UnsafeRawBufferPointer(text), to: context)
        }
    }

    static func giveMoney(_ picoDollars: Int64, to context: OpaquePointer?) {
        PicoDollars.text(picoDollars).withUnsafeBytes { give($0, to: context) }
    }

    static func give(_ text: UnsafeRawBufferPointer, to context: OpaquePointer?) {
        let address = text.baseAddress ?? UnsafeRawPointer(empty.utf8Start)
        sqlite3_result_text64(
            context, address.assumingMemoryBound(to: CChar.self), UInt64(text.count), copied,
            UInt8(truncatingIfNeeded: SQLITE_UTF8))
    }
}
