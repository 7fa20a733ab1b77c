package import TachoLog

/// Which rows of a table, in which order.
///
/// ```
/// status=completed   model!=opus   duration>=60   prompt~login   ended_at=
/// ```
///
/// Comparisons with an unknown cell are false, also `!=`; an empty operand asks for the unknown
/// themselves (`ended_at=`) or for the known (`ended_at!=`).
package struct TableQuery: Equatable, Sendable {
    package var conditions: [Condition]
    package var order: [Order]
    package var limit: Int?
    package var offset: Int

    package init(
        _ conditions: [Condition] = [], order: [Order] = [], limit: Int? = nil, offset: Int = 0
    ) {
        self.conditions = conditions
        self.order = order
        self.limit = limit
        self.offset = offset
    }

    package enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        /// Holds the operand as a part; the case of ASCII letters makes no difference.
        case contains = "~"
    }

    package struct Condition: Equatable, Sendable {
        package var column: Int
        package var comparison: Comparison
        /// Of the column's type; `.unknown` with `=` and `!=` only.
        package var operand: Value

        package init(_ column: some ColumnHandle, _ comparison: Comparison, _ operand: Value) {
            self.column = column.columnIndex
            self.comparison = comparison
            self.operand = operand
        }
    }

    /// Unknown cells come last in both directions; equal ones in the order of the table.
    package struct Order: Equatable, Sendable {
        package var column: Int
        package var isDescending: Bool

        package init(_ column: some ColumnHandle, descending: Bool = false) {
            self.column = column.columnIndex
            isDescending = descending
        }
    }
}

/// What is wrong with a query that a person wrote.
package enum TableQueryError: Error, Equatable, Sendable {
    case unknownColumn(String, table: String)
    /// There is no comparison in the text.
    case notACondition(String)
    case notAValue(String, column: String, type: ColumnType)
    /// Columns of this type are not compared this way.
    case notComparable(column: String, type: ColumnType, TableQuery.Comparison)
}

extension TableQueryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownColumn(let name, let table):
            "\(table) has no column \(name); `tacho tables \(table)` lists them"
        case .notACondition(let text):
            "\(text) is not a condition: write column=value, or !=, <, <=, >, >=, ~"
        case .notAValue(let text, let column, let type):
            "\(column) is of type \(type.name), and \(text) is not: write \(type.example)"
        case .notComparable(let column, let type, let comparison):
            "\(column) is of type \(type.name), which is not compared with \(comparison.rawValue)"
        }
    }
}

extension ColumnType {
    /// What a person writes for a value of this type.
    fileprivate var example: String {
        switch self {
        case .text, .json: "text"
        case .integer: "a whole number, such as 42"
        case .real: "a number, such as 1.5"
        case .boolean: "true or false"
        case .timestamp: "a day or a moment, such as 2026-01-05 or 2026-01-05T10:00:00Z"
        case .money: "dollars, such as 0.25"
        }
    }
}

extension TableQuery.Condition {
    /// Reads `column=value` and the like.
    ///
    /// - Throws: ``TableQueryError`` if the text is none, or none for this table.
    package init(_ text: ByteString, for schema: TableSchema) throws(TableQueryError) {
        let operators = Array("=!<>~".utf8)
        guard let start = text.bytes.firstIndex(where: { operators.contains($0) }), start > 0,
            let comparison = Self.comparison(at: start, in: text.bytes)
        else { throw .notACondition(text.description) }
        // Written with blanks around the comparison, the blanks are no part of either side.
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") }
        var left = text.bytes[..<start].drop(while: isBlank)
        let isSpaced = left.last.map(isBlank) ?? false
        while let last = left.last, isBlank(last) { left.removeLast() }
        let name = String(decoding: left, as: UTF8.self)
        guard let column = schema.column(named: name) else {
            throw .unknownColumn(name, table: schema.name)
        }
        let type = schema.columns[column].type
        let right = text.bytes[(start + comparison.rawValue.utf8.count)...]
        let operand = ByteString(Array(isSpaced ? right.drop(while: isBlank) : right))
        if operand.isEmpty, comparison == .equal || comparison == .notEqual {
            self.init(column, comparison, .unknown)
            return
        }
        guard type.allows(comparison) else {
            throw .notComparable(column: name, type: type, comparison)
        }
        guard let value = Value(operand, as: comparison == .contains ? .text : type) else {
            throw .notAValue(operand.description, column: name, type: type)
        }
        self.init(column, comparison, value)
    }

    /// The longest that stands there: `<=` and not `<`.
    private static func comparison(at start: Int, in text: [UInt8]) -> TableQuery.Comparison? {
        for count in [2, 1] {
            let symbol = String(decoding: text[start...].prefix(count), as: UTF8.self)
            if let comparison = TableQuery.Comparison(rawValue: symbol) { return comparison }
        }
        return nil
    }
}

extension TableQuery.Order {
    /// Reads `column` or `-column`, which is descending.
    package init(_ text: String, for schema: TableSchema) throws(TableQueryError) {
        let isDescending = text.hasPrefix("-")
        let name = isDescending ? String(text.dropFirst()) : text
        guard let column = schema.column(named: name) else {
            throw .unknownColumn(name, table: schema.name)
        }
        self.init(column, descending: isDescending)
    }
}

extension ColumnType {
    package func allows(_ comparison: TableQuery.Comparison) -> Bool {
        switch (self, comparison) {
        case (.text, _): true
        case (.json, .contains), (.json, .equal), (.json, .notEqual): true
        case (.json, _): false
        case (.boolean, .equal), (.boolean, .notEqual): true
        case (.boolean, _): false
        case (_, .contains): false
        case (.integer, _), (.real, _), (.timestamp, _), (.money, _): true
        }
    }
}
