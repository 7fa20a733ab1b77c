import TachoEvents
import TachoLog
import TachoProjections
import TestSupport
import Testing

/// Random operations on a table and on dictionaries; both must say the same after each run.
struct TableModelTests {
    typealias Column = ExampleProjector.Column

    private struct Model {
        var keys: [ByteString] = []
        var cells: [[Value]] = []
        var created: [Int64] = []
        var updated: [Int64] = []
        var sources: [ByteString] = []
    }

    @Test(arguments: 0..<8) func `a table says what dictionaries say`(run: UInt64) throws {
        let seed = testSeed() &+ run
        var random = SeededRandom(seed)
        var table = Table(schema: ExampleProjector.schema, hashSeed: random.next())
        var model = Model()
        let texts = Int.random(in: 1...4000, using: &random)

        for step in 0..<1500 {
            try change(&table, &model, step: step, texts: texts, &random)
            if step % 500 == 499 {
                table.checkInvariants()
                check(table, model, seed)
                var bytes = [UInt8]()
                table.encode(into: &bytes)
                let read = try Table(schema: table.schema, decoding: bytes)
                check(read, model, seed)
                // Goes on with the table that was read, half of the time.
                if Bool.random(using: &random) {
                    table = read
                    table.prepareForChanges()
                }
            }
        }

        // A table made of nothing but the final values has the same bytes.
        #expect(try rebuilt(model).stateHash == table.stateHash, "seed \(seed)")
    }

    private func change(
        _ table: inout Table, _ model: inout Model, step: Int, texts: Int,
        _ random: inout SeededRandom
    ) throws {
        let position = step + 1
        let source = "source \(Int.random(in: 0...3, using: &random))"
        let row: Int
        if model.keys.isEmpty || Int.random(in: 0..<3, using: &random) == 0 {
            let key = ByteString("key \(Int.random(in: 0...400, using: &random))")
            row = try withEvent(position, source) { table.rowOrInsert(key: key, at: $0).row }
            if row == model.keys.count {
                model.keys.append(key)
                model.cells.append(Array(repeating: .unknown, count: Column.allCases.count))
                model.cells[row][Column.stream.rawValue] = .text(key)
                model.created.append(Int64(position))
                model.updated.append(Int64(position))
                model.sources.append(ByteString(source))
            }
            #expect(model.keys[row] == key)
        } else {
            row = Int.random(in: 0..<model.keys.count, using: &random)
            try withEvent(position, source) { table.touch(row, at: $0) }
            model.updated[row] = Int64(position)
            model.sources[row] = ByteString(source)
        }
        let column = try #require(Column.allCases.dropFirst().randomElement(using: &random))
        let value = randomValue(column, texts, &random)
        set(&table, column, row, value)
        model.cells[row][column.rawValue] = value
    }

    private func randomValue(
        _ column: Column, _ texts: Int, _ random: inout SeededRandom
    ) -> Value {
        if Int.random(in: 0..<4, using: &random) == 0 { return .unknown }
        let number = Int.random(in: 0..<texts, using: &random)
        let wide = Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)
        return switch column {
        case .stream: .unknown
        case .status: .text(ByteString(number == 0 ? "" : "status \(number)"))
        case .note: .text(ByteString(String(repeating: "é", count: number % 300)))
        case .count: .integer(number % 2 == 0 ? wide : Int64(number % 10))
        case .ratio: .real([0, -0.0, .infinity, 1.5, Double(wide)][number % 5])
        case .isDone: .boolean(number % 2 == 0)
        case .lastSeen: .timestamp(Timestamp(microseconds: wide))
        case .cost: .money(wide)
        case .detail: .json(Array(#"{"n":\#(number)}"#.utf8))
        }
    }

    private func set(_ table: inout Table, _ column: Column, _ row: Int, _ value: Value) {
        switch value {
        case .unknown: table.setUnknown(column, of: row)
        case .text(let text): table.set(column, of: row, text: text)
        case .integer(let number): table.set(column, of: row, integer: number)
        case .real(let number): table.set(column, of: row, real: number)
        case .boolean(let boolean): table.set(column, of: row, boolean: boolean)
        case .timestamp(let moment): table.set(column, of: row, timestamp: moment)
        case .money(let amount): table.set(column, of: row, money: amount)
        case .json(let json): table.set(column, of: row, json: json)
        }
    }

    private func check(_ table: Table, _ model: Model, _ seed: UInt64) {
        #expect(table.rowCount == model.keys.count, "seed \(seed)")
        for row in 0..<table.rowCount {
            let cells = Column.allCases.map { table.value($0, row) }
            #expect(cells == model.cells[row], "row \(row), seed \(seed)")
            #expect(table.row(forKey: model.keys[row]) == row, "seed \(seed)")
            #expect(
                table.integer(table.schema.createdPositionColumn, row) == model.created[row])
            #expect(
                table.integer(table.schema.updatedPositionColumn, row) == model.updated[row])
            #expect(table.text(table.schema.updateSourceColumn, row) == model.sources[row])
        }
        let statuses = Set(model.cells.map { $0[Column.status.rawValue] })
        for case .text(let status) in statuses {
            let expected = model.cells.indices.filter {
                model.cells[$0][Column.status.rawValue] == .text(status)
            }
            #expect(table.rows(where: Column.status, equals: status) == expected, "seed \(seed)")
        }
        for number in Int64(0)..<10 {
            let expected = model.cells.indices.filter {
                model.cells[$0][Column.count.rawValue] == .integer(number)
            }
            #expect(table.rows(where: Column.count, equals: number) == expected, "seed \(seed)")
        }
    }

    private func rebuilt(_ model: Model) throws -> Table {
        var table = Table(schema: ExampleProjector.schema)
        for row in model.keys.indices {
            let source = model.sources[row].description
            _ = try withEvent(Int(model.created[row]), source) {
                table.insert(key: model.keys[row], at: $0)
            }
            try withEvent(Int(model.updated[row]), source) { table.touch(row, at: $0) }
            for column in Column.allCases.dropFirst() {
                set(&table, column, row, model.cells[row][column.rawValue])
            }
        }
        table.checkInvariants()
        return table
    }
}
