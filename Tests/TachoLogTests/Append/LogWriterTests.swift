import Synchronization
import TachoLog
import TachoSimulation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct LogWriterTests {
    let fileSystem = SimulatedFileSystem(seed: 1)
    var options: LogOptions {
        var options = LogOptions()
        options.clock = { Timestamp(milliseconds: 1_766_052_000_091) }
        return options
    }

    @Test func `what was appended is read back as canonical lines`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        let event = NewEvent(
            id: "e-1", stream: "a1b2c3d4", type: "tool.call", source: "claude-code/hook",
            time: Timestamp(microseconds: 1_766_052_000_087_500),
            data: Array(#"{"a": 1.0,"a":-0,"é":"\u00e9"}"#.utf8))

        let receipt = try log.append([event])

        #expect(receipt.outcomes == [.appended(.first)])
        #expect(receipt.isDurable)
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(
            try reader.allLines().lines == [
                #"{"position":1,"recorded":"2025-12-18T10:00:00.091Z","id":"e-1","stream":"a1b2c3d4","type":"tool.call","source":"claude-code/hook","version":1,"time":"2025-12-18T10:00:00.087500Z","data":{"a": 1.0,"a":-0,"é":"\u00e9"}}"#
                    + "\n"
            ])
        try log.close()
    }

    @Test func `writers that take turns number events without holes`() throws {
        var first = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        var second = try LogWriter.open("store", options: options, fileSystem: fileSystem)

        for number in 0..<40 {
            if number % 3 == 0 {
                _ = try first.append([.numbered(number)], durability: .interval)
            } else {
                _ = try second.append([.numbered(number)], durability: .interval)
            }
        }

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.numbers() == Array(0..<40))
        #expect(try reader.positions() == Array(1...40))
    }

    @Test func `recorded never goes back, whatever the clock says`() throws {
        let now = Atomic<Int64>(0)
        var options = options
        options.clock = { Timestamp(milliseconds: now.load(ordering: .relaxed)) }
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)

        for moment in [5_000, 9_000, 1_000, 0, 9_001] as [Int64] {
            now.store(moment, ordering: .relaxed)
            _ = try log.append([.numbered(0)])
        }

        var recorded = [Int64]()
        try LogReader.open("store", fileSystem: fileSystem).forEachBatch { batch in
            try batch.forEachRecord {
                recorded.append($0.recorded.milliseconds)
                return true
            }
            return true
        }
        #expect(recorded == [5_000, 9_000, 9_000, 9_000, 9_001])
    }

    @Test func `an id is appended once; other content under it is a conflict`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1, id: "a"), .numbered(2, id: "b")])

        let again = try log.append([
            .numbered(1, id: "a"), .numbered(3, id: "b"), .numbered(4, id: "c"),
            .numbered(4, id: "c"),
        ])

        #expect(
            again.outcomes == [
                .duplicate(Position(1)), .conflict(Position(2)), .appended(Position(3)),
                .duplicate(Position(3)),
            ])
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [1, 2, 4])
    }

    @Test func `an id is also known to another writer and after sealing`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1, id: "a")])
        _ = try log.seal()
        _ = try log.append([.numbered(2, id: "b")])
        var other = try LogWriter.open("store", options: options, fileSystem: fileSystem)

        let receipt = try other.append([
            .numbered(1, id: "a"), .numbered(9, id: "a"), .numbered(2, id: "b"),
        ])

        #expect(
            receipt.outcomes == [
                .duplicate(Position(1)), .conflict(Position(1)), .duplicate(Position(2)),
            ])
    }

    @Test func `an event appended alone is as one of a batch`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1, id: "a")])

        let position = try LogWriter.append(
            new: .numbered(2, id: "b"), to: "store", durability: .commit, options: options,
            fileSystem: fileSystem)

        #expect(position == Position(2))
        let again = try log.append([.numbered(2, id: "b"), .numbered(3, id: "c")])
        #expect(again.outcomes == [.duplicate(Position(2)), .appended(Position(3))])
        var batched = try LogWriter.open("batched", options: options, fileSystem: fileSystem)
        _ = try batched.append(
            [.numbered(1, id: "a"), .numbered(2, id: "b"), .numbered(3, id: "c")])
        #expect(
            try LogReader.open("store", fileSystem: fileSystem).allLines().lines
                == LogReader.open("batched", fileSystem: fileSystem).allLines().lines)
    }

    @Test func `an event appended alone makes the store, and is refused if it breaks the rules`()
        throws
    {
        let first = try LogWriter.append(
            new: .numbered(1), to: "store", durability: .interval, options: options,
            fileSystem: fileSystem)

        #expect(first == .first)
        #expect(throws: LogError.self) {
            try LogWriter.append(
                new: NewEvent(stream: "", type: "t", source: "s", data: Array("{}".utf8)),
                to: "store", durability: .interval, options: options, fileSystem: fileSystem)
        }
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [1])
    }

    @Test func `what a manifest says of old segments is not read to append`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1)])
        _ = try log.seal()
        try log.close()
        let layout = StoreLayout("store")
        let file = try fileSystem.open(layout.manifest, .update)
        // In the first line, which no longer agrees with the checksum then.
        try fileSystem.writeAll(file, Array("!".utf8), at: 3)
        fileSystem.close(file)
        try fileSystem.remove(layout.previousManifest)

        let position = try LogWriter.append(
            new: .numbered(2), to: "store", durability: .commit, options: options,
            fileSystem: fileSystem)

        #expect(position == Position(2))
        // Damage is for those to tell who read it.
        #expect(throws: LogError.self) { try LogReader.open("store", fileSystem: fileSystem) }
    }

    @Test(arguments: [
        NewEvent(stream: "", type: "t", source: "s", data: Array("{}".utf8)),
        NewEvent(stream: "a\"b", type: "t", source: "s", data: Array("{}".utf8)),
        NewEvent(stream: "s", type: "t", source: "s", data: Array("[1]".utf8)),
        NewEvent(stream: "s", type: "t", source: "s", data: Array("{\"a\":}".utf8)),
        NewEvent(stream: "s", type: "t", source: "s", data: Array("{\n}".utf8)),
        NewEvent(stream: "s", type: "t", source: "s", version: 0, data: Array("{}".utf8)),
    ])
    func `an event that breaks the rules is refused and nothing of its batch is kept`(
        event: NewEvent
    ) throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)

        #expect(throws: LogError.self) { try log.append([.numbered(1), event]) }

        #expect(log.lastPosition == .zero)
    }

    @Test func `sealing keeps every line and position, and appending goes on`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        for number in 0..<100 { _ = try log.append([.numbered(number)], durability: .interval) }
        let before = try LogReader.open("store", fileSystem: fileSystem)
        let lines = try before.allLines().lines

        let report = try log.seal()
        _ = try log.append([.numbered(100)])

        #expect(report.segments.map(\.last) == [Position(100)])
        let after = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try after.allLines().lines.dropLast() == lines[...])
        #expect(try after.positions() == Array(1...101))
        #expect(try before.allLines().lines == lines, "a reader opened before sees the same")
    }

    @Test func `a full active segment is closed at the next append`() throws {
        var options = options
        options.sealByteCount = 2_000
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)

        for number in 0..<100 { _ = try log.append([.numbered(number)], durability: .interval) }
        _ = try log.sealPending()

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(reader.segments.count > 5)
        #expect(reader.segments.dropLast().allSatisfy { $0.state == "sealed" })
        #expect(try reader.numbers() == Array(0..<100))
    }

    @Test func `a part of the log is read by position, stream, and type`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        for number in 0..<60 {
            let stream: ByteString = number % 2 == 0 ? "even" : "odd"
            let type: ByteString = number % 3 == 0 ? "hook.Stop" : "tool.call"
            _ = try log.append([.numbered(number, stream: stream, type: type)])
            if number == 29 { _ = try log.seal() }
        }

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(
            try reader.numbers(RecordFilter(types: ["hook.*"], streams: ["even"]))
                == Array(0..<60).filter { $0 % 6 == 0 })
        var positions = [UInt64]()
        try reader.forEachBatch(from: Position(25), through: Position(35)) { batch in
            try batch.forEachRecord {
                positions.append($0.position.rawValue)
                return true
            }
            return true
        }
        #expect(positions == Array(25...35))
    }

    @Test func `a log without a FORMAT file is never taken for a new one`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1)])
        try log.close()
        try fileSystem.remove("store/FORMAT")

        let error = #expect(throws: LogError.self) {
            _ = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        }

        #expect(error?.code == .damaged)
    }

    @Test func `every byte of a line is covered by its checksum`() throws {
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try log.append([.numbered(1), .numbered(2), .numbered(3)])
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let good = try #require(fileSystem.contents(path))
        let lines = try LogReader.open("store", fileSystem: fileSystem).allLines().lines

        for offset in good.indices {
            fileSystem.corrupt(path) { $0[offset] ^= 0x01 }
            let read = try LogReader.open("store", fileSystem: fileSystem).allLines()
            #expect(!read.damage.isEmpty, "byte \(offset)")
            #expect(read.lines.allSatisfy { lines.contains($0) }, "byte \(offset)")
            #expect(read.lines.count >= 1, "byte \(offset)")
            fileSystem.corrupt(path) { $0 = good }
        }
    }

    @Test func `a lock file that was removed keeps two writers apart nevertheless`() throws {
        let directory = try TemporaryDirectory()
        var first = try LogWriter.open(directory.file("store"), options: options)
        _ = try first.append([.numbered(0)])
        #expect(unlink(directory.file("store") + "/LOCK") == 0)
        var second = try LogWriter.open(directory.file("store"), options: options)
        _ = try second.append([.numbered(1)])

        let held = open(directory.file("store") + "/LOCK", O_RDWR)
        #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
        var impatient = options
        impatient.lockTimeoutMilliseconds = 0
        let error = #expect(throws: LogError.self) {
            _ = try LogWriter.open(directory.file("store"), options: impatient)
        }
        #expect(error?.code == .busy)
        close(held)

        _ = try first.append([.numbered(2)])
        #expect(try LogReader.open(directory.file("store")).numbers() == [0, 1, 2])
    }
}
