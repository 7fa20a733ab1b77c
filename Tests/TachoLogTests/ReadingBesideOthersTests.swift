import TachoLog
import TachoSimulation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Segments are sealed, merged, and moved while somebody reads a view that names their files.
struct ReadingBesideOthersTests {
    private let fileSystem = SimulatedFileSystem(seed: testSeed())

    private static var options: LogOptions {
        var options = LogOptions()
        options.reserveByteCount = 0
        return options
    }

    /// Three sealed segments of eight events, and three events behind them.
    private func makeLog() throws {
        for segment in 0..<3 {
            try append(segment * 8..<segment * 8 + 8)
            try seal()
        }
        try append(24..<27)
    }

    private func append(_ numbers: Range<Int>) throws {
        var log = try LogWriter.open("store", options: Self.options, fileSystem: fileSystem)
        for number in numbers { _ = try log.append([.numbered(number)]) }
        try log.close()
    }

    private func seal() throws {
        var log = try LogWriter.open("store", options: Self.options, fileSystem: fileSystem)
        _ = try log.seal()
        try log.close()
    }

    private func compact() throws {
        let maintenance = try LogMaintenance.begin(
            "store", options: Self.options, fileSystem: fileSystem)
        let options = CompactionPlan.Options(mergedByteCount: 1 << 20)
        for step in try maintenance.compactionPlan(options).steps {
            _ = try maintenance.carryOut(step, options)
        }
    }

    private func reader() throws -> LogReader {
        try LogReader.open("store", fileSystem: fileSystem)
    }

    /// What is done behind the reader's back, and how many events there are then.
    enum Change: CaseIterable {
        case sealed, merged, sealedAndMerged, sealedTwice
    }

    private func make(_ change: Change) throws {
        switch change {
        case .sealed: try seal()
        case .merged: try compact()
        case .sealedAndMerged:
            try seal()
            try compact()
        case .sealedTwice:
            try seal()
            try append(27..<30)
            try seal()
            try append(30..<31)
        }
    }

    @Test(arguments: Change.allCases, [LogVerifier.Depth.quick, .deep])
    func `a file that has gone since is no damage to who verifies`(
        change: Change, depth: LogVerifier.Depth
    ) throws {
        try makeLog()
        let before = try reader()
        try make(change)

        let report = try LogVerifier(before).verify(depth)

        #expect(report.findings == [])
        let now = try LogVerifier(reader()).verify(depth)
        #expect(report.chain == now.chain)
        #expect(report.eventCount >= 27 && report.eventCount <= now.eventCount)
    }

    @Test(arguments: Change.allCases, 1...3)
    func `nor if it goes while others are being verified, and nothing is counted twice`(
        change: Change, segmentCount: Int
    ) throws {
        try makeLog()
        let anchor = try reader().anchor()
        var seen = 0

        let report = try LogVerifier(reader()).verify(.deep, anchors: [anchor]) { _ in
            seen += 1
            guard seen == segmentCount else { return }
            do { try make(change) } catch { Issue.record(error) }
        }

        #expect(report.findings == [] && report.uncheckedAnchors == [])
        #expect([27, 31].contains(report.eventCount))
        #expect(report.chain != nil)
    }

    @Test(arguments: Change.allCases, 0...3)
    func `nor to who scrubs`(change: Change, segmentCount: Int) throws {
        try makeLog()
        let before = try reader()
        if segmentCount == 0 { try make(change) }
        var seen = 0

        let report = try Scrubber(before).run { _, _ in
            seen += 1
            if seen == segmentCount {
                do { try make(change) } catch { Issue.record(error) }
            }
            return true
        }

        #expect(report.findings == [])
        #expect(report.isAtEnd)
        #expect(report.positions?.lowerBound == .first)
        #expect((report.positions?.upperBound ?? .zero) >= Position(27))
    }

    @Test(arguments: Change.allCases)
    func `nor to who asks for the anchor and what is sealed`(change: Change) throws {
        try makeLog()
        let before = try reader()
        let anchor = try before.anchor()
        try make(change)

        let sealed = try before.sealedSegments()

        #expect(sealed.reduce(0) { $0 + $1.eventCount } >= 24)
        #expect(try before.front().count == sealed.count)
        #expect(try before.erasures(through: Position(27)).isEmpty)
        let later = try before.anchor()
        #expect(later.position >= anchor.position)
        #expect(try LogVerifier(reader()).verify(.deep, anchors: [anchor, later]).isGood)
    }

    @Test func `what has expired since is no damage to anybody`() throws {
        try makeLog()
        let before = try reader()
        let cut = try before.front()[1]
        let maintenance = try LogMaintenance.begin(
            "store", options: Self.options, fileSystem: fileSystem)
        _ = try maintenance.expire(
            Expiries.Cut(
                through: cut.segment.last, recorded: Timestamp(milliseconds: 0),
                event: before.lastPosition, policy: "test", chain: cut.chain))

        let (lines, damage) = try before.allLines()

        #expect(lines.count == 11)
        #expect(damage.map(\.code) == [.expired])
        #expect(try LogVerifier(before).verify(.deep).findings == [])
        #expect(try Scrubber(before).run { _, _ in true }.findings == [])
    }

    @Test func `a file that nothing has taken the place of is missing, whatever else has changed`()
        throws
    {
        try makeLog()
        let before = try reader()
        try append(27..<28)
        try seal()
        let lost = try #require(fileSystem.paths.first { $0.hasSuffix(".jsonl.lz4") })
        try fileSystem.remove(lost)

        let report = try LogVerifier(before).verify(.deep)
        let scrubbed = try Scrubber(before).run { _, _ in true }

        #expect(report.findings.map(\.first) == [.first])
        #expect(scrubbed.findings.map(\.first) == [.first])
        #expect(report.eventCount == 20)
    }

    @Test(arguments: [(FileError.StaticOperation.rename, ENOENT), (.open, EEXIST)])
    func `a scrub keeps where it stands, though others clear tmp or scrub, too`(
        operation: FileError.StaticOperation, errno: CInt
    ) throws {
        try makeLog()
        let reader = try reader()

        // Behind the first segment, all that is opened and renamed is the file that says so.
        let report = try Scrubber(reader).run { _, _ in
            fileSystem.inject(
                SimulatedFault(
                    call: fileSystem.callCount + 1, operation: operation, kind: .error(errno)))
            return false
        }

        #expect(report.findings.isEmpty)
        #expect(try reader.scrubState().next == Position(9))
    }
}
