import Foundation
import TachoProjections
import TestSupport
import Testing

struct SQLCommandTests {
    @Test func `an answer reads as printed here`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(
            "sql",
            "SELECT tool_name, count(*) AS calls, sum(duration_ms) AS ms, max(called_at) AS latest "
                + "FROM tool_calls WHERE adw_id = 'feedbeef' GROUP BY tool_name ORDER BY tool_name")

        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.text == """
                tool_name  calls    ms  latest
                Bash           2  6000  2025-12-18T10:02:15.000000Z
                Edit           2  6000  2025-12-18T10:02:25.000000Z
                Read           2  6000  2025-12-18T10:02:20.000000Z

                """)
    }

    @Test func `a number that is small is not printed as none`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(
            "sql", "SELECT 0.0001 AS a, -0.0000012345 AS b, 1e-30 AS c, 0.0 AS d, 2.0004 AS e")

        #expect(
            result.lines.last?.split(separator: " ").map(String.init)
                == ["0.0001", "-0.00000123", "1e-30", "0", "2"])
    }

    @Test func `JSON and CSV have the values of SQL, and a script has rows for each statement`()
        throws
    {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let query = "SELECT 1 AS a, NULL AS b, 2.5 AS a, 'x,y' AS c, x'0aff' AS d"

        let one = try tacho.run("sql", query, "--json")
        let two = try tacho.run("sql", query + "; SELECT 'z' AS e;\n-- the end", "--json")
        let csv = try tacho.run("sql", query, "--csv")

        #expect(
            one.text == """
                {"schema":"tacho.sql/1","data":[{"a":1,"b":null,"a_2":2.5,"c":"x,y","d":"0aff"}],\
                "warnings":[]}

                """)
        #expect(try two.json()["schema"] as? String == "tacho.sql.script/1")
        #expect((try two.json()["data"] as? [[Any]])?.map(\.count) == [1, 1])
        #expect(csv.text == "a,b,a_2,c,d\n1,,2.5,\"x,y\",0aff\n")
    }

    @Test func `statements come from an argument, a file, or standard input`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let query = Data("SELECT count(*) AS n FROM task_logs".utf8)
        try query.write(to: URL(fileURLWithPath: tacho.home.file("query.sql")))

        let file = try tacho.run("sql", "-f", tacho.home.file("query.sql"), "--csv")
        let input = try tacho.run(["sql", "--csv"], input: query)

        #expect(file.text == "n\n12\n")
        #expect(input.text == file.text)
    }

    @Test func `as of a position the tables are as they were then`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        func count(_ asOf: String) throws -> String {
            try tacho.run(
                "sql", "SELECT count(*) FROM task_logs", "--as-of", asOf, "--csv"
            ).text
        }

        #expect(try count("0") == "count(*)\n0\n")
        #expect(try count("3") == "count(*)\n2\n")
        #expect(try count("2000-01-01") == "count(*)\n0\n")
        #expect(try count("2100-01-01") == "count(*)\n12\n")
    }

    @Test func `moments compare as moments, however they are written`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        func count(_ condition: String) throws -> String {
            try tacho.run(
                "sql", "SELECT count(*) FROM tool_calls WHERE \(condition)", "--csv"
            ).lines.last ?? ""
        }

        #expect(try count("called_at >= '2025-12-18'") == "12")
        #expect(try count("called_at < '2025-12-18 10:02:05'") == "2")
        #expect(try count("called_at < '2025-12-18T11:02:05+01:00'") == "2")
        #expect(try count("called_at > datetime('2025-12-18 10:02:05', '+10 seconds')") == "4")
        #expect(try count("called_at BETWEEN '2025-12-18T10:02' AND '2025-12-18T10:03'") == "12")
        #expect(try count("called_at = '2025-12-18T10:02:00Z'") == "2")
        #expect(try count("called_at LIKE '%:05.000000Z'") == "2")
    }

    @Test func `money orders by amount and sums in whole pico-dollars`() throws {
        let tacho = try Program()
        let lines = ["9", "10.5", "0.000000000001", "-2"].enumerated().map { number, cost in
            "{\"stream\":\"s\(number)\",\"type\":\"price.set\",\"source\":\"t\",\"data\":{"
                + "\"model\":\"m\(number)\",\"provider\":\"p\",\"valid_from\":\"2026-01-01T00:00:00Z\","
                + "\"input\":\"\(cost)\",\"output\":\"\(cost)\"}}\n"
        }.joined()
        _ = try tacho.run(["append", "--envelope", "-q"], input: Data(lines.utf8))
        func answer(_ query: String) throws -> [String] {
            Array(try tacho.run("sql", query, "--csv").lines.dropFirst())
        }

        #expect(
            try answer(
                "SELECT input FROM prices WHERE provider = 'p' AND source IS NOT 'embedded' "
                    + "ORDER BY input DESC") == ["10.5", "9", "0.000000000001"])
        #expect(
            try answer("SELECT count(*) FROM prices WHERE provider = 'p' AND input > 8.5") == ["2"])
        #expect(
            try answer(
                "SELECT usd(sum(input_picousd)) FROM prices WHERE provider = 'p'")
                == ["19.500000000001"])
    }

    @Test(arguments: [
        ("SELECT nope FROM sessions", "line 1, column 8: no such column: nope"),
        ("SELECT 1;\n\nSELEC 2", "line 3, column 1: near \"SELEC\": syntax error"),
        ("SELECT model FROM tool_calls", "no such column: model; it is one of sessions, "),
        ("SELECT * FROM tool_call", "no such table: tool_call. Did you mean tool_calls?"),
        ("SELECT \"no column\" FROM sessions", "no such column: no column"),
        ("SELECT count(", "incomplete input"),
        ("", "there is no statement"), ("-- nothing", "there is no statement"),
        ("SELECT abs('x', 2)", "wrong number of arguments"),
        ("SELECT abs(-9223372036854775808)", "integer overflow"),
    ])
    func `a mistake ends with 2 and says where it is`(_ query: String, _ message: String) throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(["sql"], input: Data(query.utf8))

        #expect(result.status == 2, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(result.errors.contains(message), "\(result.errors)")
    }

    @Test(arguments: [
        "INSERT INTO sessions (session_id) VALUES ('x')", "UPDATE sessions SET model = 'x'",
        "DELETE FROM sessions", "DROP TABLE sessions", "CREATE TABLE x (a)",
        "CREATE TEMP TABLE x AS SELECT 1", "CREATE VIEW v AS SELECT 1",
        "CREATE VIRTUAL TABLE v USING sessions", "ATTACH 'FILE' AS other",
        "ATTACH ':memory:' AS other", "VACUUM INTO 'FILE'", "PRAGMA journal_mode = WAL",
        "PRAGMA temp_store_directory = 'x'", "PRAGMA writable_schema = ON", "BEGIN", "SAVEPOINT s",
        "SELECT load_extension('FILE')", "ANALYZE", "REINDEX", "PRAGMA database_list; DETACH main",
        "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN SELECT 1; END",
        "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
    ])
    func `nothing is written, whatever is asked`(_ query: String) throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let file = tacho.home.file("written")
        let before = try tacho.run("status", "--json").data()["position"] as? Int

        let result = try tacho.run("sql", query.replacing("FILE", with: file))

        #expect(result.status == 77 || result.status == 2, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try tacho.run("status", "--json").data()["position"] as? Int == before)
    }

    @Test(arguments: [
        ["WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT count(*) FROM a"],
        [
            "SELECT count(*) FROM tool_calls a, tool_calls b, tool_calls c, tool_calls d, "
                + "tool_calls e, tool_calls f, tool_calls g, tool_calls h"
        ],
        [
            "WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM a) SELECT * FROM a ORDER BY 1",
            "--memory", "20",
        ],
        ["SELECT hex(zeroblob(200000000))", "--memory", "20"],
        ["SELECT printf('%.*c', 100000000, 'x')", "--memory", "20"],
    ])
    func `a statement without end ends`(_ arguments: [String]) throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run(["sql", "--timeout", "1", "--csv"] + arguments)

        #expect(result.status == 1 || result.status == 2, "\(result.status): \(result.errors)")
        #expect(result.errors.contains("tacho: "))
    }

    @Test func `more rows than wanted are not printed, which is said`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run("sql", "SELECT 1 FROM task_logs", "--max-rows", "5", "--json")

        #expect(result.status == 0)
        #expect(try result.rows().count == 5)
        #expect((try result.json()["warnings"] as? [String])?.count == 1)
    }

    @Test func `a damaged log is told with 5, beside what is there`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        _ = try tacho.run("seal")
        let folder = tacho.store + "/log/"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first {
                $0.hasSuffix(".lz4")
            })
        var bytes = try Data(contentsOf: URL(fileURLWithPath: folder + name))
        for offset in 60..<80 { bytes[offset] ^= 0x55 }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: folder + name)
        try bytes.write(to: URL(fileURLWithPath: folder + name))

        let result = try tacho.run("sql", "SELECT count(*) FROM task_logs", "--csv")

        #expect(result.status == 5, "\(result.errors)")
        #expect(result.lines.count == 2)
    }

    @Test func `the schema is SQL with what columns mean`() throws {
        let tacho = try Program()

        let one = try tacho.run("sql", "--schema", "prices")
        let all = try tacho.run("sql", "--schema", "--json")

        #expect(one.text.contains("CREATE TABLE prices ("))
        #expect(one.text.contains("\"input\" TEXT COLLATE decimal,  -- Dollars a token of input."))
        #expect(one.text.contains("\"input_picousd\" INTEGER HIDDEN"))
        #expect(try all.rows().count == allSchemas.count)
        #expect(try tacho.run("sql", "--schema", "nope").status == 2)
    }

    /// Statements made of pieces of statements, most of them none.
    @Test func `no text makes it crash or write`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let cat = try tacho.run("cat").output
        let seed = testSeed()
        var random = SeededRandom(seed)
        let words = [
            "SELECT", "*", "FROM", "tool_calls", "sessions", "WHERE", "tool_name", "=", "'Bash'",
            "(", ")", ",", "GROUP BY", "ORDER BY", "LIMIT", "-1", "9e999", "NULL", "IN", "LIKE",
            "'%'",
            "count(*)", "rowid", "JOIN", "USING", "(adw_id)", "UNION ALL", "WITH", "AS", "x'00'",
            "'\u{0}'", "json_each", "('[1]')", ";", "--", "/*", "\"", "'", "EXPLAIN", "PRAGMA",
            "table_info", "DELETE", "DISTINCT", "duration_ms", ">", "BETWEEN", "AND", "NOT", "é",
            "?1",
            "OVER", "(PARTITION BY", "CAST(", "VALUES", "(1)", "COLLATE", "moment", "decimal",
        ]

        for number in 0..<40 {
            let count = Int.random(in: 1...14, using: &random)
            let query = (0..<count).map { _ in
                words[Int.random(in: 0..<words.count, using: &random)]
            }.joined(separator: " ")
            let result = try tacho.run(
                ["sql", "--timeout", "2"], input: Data("SELECT \(query)".utf8))
            #expect(
                [0, 1, 2, 77].contains(result.status),
                "seed \(seed), \(number): \(query): \(result.status), \(result.errors)")
        }
        #expect(try tacho.run("cat").output == cat, "seed \(seed)")
    }
}

struct ExportCommandTests {
    @Test func `a file in a directory that is not there is refused by its name`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let result = try tacho.run("export", "sqlite", tacho.home.file("none/out.db"))

        #expect(result.status == 1)
        #expect(result.errors == "tacho: there is no directory \(tacho.home.file("none"))\n")
    }

    @Test func `an export is a file of SQLite, the same each time, not replaced unasked`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let file = tacho.home.file("out.db")

        let result = try tacho.run("export", "sqlite", file)
        let again = try tacho.run("export", "sqlite", file)
        let forced = try tacho.run("export", "sqlite", file, "--force")
        let other = try tacho.run("export", "sqlite", tacho.home.file("other.db"), "-q")

        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("\(allSchemas.count) tables"))
        #expect(again.status == 1)
        #expect(again.errors.contains("--force"))
        #expect(forced.status == 0)
        #expect(other.errors.isEmpty)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        #expect(bytes.starts(with: Data("SQLite format 3\u{0}".utf8)))
        #expect(try Data(contentsOf: URL(fileURLWithPath: tacho.home.file("other.db"))) == bytes)
        let names = try FileManager.default.contentsOfDirectory(atPath: tacho.home.path)
        #expect(!names.contains { $0.hasSuffix(".tmp") || $0.hasSuffix(".old") })
    }

    @Test(arguments: ["csv", "ndjson"])
    func `a directory of tables has what tacho table prints`(_ format: String) throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let folder = tacho.home.file("out")

        let result = try tacho.run(
            "export", format, folder + "/", "--tables", "task_logs,tool_calls", "--as-of", "20")

        #expect(result.status == 0, "\(result.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(names == [".tacho-export", "task_logs.\(format)", "tool_calls.\(format)"])
        let text = try String(contentsOfFile: "\(folder)/tool_calls.\(format)", encoding: .utf8)
        let table = try tacho.run(
            "table", "tool_calls", "--as-of", "20", "--\(format == "csv" ? "csv" : "json")")
        if format == "csv" {
            #expect(text == table.text)
        } else {
            let rows = try text.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? NSDictionary
            }
            #expect(rows == (try table.rows().map { $0 as NSDictionary }))
        }
    }

    @Test func `a directory that is no export is never replaced`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let folder = tacho.home.file("mine")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/letter.txt"))

        for arguments in [
            ["csv", folder], ["csv", folder, "--force"], ["sqlite", folder, "--force"],
        ] {
            #expect(try tacho.run(["export"] + arguments).status == 1)
        }

        #expect(FileManager.default.fileExists(atPath: folder + "/letter.txt"))
        #expect(try tacho.run("export", "csv", tacho.home.file("e")).status == 0)
        #expect(try tacho.run("export", "csv", tacho.home.file("e"), "--force").status == 0)
    }

    @Test func `views say what a query of their table says, now and as of any position`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)
        let last = try #require(try tacho.run("status", "--json").data()["position"] as? Int)
        let pairs = [
            (
                "SELECT * FROM (SELECT workflow_template, model_used, total_workflows, "
                    + "completed_workflows, avg_duration, avg_cost_picousd, success_rate "
                    + "FROM workflow_summary) ORDER BY 1, 2",
                "SELECT workflow_template, model_used, count(*), sum(status IS 'completed'), "
                    + "avg(duration_seconds), CAST(round(avg(actual_cost_total_picousd)) AS INTEGER), "
                    + "avg(status IS 'completed') FROM workflow_history GROUP BY 1, 2 ORDER BY 1, 2"
            ),
            (
                "SELECT day, total_workflows, failed_workflows, total_cost_picousd, total_tokens "
                    + "FROM workflow_days ORDER BY 1",
                "SELECT substr(created_at, 1, 10), count(*), sum(status IS 'failed'), "
                    + "sum(actual_cost_total_picousd), coalesce(sum(total_tokens), 0) "
                    + "FROM workflow_history GROUP BY 1 ORDER BY 1"
            ),
        ]
        for position in [1, last / 2, last] {
            for (view, query) in pairs {
                let asOf = ["--as-of", "\(position)", "--csv"]
                let found = try tacho.run(["sql", view] + asOf)
                let expected = try tacho.run(["sql", query] + asOf)
                #expect(found.status == 0, "\(found.errors)")
                #expect(found.lines.count > 1 || position == 1)
                #expect(found.lines.dropFirst() == expected.lines.dropFirst(), "\(view)")
            }
        }
    }

    @Test func `a view is listed and printed as tables are, and sent on where it is none`() throws {
        let tacho = try Program()
        try SampleStore.fill(tacho)

        let listed = try tacho.run("tables", "--json").rows().first {
            $0["name"] as? String == "workflow_summary"
        }
        let rows = try tacho.run("table", "workflow_summary", "--json").rows()
        let sum = rows.reduce(0) { $0 + ($1["total_workflows"] as? Int ?? 0) }

        #expect(listed?["rows"] as? Int == rows.count && !rows.isEmpty)
        #expect(sum == (try tacho.run("table", "workflow_history", "--json").rows().count))
        for arguments in [["why", "workflow_summary", "0"], ["rebuild", "workflow_summary"]] {
            let result = try tacho.run(arguments)
            #expect(result.status == 2)
            #expect(result.errors.contains("workflow_history"))
        }
    }
}
