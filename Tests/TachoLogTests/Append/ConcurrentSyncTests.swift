import Synchronization
import TachoLog
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Several processes that sync at once, each with descriptors of its own.
@Suite struct ConcurrentSyncTests {
    /// A failed sync is told to descriptors that were open then, and not to later ones: the second
    /// writer's own sync succeeds, and still says nothing about the first one's event.
    @Test func `who opens the log beside a failing sync does not acknowledge what it has lost`()
        throws
    {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        var first = try LogWriter.open(store)
        _ = try first.append([.numbered(1)])
        try first.close()
        let turns = Turns()
        let failing = WatchedFileSystem(
            onSync: {
                turns.reach(.failing)
                // Not before the other has synced and asks whether it may say so.
                turns.wait(for: .asking)
                return EIO
            }, onSyncLock: {})
        let late = WatchedFileSystem(onSync: { nil }, onSyncLock: { turns.reach(.asking) })
        let codes = Mutex<[Int: LogError.Code]>([:])

        onThreads(2) { number in
            if number == 1 { turns.wait(for: .failing) }
            do throws(LogError) {
                var log = try LogWriter.open(store, fileSystem: number == 0 ? failing : late)
                _ = try log.append([.numbered(2 + number)])
            } catch {
                codes.withLock { $0[number] = error.code }
            }
            // Whatever has become of it, nobody waits for ever.
            turns.reach(.asking)
        }

        #expect(codes.withLock { $0 } == [0: .syncFailed, 1: .syncFailed])
        var again = try LogWriter.open(store)
        let receipt = try again.append([.numbered(4)])
        #expect(receipt.isDurable)
        #expect(try LogReader.open(store).numbers() == [1, 4])
    }

    /// A writer that nobody has written beside does not look at HEAD before its sync; what happens
    /// during it is found under the lock.
    @Test func `a writer that was alone acknowledges nothing beside another's failed sync`() throws
    {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        let failing = WatchedFileSystem(onSync: { EIO }, onSyncLock: {})
        let other = Once {
            var log = try LogWriter.open(store, fileSystem: failing)
            _ = try log.append([.numbered(9)])
        }
        var log = try LogWriter.open(
            store,
            fileSystem: WatchedFileSystem(
                onSync: {
                    other.runIfWanted()
                    return nil
                }, onSyncLock: {}))
        _ = try log.append([.numbered(1)])
        _ = try log.append([.numbered(2)])
        other.want()

        let error = #expect(throws: LogError.self) { _ = try log.append([.numbered(3)]) }

        #expect(error?.code == .syncFailed)
        #expect(other.failure == .syncFailed)
        let receipt = try log.append([.numbered(4)])
        #expect(receipt.isDurable)
        #expect(try LogReader.open(store).numbers() == [1, 2, 4])
    }

    /// The note of a sync does not look at where the file ends; the next append does.
    @Test func `what is left behind the end during a sync is put aside by the next append`()
        throws
    {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        let dying = Once {
            let files = RealFileSystem()
            let path = store + "/log/00000000000000000001.active.jsonl"
            let file = try files.open(path, .update)
            defer { files.close(file) }
            try files.writeAll(
                file, Array(#"{"position":3,"rec"#.utf8), at: try files.byteCount(of: file))
        }
        var log = try LogWriter.open(
            store,
            fileSystem: WatchedFileSystem(
                onSync: {
                    dying.runIfWanted()
                    return nil
                }, onSyncLock: {}))
        _ = try log.append([.numbered(1)])
        dying.want()

        let receipt = try log.append([.numbered(2)])
        let hasRecovered = log.recovery != nil
        #expect(receipt.isDurable && !hasRecovered)
        #expect(try LogReader.open(store).numbers() == [1, 2])

        _ = try log.append([.numbered(3)])
        let hasRecoveredNow = log.recovery != nil
        #expect(hasRecoveredNow)
        #expect(try LogReader.open(store).numbers() == [1, 2, 3])
    }

    @Test func `the disk begins with whole stretches of what nobody waits for, each once`() throws {
        let directory = try TemporaryDirectory()
        let fileSystem = WatchedFileSystem(onSync: { nil }, onSyncLock: {})
        var log = try LogWriter.open(directory.file("store"), fileSystem: fileSystem)
        for number in 0..<25 {
            _ = try log.append([.numbered(number, filler: 300_000)], durability: .interval)
        }

        let stretch = 2 << 20
        let begun = fileSystem.begun.withLock { $0 }
        #expect(begun == (0..<3).map { $0 * stretch..<($0 + 1) * stretch })
        _ = try log.append([.numbered(25)])
        #expect(fileSystem.begun.withLock { $0 } == begun, "who waits syncs")
    }

    @Test func `writers that sync at once acknowledge every event once`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        var first = try LogWriter.open(store)
        try first.synchronizeAll()
        let eventCount = 25
        let failures = Mutex<[LogError]>([])

        onThreads(4) { number in
            do throws(LogError) {
                var log = try LogWriter.open(store)
                for index in 0..<eventCount {
                    let receipt = try log.append([.numbered(number * eventCount + index)])
                    #expect(receipt.isDurable)
                }
            } catch {
                failures.withLock { $0.append(error) }
            }
        }

        #expect(failures.withLock { $0 } == [])
        let reader = try LogReader.open(store)
        #expect(try reader.numbers().sorted() == Array(0..<4 * eventCount))
        #expect(try reader.positions() == Array(1...UInt64(4 * eventCount)))
    }
}

/// What another writer does in the middle of a call, once it is wanted.
private final class Once: Sendable {
    private let isWanted = Mutex(false)
    private let code = Mutex<LogError.Code?>(nil)
    private let body: @Sendable () throws -> Void

    init(_ body: @escaping @Sendable () throws -> Void) {
        self.body = body
    }

    var failure: LogError.Code? { code.withLock { $0 } }

    func want() { isWanted.withLock { $0 = true } }

    func runIfWanted() {
        let runs = isWanted.withLock { wanted in
            defer { wanted = false }
            return wanted
        }
        guard runs else { return }
        do {
            try body()
        } catch {
            code.withLock { $0 = (error as? LogError)?.code }
        }
    }
}

/// Where the threads of a test are.
private final class Turns: Sendable {
    enum Turn: Int {
        case failing = 1
        case asking = 2
    }

    private let monitor = Monitor()
    private let reached = Atomic<Int>(0)

    func reach(_ turn: Turn) {
        monitor.withLock {
            if turn.rawValue > reached.load(ordering: .relaxed) {
                reached.store(turn.rawValue, ordering: .relaxed)
            }
            monitor.wakeAll()
        }
    }

    func wait(for turn: Turn) {
        monitor.withLock {
            while reached.load(ordering: .relaxed) < turn.rawValue { monitor.wait() }
        }
    }
}

/// The system's files, with a word in syncs of active segments and in exclusive tries of LOCK.sync.
private final class WatchedFileSystem: FileSystem {
    private let base = RealFileSystem()
    private let onSync: @Sendable () -> CInt?
    private let onSyncLock: @Sendable () -> Void
    private let paths = Mutex<[TachoLog.FileDescriptor: String]>([:])
    /// What the disk was to begin with.
    let begun = Mutex<[Range<Int>]>([])

    init(onSync: @escaping @Sendable () -> CInt?, onSyncLock: @escaping @Sendable () -> Void) {
        self.onSync = onSync
        self.onSyncLock = onSyncLock
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> TachoLog.FileDescriptor {
        let file = try base.open(path, mode)
        paths.withLock { $0[file] = path }
        return file
    }
    func synchronize(_ file: TachoLog.FileDescriptor) throws(FileError) {
        let path = paths.withLock { $0[file] ?? "" }
        if path.hasSuffix("000001.active.jsonl"), let number = onSync() {
            throw FileError(.synchronize, path, errno: number)
        }
        try base.synchronize(file)
    }
    func beginSynchronizing(
        _ file: TachoLog.FileDescriptor, from offset: Int, byteCount: Int
    ) {
        begun.withLock { $0.append(offset..<offset + byteCount) }
        base.beginSynchronizing(file, from: offset, byteCount: byteCount)
    }
    func lock(
        _ file: TachoLog.FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        let isHad = try base.lock(file, mode, waits: waits)
        if mode == .exclusive, !waits, paths.withLock({ $0[file] ?? "" }).hasSuffix("LOCK.sync") {
            onSyncLock()
        }
        return isHad
    }
    func close(_ file: TachoLog.FileDescriptor) { base.close(file) }
    func read(
        _ file: TachoLog.FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int { try base.read(file, into: buffer, at: offset) }
    func write(
        _ file: TachoLog.FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int { try base.write(file, bytes, at: offset) }
    func synchronizeDirectory(_ path: String) throws(FileError) {
        try base.synchronizeDirectory(path)
    }
    func byteCount(of file: TachoLog.FileDescriptor) throws(FileError) -> Int {
        try base.byteCount(of: file)
    }
    func truncate(_ file: TachoLog.FileDescriptor, to byteCount: Int) throws(FileError) {
        try base.truncate(file, to: byteCount)
    }
    func unlock(_ file: TachoLog.FileDescriptor) { base.unlock(file) }
    func hasName(_ file: TachoLog.FileDescriptor) throws(FileError) -> Bool {
        try base.hasName(file)
    }
    func rename(_ path: String, to newPath: String) throws(FileError) {
        try base.rename(path, to: newPath)
    }
    func link(_ path: String, as newPath: String) throws(FileError) {
        try base.link(path, as: newPath)
    }
    func remove(_ path: String) throws(FileError) { try base.remove(path) }
    func createDirectory(_ path: String) throws(FileError) { try base.createDirectory(path) }
    func list(_ path: String) throws(FileError) -> [String] { try base.list(path) }
    func status(_ path: String) throws(FileError) -> FileStatus? { try base.status(path) }
    func bootIdentifier() -> UInt64 { base.bootIdentifier() }
}
