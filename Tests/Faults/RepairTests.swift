import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// What can be put right behind damage, and what is said of it.
@Suite struct RepairTests {
    private let fileSystem = SimulatedFileSystem(seed: 1)

    private func open() throws -> LogWriter {
        try LogWriter.open("store", fileSystem: fileSystem)
    }

    private func reader() throws -> LogReader {
        try LogReader.open("store", fileSystem: fileSystem)
    }

    /// Events 0..<count, of which each run of `sealedEvery` is a sealed segment.
    private func makeLog(_ count: Int, sealedEvery: Int) throws {
        var log = try open()
        for number in 0..<count {
            _ = try log.append([.numbered(number, filler: 40)])
            if (number + 1).isMultiple(of: sealedEvery) { _ = try log.seal() }
        }
        try log.close()
    }

    private func sealedPath(_ number: Int) throws -> String {
        let names = fileSystem.paths.filter { $0.hasSuffix(".jsonl.lz4") }
        return try #require(names.count > number ? names[number] : nil)
    }

    @Test func `a damaged active file is sealed with its good records and an explicit gap`() throws
    {
        var log = try open()
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let before = try #require(fileSystem.contents(path))
        fileSystem.losePower()
        fileSystem.corrupt(path) { $0[before.count / 2] ^= 0x10 }

        var again = try open()
        let report = try again.sealPending()

        #expect(report.segments.map(\.missingCount) == [1])
        let read = try reader().allLines()
        #expect(read.damage.count == 1)
        #expect(read.damage.first?.message.contains("missing") == true)
        #expect(try reader().numbers().count == 9)
        let kept = fileSystem.paths.filter { $0.hasPrefix("store/quarantine/") }
        #expect(kept.count == 1)
        #expect(fileSystem.contents(try #require(kept.first))?.count == before.count)
        let verified = try LogVerifier(reader()).verify(.deep)
        #expect(verified.findings.count == 1)
    }

    @Test func `a file that rots while it waits to be sealed does not stop sealing`() throws {
        var options = LogOptions()
        options.sealByteCount = 1_000
        var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        for number in 0..<30 { _ = try log.append([.numbered(number, filler: 40)]) }
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        fileSystem.corrupt(path) { $0[300] ^= 1 }

        let report = try log.sealPending()

        #expect(report.segments.first?.missingCount == 1)
        #expect(report.segments.dropFirst().allSatisfy { $0.missingCount == 0 })
        #expect(try reader().numbers().count == 29)
    }

    @Test func `a segment without its footer is still read`() throws {
        try makeLog(30, sealedEvery: 10)
        let path = try sealedPath(1)
        fileSystem.corrupt(path) { $0.removeLast(100) }

        let read = try reader().allLines()

        #expect(!read.damage.isEmpty)
        #expect(try reader().numbers() == Array(0..<30))
    }

    @Test func `a segment without its footer is repaired without a loss`() throws {
        try makeLog(30, sealedEvery: 10)
        let before = try reader().allLines().lines
        let path = try sealedPath(1)
        fileSystem.corrupt(path) { $0.removeLast(100) }
        let repair = try LogRepair("store", fileSystem: fileSystem)

        let plan = try repair.repairSegments(dryRun: true)
        #expect(plan.count == 1)
        #expect(try !LogVerifier(reader()).verify(.deep).isGood)
        let done = try repair.repairSegments(dryRun: false)

        #expect(done.map(\.missingCount) == [0])
        let read = try reader().allLines()
        #expect(read.lines == before)
        #expect(read.damage.isEmpty)
        #expect(try LogVerifier(reader()).verify(.deep).isGood)
        #expect(try repair.repairSegments(dryRun: false).isEmpty)
    }

    @Test func `one rotten byte of a frame is healed, wherever it is`() throws {
        try makeLog(30, sealedEvery: 10)
        let before = try reader().allLines().lines
        let path = try sealedPath(1)
        let bytes = try #require(fileSystem.contents(path))
        let frameEnd = try #require(bytes.firstRange(of: [0x5A, 0x2A, 0x4D, 0x18])).lowerBound
        var random = SimulatedRandom(seed: testSeed())

        for offset in stride(from: 0, to: frameEnd, by: 9) {
            let path = try sealedPath(1)
            fileSystem.corrupt(path) { $0[offset] ^= UInt8.random(in: 1...255, using: &random) }
            let done = try LogRepair("store", fileSystem: fileSystem).repairSegments(dryRun: false)
            #expect(done.map(\.missingCount) == [0], "byte \(offset)")
        }

        #expect(try reader().allLines().lines == before)
        #expect(try LogVerifier(reader()).verify(.deep).isGood)
    }

    @Test func `a lost frame becomes a gap, and the chain behind it still closes`() throws {
        try makeLog(30, sealedEvery: 10)
        let path = try sealedPath(1)
        fileSystem.corrupt(path) {
            $0[60] ^= 0x40
            $0[200] ^= 0x40
        }

        let done = try LogRepair("store", fileSystem: fileSystem).repairSegments(dryRun: false)

        #expect(done.map(\.missingCount) == [10])
        #expect(try reader().numbers() == Array(0..<10) + Array(20..<30))
        let findings = try LogVerifier(reader()).verify(.deep).findings
        #expect(findings.count == 1)
        #expect(findings.first?.message.contains("positions 11 to 20 are missing") == true)
    }

    @Test func `a manifest is made anew only when it is not a dry run`() throws {
        try makeLog(30, sealedEvery: 10)
        let before = try reader().allLines().lines
        for path in ["store/MANIFEST", "store/MANIFEST.prev"] { try fileSystem.remove(path) }
        let repair = try LogRepair("store", fileSystem: fileSystem)

        #expect(try repair.rebuildManifest(dryRun: true).count == 4)
        #expect(throws: LogError.self) { _ = try reader() }
        _ = try repair.rebuildManifest(dryRun: false)

        #expect(try reader().allLines().lines == before)
    }

    @Test(arguments: [5, 10, 17, 25, 30] as [UInt64])
    func `an anchor proves what stands before it, sealed or not`(position: UInt64) throws {
        var log = try open()
        for number in 0..<Int(position) { _ = try log.append([.numbered(number)]) }
        let anchor = try reader().anchor()
        #expect(anchor.position == Position(position))
        #expect(Anchor(anchor.description) == anchor)
        for number in Int(position)..<40 {
            _ = try log.append([.numbered(number)])
            if number.isMultiple(of: 7) { _ = try log.seal() }
        }

        #expect(try LogVerifier(reader()).verify(.quick, anchors: [anchor]).isGood)
        let forged = Anchor(
            position: anchor.position, chain: String(anchor.chain.reversed()), store: nil)
        #expect(try !LogVerifier(reader()).verify(.deep, anchors: [forged]).isGood)
        let ahead = Anchor(position: Position(99), chain: anchor.chain, store: nil)
        #expect(try !LogVerifier(reader()).verify(.deep, anchors: [ahead]).isGood)
    }

    @Test func `a scrub reads the whole log, some of it at a time, and begins anew`() throws {
        try makeLog(35, sealedEvery: 10)

        var ends = [UInt64]()
        for _ in 0..<5 {
            let report = try Scrubber(reader()).run { _, _ in false }
            #expect(report.findings.isEmpty)
            ends.append(report.positions?.upperBound.rawValue ?? 0)
        }

        #expect(ends == [10, 20, 30, 35, 10])
    }

    @Test func `how long ago everything was read counts from the beginning of a whole round`()
        throws
    {
        try makeLog(30, sealedEvery: 10)
        func scrub(at second: Int64) throws -> Timestamp? {
            let now = Timestamp(milliseconds: second * 1000)
            _ = try Scrubber(reader()).run(now: now) { _, _ in false }
            return try reader().scrubState().verifiedSince
        }

        // Three segments a round, and the empty one that is written to is none.
        let known = try (1...7).map { try scrub(at: $0)?.microseconds }

        let round: Int64 = 1_000_000
        #expect(known == [nil, nil, round, round, round, 4 * round, 4 * round])
    }

    @Test func `a scrub finds a bit that has rotted, and the log remembers it once`() throws {
        try makeLog(30, sealedEvery: 10)
        fileSystem.corrupt(try sealedPath(2)) { $0[80] ^= 2 }

        let report = try Scrubber(reader()).run { _, _ in true }

        #expect(report.isAtEnd)
        #expect(report.findings.count == 1)
        var log = try open()
        #expect(try log.note(report.findings, by: "tacho/scrub") == 1)
        #expect(try log.note(report.findings, by: "tacho/scrub") == 0)
    }
}
