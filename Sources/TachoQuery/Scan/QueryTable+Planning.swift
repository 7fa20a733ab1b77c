import CSQLite

/// Answering the planner: which conditions the table looks after, what that costs, and in which
/// order the rows come.
extension QueryTable {
    /// Rows that are assumed while nothing is known.
    private static let assumedRowCount = 100_000.0

    /// The best way to give what `info` asks for; `xBestIndex` of SQLite.
    func plan(_ info: UnsafeMutablePointer<sqlite3_index_info>) {
        note(columnsUsed: info.pointee.colUsed)
        var choice = Choice(rowCount: isOpen ? max(1, Double(rowCount)) : Self.assumedRowCount)
        for place in 0..<Int(info.pointee.nConstraint) {
            consider(place, info, &choice)
        }
        chooseOrder(info, &choice)
        chooseCount(&choice)
        info.pointee.estimatedCost = choice.cost
        info.pointee.estimatedRows = Int64(max(1, choice.rowCount.rounded()))
        if choice.isUnique { info.pointee.idxFlags = SQLITE_INDEX_SCAN_UNIQUE }
        info.pointee.idxNum = Int32(place(of: choice.plan))
    }

    private struct Choice {
        var plan = ScanPlan()
        var argumentCount = 0
        let tableRowCount: Double
        var rowCount: Double
        var hasLookUp = false
        var isUnique = false
        /// Of what SQLite asks for, the table looks after everything.
        var isExact = true

        init(rowCount: Double) {
            tableRowCount = rowCount
            self.rowCount = rowCount
        }

        /// In units of a row given; looking at a row by its cells takes a small part of that.
        var cost: Double {
            if isUnique { return 5 }
            let scan = hasLookUp ? 0 : tableRowCount * 0.02 * Double(plan.terms.count)
            return 10 + scan + rowCount
        }

        mutating func nextArgument() -> Int32 {
            argumentCount += 1
            return Int32(argumentCount)
        }
    }

    private func consider(
        _ place: Int, _ info: UnsafeMutablePointer<sqlite3_index_info>, _ choice: inout Choice
    ) {
        guard let constraint = info.pointee.aConstraint?[place] else { return }
        // SQLite asks for a limit also where it does not ask for a condition that is its own, as of
        // two columns (`a = b`): fewer rows would be left than are wanted. It counts them itself.
        if constraint.op == SQLITE_INDEX_CONSTRAINT_LIMIT
            || constraint.op == SQLITE_INDEX_CONSTRAINT_OFFSET
        {
            return
        }
        let column = Int(constraint.iColumn)
        guard constraint.usable != 0, columns.indices.contains(column),
            let comparison = ScanPlan.Comparison(constraint.op),
            isComparable(columns[column], comparison, sqlite3_vtab_collation(info, Int32(place)))
        else {
            choice.isExact = false
            return
        }
        var term = ScanPlan.Term(column: column, comparison: comparison, argument: 0, isList: false)
        var isExact = !comparison.hasOperand
        if comparison.hasOperand {
            term.argument = Int(choice.nextArgument())
            info.pointee.aConstraintUsage[place].argvIndex = Int32(term.argument)
            term.isList = sqlite3_vtab_in(info, Int32(place), 1) != 0
            var literal: OpaquePointer?
            // LIKE has more rules than its pattern: SQLite looks at the rows again.
            if !term.isList, !comparison.isPattern,
                sqlite3_vtab_rhs_value(info, Int32(place), &literal) == SQLITE_OK,
                RowTest.make(columns[column].form, comparison, literal) != nil
            {
                isExact = true
            }
        } else {
            // An argument is how SQLite is told that the condition is looked after.
            term.argument = Int(choice.nextArgument())
            info.pointee.aConstraintUsage[place].argvIndex = Int32(term.argument)
        }
        info.pointee.aConstraintUsage[place].omit = isExact ? 1 : 0
        choice.isExact = choice.isExact && isExact
        choice.plan.terms.append(term)
        estimate(term, &choice)
    }

    /// Whether a condition says here what it says to SQLite: by the column's own collation.
    private func isComparable(
        _ column: QueryColumn, _ comparison: ScanPlan.Comparison,
        _ collation: UnsafePointer<CChar>?
    ) -> Bool {
        switch column.form {
        case .integer, .real, .boolean: return !comparison.isPattern
        case .moment, .money:
            if !comparison.hasOperand { return true }
            return !comparison.isPattern && isNamed(collation, column.collation)
        case .text, .key, .value:
            if !comparison.hasOperand || comparison.isPattern { return true }
            return isNamed(collation, column.collation)
        }
    }

    private func isNamed(_ collation: UnsafePointer<CChar>?, _ name: String) -> Bool {
        guard let collation else { return false }
        return sqlite3_stricmp(collation, name) == 0
    }

    private func estimate(_ term: ScanPlan.Term, _ choice: inout Choice) {
        let all = choice.tableRowCount
        switch term.comparison {
        case .equal, .same:
            let column = columns[term.column]
            let values: Double
            switch column.form {
            case .key: values = all
            case .text: values = max(1, Double(textCount(term.column) ?? 100))
            case .boolean: values = 2
            case .value, .integer, .real, .moment, .money: values = max(10, all.squareRoot())
            }
            choice.rowCount = max(1, choice.rowCount / values * (term.isList ? 4 : 1))
            if column.form == .key, !term.isList { choice.isUnique = true }
            if column.form != .value, column.form != .boolean, column.form != .real {
                choice.hasLookUp = true
            }
        case .less, .lessOrEqual, .greater, .greaterOrEqual: choice.rowCount *= 0.4
        case .like, .glob: choice.rowCount *= 0.2
        case .unknown: choice.rowCount *= 0.3
        case .notEqual, .notSame, .known: choice.rowCount *= 0.9
        }
    }

    /// Rows come sorted where the columns are numbers or texts with numbers, which needs no
    /// comparing; groups and different rows come in that order, too.
    private func chooseOrder(
        _ info: UnsafeMutablePointer<sqlite3_index_info>, _ choice: inout Choice
    ) {
        var order = [ScanPlan.Order]()
        for place in 0..<Int(info.pointee.nOrderBy) {
            guard let wanted = info.pointee.aOrderBy?[place] else { return }
            let column = Int(wanted.iColumn)
            // The row's number is the order that equal rows have anyway; nothing behind it matters.
            if column < 0, wanted.desc == 0 { break }
            guard columns.indices.contains(column), RowOrder.canSort(columns[column].form) else {
                return
            }
            order.append(ScanPlan.Order(column: column, isDescending: wanted.desc != 0))
        }
        guard info.pointee.nOrderBy > 0 else { return }
        info.pointee.orderByConsumed = 1
        choice.plan.order = order
    }

    /// Gives a count in place of rows, for a statement that wants nothing else.
    ///
    /// ``SQLSession`` sees to it that no condition was left to SQLite that it did not ask for.
    private func chooseCount(_ choice: inout Choice) {
        guard guardian?.isCounting == true, choice.isExact else { return }
        choice.plan.isCounted = true
        choice.rowCount = 1
    }
}
