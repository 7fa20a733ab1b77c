import Foundation
import TachoCapture
import TachoLog
import TachoProjections
import TachoSources
import TestSupport
import Testing

/// The whole way on real logs: import, seal, fold, in every order that has to give the same.
@Suite(.serialized) struct RealDataTests {
    private func importing(
        _ paths: [String], into store: String, sealing: Bool = false
    ) throws -> ImportReport {
        let log = try LogWriter.open(store)
        var importer = Importer(
            LogSink(log, durability: .interval),
            quarantine: Quarantine(directory: store + "/quarantine"))
        let report = try importer.run(paths)
        var writer = importer.finish().finish()
        if sealing { _ = try writer.seal() }
        try writer.close()
        return report
    }

    @Test(arguments: SampleData.all)
    func `every record is counted once, and a second import adds nothing`(path: String) throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")

        let first = try importing([path], into: store)
        let last = try LogReader.open(store).lastPosition
        let second = try importing([path], into: store, sealing: true)
        let third = try importing([path], into: store)

        #expect(first.isBalanced)
        #expect(first.eventCount == Int(last.rawValue))
        #expect(first.recordCount > 100)
        for again in [second, third] {
            #expect(again.eventCount == 0)
            #expect(again.rejectedCount == first.rejectedCount)
            #expect(again.recordCount == first.recordCount)
        }
        for file in first.files where file.recordCount == 0 && file.problem == nil {
            #expect(
                file.reason != nil || file.kind.isImported,
                "\(file.path) is neither recognised nor named with a reason")
        }
    }

    @Test(arguments: SampleData.all)
    func `tables rebuilt are tables kept live are tables from a snapshot and the tail`(
        path: String
    ) throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        _ = try importing([path], into: store)
        let reader = try LogReader.open(store)
        let last = reader.lastPosition

        var rebuilt = Projections()
        try reader.forEachBatch {
            try rebuilt.fold($0)
            return true
        }
        rebuilt.advance(to: last)

        // Kept live: batch after batch as they come, with a thread for each half.
        var live = Projections(hashSeed: 7)
        var next = Position.first
        for part in 1...9 {
            let through = Position(last.rawValue * UInt64(part) / 9)
            try live.foldAll(threadCount: 2) { fold in
                try reader.forEachBatch(from: next, through: through) {
                    try fold($0)
                    return true
                }
            }
            live.advance(to: through)
            next = through.next
        }

        // A snapshot in the middle, the log sealed meanwhile, then the tail.
        let snapshots = SnapshotStore(directory: directory.file("snap"))
        var options = LiveTables.Options()
        options.writesSnapshots = true
        options.snapshotTailLimit = 0
        let middle = Position(last.rawValue / 2)
        let half = try LiveTables.open(
            PartialHistory(reader, through: middle), snapshots: snapshots, options: options)
        #expect(half.report.writtenSnapshotCount == allProjectors.count)
        do {
            var writer = try LogWriter.open(store)
            _ = try writer.seal()
            try writer.close()
        }
        let resumed = try LiveTables.open(LogReader.open(store), snapshots: snapshots)
        #expect(resumed.report.refusedSnapshots.isEmpty)
        #expect(resumed.report.startPositions.allSatisfy { $0 == middle })

        for projector in allProjectors {
            let name = projector.name
            let bytes = try #require(encoding(rebuilt, name))
            #expect(bytes == encoding(live, name), "\(name): live")
            #expect(bytes == encoding(resumed.projections, name), "\(name): snapshot and tail")
            let table = try #require(rebuilt.table(named: name))
            table.checkInvariants()
        }
        #expect(try #require(rebuilt.table(named: "tool_calls")).rowCount > 10)
    }

    @Test func `a sealed segment is plain LZ4 of exactly the lines`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        _ = try importing([SampleData.bundled], into: store, sealing: true)
        let lines = try LogReader.open(store).allLines().lines.joined()

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "for f in '\(store)'/log/*.lz4; do lz4 -dc \"$f\"; done"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()

        #expect(String(decoding: bytes, as: UTF8.self) == lines)
    }

    private func encoding(_ projections: Projections, _ name: String) -> [UInt8]? {
        projections.table(named: name).map { table in
            var bytes = [UInt8]()
            table.encode(into: &bytes)
            return bytes
        }
    }
}

/// A log as it was at a position.
private struct PartialHistory: EventHistory {
    private let log: LogReader
    let lastPosition: Position

    init(_ log: LogReader, through last: Position) {
        self.log = log
        lastPosition = last
    }

    func anchor(at position: Position) throws(LogError) -> LogAnchor? {
        try log.anchor(at: position)
    }

    func forEachBatch(
        from first: Position, through last: Position?, matching filter: RecordFilter,
        onDamage: (LogError) throws -> Void, _ body: (RecordBatch) throws -> Bool
    ) throws {
        try log.forEachBatch(
            from: first, through: min(last ?? lastPosition, lastPosition), matching: filter,
            onDamage: onDamage, body)
    }
}
