import TachoSimulation
import TestSupport
import Testing

@testable import TachoLog

@Suite struct ColumnTests {
    @Test(arguments: [0, 1, 30]) func `columns say what the lines say`(strangePercent: Int) throws {
        let seed = testSeed(UInt64(strangePercent) + 5)
        let (fileSystem, _) = try columnStore(
            1500, seed: seed, strangePercent: strangePercent, sealEvery: 20)
        let log = try LogReader.open("store", fileSystem: fileSystem)

        let fromLines = try log.columnSums(columns: [])
        let fromColumns = try log.columnSums()

        #expect(fromColumns == fromLines, "seed \(seed)")
        #expect(fromLines.lineCount == 1500)
        #expect(fromLines.blockCount == 0)
        #expect(fromColumns.blockCount >= (strangePercent == 30 ? 0 : 40))
        // Frames with a value that does not fit are read as lines, and the rest is not.
        #expect((fromColumns.lineCount > 0) == (strangePercent > 0))
        #expect(try log.columnSums(threadCount: 1) == fromLines)
    }

    @Test func `other columns than a segment has are read from its lines`() throws {
        let (fileSystem, _) = try columnStore(600, seed: 3, columns: ColumnSet([.stream, .type]))
        let log = try LogReader.open("store", fileSystem: fileSystem)

        let sums = try log.columnSums()

        #expect(sums.lineCount == 600)
        #expect(sums == (try log.columnSums(columns: [])))
    }

    @Test func `what is not sealed comes as lines, and nothing comes twice`() throws {
        let (fileSystem, options) = try columnStore(250, seed: 4, sealEvery: 200)
        var writer = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try writer.append([.numbered(1)], durability: .interval)
        try writer.close()
        let log = try LogReader.open("store", fileSystem: fileSystem)

        let sums = try log.columnSums()

        #expect(sums.lineCount == 51)
        #expect(sums.blockCount == 1)
        #expect(sums == (try log.columnSums(columns: [])))
    }

    @Test func `what a closure throws ends the fold`() throws {
        struct Stop: Error {}
        let (fileSystem, _) = try columnStore(600, seed: 3)
        let log = try LogReader.open("store", fileSystem: fileSystem)

        #expect(throws: Stop.self) {
            _ = try log.fold(threadCount: 2, into: 0) { _, _ in throw Stop() }
        }
    }

    @Test func `erased events are gone from the columns, too`() throws {
        let (fileSystem, options) = try columnStore(400, seed: 6, onlyOneStream: true)
        var writer = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        let positions = (100...105).map { Position(UInt64($0)) }

        _ = try writer.erase(positions, changedFrom: .first)

        try writer.close()
        let log = try LogReader.open("store", fileSystem: fileSystem)
        let sums = try log.columnSums()
        #expect(sums == (try log.columnSums(columns: [])))
        #expect(sums.events.values.reduce(0, +) == 394)
        #expect(try LogVerifier(log).verify(.deep).findings.isEmpty)
    }

    @Test func `compacting gives columns to segments without, and a second time does nothing`()
        throws
    {
        let (fileSystem, options) = try columnStore(600, seed: 7, columns: .none)
        let before = try LogReader.open("store", fileSystem: fileSystem).columnSums()
        var wanted = CompactionPlan.Options(level: 1, mergedByteCount: 1)
        wanted.columns = .sample
        let maintenance = try LogMaintenance.begin(
            "store", options: options, fileSystem: fileSystem)

        let plan = try maintenance.compactionPlan(wanted)
        for step in plan.steps { _ = try maintenance.carryOut(step, wanted) }

        #expect(plan.steps.map(\.reasons) == [["reindex"], ["reindex"], ["reindex"]])
        #expect(try maintenance.compactionPlan(wanted).steps.isEmpty)
        let after = try LogReader.open("store", fileSystem: fileSystem).columnSums()
        #expect(before.lineCount == 600)
        #expect(after.lineCount == 0)
        #expect(after == before)
    }

    @Test
    func `compacting without columns leaves the lines of seldom types, and a second time nothing`()
        throws
    {
        let (fileSystem, options) = try columnStore(3000, seed: 11, sealEvery: 3000)
        let before = try LogReader.open("store", fileSystem: fileSystem)
        let sums = try before.columnSums(columns: [])
        var wanted = CompactionPlan.Options(level: 1)
        wanted.columns = ColumnSet.none
        let maintenance = try LogMaintenance.begin(
            "store", options: options, fileSystem: fileSystem)

        let plan = try maintenance.compactionPlan(wanted)
        for step in plan.steps { _ = try maintenance.carryOut(step, wanted) }

        #expect(plan.steps.map(\.reasons) == [["reindex"]])
        #expect(try maintenance.compactionPlan(wanted).steps.isEmpty)
        let after = try LogReader.open("store", fileSystem: fileSystem)
        #expect(after.segments[0].byteCount < before.segments[0].byteCount)
        #expect(try after.columnSums() == sums, "all as lines")
        let entry = try #require(try maintenance.manifest().segments.first)
        let sealed = try SealedSegment.open(
            entry, StoreLayout("store"), maintenance.store, fileSystem)
        defer { sealed.close(fileSystem) }
        let columns = try #require(try sealed.columns(fileSystem))
        #expect(columns.set.isEmpty)
        #expect(columns.seldom.map(\.count).sorted() == [2, 3])
        #expect(try LogVerifier(after).verify(.deep).findings.isEmpty)
    }

    @Test func `merging keeps the columns of its inputs`() throws {
        let (fileSystem, options) = try columnStore(600, seed: 8)
        let maintenance = try LogMaintenance.begin(
            "store", options: options, fileSystem: fileSystem)
        let plan = try maintenance.compactionPlan(.init())

        for step in plan.steps { _ = try maintenance.carryOut(step, .init()) }

        let log = try LogReader.open("store", fileSystem: fileSystem)
        #expect(log.segments.count == 2)
        #expect(try log.columnSums().lineCount == 0)
        #expect(try LogVerifier(log).verify(.deep).findings.isEmpty)
    }
}

@Suite struct SeldomLineTests {
    private static let rare: [TypePattern] = ["rare.a", "rare.b"]

    /// 6,000 events in one segment of many frames.
    private func store(
        _ columns: ColumnSet = .sample
    ) throws -> (LogReader, SimulatedFileSystem) {
        let (fileSystem, _) = try columnStore(6000, seed: 9, columns: columns, sealEvery: 6000)
        return (try LogReader.open("store", fileSystem: fileSystem), fileSystem)
    }

    @Test(
        arguments: [["rare.a"], ["rare.b"], ["rare.*"], ["rare.b", "rare.a", "absent"]],
        [ColumnSet.sample, .none])
    func `events of seldom types come in order, as a filter of all lines has them`(
        patterns: [String], columns: ColumnSet
    ) throws {
        let (log, _) = try store(columns)
        let filter = RecordFilter(types: patterns.map { TypePattern(ByteString($0)) })
        var expected = [String]()
        try log.forEachBatch { batch in
            try batch.forEachRecord { record in
                if filter.matches(record) {
                    expected.append(String(decoding: record.line, as: UTF8.self))
                }
                return true
            }
            return true
        }

        var found = [String]()
        try log.forEachBatch(matching: filter) { batch in
            try batch.forEachRecord { record in
                found.append(String(decoding: record.line, as: UTF8.self))
                return true
            }
            return true
        }

        #expect(found == expected)
        #expect(!found.isEmpty)
    }

    @Test func `a range of positions holds for them, too`() throws {
        let (log, _) = try store()
        var positions = [UInt64]()

        try log.forEachBatch(
            from: Position(998), through: Position(2402),
            matching: RecordFilter(types: Self.rare)
        ) { batch in
            try batch.forEachRecord { record in
                positions.append(record.position.rawValue)
                return true
            }
            return true
        }

        #expect(positions == [1201, 1994, 2402])
    }
}
