import TachoLog
import TachoQuery
import TestSupport
import Testing

@testable import TachoProjections

/// SQL over tables in memory, against the same statements over a file that holds the same rows.
struct DifferentialTests {
    private struct World {
        let tables: [Table]
        let encoded: [[UInt8]]
        let file: PlainDatabase
        let directory: TemporaryDirectory

        init(isWild: Bool, _ random: inout SeededRandom) throws {
            var tables = [Table]()
            for type in allProjectors {
                let rowCount = RandomTables.pick([0, 1, 60, 130, 200], &random)
                tables.append(
                    try RandomTables.table(
                        type.schema, rowCount: rowCount, isWild: isWild, &random))
            }
            self.tables = tables
            encoded = tables.map { table in
                var bytes = [UInt8]()
                table.encode(into: &bytes)
                return bytes
            }
            directory = try TemporaryDirectory()
            try SQLiteExport.write(tables, to: directory.file("db"), facts: [])
            file = try PlainDatabase(directory.file("db"))
        }

        /// As `tacho sql` does: planned, opened with what is wanted, planned again.
        func rows(_ text: String) throws -> [[SQLValue]] {
            let session = try SQLSession(allProjectors.map { $0.schema })
            let pieces = try session.parse(Array(text.utf8))
            for (name, columns) in session.wantedColumns {
                let place = try #require(tables.firstIndex { $0.schema.name == name })
                var table = try Table(schema: tables[place].schema, decoding: encoded[place])
                try table.openColumns(columns)
                session.open(table)
            }
            return try pieces.flatMap { try session.prepare($0).rows() }
        }
    }

    @Test(arguments: [false, true])
    func `a statement gives the rows it gives on a real table`(_ isWild: Bool) throws {
        let seed = testSeed()
        var random = SeededRandom(seed)
        let world = try World(isWild: isWild, &random)
        var generator = QueryGenerator(
            schemas: allProjectors.map { $0.schema }, hasSums: !isWild, random: random)
        var answeredCount = 0

        for number in 0..<400 {
            let question = generator.next()
            let place: Comment = "seed \(seed), question \(number): \(question.text)"
            let expected = Result { try world.file.rows(question.text) }
            let given = Result { try world.rows(question.text) }
            switch (expected, given) {
            case (.success(let expected), .success(let given)):
                answeredCount += expected.isEmpty ? 0 : 1
                if question.isOrdered {
                    #expect(given == expected, place)
                } else {
                    #expect(given.counted == expected.counted, place)
                }
            case (.failure, .failure): break
            case (.failure(let error), _): Issue.record("only the file fails: \(error), \(place)")
            case (_, .failure(let error)): Issue.record("only tables fail: \(error), \(place)")
            }
        }

        #expect(answeredCount > 150, "most questions have an answer")
    }

    @Test func `every column of every table is the same in memory and in the file`() throws {
        var random = SeededRandom(testSeed())
        let world = try World(isWild: true, &random)

        for table in world.tables {
            let columns = try world.file.rows(
                "SELECT group_concat(name, ', ') FROM pragma_table_info('\(table.schema.name)')")
            guard case .text(let names) = columns.first?.first else {
                Issue.record("\(table.schema.name) has no columns")
                continue
            }
            let question =
                "SELECT rowid, \(String(decoding: names, as: UTF8.self)) "
                + "FROM \(table.schema.name)"
            #expect(
                try world.rows(question) == world.file.rows(question), "\(table.schema.name)")
        }
    }

    @Test func `the same tables give the same file`() throws {
        var random = SeededRandom(testSeed())
        let table = try RandomTables.table(
            WorkflowHistoryProjector.schema, rowCount: 300, &random)
        let directory = try TemporaryDirectory()

        for name in ["one", "two"] {
            try SQLiteExport.write([table], to: directory.file(name), facts: [("position", "7")])
        }

        let files = try ["one", "two"].map {
            try RealFileSystem().contents(of: directory.file($0))
        }
        #expect(files[0] == files[1])
        #expect(files[0]?.isEmpty == false)
    }
}

extension [[SQLValue]] {
    /// How often each row is there.
    fileprivate var counted: [[SQLValue]: Int] {
        reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}
