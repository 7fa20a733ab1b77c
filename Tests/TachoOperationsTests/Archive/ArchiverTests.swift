import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

@Suite struct ArchiverTests {
    private let disk = SimulatedFileSystem(seed: 5)
    private var cold: DirectoryStorage { DirectoryStorage("/cold", fileSystem: disk) }

    /// Three sealed segments of four events, and two events that are not sealed.
    private func makeStore(_ store: String = "store") throws {
        var log = try LogWriter.open(store, fileSystem: disk)
        for part in 0..<3 {
            _ = try log.append(
                (part * 4..<part * 4 + 4).map {
                    .numbered($0, stream: "w", type: "workflow.started", id: "id-\($0)", filler: 50)
                })
            _ = try log.seal()
        }
        _ = try log.append([.numbered(12), .numbered(13)])
        try log.close()
    }

    private var archiver: Archiver { Archiver("store", fileSystem: disk) }

    private func archiveAll() throws {
        #expect(try archiver.archive(ArchivePolicy(), to: cold).moved.count == 3)
    }

    /// As if the archive's disk was taken away.
    private func hideArchive() throws -> () throws -> Void {
        let paths = disk.paths.filter { $0.hasPrefix("/cold/") }
        for path in paths { try disk.rename(path, to: "/hidden" + path.dropFirst(5)) }
        return { for path in paths { try disk.rename("/hidden" + path.dropFirst(5), to: path) } }
    }

    private func reader() throws(LogError) -> LogReader {
        try LogReader.open("store", fileSystem: disk)
    }

    private func hashes(asOf: Position? = nil) throws -> [String: Digest256] {
        var options = LiveTables.Options()
        options.asOf = asOf
        options.threadCount = 1
        options.writesSnapshots = false
        let live = try LiveTables.open(
            reader(), snapshots: SnapshotStore(directory: "store/snap", fileSystem: disk),
            options: options)
        return Dictionary(
            uniqueKeysWithValues: live.projections.projections.map { ($0.type.name, $0.stateHash) })
    }

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        #expect(throws: LogError.self) { try body() }?.code
    }

    @Test func `a plan changes nothing and says why a segment stays`() throws {
        try makeStore()
        let before = disk.writtenByteCount

        let plan = try archiver.plan(ArchivePolicy(keptCount: 1))

        #expect(plan.segments.map(\.first) == [Position(1), Position(5)])
        #expect(plan.skipped.map(\.reason) == ["one of the newest 1", "active, not sealed"])
        let old = ArchivePolicy(before: Timestamp(microseconds: 1))
        #expect(try archiver.plan(old).segments.isEmpty)
        #expect(disk.writtenByteCount == before)
    }

    @Test func `archived and thawed, the chain and every table are what they were`() throws {
        try makeStore()
        let anchor = try reader().anchor()
        let lines = try reader().allLines().lines
        let before = try hashes(asOf: Position(14))
        try archiveAll()

        #expect(try Array(reader().allLines().lines.prefix(14)) == lines)
        #expect(try hashes(asOf: Position(14)) == before)
        let storage = cold
        let outcome = try archiver.thaw(Position(1)...Position(100)) { _ in storage }

        #expect(outcome.moved.count == 3)
        #expect(try LogVerifier(reader()).verify(.deep, anchors: [anchor]).isGood)
        #expect(try Array(reader().allLines().lines.prefix(14)) == lines)
        #expect(try hashes(asOf: Position(14)) == before)
        // Again there is nothing to do, and nothing is noted.
        let last = try reader().lastPosition
        #expect(try archiver.thaw(Position(1)...Position(100)) { _ in storage }.moved.isEmpty)
        #expect(try reader().lastPosition == last)
    }

    @Test func `without the archive tables go on, and what needs it says so`() throws {
        try makeStore()
        try archiveAll()
        let before = try hashes()
        let show = try hideArchive()

        #expect(try hashes() == before)
        #expect(code { _ = try hashes(asOf: Position(2)) } == .archived)
        #expect(code { _ = try reader().allLines() } == .archived)
        #expect(try reader().anchor().position == reader().lastPosition)
        // What the index rules out is not needed.
        var filter = RecordFilter(types: ["test.event"])
        filter.streams = ["s"]
        #expect(try reader().numbers(filter) == [12, 13])
        let anchors = [
            Anchor(position: Position(2), chain: String(repeating: "0", count: 64), store: nil),
            try reader().anchor(),
        ]
        let report = try LogVerifier(reader()).verify(.deep, anchors: anchors)
        #expect(report.isGood && report.unreachableSegmentCount == 3)
        #expect(report.uncheckedAnchors.map(\.code) == [.archived], "the last one is checked")
        try show()
        #expect(try LogVerifier(reader()).verify(.deep).unreachableSegmentCount == 0)
    }

    @Test func `an event that is sent again is known without the archive`() throws {
        try makeStore()
        try archiveAll()
        _ = try hideArchive()
        var log = try LogWriter.open("store", fileSystem: disk)
        let again = (0..<12).map {
            NewEvent.numbered($0, stream: "w", type: "workflow.started", id: "id-\($0)", filler: 50)
        }

        let receipt = try log.append(again + [.numbered(99, id: "id-99")])

        let known = (1...12).map { AppendOutcome.duplicate(Position(UInt64($0))) }
        #expect(receipt.outcomes.dropLast() == known[...])
        guard case .appended = receipt.outcomes.last else {
            Issue.record("a new event is not appended")
            return
        }
    }

    @Test func `a copy that is not what was written leaves the log as it is`() throws {
        try makeStore()
        struct Liar: ArchiveStorage {
            let base: DirectoryStorage
            let disk: SimulatedFileSystem
            let keepsHalf: Bool
            var location: String { base.location }
            func contents(of name: String) throws(LogError) -> [UInt8]? {
                try base.contents(of: name)
            }
            func put(_ name: String, _ bytes: [UInt8]) throws(LogError) {
                try base.put(name, bytes)
            }
            func upload(_ path: String, as name: String) throws(LogError) {
                try base.upload(path, as: name)
                disk.corrupt("/cold/" + name) {
                    if keepsHalf { $0.removeLast($0.count / 2) } else { $0[$0.count / 2] ^= 1 }
                }
            }
            func download(_ name: String, to path: String) throws(LogError) {
                try base.download(name, to: path)
            }
            func remove(_ name: String) throws(LogError) { try base.remove(name) }
        }
        let lines = try reader().allLines().lines
        for keepsHalf in [false, true] {
            let liar = Liar(base: cold, disk: disk, keepsHalf: keepsHalf)
            #expect(code { _ = try archiver.archive(ArchivePolicy(), to: liar) } == .damaged)
            #expect(try reader().allLines().lines == lines)
            #expect(try reader().segments.allSatisfy { $0.state != "archived" })
        }
    }

    @Test func `an archive that has rotted is not thawed`() throws {
        try makeStore()
        try archiveAll()
        let path = try #require(disk.paths.first { $0.hasPrefix("/cold/0") })
        disk.corrupt(path) { $0[60] ^= 1 }
        let storage = cold

        #expect(
            code { _ = try archiver.thaw(Position(1)...Position(4)) { _ in storage } } == .damaged)
        #expect(try reader().segments[0].state == "archived")
        #expect(try !reader().allLines().damage.isEmpty)
    }

    @Test func `an archive of another store stays as it is`() throws {
        try makeStore()
        try makeStore("other")
        try archiveAll()
        let paths = disk.paths.filter { $0.hasPrefix("/cold/") }

        let other = Archiver("other", fileSystem: disk)
        #expect(code { _ = try other.archive(ArchivePolicy(), to: cold) } == .conflict)
        #expect(disk.paths.filter { $0.hasPrefix("/cold/") } == paths)
    }

    @Test func `a copy that went another way takes nothing out of the archive`() throws {
        try makeStore()
        _ = try LogBackup("store", fileSystem: disk).run(to: "new")
        for (store, number) in [("store", 50), ("new", 60)] {
            var log = try LogWriter.open(store, fileSystem: disk)
            _ = try log.append([.numbered(number)])
            _ = try log.seal()
            _ = try log.append([.numbered(number + 1)])
            _ = try log.seal()
            _ = try log.append([.numbered(number + 2)])
            try log.close()
        }
        _ = try archiver.archive(ArchivePolicy(), to: cold)
        let before = disk.paths.filter { $0.hasPrefix("/cold/") }.map { disk.contents($0) }
        let other = Archiver("new", fileSystem: disk)

        // A file of the same name, and then a merged one of the same positions.
        #expect(code { _ = try other.archive(ArchivePolicy(), to: cold) } == .conflict)
        let storage = cold
        _ = try other.thaw(Position(1)...Position(99)) { _ in storage }
        #expect(
            try Compaction("new", fileSystem: disk).run { _, _ in true }.written.count == 1)
        #expect(code { _ = try other.archive(ArchivePolicy(), to: cold) } == .conflict)

        #expect(disk.paths.filter { $0.hasPrefix("/cold/") }.map { disk.contents($0) } == before)
        #expect(try LogVerifier(reader()).verify(.deep).isGood)
    }

    @Test func `what was compacted or erased since takes the place of its older form`() throws {
        try makeStore()
        try archiveAll()
        let storage = cold
        _ = try archiver.thaw(Position(1)...Position(99)) { _ in storage }
        _ = try Compaction("store", fileSystem: disk).run { _, _ in true }
        var log = try LogWriter.open("store", fileSystem: disk)
        _ = try log.append([.numbered(70)])
        try log.close()

        #expect(try archiver.archive(ArchivePolicy(), to: cold).moved.count == 1)

        func names() -> [String] { disk.paths.filter { $0.hasPrefix("/cold/0") } }
        #expect(names().count == 1 && names()[0].hasSuffix(".g1.jsonl.lz4"))
        _ = try archiver.thaw(Position(1)...Position(99)) { _ in storage }
        _ = try Eraser("store", fileSystem: disk)
            .execute(ErasureSelector(.stream, id: "w"), reason: nil)
        _ = try archiver.archive(ArchivePolicy(), to: cold)
        #expect(names().contains { $0.hasSuffix(".g2.jsonl.lz4") })
        #expect(!names().contains { $0.hasSuffix(".g1.jsonl.lz4") })
        #expect(try LogVerifier(reader()).verify(.deep).isGood)
    }

    @Test func `damage in an archive or in what stays here is a finding`() throws {
        try makeStore()
        try archiveAll()
        let copy = try #require(disk.paths.first { $0.hasPrefix("/cold/0") })
        disk.corrupt(copy) { $0.removeLast($0.count - 20) }
        #expect(try LogVerifier(reader()).verify(.deep).findings.count == 1)
        let rest = try #require(disk.paths.last { $0.hasSuffix(".archived") })
        disk.corrupt(rest) { $0[110] ^= 1 }
        #expect(try LogVerifier(reader()).verify(.deep).findings.count == 2)
    }

    @Test(arguments: [
        #"{"file":"../../etc/passwd","first":1,"last":4,"#,
        #"{"file":"/etc/passwd","first":1,"last":4,"#,
        #"{"file":"00000000000000000001-00000000000000000009.g0.jsonl.lz4","first":1,"last":4,"#,
        #"{"file":"ARCHIVE","first":1,"last":4,"#,
    ])
    func `a listing that names other files is refused`(line: String) throws {
        try makeStore()
        try archiveAll()
        let rest = #""bytes":1,"raw_bytes":1,"chain":"\#(Digest256.zero.hex)","#
        let listing = disk.contents("/cold/ARCHIVE") ?? []
        let first = listing.split(separator: 0x0A)[0]
        let hostile =
            Array(first) + Array("\n\(line)\(rest)\"sha256\":\"\(Digest256.zero.hex)\"}\n".utf8)
        disk.corrupt("/cold/ARCHIVE") { $0 = hostile }
        var log = try LogWriter.open("store", fileSystem: disk)
        _ = try log.seal()
        _ = try log.append([.numbered(50)])
        try log.close()

        #expect(code { _ = try archiver.archive(ArchivePolicy(), to: cold) } == .damaged)
    }

    @Test func `what would write archived segments anew is refused before anything is noted`()
        throws
    {
        try makeStore()
        try archiveAll()
        let before = (try reader().lastPosition, disk.writtenByteCount)
        let expirer = Expirer("store", fileSystem: disk)
        let policy = ExpiryPolicy(byteCount: 0, text: "everything")
        let refused = #expect(throws: LogError.self) { try expirer.execute(policy) }
        #expect(refused?.code == .archived)
        #expect(refused?.message.contains("tacho thaw --from 1 --to 12") == true)
        #expect(try expirer.plan(policy).thawFirst == refused)
        let typed = ExpiryPolicy(byteCount: 0, types: ["workflow.*"], text: "workflows")
        #expect(code { _ = try expirer.execute(typed) } == .archived)
        let eraser = Eraser("store", fileSystem: disk)
        let selector = ErasureSelector(.stream, id: "w")
        #expect(code { _ = try eraser.execute(selector, reason: nil) } == .archived)
        #expect(try eraser.plan(selector).thawFirst?.code == .archived)
        #expect(try reader().lastPosition == before.0 && disk.writtenByteCount == before.1)
        let compaction = Compaction("store", fileSystem: disk)
        #expect(try compaction.run { _, _ in true }.written.isEmpty)

        let storage = cold
        _ = try archiver.thaw(Position(1)...Position(4)) { _ in storage }

        // What was refused has left no decision behind: another one is free.
        let less = ExpiryPolicy(byteCount: 0, types: ["test.event"], text: "others")
        #expect(try expirer.execute(less).isResumed == false)
    }

    @Test func `what a run has archived that died before its receipt is told by the next`() throws {
        func archivings() throws -> [String] {
            var receipts = [String]()
            let filter = RecordFilter(types: ["tacho.archived"])
            try reader().forEachBatch(matching: filter) { batch in
                try batch.forEachRecord { record in
                    receipts.append(String(decoding: record.data, as: UTF8.self))
                    return true
                }
                return true
            }
            return receipts
        }
        try makeStore()
        let segments = try archiver.plan(ArchivePolicy()).segments
        do {
            let maintenance = try LogMaintenance.begin("store", fileSystem: disk)
            for segment in segments.prefix(2) { _ = try maintenance.archive(segment, to: cold) }
        }

        let outcome = try archiver.archive(ArchivePolicy(), to: cold)

        #expect(outcome.moved.map(\.segment.file) == [segments[2].file])
        #expect(outcome.untold.map(\.segment.file) == segments.prefix(2).map(\.file))
        let receipts = try archivings()
        #expect(receipts.count == 2 && receipts[0].contains(#""interrupted":true"#))
        for (number, segment) in segments.enumerated() {
            #expect(receipts[number < 2 ? 0 : 1].contains(segment.file))
        }
        #expect(try archiver.archive(ArchivePolicy(), to: cold).untold.isEmpty)
        #expect(try archivings().count == 2)
    }

    @Test func `erasures are told as far as they can be while the archive is away`() throws {
        try makeStore()
        let eraser = Eraser("store", fileSystem: disk)
        let request = try #require(
            try eraser.execute(ErasureSelector(.stream, id: "w"), reason: nil).request)
        var log = try LogWriter.open("store", fileSystem: disk)
        _ = try log.seal()
        _ = try log.append([.numbered(70)])
        try log.close()
        let whole = try ErasureHistory(reader())
        #expect(whole.requests.map(\.state) == [.proven])
        #expect(try ErasureHistory.withinReach(reader()).requests == whole.requests)
        _ = try archiver.archive(ArchivePolicy(), to: cold)
        _ = try hideArchive()

        let history = try ErasureHistory.withinReach(reader())

        // Only what has such an event is missed.
        #expect(
            history.outOfReach.allSatisfy { $0.first <= request.next && $0.last >= request })
        #expect(!history.outOfReach.isEmpty || history.requests == whole.requests)
        if !history.outOfReach.isEmpty {
            #expect(code { _ = try ErasureHistory(reader()) } == .archived)
        }
    }

    @Test func `thawing from an archive that is gone says that it cannot be reached`() throws {
        try makeStore()
        try archiveAll()
        _ = try hideArchive()
        let storage = cold

        #expect(
            code { _ = try archiver.thaw(Position(1)...Position(9)) { _ in storage } } == .archived)
        #expect(try reader().segments.count { $0.state == "archived" } == 3)
        #expect(disk.paths.allSatisfy { !$0.hasPrefix("store/tmp/") })
    }

    @Test(arguments: [true, false])
    func `where an archived stream ends is known by its columns, or by the archive`(
        hasColumns: Bool
    ) throws {
        var options = LogOptions()
        options.columns = hasColumns ? .events : .none
        var log = try LogWriter.open("store", options: options, fileSystem: disk)
        for stream in ["a", "b", "c", "a"] as [ByteString] {
            _ = try log.append([.numbered(1, stream: stream), .numbered(2, stream: stream)])
        }
        _ = try log.seal()
        _ = try log.append([.numbered(3)])
        try log.close()
        _ = try archiver.archive(ArchivePolicy(), to: cold)
        func append(_ stream: ByteString, after last: UInt64) throws {
            var log = try LogWriter.open("store", fileSystem: disk)
            let expected = StreamExpectation(stream: stream, lastPosition: Position(last))
            _ = try log.append([.numbered(9, stream: stream)], expecting: [expected])
            try log.close()
        }

        #expect(code { try append("b", after: 3) } == .conflict)
        try append("b", after: 4)
        let show = try hideArchive()
        if hasColumns {
            #expect(code { try append("a", after: 2) } == .conflict)
            try append("a", after: 8)
        } else {
            #expect(code { try append("a", after: 8) } == .archived)
            // A stream that the index has not is new, wherever the lines are.
            try append("new", after: 0)
        }
        try show()
        try append("c", after: 6)
    }

    @Test func `a manifest is rebuilt with what is archived`() throws {
        try makeStore()
        try archiveAll()
        let lines = try reader().allLines().lines
        let segments = try reader().segments
        for name in ["MANIFEST", "MANIFEST.prev"] { disk.corrupt("store/" + name) { $0 = [] } }
        var options = LogOptions()
        options.acceptsLoss = true
        try LogWriter.open("store", options: options, fileSystem: disk).close()

        #expect(try reader().segments.map(\.archive) == segments.map(\.archive))
        #expect(try reader().allLines().lines.starts(with: lines))
    }

    @Test func `an older version is told that it cannot read the store`() throws {
        try makeStore()
        try archiveAll()
        let format = String(decoding: disk.contents("store/FORMAT") ?? [], as: UTF8.self)
        #expect(format.contains("required: archived optional:"))
    }
}
