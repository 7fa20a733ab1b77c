import Foundation
import TachoLog
import TachoTorture
import TestSupport
import Testing

private func event(_ data: String, id: ByteString? = nil) -> NewEvent {
    NewEvent(id: id, stream: "s", type: "t", source: "x", data: Array(data.utf8))
}

/// X1: sizes that a file claims.
@Suite struct BombTests {
    /// The first sealed segment of a sample, changed, with checksums and manifest that fit.
    private func read(_ change: (inout [UInt8]) -> Void) throws -> (StoreReading, Int) {
        let target = StoreFileTarget(.sealed)
        let sample = try SampleStore()
        let path = try #require(sample.path(ofKind: "sealed"))
        var bytes = try #require(sample.files[path])
        change(&bytes)
        var files = sample.files
        files[path] = target.prepare(bytes)
        let fileSystem = MemoryFileSystem(files)
        return (StoreReading(fileSystem), fileSystem.usage.largestReadByteCount)
    }

    private func indexOffset(_ bytes: [UInt8]) -> Int {
        let footer = bytes.count - 256
        return (0..<8).reduce(0) { $0 | Int(bytes[footer + 96 + $1]) << (8 * $1) }
    }

    @Test(arguments: [0, 1 << 20, 64 << 20, (64 << 20) + 1, 1 << 31, .max] as [UInt32])
    func `a frame that claims another size is refused before memory is asked for`(
        size: UInt32
    ) throws {
        // Claimed by the index, by the frame itself, and by both.
        for places in 1...3 {
            let (reading, largest) = try read { bytes in
                let entry = bytes.indices.dropLast(8).first { offset in
                    // The first entry begins with offset 0 and ends the dictionaries.
                    offset > indexOffset(bytes) + 56
                        && bytes[offset..<offset + 8].allSatisfy { $0 == 0 }
                        && bytes[offset + 8] != 0
                }
                let little = withUnsafeBytes(of: size.littleEndian) { Array($0) }
                if places & 1 > 0, let entry {
                    bytes.replaceSubrange(entry + 12..<entry + 16, with: little)
                }
                if places & 2 > 0 { bytes.replaceSubrange(6..<10, with: little) }
            }
            #expect(reading.isReported)
            #expect(reading.untypedError == nil)
            #expect(largest < 2 << 20)
        }
    }

    @Test func `a frame without a content size, and one inside of another, are refused`() throws {
        for flags in [0x74, 0x64, 0x40] as [UInt8] {
            let (reading, _) = try read { $0[4] = flags }
            #expect(reading.isReported)
        }
        let (nested, _) = try read { bytes in
            let frame = Array(bytes[0..<15])
            bytes.replaceSubrange(15..<30, with: frame)
        }
        #expect(nested.isReported)
    }
}

/// X2: lines at the limit and beyond any.
@Suite struct HugeLineTests {
    @Test func `data up to the limit is taken and read back, a byte more is refused`() throws {
        let fileSystem = MemoryFileSystem()
        var log = try LogWriter.open("store", fileSystem: fileSystem)
        let limit = NewEvent.maximumDataByteCount
        let data = "{\"a\":\"" + String(repeating: "x", count: limit - 8) + "\"}"
        _ = try log.append([event(data)])
        let tooLong = "{\"a\":\"" + String(repeating: "x", count: limit - 7) + "\"}"
        let error = #expect(throws: LogError.self) { try log.append([event(tooLong)]) }
        #expect(error?.code == .invalidEvent)

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        var counts = [Int]()
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                counts.append(record.data.count)
                return true
            }
            return true
        }
        #expect(counts == [limit])
    }

    @Test func `bytes without a newline or an end behind the log are read in bounded pieces`()
        throws
    {
        let memory = MemoryFileSystem()
        var log = try LogWriter.open("store", fileSystem: memory)
        for number in 0..<3 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let name = StoreLayout.activeName(first: .first)
        let endless = EndlessFile(memory, path: "store/log/" + name, byteCount: 40 << 20)

        let reader = try LogReader.open("store", fileSystem: endless)

        #expect(try reader.numbers() == [0, 1, 2])
        #expect(endless.largestRead <= 2 * (NewEvent.maximumDataByteCount + (1 << 20)))
    }
}

/// X3 to X7: what producers hand in.
@Suite struct ProducerInputTests {
    @Test(arguments: [(511, true), (512, false), (1_000_000, false)])
    func `nesting has a limit and no stack to overflow`(depth: Int, isTaken: Bool) throws {
        var log = try LogWriter.open("store", fileSystem: MemoryFileSystem())
        let data =
            "{\"a\":" + String(repeating: "[", count: depth)
            + String(repeating: "]", count: depth) + "}"

        // The object itself is a level, too: 512 together.
        if isTaken {
            _ = try log.append([event(data)])
        } else {
            let error = #expect(throws: LogError.self) { try log.append([event(data)]) }
            #expect(error?.code == .invalidEvent)
        }
    }

    @Test func `ids are told apart by their bytes`() throws {
        var log = try LogWriter.open("store", fileSystem: MemoryFileSystem())
        let twins: [ByteString] = ["e\u{301}", "\u{E9}", "E\u{301}", "K", "\u{212A}"]
        for id in twins {
            let outcome = try log.append([event("{}", id: id)]).outcomes[0]
            guard case .appended = outcome else {
                Issue.record("\(id.bytes) is taken for another: \(outcome)")
                continue
            }
        }
        for id in twins {
            guard case .duplicate = try log.append([event("{}", id: id)]).outcomes[0] else {
                Issue.record("\(id.bytes) is not found again")
                continue
            }
        }
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0x61, 0], [0xF4, 0x90, 0x80, 0x80], [0x0A],
        ] as [[UInt8]])
    func `an id or data that is not UTF-8, or holds a NUL, is refused`(bytes: [UInt8]) throws {
        var log = try LogWriter.open("store", fileSystem: MemoryFileSystem())
        let byID = #expect(throws: LogError.self) {
            try log.append([event("{}", id: ByteString(bytes))])
        }
        #expect(byID?.code == .invalidEvent)
        var inData = event("{}")
        inData.data = Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)
        let byData = #expect(throws: LogError.self) { try log.append([inData]) }
        #expect(byData?.code == .invalidEvent)
        var marked = event("{}")
        marked.data = [0xEF, 0xBB, 0xBF] + marked.data
        #expect(throws: LogError.self) { try log.append([marked]) }
        #expect(log.lastPosition == .zero)
    }

    @Test func `numbers keep every byte through the active file, sealing, and reading`() throws {
        let fileSystem = MemoryFileSystem()
        var log = try LogWriter.open("store", fileSystem: fileSystem)
        let numbers = [
            "9007199254740993", "9223372036854775808", "1e400", "-0", "-0.0", "1E+2",
            "0.123456789012345678901234567890", "123456789012345678901234567890",
        ]
        let data =
            "{" + numbers.indices.map { "\"n\($0)\":\(numbers[$0])" }.joined(separator: ",")
            + "}"
        _ = try log.append([event(data)])
        func read() throws -> String {
            var found = ""
            try LogReader.open("store", fileSystem: fileSystem).forEachBatch { batch in
                try batch.forEachRecord { record in
                    found = String(decoding: record.data, as: UTF8.self)
                    return true
                }
                return true
            }
            return found
        }
        #expect(try read() == data)
        _ = try log.seal()
        #expect(try read() == data)
    }
}

/// X4 and X5: names and links in a store's directory.
@Suite struct StorePathTests {
    private func store() throws -> (TemporaryDirectory, String) {
        let directory = try TemporaryDirectory()
        let path = directory.file("store")
        var log = try LogWriter.open(path)
        for number in 0..<3 { _ = try log.append([.numbered(number)]) }
        try log.close()
        return (directory, path)
    }

    @Test(arguments: ["FORMAT", "HEAD", "MANIFEST", "LOCK", "active"])
    func `a symbolic link in place of a file is refused and not followed`(name: String) throws {
        let (directory, store) = try store()
        let relative =
            name == "active" ? "log/" + StoreLayout.activeName(first: .first) : name
        let outside = directory.file("outside")
        let files = FileManager.default
        try files.moveItem(atPath: "\(store)/\(relative)", toPath: outside)
        try files.createSymbolicLink(atPath: "\(store)/\(relative)", withDestinationPath: outside)
        let before = files.contents(atPath: outside)

        #expect(throws: LogError.self) {
            var log = try LogWriter.open(store)
            // An id makes the writer look at the whole log.
            _ = try log.append([.numbered(3, id: "a")])
        }
        if name != "LOCK" {
            #expect(throws: LogError.self) {
                try LogReader.open(store).forEachBatch { _ in true }
            }
        }
        #expect(files.contents(atPath: outside) == before)
    }

    @Test(arguments: ["../../outside", "/etc/hostname", "..", ".hidden", "a/b", "a\\u0000b"])
    func `a manifest that names a file outside of log is damaged`(name: String) throws {
        let sample = try SampleStore()
        var files = sample.files
        let manifest = String(
            decoding: try #require(files[SampleStore.layout.manifest]), as: UTF8.self)
        let active = StoreLayout.activeName(first: Position(10))
        let changed = manifest.replacingOccurrences(of: active, with: name)
        files[SampleStore.layout.manifest] = StoreFileTarget(.manifest).prepare(Array(changed.utf8))
        files[SampleStore.layout.previousManifest] = nil

        let reading = StoreReading(MemoryFileSystem(files))

        #expect(changed != manifest)
        #expect(reading.reports.map(\.code) == [.damaged])
    }

    @Test func `a manifest whose numbers cannot be counted on from is damaged`() throws {
        let sample = try SampleStore()
        let manifest = String(
            decoding: try #require(sample.files[SampleStore.layout.manifest]), as: UTF8.self)
        for (key, value) in [("generation", "5"), ("first", "10"), ("last", "9")] {
            var files = sample.files
            let changed = manifest.replacingOccurrences(
                of: "\"\(key)\":\(value)", with: "\"\(key)\":9223372036854775807")
            files[SampleStore.layout.manifest] =
                StoreFileTarget(.manifest).prepare(Array(changed.utf8))
            files[SampleStore.layout.previousManifest] = nil

            #expect(changed != manifest)
            #expect(StoreReading(MemoryFileSystem(files)).reports.map(\.code) == [.damaged])
        }
    }

    @Test func `a HEAD whose sizes cannot be counted on from is passed over`() throws {
        let sample = try SampleStore()
        var files = sample.files
        var head = try #require(files[SampleStore.layout.head])
        for slot in [0, 512] {
            head.replaceSubrange(
                slot + 32..<slot + 40, with: [UInt8](repeating: 255, count: 7) + [127])
        }
        files[SampleStore.layout.head] = StoreFileTarget(.head).prepare(head)
        let fileSystem = MemoryFileSystem(files)

        let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)

        #expect(try LogVerifier(reader).verify(.deep).isGood)
        #expect(StoreReading(fileSystem).lines == sample.lines)
    }

    /// A writer keeps what it has open; the first that looks up a name finds out.
    @Test func `a store replaced under a writer never gets its appends`() throws {
        let (directory, store) = try store()
        var log = try LogWriter.open(store)
        _ = try log.append([.numbered(3)])
        try FileManager.default.moveItem(atPath: store, toPath: directory.file("moved"))
        var other = try LogWriter.open(store)
        _ = try other.append([.numbered(100)])

        // Whatever is acknowledged is in the store that was opened, wherever it is now.
        var count = 4
        if (try? log.append([.numbered(4)])) != nil { count += 1 }
        let isSealed = (try? log.seal()) != nil

        #expect(!isSealed)
        let moved = try LogReader.open(directory.file("moved")).numbers()
        #expect(moved == Array(0..<count))
        let replaced = try LogReader.open(store)
        #expect(try replaced.numbers() == [100])
        #expect(try LogVerifier(replaced).verify(.deep).isGood)
        _ = consume other
    }
}

/// A file that has the bytes it had and then one letter without end.
private final class EndlessFile: FileSystem {
    private let base: MemoryFileSystem
    private let path: String
    private let count: Int
    private let state = NSLock()
    // Both are touched under `state` only.
    nonisolated(unsafe) private var files: [TachoLog.FileDescriptor: Int] = [:]
    nonisolated(unsafe) private var largest = 0

    init(_ base: MemoryFileSystem, path: String, byteCount: Int) {
        self.base = base
        self.path = path
        count = byteCount
    }

    var largestRead: Int { state.withLock { largest } }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> TachoLog.FileDescriptor {
        let file = try base.open(path, mode)
        let own = path == self.path ? try base.byteCount(of: file) : nil
        state.withLock { files[file] = own }
        return file
    }
    func read(
        _ file: TachoLog.FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let own: Int? = state.withLock {
            largest = max(largest, buffer.count)
            return files[file]
        }
        guard let own, offset >= own else { return try base.read(file, into: buffer, at: offset) }
        let wanted = min(buffer.count, count - offset)
        buffer.prefix(max(0, wanted)).initializeMemory(as: UInt8.self, repeating: 0x61)
        return max(0, wanted)
    }
    func byteCount(of file: TachoLog.FileDescriptor) throws(FileError) -> Int {
        state.withLock { files[file] } == nil ? try base.byteCount(of: file) : count
    }
    func status(_ path: String) throws(FileError) -> FileStatus? {
        var status = try base.status(path)
        if path == self.path { status?.byteCount = count }
        return status
    }
    func close(_ file: TachoLog.FileDescriptor) { base.close(file) }
    func write(
        _ file: TachoLog.FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int { try base.write(file, bytes, at: offset) }
    func synchronize(_ file: TachoLog.FileDescriptor) throws(FileError) {}
    func synchronizeDirectory(_ path: String) throws(FileError) {}
    func truncate(_ file: TachoLog.FileDescriptor, to byteCount: Int) throws(FileError) {
        try base.truncate(file, to: byteCount)
    }
    func lock(
        _ file: TachoLog.FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        try base.lock(file, mode, waits: waits)
    }
    func unlock(_ file: TachoLog.FileDescriptor) { base.unlock(file) }
    func rename(_ path: String, to newPath: String) throws(FileError) {
        try base.rename(path, to: newPath)
    }
    func link(_ path: String, as newPath: String) throws(FileError) {
        try base.link(path, as: newPath)
    }
    func remove(_ path: String) throws(FileError) { try base.remove(path) }
    func createDirectory(_ path: String) throws(FileError) {}
    func list(_ path: String) throws(FileError) -> [String] { try base.list(path) }
    func bootIdentifier() -> UInt64 { base.bootIdentifier() }
}
