import TachoJSON
import TachoLog
import TachoProjections
import TestSupport
import Testing

struct TableTests {
    typealias Column = ExampleProjector.Column

    private func makeTable(_ keys: String...) throws -> Table {
        var table = Table(schema: ExampleProjector.schema)
        for (index, key) in keys.enumerated() {
            try withEvent(index + 1) { _ = table.insert(key: ByteString(key), at: $0) }
        }
        return table
    }

    @Test func `a new row knows its key and its audit trail and nothing else`() throws {
        let table = try makeTable("a")

        #expect(table.text(Column.stream, 0) == "a")
        #expect(table.integer(table.schema.createdPositionColumn, 0) == 1)
        #expect(table.integer(table.schema.updatedPositionColumn, 0) == 1)
        #expect(table.text(table.schema.updateSourceColumn, 0) == "test")
        for column in Column.allCases.dropFirst() { #expect(table.value(column, 0) == .unknown) }
    }

    @Test func `unknown is neither zero nor empty nor false`() throws {
        var table = try makeTable("a", "b")
        table.set(Column.status, of: 0, text: "")
        table.set(Column.count, of: 0, integer: 0)
        table.set(Column.isDone, of: 0, boolean: false)

        #expect(table.text(Column.status, 0) == "")
        #expect(table.text(Column.status, 1) == nil)
        #expect(table.integer(Column.count, 0) == 0)
        #expect(table.integer(Column.count, 1) == nil)
        #expect(table.boolean(Column.isDone, 0) == false)
        #expect(table.boolean(Column.isDone, 1) == nil)
    }

    @Test func `texts that differ only in their normal form are different`() throws {
        let table = try makeTable("\u{e9}", "e\u{301}")

        #expect(table.rowCount == 2)
        #expect(table.row(forKey: "\u{e9}") == 0)
    }

    @Test func `not a number is unknown`() throws {
        var table = try makeTable("a")

        table.set(Column.ratio, of: 0, real: .nan)

        #expect(table.real(Column.ratio, 0) == nil)
    }

    @Test func `what was overwritten leaves no trace in the bytes and little in memory`() throws {
        var table = try makeTable("a")
        let filler = String(repeating: "x", count: 1000)
        for number in 0..<5000 {
            table.set(Column.status, of: 0, text: ByteString("\(number)\(filler)"))
            table.set(Column.note, of: 0, text: ByteString("\(number)\(filler)"))
            table.set(Column.detail, of: 0, json: Array("\"\(number)\(filler)\"".utf8))
        }
        var other = try makeTable("a")
        other.set(Column.detail, of: 0, json: Array("\"4999\(filler)\"".utf8))
        other.set(Column.note, of: 0, text: ByteString("4999\(filler)"))
        other.set(Column.status, of: 0, text: ByteString("4999\(filler)"))

        table.checkInvariants()
        #expect(table.stateHash == other.stateHash)
        #expect(table.memoryByteCount < 8_000_000)
    }

    @Test func `a row as JSON has the names of the columns and exact amounts`() throws {
        var table = try makeTable("a")
        table.set(Column.status, of: 0, text: "say \"hi\"")
        table.set(Column.count, of: 0, integer: -3)
        table.set(Column.ratio, of: 0, real: 0.1)
        table.set(Column.isDone, of: 0, boolean: true)
        table.set(Column.lastSeen, of: 0, timestamp: Timestamp(milliseconds: 1_766_052_000_091))
        table.set(Column.cost, of: 0, money: 12_300_000_001)
        var writer = JSONWriter()

        table.writeJSON(row: 0, to: &writer)

        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == """
                {"stream":"a","status":"say \\"hi\\"","note":null,"count":-3,"ratio":0.1,\
                "is_done":true,"last_seen":"2025-12-18T10:00:00.091Z","cost":"0.012300000001",\
                "created_position":1,"updated_position":1,"updated_by":"test",\
                "update_source":"test"}
                """)
    }

    @Test func `a hidden column is written when it is asked for`() throws {
        var table = try makeTable("a")
        table.set(Column.detail, of: 0, json: Array(#"{"a": 1e400}"#.utf8))
        var writer = JSONWriter()

        table.writeJSON(row: 0, columns: [Column.detail.rawValue], to: &writer)

        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"detail":{"a": 1e400}}"#)
    }

    @Test(
        arguments: [
            (0, "0"), (1, "0.000000000001"), (-1, "-0.000000000001"), (1_500_000_000_000, "1.5"),
            (-3_000_000_000_000, "-3"), (.max, "9223372.036854775807"),
        ] as [(Int64, String)]) func `an amount reads back exactly`(amount: Int64, text: String)
    {
        #expect(String(decoding: PicoDollars.text(amount), as: UTF8.self) == text)
        #expect(PicoDollars.exact(Array(text.utf8)) == amount)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1.0000000000001", "9223372.036854775808", "1e3", "1,5", "+1",
        "99999999999999999999999999", "1.5.5",
    ]) func `what is no amount is not read as one`(text: String) {
        #expect(PicoDollars.exact(Array(text.utf8)) == nil)
    }

    @Test func `zeros behind the twelfth digit are no harm`() {
        #expect(PicoDollars.exact(Array("1.50000000000000000".utf8)) == 1_500_000_000_000)
    }

    @Test func `a large table from a file finds every key before and after it is prepared`() throws
    {
        var table = Table(schema: TypeCountProjector.schema)
        try withEvent(1) { event in
            for number in 0..<70_000 { table.insert(key: ByteString("key \(number)"), at: event) }
        }
        var bytes = [UInt8]()
        table.encode(into: &bytes)
        var read = try Table(schema: table.schema, decoding: bytes)

        #expect(read.row(forKey: "key 69999") == 69_999)
        #expect(read.row(forKey: "key 70000") == nil)
        try withEvent(2) { event in
            #expect(read.rowOrInsert(key: "key 5", at: event) == (5, false))
            #expect(read.rowOrInsert(key: "another", at: event) == (70_000, true))
            #expect(read.rowOrInsert(key: "", at: event) == (70_001, true))
            #expect(read.rowOrInsert(key: "", at: event) == (70_001, false))
        }
        read.prepareForChanges()
        read.checkInvariants()
        #expect(read.row(forKey: "another") == 70_000)
        #expect(read.row(forKey: "key 12345") == 12_345)
    }

    @Test func `using a cell as another type is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var table = Table(schema: ExampleProjector.schema)
            try withEvent(1) { _ = table.insert(key: "a", at: $0) }
            table.set(Column.status, of: 0, integer: 1)
        }
    }

    @Test func `changing a key is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            var table = Table(schema: ExampleProjector.schema)
            try withEvent(1) { _ = table.insert(key: "a", at: $0) }
            table.set(Column.stream, of: 0, text: "b")
        }
    }
}
