import TachoEvents
import TachoJSON
import TachoLog
import TachoProjections
import TestSupport
import Testing

/// Tables of every shape there is, with cells that have nothing to do with any log.
enum RandomTables {
    /// A table with `rowCount` rows; wild numbers go up to the ends of 64 bits.
    static func table(
        _ schema: TableSchema, rowCount: Int, isWild: Bool = false, _ random: inout SeededRandom
    ) throws -> Table {
        var table = Table(schema: schema)
        for row in 0..<rowCount {
            try withEvent(row + 1, ["hook", "adw/state", "test"][row % 3]) { event in
                _ = table.insert(key: ByteString("key \(row * 7 % rowCount)"), at: event)
            }
            for column in schema.declaredColumns where column != schema.keyColumn {
                set(column, row, isWild, &table, &random)
            }
        }
        return table
    }

    /// Few, so that many are equal; hostile in length, order, and content.
    static let texts: [[UInt8]] =
        ["", "a", "A", "ab", "b", "Bash", "bash", "x'y\"z", "100", "1e2", "é", "e\u{301}", "日本"]
        .map { Array($0.utf8) }
        + [[0xFF, 0xFE], Array("aaaaaaaab".utf8), Array("aaaaaaaac".utf8), Array("a\u{0}b".utf8)]

    static let numbers: [Int64] = [
        0, 1, -1, 2, 3, 42, 127, 128, -129, 40_000, 3_000_000_000, 1 << 53,
    ]
    static let wildNumbers: [Int64] = [.max, .min, .max - 1, .min + 1, (1 << 53) + 1]
    static let reals: [Double] = [0, -0.0, 1, 1.5, -2.25, 3, 1e18, -1e300, 2.5e-308]

    private static func set(
        _ column: Int, _ row: Int, _ isWild: Bool, _ table: inout Table,
        _ random: inout SeededRandom
    ) {
        guard Int.random(in: 0..<5, using: &random) > 0 else { return }
        switch table.schema.columns[column].type {
        case .text: table.set(column, of: row, text: pick(texts, &random))
        case .json:
            table.set(column, of: row, json: Array(pick(["{}", "[1]", "null", "7"], &random).utf8))
        case .integer: table.set(column, of: row, integer: number(isWild, &random))
        case .real: table.set(column, of: row, real: pick(reals, &random))
        case .boolean: table.set(column, of: row, boolean: Bool.random(using: &random))
        case .timestamp:
            let seconds = Int64.random(in: 1_700_000_000..<1_700_000_050, using: &random)
            let fraction = pick([0, 0, 500_000, 91_000, 91_500, 1] as [Int64], &random)
            table.set(
                column, of: row, timestamp: Timestamp(microseconds: seconds * 1_000_000 + fraction))
        case .money: table.set(column, of: row, money: number(isWild, &random))
        }
    }

    private static func number(_ isWild: Bool, _ random: inout SeededRandom) -> Int64 {
        isWild && Int.random(in: 0..<4, using: &random) == 0
            ? pick(wildNumbers, &random) : pick(numbers, &random)
    }

    static func pick<Element>(_ elements: [Element], _ random: inout SeededRandom) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }
}
