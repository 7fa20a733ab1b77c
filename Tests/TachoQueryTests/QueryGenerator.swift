import TachoProjections
import TachoQuery
import TestSupport

/// Questions about tables, whose answers follow from SQL alone.
///
/// Amounts are compared for equality only: in a file their texts order as texts.
struct QueryGenerator {
    struct Question {
        let text: String
        /// Rows come in exactly one order.
        let isOrdered: Bool
    }

    let schemas: [TableSchema]
    /// Wild numbers overflow sums, depending on the order.
    let hasSums: Bool
    var random: SeededRandom

    private struct Source {
        let schema: TableSchema
        let alias: String
    }

    mutating func next() -> Question {
        switch Int.random(in: 0..<11, using: &random) {
        case 0..<4: rows()
        case 4..<7: groups()
        case 7: differentRows()
        case 8: count()
        default: joined()
        }
    }

    // MARK: Shapes

    private mutating func rows() -> Question {
        let source = source("t")
        let columns = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            column(source).name
        }
        var text = "SELECT \(columns.joined(separator: ", ")) FROM \(source.schema.name) AS t"
        text += condition([source])
        let (order, isTotal) = order(source)
        text += order
        if isTotal, chance(2) {
            text += " LIMIT \(Int.random(in: -1...20, using: &random))"
            if chance(2) { text += " OFFSET \(Int.random(in: -1...9, using: &random))" }
        }
        return Question(text: text, isOrdered: isTotal)
    }

    private mutating func groups() -> Question {
        let source = source("t")
        let keys = (0..<Int.random(in: 0...2, using: &random)).map { _ in column(source).name }
        var results = keys + ["count(*)"]
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            let column = column(source)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: results.append("count(\(column.name))")
            case 1: results.append("count(DISTINCT \(column.name))")
            case 2 where column.kind != .money: results.append("min(\(column.name))")
            case 3 where column.kind == .integer && hasSums: results.append("sum(\(column.name))")
            default: results.append("count(\(column.name))")
            }
        }
        var text = "SELECT \(results.joined(separator: ", ")) FROM \(source.schema.name) AS t"
        text += condition([source])
        if !keys.isEmpty { text += " GROUP BY \(keys.joined(separator: ", "))" }
        if !keys.isEmpty, chance(3) { text += " HAVING count(*) > 1" }
        return Question(text: text, isOrdered: false)
    }

    /// What a table can answer without giving its rows, and what only looks like it.
    private mutating func count() -> Question {
        let source = source("t")
        var text = RandomTables.pick(
            ["SELECT count(*) FROM ", "select COUNT( * )\nfrom "], &random)
        text += "\(source.schema.name) AS t"
        for place in 0..<Int.random(in: 0...3, using: &random) {
            text += (place == 0 ? " WHERE " : " AND ") + test(source)
        }
        text += RandomTables.pick(
            ["", "", " ;", " -- all of them", " GROUP BY 1 > 0", " LIMIT 0", " UNION SELECT -1"],
            &random)
        return Question(text: text, isOrdered: false)
    }

    private mutating func differentRows() -> Question {
        let source = source("t")
        let columns = (0..<Int.random(in: 1...2, using: &random)).map { _ in column(source) }
        var text =
            "SELECT DISTINCT \(columns.map(\.name).joined(separator: ", ")) "
            + "FROM \(source.schema.name) AS t" + condition([source])
        let isOrdered = chance(2) && columns.allSatisfy { $0.kind != .money }
        if isOrdered {
            text += " ORDER BY \(columns.map { $0.name + direction() }.joined(separator: ", "))"
        }
        return Question(text: text, isOrdered: isOrdered)
    }

    private mutating func joined() -> Question {
        let (left, right) = (source("t"), source("u"))
        let kind = Int.random(in: 0..<3, using: &random)
        let pair = pair(left, right)
        let limits = " AND t.rowid <= 60"
        if kind == 2 {
            let not = chance(2) ? "NOT " : ""
            return Question(
                text:
                    "SELECT \(column(left).name) FROM \(left.schema.name) AS t WHERE \(not)EXISTS "
                    + "(SELECT 1 FROM \(right.schema.name) AS u WHERE \(pair))" + limits,
                isOrdered: false)
        }
        let join = kind == 0 ? "JOIN" : "LEFT JOIN"
        var text =
            "SELECT \(column(left).name), \(column(right).name) FROM \(left.schema.name) AS t "
            + "\(join) \(right.schema.name) AS u ON \(pair)"
        let filter = condition([left, right])
        text += filter.isEmpty ? " WHERE t.rowid <= 60" : filter + limits
        guard chance(3) else { return Question(text: text, isOrdered: false) }
        return Question(
            text: text + " ORDER BY \(sortable(left)), t.rowid, u.rowid LIMIT 30", isOrdered: true)
    }

    private mutating func pair(_ left: Source, _ right: Source) -> String {
        for _ in 0..<30 {
            let (one, other) = (column(left), column(right))
            if one.kind == other.kind, one.kind != .json { return "\(one.name) = \(other.name)" }
        }
        return "t.rowid = u.rowid"
    }

    // MARK: Parts

    private mutating func chance(_ count: Int) -> Bool {
        Int.random(in: 0..<count, using: &random) == 0
    }

    private mutating func source(_ alias: String) -> Source {
        Source(schema: RandomTables.pick(schemas, &random), alias: alias)
    }

    private mutating func column(_ source: Source) -> (name: String, kind: ColumnType) {
        let place = RandomTables.pick(source.schema.visibleColumns, &random)
        let definition = source.schema.columns[place]
        if definition.type == .money, chance(2) {
            let name =
                definition.name.hasSuffix("_usd")
                ? String(definition.name.dropLast(4)) : definition.name
            return ("\(source.alias).\(name)_picousd", .integer)
        }
        return ("\(source.alias).\(definition.name)", definition.type)
    }

    private mutating func sortable(_ source: Source) -> String {
        while true {
            let column = column(source)
            if column.kind != .money { return column.name }
        }
    }

    private mutating func direction() -> String {
        RandomTables.pick(["", "", " DESC", " ASC", " DESC NULLS FIRST", " NULLS LAST"], &random)
    }

    private mutating func order(_ source: Source) -> (text: String, isTotal: Bool) {
        guard !chance(3) else { return ("", false) }
        var terms = (0..<Int.random(in: 0...2, using: &random)).map { _ in
            sortable(source) + direction()
        }
        let isTotal = terms.isEmpty || chance(2)
        if isTotal { terms.append("t.rowid" + RandomTables.pick(["", " DESC"], &random)) }
        return (" ORDER BY " + terms.joined(separator: ", "), isTotal)
    }

    private mutating func condition(_ sources: [Source]) -> String {
        let count = Int.random(in: 0...3, using: &random)
        guard count > 0 else { return "" }
        var text = ""
        for place in 0..<count {
            text += place == 0 ? " WHERE " : RandomTables.pick([" AND ", " AND ", " OR "], &random)
            if chance(8) { text += "NOT " }
            text += test(RandomTables.pick(sources, &random))
        }
        return sources.count > 1 ? text.replacing(" WHERE ", with: " WHERE (") + ")" : text
    }

    private mutating func test(_ source: Source) -> String {
        let column = column(source)
        let isAmount = column.kind == .money
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return "\(column.name) IS NULL"
        case 1: return "\(column.name) IS NOT NULL"
        case 2:
            let values = (0..<Int.random(in: 0...4, using: &random)).map { _ in literal(column.kind)
            }
            let not = chance(4) ? "NOT " : ""
            return "\(column.name) \(not)IN (\(values.joined(separator: ", ")))"
        case 3 where !isAmount:
            return "\(column.name) BETWEEN \(literal(column.kind)) AND \(literal(column.kind))"
        case 4 where column.kind == .text:
            let pattern = RandomTables.pick(
                ["a%", "%b", "_", "%", "BASH", "", "%y%", "é"], &random)
            return "\(column.name) LIKE '\(pattern)'"
        case 5 where column.kind == .text:
            return "\(column.name) GLOB '\(RandomTables.pick(["a*", "*b", "?", "[ab]"], &random))'"
        case 6 where column.kind == .text:
            return RandomTables.pick(
                ["length(\(column.name)) > 1", "\(column.name) = 'bash' COLLATE NOCASE"], &random)
        case 7 where column.kind == .text:
            let other = self.column(source)
            return "\(column.name) IN (SELECT \(other.name) FROM \(source.schema.name) AS t "
                + "WHERE t.rowid < 9)".replacing("AS t", with: "AS \(source.alias)").replacing(
                    "t.rowid", with: "\(source.alias).rowid")
        case 8:
            let other = self.column(source)
            guard other.kind == column.kind, column.kind != .json else { fallthrough }
            return "\(column.name) \(RandomTables.pick(["=", "IS NOT"], &random)) \(other.name)"
        default:
            let comparisons =
                isAmount
                ? ["=", "!=", "IS", "IS NOT"]
                : ["=", "==", "!=", "<", "<=", ">", ">=", "IS", "IS NOT"]
            return "\(column.name) \(RandomTables.pick(comparisons, &random)) "
                + literal(column.kind)
        }
    }

    private mutating func literal(_ kind: ColumnType) -> String {
        if chance(12) { return "NULL" }
        // Sometimes of another type than the column.
        let kind = chance(10) && kind != .money && kind != .timestamp ? .integer : kind
        switch kind {
        case .text:
            let text = RandomTables.pick(RandomTables.texts.filter { !$0.contains(0) }, &random)
            return quoted(String(decoding: text, as: UTF8.self))
        case .json: return RandomTables.pick(["'{}'", "'[1]'", "'null'", "7"], &random)
        case .integer:
            let whole = RandomTables.pick(
                RandomTables.numbers + RandomTables.wildNumbers.dropFirst(2), &random)
            return RandomTables.pick(
                [
                    "\(whole)", "\(whole)", "\(whole).5", "'\(whole)'", "2.0", "9e999", "-9e999",
                    "'x'", "x'00'", "9223372036854775808",
                ], &random)
        case .real:
            return RandomTables.pick(
                ["0", "1", "1.5", "-2.25", "'1.5'", "1e18", "3", "-0.0"], &random)
        case .boolean: return RandomTables.pick(["0", "1", "true", "2", "0.5", "'1'"], &random)
        case .timestamp:
            // A leap second is a moment beside our tables, and only its bytes in a file.
            let second = RandomTables.pick(Array(20..<60) + Array(61..<70), &random)
            return RandomTables.pick(
                [
                    "'2023-11-14T22:13:\(second).000000Z'", "'2023-11-14T22:13:\(second).091500Z'",
                    "'2023'", "'2023-11'", "'zzz'", "''", "17",
                ], &random)
        case .money:
            return RandomTables.pick(
                ["'0'", "'0.000000000001'", "'-0.000000000001'", "'0.003'", "'0.00000004'"], &random
            )
        }
    }

    private func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "''") + "'"
    }
}
