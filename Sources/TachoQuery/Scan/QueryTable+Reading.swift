import CSQLite

/// Carrying out a plan: which rows there are, and in which order.
extension QueryTable {
    /// - Parameters:
    ///   - plan: One that this table made.
    ///   - arguments: The operands, in the order in which the plan asked for them.
    /// - Returns: `nil` if SQLite could not give the list of an `IN`.
    /// - Complexity: O(rows) for each condition, with a few exceptions that look up; sorting is
    ///   O(rows) for each column.
    func rows(_ plan: ScanPlan, _ arguments: UnsafeBufferPointer<OpaquePointer?>) -> RowList? {
        var list: RowList?
        var rest = [(column: Int, test: RowTest)]()
        for term in plan.terms {
            if list == nil, let found = lookUp(term, arguments) {
                list = found
                continue
            }
            guard let test = test(term, arguments) else { continue }
            if case .nothing = test { return RowList(all: 0) }
            rest.append((term.column, test))
        }
        let rows = list ?? RowList(all: rowCount)
        for (column, test) in rest where rows.count > 0 { rows.keep(cells[column], test) }
        for order in plan.order.reversed() {
            RowOrder.sort(
                rows, by: cells[order.column], textRanks(order.column),
                isDescending: order.isDescending)
        }
        return rows
    }

    private func test(
        _ term: ScanPlan.Term, _ arguments: UnsafeBufferPointer<OpaquePointer?>
    ) -> RowTest? {
        let value = arguments[term.argument - 1]
        let form = columns[term.column].form
        guard term.isList else { return RowTest.make(form, term.comparison, value) }
        // The values of a list are good until the next one is asked for: each is copied.
        var values = [OpaquePointer]()
        defer { for value in values { sqlite3_value_free(value) } }
        var next: OpaquePointer?
        var result = sqlite3_vtab_in_first(value, &next)
        while result == SQLITE_OK, let found = next {
            if let copy = sqlite3_value_dup(found) { values.append(copy) }
            result = sqlite3_vtab_in_next(value, &next)
        }
        return RowTest.make(form, oneOf: values)
    }

    /// The rows of one value, found without looking at all of them.
    private func lookUp(
        _ term: ScanPlan.Term, _ arguments: UnsafeBufferPointer<OpaquePointer?>
    ) -> RowList? {
        guard term.comparison == .equal, !term.isList, let value = arguments[term.argument - 1]
        else { return nil }
        let form = columns[term.column].form
        switch form {
        case .key:
            guard sqlite3_value_type(value) == SQLITE_TEXT else { return nil }
            let row = row(forKey: SQLValue.textBytes(of: value))
            return RowList(row.map { [UInt32($0)] } ?? [])
        case .text:
            guard sqlite3_value_type(value) == SQLITE_TEXT,
                let sorted = sortedColumn(term.column)
            else { return nil }
            return SQLValue.textBytes(of: value).withUnsafeBytes { RowList(sorted.rows(of: $0)) }
        case .integer, .moment, .money:
            guard let operand = WholeOperand(value, form), let range = operand.range(.equal),
                let sorted = sortedColumn(term.column)
            else { return nil }
            return RowList(sorted.rows(in: range))
        case .value, .boolean, .real:
            return nil
        }
    }
}
