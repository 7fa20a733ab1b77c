import TestSupport
import Testing

@testable import TachoProjections
@testable import TachoQuery

struct CountStatementTests {
    @Test(
        arguments: [
            ("SELECT count(*) FROM tool_calls", "tool_calls"),
            ("select COUNT ( * )\n\tfrom tool_calls;", "tool_calls"),
            (
                "SELECT count(*) FROM tool_calls AS c WHERE c.a = 1 ;",
                "tool_calls AS c WHERE c.a = 1"
            ),
            (
                "/* SELECT */ SELECT count(*) -- all\nFROM \"t\" WHERE a=';' -- limit",
                "\"t\" WHERE a=';'"
            ),
            ("SELECT count(*) FROM [t] WHERE `order` = 'limit'", "[t] WHERE `order` = 'limit'"),
            ("SELECT count(*) FROM t WHERE a = 'it''s' /* group", "t WHERE a = 'it''s'"),
        ])
    func `a count of a table's rows is told by its form`(_ text: String, _ source: String) throws {
        let count = try #require(CountStatement(Array(text.utf8)))

        let asked = String(decoding: count.text(named: "a\"b"), as: UTF8.self)
        #expect(
            asked == "SELECT ifnull(sum(counted_rows), 0) AS \"a\"\"b\" FROM \(source)")
    }

    @Test(
        arguments: [
            "", "SELECT", "SELECT 1", "SELECT count(*)", "SELECT count(*) AS n FROM t",
            "SELECT count(*), 1 FROM t", "SELECT count(a) FROM t", "SELECT count(*) + 1 FROM t",
            "SELECT count(*) FILTER (WHERE a) FROM t", "SELECT count(*) OVER () FROM t",
            "SELECT count(*) FROM t, u", "SELECT count(*) FROM t JOIN u",
            "SELECT count(*) FROM t u",
            "SELECT count(*) FROM main.t", "SELECT count(*) FROM json_each('[1]')",
            "SELECT count(*) FROM (SELECT 1)", "SELECT count(*) FROM t GROUP BY a",
            "SELECT count(*) FROM t WHERE a GROUP BY b", "SELECT count(*) FROM t WHERE a LIMIT 0",
            "SELECT count(*) FROM t WHERE a ORDER BY 1",
            "SELECT count(*) FROM t HAVING count(*) > 1",
            "SELECT count(*) FROM t WHERE a UNION SELECT 1",
            "SELECT count(*) FROM t WHERE a IN (SELECT b FROM u)",
            "SELECT count(*) FROM t WHERE a INTERSECT VALUES (1)",
            "SELECT count(*) FROM t WHERE a WINDOW w AS ()", "EXPLAIN SELECT count(*) FROM t",
            "WITH t AS (SELECT 1) SELECT count(*) FROM t",
        ])
    func `anything else is not taken for one`(_ text: String) {
        #expect(CountStatement(Array(text.utf8)) == nil)
    }

    private static let conditions: [(text: String, isCounted: Bool)] = [
        ("", true), ("WHERE status = 'completed'", true),
        ("WHERE status IS NULL AND duration_ms > 10", true),
        ("WHERE status IS NOT NULL", false),
        ("WHERE status != 'completed' AND duration_ms BETWEEN 2 AND 90", true),
        ("WHERE status = 'completed' OR duration_ms > 10", false),
        ("WHERE status LIKE 'comp%'", false), ("WHERE length(status) > 6", false),
        ("WHERE rowid > 20", false), ("WHERE status IN ('completed', 'failed')", false),
        ("WHERE status = tool_name", false), ("WHERE status = 'x' COLLATE NOCASE", false),
        ("WHERE tool_calls.status = 'completed'", true), ("WHERE NOT status = 'completed'", false),
        ("WHERE created_position = updated_position", false),
        ("WHERE 1", true), ("WHERE 0", true), ("WHERE random() > 0", false),
        ("WHERE status = 'completed' AND random() IS NOT 7", false),
    ]

    @Test(arguments: conditions)
    func `rows are not stepped through where the table looks after all conditions`(
        _ condition: (text: String, isCounted: Bool)
    ) throws {
        var random = SeededRandom(testSeed())
        let table = try RandomTables.table(ToolCallsProjector.schema, rowCount: 500, &random)
        let session = try SQLSession([table.schema])
        let count = "SELECT count(*) FROM tool_calls \(condition.text)"
        let rows = "SELECT rowid FROM tool_calls \(condition.text)"
        let pieces = try session.parse(Array("\(count);\n\(rows)".utf8))
        session.open(table)

        let statement = try session.prepare(pieces[0])

        #expect(statement.text.contains(CountStatement.column) == condition.isCounted)
        #expect(statement.columnNames == ["count(*)"])
        guard !condition.text.contains("random() >") else { return }
        let rowCount = try session.prepare(pieces[1]).rows().count
        #expect(try statement.rows() == [[.integer(Int64(rowCount))]])
        statement.reset()
        #expect(try statement.rows() == [[.integer(Int64(rowCount))]])
    }

    @Test func `a row stands for itself where rows are asked for`() throws {
        var random = SeededRandom(testSeed())
        let table = try RandomTables.table(ToolCallsProjector.schema, rowCount: 3, &random)
        let session = try SQLSession([table.schema])
        let pieces = try session.parse(Array("SELECT counted_rows FROM tool_calls".utf8))
        session.open(table)

        #expect(
            try session.prepare(pieces[0]).rows() == [[.integer(1)], [.integer(1)], [.integer(1)]])
    }

    /// SQLite asks a table for a limit also where it keeps a condition to itself.
    @Test func `a limit leaves out no row that a condition of two columns would keep`() throws {
        var random = SeededRandom(testSeed())
        let table = try RandomTables.table(ToolCallsProjector.schema, rowCount: 500, &random)
        let session = try SQLSession([table.schema])
        let condition = "FROM tool_calls WHERE hook_count = transcript_count"
        let pieces = try session.parse(
            Array("SELECT rowid \(condition); SELECT rowid \(condition) LIMIT 2 OFFSET 1".utf8))
        session.open(table)

        let all = try session.prepare(pieces[0]).rows()

        #expect(all.count > 3)
        #expect(try session.prepare(pieces[1]).rows() == Array(all[1...2]))
    }
}
