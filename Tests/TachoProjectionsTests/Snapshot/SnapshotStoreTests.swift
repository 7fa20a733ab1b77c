import TachoEvents
import TachoLog
import TachoProjections
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct SnapshotStoreTests {
    private func fold(_ log: MemoryLog, _ count: Int) throws -> Projection {
        var projections = Projections([ExampleProjector.self])
        try projections.fold(log.batch(0..<count))
        return try #require(projections["example"])
    }

    private func load(
        _ store: SnapshotStore, _ log: MemoryLog, through last: Int = 10_000
    ) -> (projection: Projection?, refused: [RefusedSnapshot]) {
        store.load(ExampleProjector.self, through: Position(UInt64(last))) {
            position throws(LogError) in try log.anchor(at: position)
        }
    }

    private func write(_ store: SnapshotStore, _ log: MemoryLog, _ count: Int) throws {
        let anchor = try #require(try log.anchor(at: Position(UInt64(count))))
        try store.write(try fold(log, count), anchor: anchor)
    }

    /// The one file of a store with one snapshot.
    private func path(_ store: SnapshotStore) throws -> String {
        let fileSystem = RealFileSystem()
        let folder = "\(store.directory)/example"
        let version = try #require(try fileSystem.list(folder).first)
        let name = try #require(try fileSystem.list("\(folder)/\(version)").first)
        return "\(folder)/\(version)/\(name)"
    }

    private func contents(_ path: String) throws -> [UInt8] {
        try #require(try RealFileSystem().contents(of: path))
    }

    @Test func `what is written is what is loaded`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(200, seed: testSeed())
        let projection = try fold(log, 200)

        try write(store, log, 200)

        let (loaded, refused) = load(store, log)
        #expect(refused.isEmpty)
        #expect(loaded?.checkpoint == Position(200))
        #expect(loaded?.stateHash == projection.stateHash)
        #expect(loaded?.quarantined == projection.quarantined)
        #expect(store.positions(of: ExampleProjector.self) == [Position(200)])
        #expect(try path(store).hasSuffix("/00000000000000000200.snap"))
    }

    @Test func `blocks that compression makes no smaller are kept as they are`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        var random = SeededRandom(testSeed())
        var log = MemoryLog()
        for number in 0..<40 {
            let noise = (0..<60_000).map { _ in
                UnicodeScalar(UInt8.random(in: 0x23...0x5B, using: &random)).description
            }
            log.append(
                stream: "s\(number)", type: "example.a", data: #"{"note":"\#(noise.joined())"}"#)
        }

        try write(store, log, 40)

        #expect(load(store, log).projection?.stateHash == (try fold(log, 40)).stateHash)
    }

    @Test func `the newest at or below the position asked for is loaded`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(100, seed: testSeed())
        for count in [10, 50, 90] { try write(store, log, count) }

        #expect(load(store, log).projection?.checkpoint == Position(90))
        #expect(load(store, log, through: 90).projection?.checkpoint == Position(90))
        #expect(load(store, log, through: 89).projection?.checkpoint == Position(50))
        #expect(load(store, log, through: 9).projection == nil)
    }

    @Test func `a snapshot of another log is passed over`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(50, seed: testSeed())
        try write(store, log, 50)
        var otherStore = log
        otherStore.store = "other"
        var otherLine = log
        otherLine.lines[49] = MemoryLog.random(50, seed: testSeed() + 1).lines[49]
        let shorter = MemoryLog(lines: Array(log.lines[..<49]))

        for other in [otherStore, otherLine, shorter] {
            let (loaded, refused) = load(store, other)
            #expect(loaded == nil)
            #expect(refused.map(\.reason) == [.otherLog])
        }
    }

    @Test func `a snapshot of another version of the projector is passed over`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(50, seed: testSeed())
        try write(store, log, 50)

        let (loaded, refused) = store.load(NewerExample.self, through: Position(50)) {
            position throws(LogError) in try log.anchor(at: position)
        }

        #expect(loaded == nil)
        #expect(refused.map(\.reason) == [.otherProjector])
    }

    @Test func `a damaged snapshot is passed over for an older one`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(50, seed: testSeed())
        try write(store, log, 50)
        let newest = try path(store)
        var bytes = try contents(newest)
        bytes[bytes.count / 2] ^= 1
        try RealFileSystem().replaceFile(newest, with: bytes, temporary: newest + ".t")
        try write(store, log, 30)

        let (loaded, refused) = load(store, log)

        #expect(loaded?.checkpoint == Position(30))
        #expect(refused.count == 1)
    }

    @Test func `every truncation and every flipped bit of a snapshot is found`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(12, seed: testSeed())
        try write(store, log, 12)
        let path = try path(store)
        let bytes = try contents(path)
        let fileSystem = RealFileSystem()

        for count in 0...bytes.count + 1 where count != bytes.count {
            let cut = count > bytes.count ? bytes + [0] : Array(bytes[..<count])
            try fileSystem.replaceFile(path, with: cut, temporary: path + ".t")
            #expect(load(store, log).projection == nil, "\(count) bytes")
        }
        let file = try fileSystem.open(path, .update)
        defer { fileSystem.close(file) }
        for offset in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[offset] ^= 1 << UInt8(bit)
                try fileSystem.writeAll(file, damaged, at: 0)
                try fileSystem.truncate(file, to: bytes.count)
                #expect(load(store, log).projection == nil, "byte \(offset), bit \(bit)")
                #expect(stateHash(store, log, 12) == nil, "byte \(offset), bit \(bit)")
            }
        }
        try fileSystem.writeAll(file, bytes, at: 0)
        #expect(stateHash(store, log, 12) != nil)
    }

    @Test func `the hash of a snapshot is that of the table it holds, also of many blocks`() throws
    {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(3000, seed: testSeed())
        for count in [1, 100, 3000] {
            try write(store, log, count)

            var projections = Projections([ExampleProjector.self])
            try projections.fold(log.batch(0..<count))
            #expect(stateHash(store, log, count) == projections.projections[0].stateHash)
        }
    }

    private func stateHash(_ store: SnapshotStore, _ log: MemoryLog, _ count: Int) -> Digest256? {
        try? store.stateHash(of: ExampleProjector.self, at: Position(UInt64(count))) {
            position throws(LogError) in try log.anchor(at: position)
        }
    }

    /// A snapshot as it was written before it had a directory and an index.
    private func firstFormat(_ projection: Projection, _ anchor: LogAnchor) -> [UInt8] {
        var sink = ArraySink()
        projection.encode(to: &sink)
        func hexadecimal(_ checksum: UInt32) -> String {
            let digits = String(checksum, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }
        let type = projection.type
        let front =
            "{\"projector\":\"\(type.name)\",\"version\":\(type.version),"
            + "\"fingerprint\":\"\(type.fingerprint.hex)\","
            + "\"position\":\(projection.checkpoint.rawValue),"
            + "\"anchor\":{\"store\":\"\(anchor.store.description)\","
            + "\"position\":\(anchor.position.rawValue),"
            + "\"line_crc32c\":\"\(hexadecimal(anchor.lineChecksum))\"},"
            + "\"state_sha256\":\"\(projection.stateHash.hex)\","
            + "\"rows\":\(projection.table.rowCount),\"bytes\":\(sink.bytes.count)"
        var checksum = CRC32C.checksum(Array(front.utf8))
        var file = Array((front + ",\"header_crc32c\":\"\(hexadecimal(checksum))\"}\n").utf8)
        for start in stride(from: 0, to: sink.bytes.count, by: 1 << 20) {
            // Blocks that LZ4 has not made smaller.
            let block = Array(sink.bytes[start..<min(start + 1 << 20, sink.bytes.count)])
            checksum = CRC32C.checksum(block, seed: checksum)
            for number in [UInt32(block.count), checksum] {
                withUnsafeBytes(of: number.littleEndian) { file.append(contentsOf: $0) }
            }
            file += block
        }
        return file
    }

    @Test func `a snapshot of the first format is read, also of many blocks`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        var log = MemoryLog()
        var random = SeededRandom(testSeed())
        for number in 0..<300 {
            let note = (0..<500).map { _ in String(random.next(), radix: 16) }.joined()
            log.append(stream: "s\(number)", type: "example.noted", data: "{\"note\":\"\(note)\"}")
        }
        let projection = try fold(log, 300)
        let anchor = try #require(try log.anchor(at: Position(300)))
        try write(store, log, 300)
        let path = try path(store)
        var sink = ArraySink()
        projection.encode(to: &sink)
        #expect(SnapshotStore.state(of: try contents(path)) == sink.bytes)

        let file = firstFormat(projection, anchor)
        #expect(file.count > 2 << 20)
        try RealFileSystem().replaceFile(path, with: file, temporary: path + ".t")

        #expect(SnapshotStore.state(of: file) == sink.bytes)
        #expect(load(store, log).projection?.stateHash == projection.stateHash)
        let onCells = store.load(ExampleProjector.self, through: Position(300), isStored: true) {
            position throws(LogError) in try log.anchor(at: position)
        }
        #expect(onCells.projection?.stateHash == projection.stateHash)
        for offset in stride(from: 0, to: file.count, by: 40_009) {
            var damaged = file
            damaged[offset] ^= 1
            try RealFileSystem().replaceFile(path, with: damaged, temporary: path + ".t")
            #expect(load(store, log).projection == nil, "byte \(offset)")
        }
    }

    @Test func `pruning keeps the newest two and removes what else there is`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(100, seed: testSeed())
        for count in [10, 20, 30, 40] { try write(store, log, count) }
        let anchor = try #require(try log.anchor(at: Position(5)))
        var older = Projections([NewerExample.self])
        try older.fold(log.batch(0..<5))
        try store.write(older.projections[0], anchor: anchor)

        let removedCount = store.prune(ExampleProjector.self)

        #expect(removedCount == 3)
        #expect(store.positions(of: ExampleProjector.self) == [Position(30), Position(40)])
        #expect(store.positions(of: NewerExample.self).isEmpty)
    }

    @Test func `pruning leaves alone what a process that runs is about to rename`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(20, seed: testSeed())
        try write(store, log, 10)
        let folder = try String(path(store).dropLast("/00000000000000000010.snap".count))
        let name = "\(folder)/00000000000000000020.snap"
        // Above every number that Linux gives to a process.
        for suffix in ["\(getppid()).tmp", "4194305.tmp", "tmp"] {
            try RealFileSystem().replaceFile(
                "\(name).\(suffix)", with: [1], temporary: "\(name).t")
        }

        #expect(store.prune(ExampleProjector.self) == 2)

        let left = try RealFileSystem().list(folder).filter { $0.hasSuffix(".tmp") }
        #expect(left == ["00000000000000000020.snap.\(getppid()).tmp"])
    }

    @Test func `the state's hash is compared on demand`() throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(50, seed: testSeed())
        try write(store, log, 50)

        let verified = try store.verify(ExampleProjector.self, at: Position(50)) {
            position throws(LogError) in try log.anchor(at: position)
        }

        #expect(verified.stateHash == (try fold(log, 50)).stateHash)
    }
}

/// The same table by another version.
private struct NewerExample: Projector {
    static let schema = ExampleProjector.schema
    static let version = 2
    static let inputs = ExampleProjector.inputs
    private var projector = ExampleProjector()

    init() {}

    mutating func apply(_ event: Event, to table: inout Table) throws(ProjectionError) {
        try projector.apply(event, to: &table)
    }
}
