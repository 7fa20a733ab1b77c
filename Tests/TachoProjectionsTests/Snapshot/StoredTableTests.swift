import TachoEvents
import TachoLog
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

/// Tables whose cells stay in a snapshot.
struct StoredTableTests {
    private typealias Column = ExampleProjector.Column

    /// More rows than one piece of packed numbers has, of texts that fill many blocks.
    private func largeLog(_ count: Int) -> MemoryLog {
        var log = MemoryLog()
        var random = SeededRandom(testSeed())
        for number in 0..<count {
            var data = "{\"status\":\"st\(random.next() % 9000)\""
            if number % 3 > 0 { data += ",\"note\":\"note \(String(random.next(), radix: 16))\"" }
            if number % 5 > 0 { data += ",\"cost\":\(Int64(random.next() >> 40) - 4000)" }
            if number % 7 > 0 { data += ",\"done\":\(number % 2 == 0)" }
            if number % 4 > 0 { data += ",\"ratio\":\(Double(number) / 8)" }
            if number % 6 > 0 { data += ",\"detail\":{\"n\":\(number)}" }
            log.append(stream: "s\(number)", type: "example.noted", data: data + "}")
        }
        return log
    }

    private func folded(_ log: MemoryLog) throws -> Projection {
        var projections = Projections([ExampleProjector.self])
        try projections.fold(log.batch(0..<log.lines.count))
        return try #require(projections["example"])
    }

    @Test func `a cell read from a snapshot is the table's`() throws {
        let whole = try folded(largeLog(18_000))
        let stored = try whole.inSnapshot()
        let columns = whole.table.schema.columns.indices
        var random = SeededRandom(testSeed())
        let edges = [0, 1, 1023, 1024, 1025, 16_383, 16_384, 16_385, 17_999]
        for row in edges + (0..<300).map({ _ in Int(random.next() % 18_000) }) {
            let key = try #require(whole.table.text(Column.stream, row))
            #expect(stored.table.row(forKey: key) == row)
            for column in columns {
                #expect(
                    stored.table.value(column, row) == whole.table.value(column, row),
                    "\(whole.table.schema.columns[column].name) of row \(row)")
                #expect(
                    stored.table.isUnknown(column, row) == whole.table.isUnknown(column, row))
            }
        }
        // Some share bucket and tag with a key that there is.
        for number in 18_000..<19_000 {
            #expect(stored.table.row(forKey: ByteString("s\(number)")) == nil)
        }
        #expect(stored.table.storedFailure == nil)
    }

    @Test(arguments: [0, 1, 2, 255, 256, 257, 4000])
    func `keys that ascend are found in a snapshot, and no others`(count: Int) throws {
        func key(_ number: Int) -> String { "k\(String(number + 10_000).dropFirst())" }
        func log(_ numbers: [Int]) -> MemoryLog {
            var log = MemoryLog()
            for number in numbers {
                log.append(
                    stream: key(number), type: "example.noted",
                    data: "{\"status\":\"\(key(number / 3))\"}")
            }
            return log
        }
        let ascending = (0..<count).map { 2 * $0 + 1 }
        // One that does not is enough for a look-up.
        for numbers in [ascending, ascending + [0]] where !numbers.isEmpty {
            let stored = try folded(log(numbers)).inSnapshot()
            for (row, number) in numbers.enumerated() {
                #expect(stored.table.row(forKey: ByteString(key(number))) == row)
            }
            for number in 0...count where numbers.last != 0 || number > 0 {
                #expect(stored.table.row(forKey: ByteString(key(2 * number))) == nil)
            }
            for other in ["", "k", "k0001x", "j", "l"] {
                #expect(stored.table.row(forKey: ByteString(other)) == nil)
            }
            for number in 0...(count / 3) {
                let status = ByteString(key(number))
                let found = numbers.indices.filter { numbers[$0] / 3 == number }
                #expect(stored.table.rows(where: Column.status, equals: status) == found)
            }
            #expect(stored.table.storedFailure == nil)
        }
    }

    @Test func `rows are found by a value in a snapshot as in the table`() throws {
        let whole = try folded(largeLog(18_000))
        let stored = try whole.inSnapshot()
        for number in 0..<200 {
            let status = ByteString("st\(number * 45)")
            #expect(
                stored.table.rows(where: Column.status, equals: status)
                    == whole.table.rows(where: Column.status, equals: status))
        }
        for number in -1...2 as ClosedRange<Int64> {
            #expect(
                stored.table.rows(where: Column.count, equals: number)
                    == whole.table.rows(where: Column.count, equals: number))
        }
        #expect(stored.table.rows(where: Column.status, equals: "nothing").isEmpty)
        #expect(stored.table.storedFailure == nil)
    }

    @Test func `rows found by a value follow what has changed since the snapshot`() throws {
        var log = MemoryLog()
        for (stream, status) in [("a", "red"), ("b", "red"), ("c", "blue"), ("d", "red")] {
            log.append(
                stream: stream, type: "example.noted", data: "{\"status\":\"\(status)\"}")
        }
        let stored = try folded(log).inSnapshot()
        for (stream, status) in [("a", "blue"), ("e", "red"), ("c", "red"), ("f", "new")] {
            log.append(
                stream: stream, type: "example.noted", data: "{\"status\":\"\(status)\"}")
        }
        var projections = Projections([stored])
        try projections.fold(log.batch(4..<8))
        let table = try #require(projections.table(named: "example"))

        #expect(table.rows(where: Column.status, equals: "red") == [1, 2, 3, 4])
        #expect(table.rows(where: Column.status, equals: "blue") == [0])
        #expect(table.rows(where: Column.status, equals: "new") == [5])
        #expect(table.rows(where: Column.count, equals: 2) == [0, 2])
        #expect(table.row(forKey: "f") == 5 && table.rowCount == 6)
    }

    @Test func `a long tail reads the table whole, and says the same`() throws {
        let log = largeLog(5000)
        var projections = Projections([
            try folded(MemoryLog(lines: Array(log.lines[..<500]))).inSnapshot()
        ])
        try projections.fold(log.batch(500..<5000))

        let projection = try #require(projections["example"])
        #expect(projection.stateHash == (try folded(log)).stateHash)
    }

    @Test func `every flipped byte of a snapshot is found by who reads its cells`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let snapshots = SnapshotStore(directory: "/snap", fileSystem: fileSystem)
        let projection = try folded(MemoryLog.random(40, seed: testSeed()))
        let anchor = LogAnchor(store: "s", position: projection.checkpoint, lineChecksum: 0)
        try snapshots.write(projection, anchor: anchor)
        let version = "\(ExampleProjector.version)-\(ExampleProjector.fingerprint.hex.prefix(8))"
        let path = "/snap/example/\(version)/00000000000000000040.snap"
        let good = try #require(try fileSystem.contents(of: path))
        func opened() -> Projection? {
            let loaded = snapshots.load(
                ExampleProjector.self, through: Position(40), isStored: true
            ) { _ in anchor }
            guard var found = loaded.projection else { return nil }
            for row in 0..<found.table.rowCount {
                for column in found.table.schema.columns.indices {
                    _ = found.table.value(column, row)
                }
            }
            // try?: what cannot be opened is what is asked for here.
            guard (try? found.openColumns(nil)) != nil else { return nil }
            return found
        }
        #expect(opened()?.stateHash == projection.stateHash)
        for offset in good.indices {
            var bytes = good
            bytes[offset] ^= 0x41
            try fileSystem.replaceFile(path, with: bytes, temporary: path + ".t")
            let found = opened()
            #expect(found == nil || found?.stateHash == projection.stateHash, "byte \(offset)")
        }
    }

    @Test func `a fold on top of a damaged snapshot ends, and is right or says it is not`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let snapshots = SnapshotStore(directory: "/snap", fileSystem: fileSystem)
        let log = MemoryLog.random(340, seed: testSeed())
        let front = try folded(MemoryLog(lines: Array(log.lines[..<300])))
        let expected = try folded(log).stateHash
        let anchor = LogAnchor(store: "s", position: front.checkpoint, lineChecksum: 0)
        try snapshots.write(front, anchor: anchor)
        let version = "\(ExampleProjector.version)-\(ExampleProjector.fingerprint.hex.prefix(8))"
        let path = "/snap/example/\(version)/00000000000000000300.snap"
        let good = try #require(try fileSystem.contents(of: path))
        var random = SeededRandom(testSeed())
        for number in 0..<200 {
            var bytes = good
            bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 + random.next() % 255)
            try fileSystem.replaceFile(path, with: bytes, temporary: path + ".t")
            let loaded = snapshots.load(
                ExampleProjector.self, through: Position(300), isStored: true
            ) { _ in anchor }
            guard let stored = loaded.projection else { continue }
            var projections = Projections([stored])
            try projections.fold(log.batch(300..<340))
            // try?: refused is right.
            guard (try? projections.openColumns()) != nil else { continue }
            #expect(projections.stateHash(of: "example") == expected, "damage \(number)")
        }
    }

    @Test func `a block that cannot be read leaves cells unknown, and says so`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        let snapshots = SnapshotStore(directory: "/snap", fileSystem: fileSystem)
        let log = largeLog(4000)
        let whole = try folded(log)
        let anchor = LogAnchor(store: "s", position: whole.checkpoint, lineChecksum: 0)
        try snapshots.write(whole, anchor: anchor)
        let version = "\(ExampleProjector.version)-\(ExampleProjector.fingerprint.hex.prefix(8))"
        let path = "/snap/example/\(version)/00000000000000004000.snap"
        var bytes = try #require(try fileSystem.contents(of: path))
        bytes[bytes.count / 2] ^= 1
        try fileSystem.replaceFile(path, with: bytes, temporary: path + ".t")
        let loaded = snapshots.load(
            ExampleProjector.self, through: Position(4000), isStored: true
        ) { _ in anchor }
        let table = try #require(loaded.projection?.table)
        #expect(table.storedFailure == nil)

        for row in 0..<table.rowCount { _ = table.text(Column.note, row) }

        #expect(table.storedFailure != nil)
    }
}
