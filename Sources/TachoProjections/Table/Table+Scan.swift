/// Where the cells of a column lie in memory, for code that looks at all of them.
///
/// What a pointer points to stays as it is while this value lives: it holds the arrays, and an
/// array that two hold is copied before it is changed.
package struct ColumnScan: @unchecked Sendable {
    package enum Shape: Sendable {
        /// It was left in the snapshot.
        case closed
        /// The text of row *r* is the one with number *r*.
        case key
        /// `numbers` say which text each row has, from 1 on; 0 is unknown.
        case texts
        /// Each row's own bytes.
        case values
        /// `numbers`, where `known` has a bit.
        case numbers
        /// `bits`, where `known` has a bit.
        case bits
    }

    package let type: ColumnType
    package let shape: Shape
    package let numbers: NumberScan
    /// A bit for each row, the lowest of a word first.
    package let known: UnsafePointer<UInt64>?
    package let bits: UnsafePointer<UInt64>?
    /// The bytes of all texts or values.
    package let bytes: UnsafePointer<UInt8>?
    /// Where each text begins, and after the last one where it ends.
    package let textStarts: StartScan
    package let textCount: Int
    /// Of the shape `values`: where each row's begin, and one more than there are, or 0 for none.
    package let valueStarts: NumberScan
    package let valueSizes: NumberScan
    // @unchecked: only read, and never changed after it was made.
    private let column: Column

    init(_ column: Column) {
        self.column = column
        type = column.type
        shape = Self.shape(of: column)
        numbers = column.numbers.scan
        known = column.known.addressOfFirst
        bits = column.bits.addressOfFirst
        let values = column.byteValues.scan
        bytes = values.bytes ?? column.dictionary.arena.addressOfFirst
        textStarts = column.dictionary.starts.scan
        textCount = column.dictionary.count
        valueStarts = values.starts
        valueSizes = values.sizes
    }

    private static func shape(of column: Column) -> Shape {
        guard column.isOpen else { return .closed }
        return switch column.layout {
        case .key: .key
        case .interned: .texts
        case .bytes: .values
        case .words: .numbers
        case .bits: .bits
        }
    }
}

/// Numbers that lie one after the other, each of `width` bytes; all are 0 if that is 0.
package struct NumberScan: @unchecked Sendable {
    // @unchecked: it is only read, and whoever hands it out holds the array it points into.
    package let width: Int
    package let base: UnsafeRawPointer?

    @inlinable
    package init(width: Int, base: UnsafeRawPointer?) {
        self.width = base == nil ? 0 : width
        self.base = base
    }

    @inlinable
    package subscript(row: Int) -> Int64 {
        guard let base else { return 0 }
        return switch width {
        case 1: Int64(base.loadUnaligned(fromByteOffset: row, as: Int8.self))
        case 2: Int64(base.loadUnaligned(fromByteOffset: 2 &* row, as: Int16.self))
        case 4: Int64(base.loadUnaligned(fromByteOffset: 4 &* row, as: Int32.self))
        case 8: base.loadUnaligned(fromByteOffset: 8 &* row, as: Int64.self)
        default: 0
        }
    }
}

/// Where texts begin, in four bytes each or, where they are long, in eight.
package struct StartScan: @unchecked Sendable {
    // @unchecked: it is only read, and whoever hands it out holds the array it points into.
    package let short: UnsafePointer<UInt32>?
    package let long: UnsafePointer<UInt64>?

    @inlinable
    package init(short: UnsafePointer<UInt32>?, long: UnsafePointer<UInt64>?) {
        self.short = short
        self.long = long
    }

    @inlinable
    package subscript(number: Int) -> Int {
        if let short { return Int(short[number]) }
        guard let long else { return 0 }
        return Int(truncatingIfNeeded: long[number])
    }
}

extension Table {
    package func scan(_ column: Int) -> ColumnScan { ColumnScan(columns[column]) }

    /// The row with this key, after building the hash table of the keys if there is none.
    ///
    /// - Complexity: O(rows) the first time.
    package mutating func preparedRow(forKey key: UnsafeRawBufferPointer) -> Int? {
        prepareForLookUps()
        return row(forKey: key)
    }
}

extension Array where Element: BitwiseCopyable {
    /// Good as long as somebody holds this array and nobody changes it.
    var addressOfFirst: UnsafePointer<Element>? {
        isEmpty ? nil : withUnsafeBufferPointer(\.baseAddress)
    }
}
