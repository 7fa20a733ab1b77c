import TachoLog
import TachoSimulation
import TestSupport
import Testing

@Suite struct CompactionTests {
    private let fileSystem = SimulatedFileSystem(seed: testSeed())
    private static let options = CompactionPlan.Options(mergedByteCount: 1 << 20)

    /// A log of small sealed segments, and a few events that are not sealed.
    private func makeLog(segmentCount: Int = 5) throws {
        var log = try LogWriter.open("store", options: Self.logOptions, fileSystem: fileSystem)
        for segment in 0..<segmentCount {
            for number in 0..<8 {
                _ = try log.append([.numbered(segment * 8 + number, filler: 200)])
            }
            _ = try log.seal()
        }
        for number in 0..<3 { _ = try log.append([.numbered(segmentCount * 8 + number)]) }
        try log.close()
    }

    private static var logOptions: LogOptions {
        var options = LogOptions()
        options.reserveByteCount = 0
        options.clock = { Timestamp(milliseconds: 1_766_052_000_091) }
        return options
    }

    private func begin() throws -> LogMaintenance {
        try LogMaintenance.begin("store", options: Self.logOptions, fileSystem: fileSystem)
    }

    private func compact(_ options: CompactionPlan.Options = options) throws -> [Int] {
        let maintenance = try begin()
        let plan = try maintenance.compactionPlan(options)
        return try plan.steps.map { step in
            try #require(try maintenance.carryOut(step, plan.options)).count
        }
    }

    private struct State: Equatable {
        let lines: [String]
        let chain: String?
    }

    private func state() throws -> State {
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        let report = try LogVerifier(reader).verify(.deep)
        #expect(report.isGood, "\(report.findings)")
        return State(lines: try reader.allLines().lines, chain: report.chain)
    }

    // MARK: The straight path

    @Test func `small segments become one, and neither a line nor the chain changes`() throws {
        try makeLog()
        let before = try state()

        #expect(try compact() == [40])

        #expect(try state() == before)
        let segments = try LogReader.open("store", fileSystem: fileSystem).segments
        #expect(segments.count == 2)
        #expect(segments[0].file.hasSuffix(".g1.jsonl.lz4"))
        #expect(segments[0].first.rawValue == 1 && segments[0].last.rawValue == 40)
    }

    @Test func `a second run has nothing to do and writes nothing`() throws {
        try makeLog()
        _ = try compact()
        let written = fileSystem.writtenByteCount

        #expect(try compact() == [])
        #expect(fileSystem.writtenByteCount == written)
    }

    @Test func `what was replaced is kept for a while, and then goes`() throws {
        try makeLog()
        _ = try compact()
        let maintenance = try begin()

        let moment = Timestamp(milliseconds: 1_766_052_000_091)
        #expect(try maintenance.leftovers(retiredBefore: moment).isEmpty)
        let leftovers = try maintenance.leftovers(
            retiredBefore: Timestamp(microseconds: moment.microseconds + 1_000_000))
        #expect(leftovers.map(\.kind) == Array(repeating: "retired", count: 5))
        #expect(maintenance.collect(leftovers) == leftovers)
        #expect(!fileSystem.paths.contains { $0.hasPrefix("store/retired/") })
    }

    @Test func `a reader from before reads to its end what it would have read`() throws {
        try makeLog()
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        let lines = try reader.allLines().lines

        var seen: [Int] = []
        try reader.forEachBatch { batch in
            if seen.isEmpty { _ = try compact() }
            try batch.forEachRecord { record in
                seen.append(Int(record.position.rawValue))
                return true
            }
            return true
        }

        #expect(seen == Array(1...43))
        #expect(try reader.allLines().lines == lines)
    }

    @Test func `ids of compacted events are still known`() throws {
        try makeLog()
        _ = try compact()
        var log = try LogWriter.open("store", options: Self.logOptions, fileSystem: fileSystem)
        let event = NewEvent(
            id: "twice", stream: "s", type: "t", source: "x", data: Array("{}".utf8))
        _ = try log.append([event])
        _ = try log.seal()
        _ = try compact()
        let again = try log.append([event])
        guard case .duplicate = again.outcomes[0] else {
            Issue.record("appended twice")
            return
        }
    }

    @Test func `a gap stays a gap`() throws {
        try makeLog()
        let segments = try LogReader.open("store", fileSystem: fileSystem).segments
        fileSystem.corrupt("store/log/" + segments[1].file) { bytes in
            for index in 40..<90 { bytes[index] ^= 0xA5 }
        }
        _ = try LogRepair("store", options: Self.logOptions, fileSystem: fileSystem)
            .repairSegments(dryRun: false)
        func read() throws -> [String] {
            var lines: [String] = []
            try LogReader.open("store", fileSystem: fileSystem).forEachBatch(onDamage: { _ in }) {
                try $0.forEachRecord { record in
                    lines.append(String(decoding: record.line, as: UTF8.self))
                    return true
                }
                return true
            }
            return lines
        }
        let before = try read()
        let verifier = LogVerifier(try LogReader.open("store", fileSystem: fileSystem))
        let findings = try verifier.verify(.deep).findings.count

        _ = try compact()

        #expect(try read() == before)
        let after = try LogVerifier(LogReader.open("store", fileSystem: fileSystem)).verify(.deep)
        #expect(after.findings.count <= findings)
        #expect(before.count == 35)
    }

    // MARK: What must not be done

    @Test func `two at once are one too many`() throws {
        try makeLog()
        let first = try begin()
        let error = #expect(throws: LogError.self) { _ = try begin() }
        #expect(error?.code == .busy)
        _ = try first.compactionPlan(Self.options)
    }

    @Test func `a plan of another state of the log is not carried out`() throws {
        try makeLog()
        let maintenance = try begin()
        let plan = try maintenance.compactionPlan(Self.options)
        _ = try maintenance.carryOut(plan.steps[0], plan.options)
        let before = try state()

        let error = #expect(throws: LogError.self) {
            _ = try maintenance.carryOut(plan.steps[0], plan.options)
        }

        #expect(error?.code == .conflict)
        #expect(try state() == before)
    }

    @Test func `a damaged input stops it, and everything stays as it was`() throws {
        try makeLog()
        let segments = try LogReader.open("store", fileSystem: fileSystem).segments
        fileSystem.corrupt("store/log/" + segments[2].file) { $0[20] ^= 1 }
        let paths = fileSystem.paths

        let error = #expect(throws: LogError.self) { try compact() }

        #expect(error?.code == .damaged)
        #expect(fileSystem.paths == paths)
    }

    @Test func `stopped in the middle it leaves everything as it was`() throws {
        try makeLog()
        let before = try state()
        let paths = fileSystem.paths
        let maintenance = try begin()
        let plan = try maintenance.compactionPlan(Self.options)
        var calls = 0

        let written = try maintenance.carryOut(plan.steps[0], plan.options) { _ in
            calls += 1
            return calls < 3
        }

        #expect(written == nil)
        #expect(fileSystem.paths == paths)
        #expect(try state() == before)
    }
}
