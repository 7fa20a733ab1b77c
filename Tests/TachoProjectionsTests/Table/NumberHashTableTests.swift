import TachoEvents
import TachoLog
import TestSupport
import Testing

@testable import TachoProjections

/// Finding numbers by hashes, compared with a dictionary.
struct NumberHashTableTests {
    @Test func `a table holds what was put into it, whatever the hashes have in common`() throws {
        // All bits, the slot's alone, the tag's alone, none: chains that wrap around the end.
        let masks: [UInt64] = [.max, 0xFF00_0000_0000_0000, 0x7F, 0]
        for mask in masks {
            var random = SeededRandom(testSeed())
            var table = NumberHashTable(capacityFor: 300)
            var hashes: [UInt64] = []
            for number in 0..<300 {
                let hash = random.next() & mask
                table.insert(number, hash: hash)
                hashes.append(hash)

                let last = hashes.count - 1
                #expect(table.number(forHash: hash) { $0 == last } == last)
            }
            for (number, hash) in hashes.enumerated() {
                let found = table.number(forHash: hash) { $0 == number }
                #expect(found == number, "mask \(mask), seed \(testSeed())")
            }
            #expect(table.number(forHash: hashes[0]) { _ in false } == nil)
            #expect(table.count == 300)
        }
    }

    @Test func `an empty table finds nothing`() {
        #expect(NumberHashTable().number(forHash: 1) { _ in true } == nil)
        #expect(NumberHashTable(capacityFor: 10).number(forHash: 1) { _ in true } == nil)
    }

    @Test func `a full table says so before a number is lost`() {
        var table = NumberHashTable(capacityFor: 1)
        var count = 0
        while !table.isFull {
            table.insert(count, hash: UInt64(count) << 60)
            count += 1
        }
        #expect(count == 14, "seven of eight of sixteen slots")
    }
}

struct TextStartsTests {
    @Test func `texts of more than four gibibytes have starts, too`() {
        let half = UInt32.max / 2 + 1
        var starts = TextStarts(sizes: [half, half, 3])

        #expect(starts[0] == 0)
        #expect(starts[2] == 2 * Int(half))
        #expect(starts[3] == 2 * Int(half) + 3)
        starts.append(starts[3] + 9)
        #expect(starts[4] == 2 * Int(half) + 12)
        #expect(starts.firstNumber(byteCount: 3) { _, _ in true } == 2)
    }

    @Test func `starts that outgrow four bytes keep those before`() {
        var starts = TextStarts()
        starts.append(5)
        starts.append(Int(UInt32.max))
        starts.append(Int(UInt32.max) + 1)

        #expect((0...3).map { starts[$0] } == [0, 5, Int(UInt32.max), Int(UInt32.max) + 1])
        #expect(starts.firstNumber(byteCount: 1) { _, _ in true } == 2)
    }
}

struct AgentRowsTests {
    @Test func `a place is found once and then remembered, also after the memory was emptied`() {
        var memory = AgentRows()
        var findCount = 0
        func row(of text: String, _ answer: Int?) -> Int? {
            Array(text.utf8).withUnsafeBytes { text in
                memory.place(of: text) {
                    findCount += 1
                    return AgentRows.Place(newest: answer)
                }.newest
            }
        }

        #expect(row(of: "a", nil) == nil)
        Array("a".utf8).withUnsafeBytes { memory.change($0) { $0.newest = 7 } }
        #expect(row(of: "a", 8) == 7)
        #expect(findCount == 1)
        for number in 0..<AgentRows.limit { _ = row(of: "other \(number)", number) }
        #expect(row(of: "a", 9) == 9)
    }
}

struct NumberCellsScanTests {
    @Test func `rows with a number are found at every width and length`() {
        for largest: Int64 in [0, 1, 127, 128, 32_768, 1 << 31, 1 << 40] {
            for count in [0, 1, 63, 64, 65, 200] {
                var cells = NumberCells()
                cells.grow(to: count + 3)
                for row in stride(from: 0, to: count, by: 3) { cells[row] = largest }
                let expected = stride(from: 0, to: count, by: 3).map { $0 }

                var rows: [Int] = []
                cells.appendRows(where: largest, rowCount: count, to: &rows)
                #expect(rows == (largest == 0 ? Array(0..<count) : expected))
                rows = []
                cells.appendRows(where: largest + 1, rowCount: count, to: &rows)
                #expect(rows.isEmpty)
            }
        }
    }
}

struct OpenedNumbersTests {
    /// A byte may be 255 and a cell of one byte may not: reading must not take that for a reason.
    @Test(arguments: [1, 100, 127, 128, 255, 256, 32_767, 65_535, 1 << 31, 1 << 32])
    func `a table read from its bytes takes no more memory a cell than the one folded`(
        largest: Int64
    ) throws {
        let schema = TableSchema(
            name: "numbers", key: "id",
            columns: [ColumnDefinition("id", .text), ColumnDefinition("count", .integer)])
        var folded = Table(schema: schema)
        let log = MemoryLog.random(500, seed: testSeed())
        try log.batch(0..<500).forEachRecord { record in
            let row = Event.withEvent(of: record) { folded.insert(key: record.id, at: $0) }
            folded.set(1, of: row, integer: Int64(row) * largest / 499)
            return true
        }
        var bytes = [UInt8]()
        folded.encode(into: &bytes)

        let opened = try Table(schema: schema, decoding: bytes)

        // But for the reserve: twice the width would be five hundred bytes more at least.
        #expect(opened.memoryByteCount(of: 1) <= folded.memoryByteCount(of: 1) + 200)
        #expect(opened.stateHash == folded.stateHash)
        for row in 0..<500 { #expect(opened.integer(1, row) == Int64(row) * largest / 499) }
    }
}
