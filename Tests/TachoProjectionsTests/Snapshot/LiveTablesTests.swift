import Foundation
import TachoLog
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

struct LiveTablesTests {
    private let projectors: [any Projector.Type] = [ExampleProjector.self, TypeCountProjector.self]

    private var writing: LiveTables.Options {
        var options = LiveTables.Options()
        options.writesSnapshots = true
        options.snapshotTailLimit = 20
        return options
    }

    private func hashes(_ log: MemoryLog, _ count: Int) throws -> [Digest256] {
        var projections = Projections(projectors)
        try projections.fold(log.batch(0..<count))
        return projections.projections.map(\.stateHash)
    }

    @Test func `tables from snapshots and tail are those folded from zero`() throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        var log = MemoryLog.random(500, seed: testSeed())
        log.batchSize = 64
        var start = Position.zero

        for count in [0, 10, 40, 45, 300, 310, 500] {
            let history = MemoryLog(lines: Array(log.lines[..<count]))
            let tables = try LiveTables.open(
                history, snapshots: snapshots, projectors: projectors, options: writing)

            #expect(tables.projections.checkpoint == Position(UInt64(count)))
            #expect(tables.projections.projections.map(\.stateHash) == (try hashes(log, count)))
            let isLong = count - Int(start.rawValue) > 20
            #expect(tables.report.writtenSnapshotCount == (isLong ? 2 : 0))
            #expect(tables.report.refusedSnapshots.isEmpty)
            if isLong { start = Position(UInt64(count)) }
        }
        #expect(
            snapshots.positions(of: ExampleProjector.self) == [Position(300), Position(500)])
    }

    @Test func `tables are as they were at a position`() throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(120, seed: testSeed())
        _ = try LiveTables.open(
            MemoryLog(lines: Array(log.lines[..<60])), snapshots: snapshots,
            projectors: projectors, options: writing)

        for count in [0, 1, 59, 60, 61, 120] {
            var options = writing
            options.asOf = Position(UInt64(count))
            let tables = try LiveTables.open(
                log, snapshots: snapshots, projectors: projectors, options: options)

            #expect(tables.projections.projections.map(\.stateHash) == (try hashes(log, count)))
            #expect(tables.report.startPositions[0] == Position(count >= 60 ? 60 : 0))
            #expect(tables.report.writtenSnapshotCount == 0)
        }
    }

    @Test func `some columns of a snapshot say what all of them say`() throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(3000, seed: testSeed())
        let whole = try LiveTables.open(
            log, snapshots: snapshots, projectors: projectors, options: writing)
        let table = try #require(whole.projections.table(named: "example"))
        let names = table.schema.columns.map(\.name)

        // Each column alone, two at the ends, and none.
        for columns in names.map({ [$0] }) + [[names[0], names[names.count - 1]], []] {
            var options = writing
            options.reads = ["example": .columns(columns)]
            let tables = try LiveTables.open(
                log, snapshots: snapshots, projectors: projectors, options: options)
            let opened = try #require(tables.projections.table(named: "example"))

            #expect(tables.report.startPositions == [Position(3000), Position(3000)])
            #expect(opened.rowCount == table.rowCount)
            for name in columns {
                let column = try #require(table.schema.column(named: name))
                let same = (0..<table.rowCount).allSatisfy {
                    opened.value(column, $0) == table.value(column, $0)
                }
                #expect(same, "\(name)")
            }
        }
    }

    /// A table of many blocks, most of them in one column between others.
    private func wideLog() -> MemoryLog {
        var log = MemoryLog()
        var random = SeededRandom(testSeed())
        for number in 0..<400 {
            let note = (0..<700).map { _ in String(random.next(), radix: 16) }.joined()
            log.append(
                stream: "s\(number)", type: "example.noted",
                data: "{\"status\":\"st\(number % 7)\",\"note\":\"\(note)\",\"cost\":\(number)}")
        }
        return log
    }

    @Test func `blocks between the columns are stepped over, damaged or not`() throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        let log = wideLog()
        let whole = try LiveTables.open(
            log, snapshots: snapshots, projectors: [ExampleProjector.self], options: writing)
        let table = try #require(whole.projections.table(named: "example"))
        var options = writing
        options.reads = ["example": .columns(["status", "cost"])]
        func opened() throws -> LiveTables {
            try LiveTables.open(
                log, snapshots: snapshots, projectors: [ExampleProjector.self], options: options)
        }
        func agrees(_ tables: LiveTables) throws -> Bool {
            let found = try #require(tables.projections.table(named: "example"))
            return (0..<table.rowCount).allSatisfy { row in
                found.text(ExampleProjector.Column.status, row)
                    == table.text(ExampleProjector.Column.status, row)
                    && found.money(ExampleProjector.Column.cost, row) == Int64(row)
            }
        }
        #expect(try agrees(opened()))

        let folder = try #require(FileManager.default.subpaths(atPath: directory.file("snap")))
        let name = try #require(folder.first { $0.hasSuffix(".snap") })
        let url = URL(filePath: directory.file("snap")).appending(path: name)
        let good = try Data(contentsOf: url)
        #expect(good.count > 1 << 20)
        var bytes = good
        // In the middle of the notes, which are not looked at.
        bytes[bytes.count / 2] ^= 0xFF
        try bytes.write(to: url)
        let passed = try opened()
        #expect(try agrees(passed) && passed.report.refusedSnapshots.isEmpty)

        bytes = good
        // In the last block, where the costs are: the snapshot is refused, and all is folded.
        bytes[bytes.count - 40] ^= 0xFF
        try bytes.write(to: url)
        let refolded = try opened()
        #expect(try agrees(refolded) && refolded.report.refusedSnapshots.count == 1)
    }

    @Test(arguments: ["text", "number", "look-up", "key"])
    func `using a column that was not opened is a programming error`(way: String) async throws {
        #expect(try Self.tableOfNothing().rowCount == 1)
        await #expect(processExitsWith: .failure) { [way] in
            let table = try Self.tableOfNothing()
            switch way {
            case "text": _ = table.text(ExampleProjector.Column.note, 0)
            case "number": _ = table.integer(ExampleProjector.Column.count, 0)
            case "look-up": _ = table.rows(where: ExampleProjector.Column.status, equals: "st1")
            default: _ = table.row(forKey: "s1")
            }
        }
    }

    /// A row, of which no column was opened.
    private static func tableOfNothing() throws -> Table {
        var log = MemoryLog()
        log.append(stream: "s1", type: "example.noted", data: #"{"status":"st1","note":"n"}"#)
        var projections = Projections([ExampleProjector.self])
        try projections.fold(log.batch(0..<1))
        var table = try #require(projections["example"]).inSnapshot().table
        try table.openColumns([])
        return table
    }

    @Test(arguments: [150, 155, 160])
    func `a tail is folded on top of columns and cells in a snapshot`(count: Int) throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        let log = MemoryLog.random(160, seed: testSeed())
        let history = MemoryLog(lines: Array(log.lines[..<count]))
        _ = try LiveTables.open(
            MemoryLog(lines: Array(log.lines[..<150])), snapshots: snapshots,
            projectors: projectors, options: writing)
        var options = writing
        options.reads = ["example": .columns(["status"]), "type_count": .cells]

        let tables = try LiveTables.open(
            history, snapshots: snapshots, projectors: projectors, options: options)

        #expect(tables.report.startPositions == [Position(150), Position(150)])
        #expect(tables.report.refusedSnapshots.isEmpty)
        var whole = Projections(projectors)
        try whole.fold(log.batch(0..<count))
        let found = try #require(tables.projections.table(named: "example"))
        let table = try #require(whole.table(named: "example"))
        #expect(found.rowCount == table.rowCount)
        for row in 0..<table.rowCount {
            #expect(
                found.text(ExampleProjector.Column.status, row)
                    == table.text(ExampleProjector.Column.status, row))
        }
        var cells = try #require(tables.projections["type_count"])
        #expect(cells.table.storedFailure == nil)
        try cells.openColumns(nil)
        #expect(cells.stateHash == whole.stateHash(of: "type_count"))
    }

    @Test func `live tables follow the history`() throws {
        let log = MemoryLog.random(100, seed: testSeed())
        var tables = try LiveTables.open(
            MemoryLog(lines: Array(log.lines[..<30])), snapshots: nil, projectors: projectors)

        try tables.refresh(log)
        try tables.refresh(log)

        #expect(tables.projections.projections.map(\.stateHash) == (try hashes(log, 100)))
    }

    @Test func `a store that cannot be written is read all the same`() throws {
        let fileSystem = SimulatedFileSystem(seed: testSeed())
        fileSystem.setCapacity(100)
        let snapshots = SnapshotStore(directory: "/snap", fileSystem: fileSystem)
        let log = MemoryLog.random(100, seed: testSeed())

        let tables = try LiveTables.open(
            log, snapshots: snapshots, projectors: projectors, options: writing)

        #expect(tables.projections.projections.map(\.stateHash) == (try hashes(log, 100)))
        #expect(tables.report.writtenSnapshotCount == 0)
        #expect(tables.report.snapshotFailures.count == 2)
    }

    @Test func `after damage no snapshot is written`() throws {
        let directory = try TemporaryDirectory()
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        let log = DamagedHistory(log: MemoryLog.random(100, seed: testSeed()))

        let tables = try LiveTables.open(
            log, snapshots: snapshots, projectors: projectors, options: writing)

        #expect(tables.report.damage.map(\.code) == [.damaged])
        #expect(tables.report.writtenSnapshotCount == 0)
        #expect(tables.projections.checkpoint == Position(100))
    }

    @Test func `a long fold tells how far it is`() throws {
        let log = MemoryLog.random(6000, seed: testSeed())
        var told = [Position]()

        _ = try LiveTables.open(log, snapshots: nil, projectors: projectors) { position, last in
            #expect(last == Position(6000))
            told.append(position)
        }

        #expect(told == [Position(4096), Position(6000)])
    }
}

/// A log whose events from the 50th on cannot be read.
private struct DamagedHistory: EventHistory {
    let log: MemoryLog

    var lastPosition: Position { log.lastPosition }

    func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        try log.anchor(at: position)
    }

    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        _ = try body(log.batch(0..<50))
        try onDamage(LogError(.damaged, "a frame cannot be read"))
    }
}
