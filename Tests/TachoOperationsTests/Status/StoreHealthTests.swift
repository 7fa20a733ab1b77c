import TachoEvents
import TachoLog
import TachoOperations
import TachoSimulation
import TestSupport
import Testing

@Suite struct StoreHealthTests {
    private let disk = SimulatedFileSystem(seed: 21)
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 1_766_052_000_000

    private func options(day: Int64) -> LogOptions {
        var options = LogOptions()
        options.clock = { Timestamp(milliseconds: Self.start + day * Self.day) }
        return options
    }

    /// Two sealed segments, of the days 0 and 10, the first with a backup, and one event of day 20.
    private func makeStore() throws {
        for day in [Int64(0), 10, 20] {
            var log = try LogWriter.open("store", options: options(day: day), fileSystem: disk)
            _ = try log.append((0..<8).map { .numbered($0, filler: 200) })
            if day == 0 {
                let report = try LogBackup("store", fileSystem: disk).run(to: "copy")
                _ = try log.append([report.receipt("copy").event])
            }
            if day < 20 { _ = try log.seal() }
            try log.close()
        }
    }

    private func health() throws -> StoreHealth {
        try StoreHealth(
            LogReader.open("store", fileSystem: disk),
            now: Timestamp(milliseconds: Self.start + 20 * Self.day))
    }

    @Test func `growth is what the log takes over the days that it spans`() throws {
        try makeStore()
        let byteCount = try LogReader.open("store", fileSystem: disk).segments
            .reduce(0) { $0 + $1.byteCount }

        #expect(try health().growthPerDay == Double(byteCount) / 20)
        #expect(try health().backupAge == 20 * 86_400)
        #expect(try health().backupLag == 25 - 8)
        #expect(try health().openErasureCount == 0)
    }

    @Test func `what is archived out of reach stands in nobody's way`() throws {
        try makeStore()
        let grown = try health().growthPerDay
        let cold = DirectoryStorage("/cold", fileSystem: disk)
        _ = try Archiver("store", options: options(day: 20), fileSystem: disk)
            .archive(ArchivePolicy(), to: cold)
        for path in disk.paths where path.hasPrefix("/cold/") { try disk.remove(path) }

        let health = try health()

        // The receipt of the archiving is new, and nothing counts twice.
        let growth = try #require(health.growthPerDay)
        #expect(abs(growth - (grown ?? 0)) < 100)
        #expect(health.backupAge == nil)
        #expect(health.openErasureCount == 0)
    }

    @Test func `of a damaged store it tells what is known`() throws {
        try makeStore()
        let path = try #require(disk.paths.first { $0.hasSuffix(".lz4") })
        disk.corrupt(path) { $0[$0.count - 9] ^= 1 }

        let health = try health()

        #expect(health.growthPerDay == nil && health.daysUntilFull == nil)
        #expect(health.openErasureCount == nil)
        #expect(health.waitingSegmentCount == 0)
    }
}
