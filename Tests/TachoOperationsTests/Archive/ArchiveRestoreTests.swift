import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct ArchiveRestoreTests {
    private let disk = SimulatedFileSystem(seed: 6)
    private var cold: DirectoryStorage { DirectoryStorage("/cold", fileSystem: disk) }

    /// Three segments in the archive; two events that are not.
    private func makeArchive() throws {
        var log = try LogWriter.open("store", fileSystem: disk)
        for part in 0..<3 {
            _ = try log.append(
                (part * 4..<part * 4 + 4).map {
                    .numbered($0, stream: "w", type: "workflow.started", id: "id-\($0)", filler: 50)
                })
            _ = try log.seal()
        }
        _ = try log.append([.numbered(12), .numbered(13)])
        try log.close()
        _ = try Archiver("store", fileSystem: disk).archive(ArchivePolicy(), to: cold)
    }

    private func restore() throws(LogError) -> LogRestore.Report {
        try ArchiveRestore(cold, fileSystem: disk).run(to: "new")
    }

    private func listing() -> String {
        String(decoding: disk.contents("/cold/ARCHIVE") ?? [], as: UTF8.self)
    }

    private func put(_ text: String, _ path: String = "/cold/ARCHIVE") throws {
        try disk.replaceFile(path, with: Array(text.utf8), temporary: "/cold/x")
    }

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        #expect(throws: LogError.self) { try body() }?.code
    }

    @Test func `an archive alone makes a store with the same lines and chain, which goes on`()
        throws
    {
        try makeArchive()
        let lines = try LogReader.open("store", fileSystem: disk).allLines().lines

        let report = try restore()

        #expect(report.verification.isGood && report.isConsistent)
        #expect(report.lastPosition == Position(12))
        #expect(
            try LogReader.open("new", fileSystem: disk).allLines().lines == lines.prefix(12) + [])
        var log = try LogWriter.open("new", fileSystem: disk)
        #expect(try log.append([.numbered(3, id: "id-3")]).outcomes.count == 1)
        _ = try log.append([.numbered(99)])
        try log.close()
        #expect(try LogVerifier(LogReader.open("new", fileSystem: disk)).verify(.deep).isGood)
        // The archive is what it was.
        #expect(disk.paths.filter { $0.hasPrefix("/cold/") }.count == 4)
    }

    @Test func `nothing is written into what is there`() throws {
        try makeArchive()
        #expect(
            code { _ = try ArchiveRestore(cold, fileSystem: disk).run(to: "store") } == .conflict)
    }

    @Test func `what does not join on is named, and what comes before it is restored`() throws {
        try makeArchive()
        let all = listing().split(separator: "\n", omittingEmptySubsequences: false)
        try put((all[..<2] + all[3...]).joined(separator: "\n"))

        let report = try restore()

        #expect(report.lastPosition == Position(4) && !report.isConsistent)
        #expect(report.leftOut.count == 1 && report.verification.isGood)
        // Without the first events there is no store.
        try put(([all[0]] + all[2...]).joined(separator: "\n"))
        #expect(
            code { _ = try ArchiveRestore(cold, fileSystem: disk).run(to: "other") } == .conflict)
        #expect(disk.paths.filter { $0.hasPrefix("other/") }.isEmpty)
    }

    @Test(arguments: [
        "/etc/passwd", "../store/HEAD", "log/../../x.jsonl.lz4", ".", "",
        "00000000000000000001-00000000000000000004.g0.jsonl.lz4/x",
        "00000000000000000001-00000000000000000005.g0.jsonl.lz4",
    ])
    func `a listing that names other files than segments is refused`(name: String) throws {
        try makeArchive()
        let own = "00000000000000000001-00000000000000000004.g0.jsonl.lz4"
        try put(listing().replacing(own, with: name))

        #expect(code { _ = try restore() } == .damaged)
        #expect(disk.paths.filter { $0.hasPrefix("new/") }.isEmpty)
    }

    @Test func `every cut and changed listing is refused or makes what it says`() throws {
        try makeArchive()
        let bytes = disk.contents("/cold/ARCHIVE") ?? []
        let good = try LogReader.open("store", fileSystem: disk).allLines().lines
        for offset in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[offset] ^= 1
            for (number, text) in [changed, Array(bytes[..<offset])].enumerated() {
                try disk.replaceFile("/cold/ARCHIVE", with: text, temporary: "/cold/x")
                let target = "new-\(offset)-\(number)"
                guard
                    let report = try? ArchiveRestore(cold, fileSystem: disk).run(to: target)
                else { continue }
                let lines = try LogReader.open(target, fileSystem: disk).allLines().lines
                #expect(!report.verification.isGood || good.starts(with: lines))
            }
        }
    }

    @Test func `a file that is another, cut, or missing makes no store`() throws {
        try makeArchive()
        let path = try #require(disk.paths.first { $0.hasPrefix("/cold/0") })
        let bytes = disk.contents(path) ?? []
        var flipped = bytes
        flipped[bytes.count / 3] ^= 8
        for (number, wrong) in [flipped, Array(bytes.dropLast(9)), [], bytes + [0]].enumerated() {
            try disk.replaceFile(path, with: wrong, temporary: "/cold/x")
            #expect(
                code { _ = try ArchiveRestore(cold, fileSystem: disk).run(to: "n\(number)") }
                    == .damaged)
            #expect(code { _ = try LogReader.open("n\(number)", fileSystem: disk) } == .notFound)
        }
        try disk.remove(path)
        #expect(code { _ = try ArchiveRestore(cold, fileSystem: disk).run(to: "n") } == .damaged)
    }

    @Test func `links and pipes in an archive are refused, and nobody waits for them`() throws {
        let home = try TemporaryDirectory()
        var log = try LogWriter.open(home.file("store"))
        _ = try log.append([.numbered(1), .numbered(2)])
        _ = try log.seal()
        _ = try log.append([.numbered(3)])
        try log.close()
        let place = home.file("cold")
        let storage = DirectoryStorage(place)
        _ = try Archiver(home.file("store"), projectors: []).archive(ArchivePolicy(), to: storage)
        let files = RealFileSystem()
        let name = try #require(try files.list(place).first { $0.hasSuffix(".lz4") })
        try files.rename("\(place)/\(name)", to: home.file("elsewhere"))
        try #require(symlink(home.file("elsewhere"), "\(place)/\(name)") == 0)
        #expect(code { _ = try ArchiveRestore(storage).run(to: home.file("a")) } != nil)
        try files.remove("\(place)/\(name)")
        try #require(mkfifo("\(place)/\(name)", 0o600) == 0)
        #expect(code { _ = try ArchiveRestore(storage).run(to: home.file("b")) } != nil)
        try files.remove("\(place)/ARCHIVE")
        try #require(mkfifo("\(place)/ARCHIVE", 0o600) == 0)
        #expect(code { _ = try ArchiveRestore(storage).run(to: home.file("c")) } != nil)
    }

    @Test func `types that had expired are known to have, from the log's own history`() throws {
        try makeArchive()
        let storage = cold
        _ = try Archiver("store", fileSystem: disk)
            .thaw(Position(1)...Position(99)) { _ in storage }
        _ = try Expirer("store", fileSystem: disk).execute(
            ExpiryPolicy(byteCount: 0, types: ["workflow.started"], text: "a policy"))
        var log = try LogWriter.open("store", fileSystem: disk)
        _ = try log.seal()
        _ = try log.append([.numbered(50)])
        try log.close()
        _ = try Archiver("store", fileSystem: disk).archive(ArchivePolicy(), to: cold)

        let report = try restore()

        #expect(report.erasedCount == 12 && report.verification.isGood)
        let reader = try LogReader.open("new", fileSystem: disk)
        #expect(reader.expiries.ofTypes.map(\.policy) == ["a policy"])
        let live = try LiveTables.open(
            reader, snapshots: SnapshotStore(directory: "new/snap", fileSystem: disk))
        #expect(live.report.lacking.contains { $0.table == "workflow_history" })
        #expect(live.report.unreadable.isEmpty)
        // With the tables of the store it is of, nothing is missing.
        let taken = try? CutTables("new", fileSystem: disk).take(
            from: "store", allProjectors)
        #expect(taken == nil)
    }
}
