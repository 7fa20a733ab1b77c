/// What a column holds.
///
/// Every cell may also be unknown (`nil`), which is not zero and not empty.
package enum ColumnType: UInt8, Sendable, CaseIterable {
    /// UTF-8 bytes, compared as bytes.
    case text
    case integer
    case real
    case boolean
    /// Microseconds since 1970 UTC.
    case timestamp
    /// Pico-dollars: a per-token price is a whole number of them.
    case money
    /// The bytes of one JSON value, as they were recorded.
    case json
}

/// One column of a table: its name for people and programs, and how it is kept.
package struct ColumnDefinition: Sendable {
    package let name: String
    package let type: ColumnType
    /// Rows are found by an exact value without looking at all of them.
    package let isIndexed: Bool
    /// Kept in the table because the fold needs it; not shown.
    package let isHidden: Bool
    /// Equal texts are stored once: wrong for long texts that are all different.
    package let isInterned: Bool
    /// One sentence for the documentation of the table.
    package let summary: String

    package init(
        _ name: String, _ type: ColumnType, isIndexed: Bool = false, isHidden: Bool = false,
        isInterned: Bool = true, summary: String = ""
    ) {
        precondition(
            !isIndexed || type.canBeIndexed && isInterned,
            "an index is over interned text, integers, timestamps, or money")
        self.name = name
        self.type = type
        self.isIndexed = isIndexed
        self.isHidden = isHidden
        self.isInterned = isInterned && type == .text
        self.summary = summary
    }
}

extension ColumnType {
    package var canBeIndexed: Bool {
        switch self {
        case .text, .integer, .timestamp, .money: true
        case .real, .boolean, .json: false
        }
    }

    /// How it is called in documentation and in a snapshot's description.
    package var name: String {
        switch self {
        case .text: "text"
        case .integer: "integer"
        case .real: "real"
        case .boolean: "boolean"
        case .timestamp: "timestamp"
        case .money: "money"
        case .json: "json"
        }
    }
}

/// A column's place in its table.
///
/// A projector declares `enum Column: Int, ColumnHandle { case status, model, … }` in the order
/// of its schema's columns; generic readers use the place itself.
package protocol ColumnHandle {
    var columnIndex: Int { get }
}

extension Int: ColumnHandle {
    @inlinable package var columnIndex: Int { self }
}

extension ColumnHandle where Self: RawRepresentable, RawValue == Int {
    @inlinable package var columnIndex: Int { rawValue }
}
