import TachoLog
import TachoProjections
import TestSupport
import Testing

struct TableQueryTests {
    typealias Column = ExampleProjector.Column

    private func makeTable(_ count: Int = 400) throws -> Table {
        var projections = Projections([ExampleProjector.self])
        try projections.fold(MemoryLog.random(count, seed: testSeed()).batch(0..<count))
        return try #require(projections.table(named: "example"))
    }

    private func rows(_ conditions: String..., in table: Table) throws -> [Int] {
        let read = try conditions.map { text throws(TableQueryError) in
            try TableQuery.Condition(ByteString(text), for: table.schema)
        }
        return table.rows(TableQuery(read))
    }

    @Test func `each comparison finds what a look at every row finds`() throws {
        let table = try makeTable()
        let all = 0..<table.rowCount

        #expect(
            try rows("status=status 3", in: table)
                == all.filter { table.text(Column.status, $0) == "status 3" })
        #expect(
            try rows("status!=status 3", in: table)
                == all.filter { table.text(Column.status, $0).map { $0 != "status 3" } ?? false })
        #expect(
            try rows("status<status 3", in: table)
                == all.filter { table.text(Column.status, $0).map { $0 < "status 3" } ?? false })
        #expect(
            try rows("count>=3", in: table)
                == all.filter { (table.integer(Column.count, $0) ?? 0) >= 3 })
        #expect(
            try rows("count=3", in: table) == all.filter { table.integer(Column.count, $0) == 3 })
        #expect(
            try rows("ratio<0", in: table) == all.filter { (table.real(Column.ratio, $0) ?? 1) < 0 }
        )
        #expect(
            try rows("is_done=true", in: table)
                == all.filter { table.boolean(Column.isDone, $0) == true })
        #expect(
            try rows("is_done!=true", in: table)
                == all.filter { table.boolean(Column.isDone, $0) == false })
        #expect(
            try rows("cost<=0.5", in: table)
                == all.filter { (table.money(Column.cost, $0) ?? .max) <= 500_000_000_000 })
        #expect(
            try rows("last_seen>2025-12-18T10:03:00Z", in: table)
                == all.filter {
                    (table.timestamp(Column.lastSeen, $0)?.microseconds ?? 0)
                        > 1_766_052_180_000_000
                })
        #expect(
            try rows("note~NOTE 1", in: table)
                == all.filter {
                    table.text(Column.note, $0)?.description.contains("note 1") ?? false
                })
        #expect(
            try rows("detail~null", in: table)
                == all.filter { table.json(Column.detail, $0) != nil })
        #expect(
            try rows("stream=stream 1", in: table) == [try #require(table.row(forKey: "stream 1"))])
    }

    @Test func `conditions hold together`() throws {
        let table = try makeTable()

        let both = try rows("status=status 1", "count>2", in: table)

        #expect(
            both
                == (0..<table.rowCount).filter {
                    table.text(Column.status, $0) == "status 1"
                        && (table.integer(Column.count, $0) ?? 0) > 2
                })
    }

    @Test func `an empty operand asks for the unknown and for the known`() throws {
        let table = try makeTable()

        let unknown = try rows("status=", in: table)
        let known = try rows("status!=", in: table)

        #expect(unknown == (0..<table.rowCount).filter { table.text(Column.status, $0) == nil })
        #expect((unknown + known).sorted() == Array(0..<table.rowCount))
        #expect(!unknown.isEmpty)
    }

    @Test func `a table from a file answers the same without its indexes`() throws {
        let table = try makeTable()
        var bytes = [UInt8]()
        table.encode(into: &bytes)
        let read = try Table(schema: table.schema, decoding: bytes)

        for condition in ["status=status 3", "count=2", "stream=stream 7", "status=absent"] {
            #expect(try rows(condition, in: read) == rows(condition, in: table))
        }
    }

    @Test(arguments: Column.allCases, [false, true])
    func `a sort is stable and puts the unknown last`(
        column: Column, descending: Bool
    ) throws {
        let table = try makeTable()

        let sorted = table.rows(TableQuery(order: [.init(column, descending: descending)]))

        #expect(sorted.sorted() == Array(0..<table.rowCount))
        for (left, right) in zip(sorted, sorted.dropFirst()) {
            let order = compare(table.value(column, left), table.value(column, right), descending)
            #expect(order < 0 || order == 0 && left < right)
        }
        for limit in [0, 1, 5, 30] {
            let first = table.rows(
                TableQuery(order: [.init(column, descending: descending)], limit: limit, offset: 2))
            #expect(first == Array(sorted.dropFirst(2).prefix(limit)))
        }
    }

    @Test func `later orders break the ties of earlier ones`() throws {
        let table = try makeTable()

        let sorted = table.rows(
            TableQuery(order: [.init(Column.status), .init(Column.count, descending: true)]))

        for (left, right) in zip(sorted, sorted.dropFirst())
        where table.value(Column.status, left) == table.value(Column.status, right) {
            #expect(
                (table.integer(Column.count, left) ?? 0)
                    >= (table.integer(Column.count, right) ?? 0))
        }
    }

    @Test(arguments: [
        "status", "=x", "nothing=1", "count=x", "count~1", "is_done<true", "last_seen=yesterday",
        "cost=1.5.5", "detail<{}",
    ]) func `a condition that means nothing is refused`(text: String) {
        #expect(throws: TableQueryError.self) {
            try TableQuery.Condition(ByteString(text), for: ExampleProjector.schema)
        }
    }

    @Test func `blanks around a comparison are no part of it`() throws {
        let table = try makeTable()

        #expect(try rows("status = status 3", in: table) == rows("status=status 3", in: table))
        #expect(try rows(" count >= 5", in: table) == rows("count>=5", in: table))
        #expect(try rows("status= status 3", in: table).isEmpty)
        #expect(try rows("status =", in: table) == rows("status=", in: table))
    }

    @Test func `what is refused says what to write instead`() {
        func refusal(_ text: String) -> String {
            do throws(TableQueryError) {
                _ = try TableQuery.Condition(ByteString(text), for: ExampleProjector.schema)
                return "nothing"
            } catch {
                return "\(error)"
            }
        }

        #expect(refusal("is_done=yes").contains("true or false"))
        #expect(refusal("last_seen=yesterday").contains("such as 2026-01-05"))
        #expect(refusal("nothing=1").contains("`tacho tables example`"))
    }

    @Test func `an offset beyond the end gives no rows`() throws {
        let table = try makeTable(20)

        #expect(table.rows(TableQuery(limit: 5, offset: 1000)).isEmpty)
        #expect(table.rows(TableQuery(limit: .max, offset: 1)).count == table.rowCount - 1)
    }

    /// Below 0: the left one comes first.
    ///
    /// Unknown comes last in both directions.
    private func compare(_ left: Value, _ right: Value, _ descending: Bool) -> Int {
        if left == .unknown || right == .unknown {
            return (left == .unknown ? 1 : 0) - (right == .unknown ? 1 : 0)
        }
        let isLess: Bool =
            switch (left, right) {
            case (.text(let left), .text(let right)): left < right
            case (.json(let left), .json(let right)): left.lexicographicallyPrecedes(right)
            case (.integer(let left), .integer(let right)): left < right
            case (.money(let left), .money(let right)): left < right
            case (.real(let left), .real(let right)): left < right
            case (.timestamp(let left), .timestamp(let right)): left < right
            case (.boolean(let left), .boolean(let right)): !left && right
            default: false
            }
        if left == right { return 0 }
        return isLess == descending ? 1 : -1
    }
}
