import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

@Suite struct BackupTests {
    private let disk = SimulatedFileSystem(seed: 11)

    private func write(
        _ range: Range<Int>, to store: String = "store", stream: ByteString = "s",
        seals: Bool = true
    ) throws {
        var log = try LogWriter.open(store, fileSystem: disk)
        _ = try log.append(
            range.map { .numbered($0, stream: stream, id: "id-\($0)", filler: 40) })
        if seals { _ = try log.seal() }
        try log.close()
    }

    private func backUp(_ source: String = "store", to target: String = "copy") throws
        -> LogBackup.Report
    {
        try LogBackup(source, fileSystem: disk).run(to: target)
    }

    private func restore(_ source: String = "copy", to target: String = "new") throws
        -> LogRestore.Report
    {
        try LogRestore(source, fileSystem: disk).run(to: target)
    }

    private func numbers(_ store: String) throws -> [Int] {
        try LogReader.open(store, fileSystem: disk).numbers()
    }

    private func conflict(_ body: () throws -> Void) {
        let error = #expect(throws: LogError.self) { try body() }
        #expect(error?.code == .conflict)
    }

    @Test func `a copy is a store, and the next one copies what is new`() throws {
        try write(0..<5)
        try write(5..<8, seals: false)

        let first = try backUp()
        #expect(first.lastPosition == Position(8))
        #expect(try numbers("copy") == Array(0..<8))
        let again = try backUp()
        #expect(again.keptFileCount == 1)

        try write(8..<12)
        let next = try backUp()
        #expect(next.keptFileCount == 1 && next.copiedFileCount == 2)
        #expect(next.removedFileCount == 1)
        #expect(try numbers("copy") == Array(0..<12))
    }

    @Test func `what was restored goes on as the store it was`() throws {
        try write(0..<5)
        try write(5..<8, seals: false)
        _ = try backUp()

        let report = try restore()

        #expect(report.isConsistent && report.verification.isGood)
        #expect(report.lastPosition == Position(8))
        var log = try LogWriter.open("new", fileSystem: disk)
        #expect(log.recovery == nil)
        let receipt = try log.append([.numbered(3, id: "id-3", filler: 40), .numbered(8)])
        #expect(receipt.outcomes == [.duplicate(Position(4)), .appended(Position(9))])
    }

    @Test func `what was erased since is in no file of the next copy`() throws {
        try write(0..<4, stream: "wf-secret")
        try write(4..<8)
        _ = try backUp()
        _ = try Eraser("store", fileSystem: disk)
            .execute(ErasureSelector(.stream, id: "wf-secret"), reason: "test")

        _ = try backUp()

        for path in disk.paths where path.hasPrefix("copy/") {
            let text = String(decoding: disk.contents(path) ?? [], as: UTF8.self)
            #expect(!text.contains("f-secret"), "\(path)")
        }
        let lines = try LogReader.open("copy", fileSystem: disk).allLines().lines
        #expect(!lines.contains { $0.contains("wf-secret") })
        // Late retries are known in the restored store, too.
        _ = try restore()
        var log = try LogWriter.open("new", fileSystem: disk)
        let retry = try log.append([.numbered(1, stream: "wf-secret", id: "id-1", filler: 40)])
        #expect(retry.outcomes == [.duplicate(Position(2))])
    }

    @Test func `tables of a restored store still count what has expired`() throws {
        for part in 0..<3 { try write(part * 4..<part * 4 + 4) }
        try write(12..<14, seals: false)
        _ = try Expirer("store", fileSystem: disk)
            .execute(ExpiryPolicy(byteCount: 1, text: "beyond 1 byte"))
        _ = try backUp()
        _ = try restore()

        func hashes(_ store: String) throws -> [String] {
            let reader = try LogReader.open(store, fileSystem: disk)
            let live = try LiveTables.open(
                reader, snapshots: SnapshotStore(directory: store + "/snap", fileSystem: disk),
                options: LiveTables.Options())
            #expect(live.report.damage.isEmpty)
            return live.projections.projections.map(\.stateHash.hex)
        }
        #expect(try hashes("new") == hashes("store"))
    }

    @Test func `a directory that is something else stays as it is`() throws {
        try write(0..<3)
        try write(0..<3, to: "other")
        try disk.createDirectory("notes")
        try disk.replaceFile("notes/letter", with: [1], temporary: "notes/x")
        let paths = disk.paths

        conflict { _ = try backUp(to: "other") }
        conflict { _ = try backUp(to: "notes") }
        conflict { _ = try restore("store", to: "other") }
        conflict { _ = try restore("store", to: "notes") }
        #expect(disk.paths == paths)
    }

    @Test func `a store that has gone on, or another way, is not written over`() throws {
        try write(0..<3)
        _ = try backUp()
        try write(3..<4)
        // The names were mixed up.
        conflict { _ = try backUp("copy", to: "store") }
        // The copy was written to.
        try write(7..<8, to: "copy")
        conflict { _ = try backUp() }
        #expect(try numbers("store") == Array(0..<4))
        #expect(try numbers("copy") == [0, 1, 2, 7])
    }

    @Test func `a copy goes on when what it has was archived out of reach`() throws {
        try write(0..<4)
        _ = try backUp()
        try write(4..<8)
        try write(8..<9, seals: false)
        let cold = DirectoryStorage("/cold", fileSystem: disk)
        let archiver = Archiver("store", fileSystem: disk)
        #expect(try archiver.archive(ArchivePolicy(), to: cold).moved.count == 2)
        for path in disk.paths where path.hasPrefix("/cold/") {
            try disk.rename(path, to: "/hidden" + path.dropFirst(5))
        }

        let report = try backUp()

        #expect(report.removedFileCount == 2)
        #expect(try LogVerifier(LogReader.open("copy", fileSystem: disk)).verify(.deep).isGood)
        // Another way is still seen, by the chain alone.
        try write(20..<24, to: "copy")
        try write(30..<40)
        conflict { _ = try backUp() }
    }

    @Test func `two at once are one too many`() throws {
        try write(0..<3)
        _ = try backUp()
        let lock = try disk.open("copy/LOCK.seal", .updateOrCreate)
        _ = try disk.lock(lock, waits: false)

        let error = #expect(throws: LogError.self) { _ = try backUp() }
        #expect(error?.code == .busy)
    }

    @Test func `damage is copied as it is, and told of`() throws {
        try write(0..<5)
        try write(5..<9)
        try write(9..<12, seals: false)
        let paths = disk.paths.filter { $0.hasPrefix("store/log/") }.sorted()
        disk.corrupt(paths[0]) { $0[$0.count - 3] ^= 1 }
        disk.corrupt(paths[2]) { $0[60] ^= 1 }

        let report = try backUp()
        #expect(report.damaged == [String(paths[0].dropFirst("store/log/".count))])

        let restored = try restore()
        #expect(!restored.verification.isGood)
        let damage = try LogReader.open("new", fileSystem: disk).allLines().damage
        #expect(!damage.isEmpty)
        // A writer does not take the damage for a torn end either.
        let log = try LogWriter.open("new", fileSystem: disk)
        #expect(log.recovery?.damagedFile != nil)
    }

    @Test func `a copy without a sealed file ends before it, and names what was left out`() throws {
        for part in 0..<3 { try write(part * 4..<part * 4 + 4) }
        _ = try backUp()
        let paths = disk.paths.filter { $0.hasPrefix("copy/log/") }.sorted()
        try disk.remove(paths[1])

        let report = try restore()

        #expect(!report.isConsistent)
        #expect(report.lastPosition == Position(4))
        #expect(report.leftOut.count == 2)
        for name in report.leftOut { #expect(disk.contents("new/quarantine/" + name) != nil) }
        #expect(try numbers("new") == Array(0..<4))
    }

    @Test func `no backup is no backup`() throws {
        try disk.createDirectory("nothing")
        let error = #expect(throws: LogError.self) { _ = try restore("nothing") }
        #expect(error?.code == .notFound)
        #expect(throws: LogError.self) { _ = try backUp("nothing") }
    }
}
