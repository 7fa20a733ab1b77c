import TachoLog
import TachoProjections
import TestSupport
import Testing

struct TableDecodingTests {
    private func makeBytes(_ count: Int) throws -> [UInt8] {
        var projections = Projections([ExampleProjector.self])
        let log = MemoryLog.random(count, seed: testSeed())
        try projections.fold(log.batch(0..<count))
        var bytes = [UInt8]()
        let table = try #require(projections.table(named: "example"))
        table.encode(into: &bytes)
        return bytes
    }

    @Test func `a table cut short anywhere is refused`() throws {
        let bytes = try makeBytes(60)

        for count in bytes.indices {
            #expect(throws: TableDecodingError.self) {
                try Table(schema: ExampleProjector.schema, decoding: Array(bytes[..<count]))
            }
        }
    }

    @Test func `a table with something behind it is refused`() throws {
        let bytes = try makeBytes(60)

        #expect(throws: TableDecodingError.self) {
            try Table(schema: ExampleProjector.schema, decoding: bytes + [0])
        }
    }

    /// Without checksums some flips give another table.
    ///
    /// It must be one that can be read.
    @Test func `a flipped bit anywhere gives an error or a table, never a trap`() throws {
        let bytes = try makeBytes(60)
        var refused = 0

        for offset in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[offset] ^= 1 << UInt8(bit)
                do {
                    var table = try Table(schema: ExampleProjector.schema, decoding: damaged)
                    _ = table.rows(TableQuery(order: [.init(1), .init(4, descending: true)]))
                    for row in 0..<table.rowCount {
                        for column in table.schema.columns.indices { _ = table.value(column, row) }
                    }
                    table.prepareForChanges()
                    try withEvent(1000) { _ = table.rowOrInsert(key: "new", at: $0) }
                    table.set(1, of: 0, text: "other")
                    table.set(3, of: 0, integer: 77)
                } catch is TableDecodingError {
                    refused += 1
                }
            }
        }
        #expect(refused > bytes.count)
    }

    @Test func `a huge number of rows or bytes is refused before anything is allocated`() throws {
        let bytes = try makeBytes(60)
        for offset in 24..<bytes.count - 8 {
            var damaged = bytes
            for index in offset..<offset + 8 { damaged[index] = index == offset + 7 ? 0x7F : 0xFF }
            _ = try? Table(schema: ExampleProjector.schema, decoding: damaged)
        }
    }

    @Test func `bytes of another schema or version are refused as such`() throws {
        let bytes = try makeBytes(10)

        #expect(throws: TableDecodingError.otherSchema) {
            try Table(schema: TypeCountProjector.schema, decoding: bytes)
        }
        var newer = bytes
        newer[8] += 1
        #expect(throws: TableDecodingError.unsupportedFormat) {
            try Table(schema: ExampleProjector.schema, decoding: newer)
        }
    }
}
