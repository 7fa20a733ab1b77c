import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import Testing

@Suite struct TypedExpiryTests {
    private let disk = SimulatedFileSystem(seed: 11)
    private static let day: Int64 = 86_400

    private func options(day: Int64) -> LogOptions {
        var options = LogOptions()
        let moment = Timestamp(milliseconds: 1_766_052_000_000 + day * Self.day * 1000)
        options.clock = { moment }
        return options
    }

    /// Two sealed segments, of the days 0 and 40, each with a workflow, two samples, and a note.
    private func makeStore() throws {
        for (index, day) in [Int64(0), 40, 80].enumerated() {
            var log = try LogWriter.open("store", options: options(day: day), fileSystem: disk)
            let data = Array("{\"adw_id\":\"w\(index)\",\"cpu_percent\":\(index)}".utf8)
            for (number, type) in [
                "workflow.started", "resource.sampled", "note", "resource.sampled",
            ]
            .enumerated() {
                _ = try log.append([
                    NewEvent(
                        id: ByteString("id-\(index)-\(number)"), stream: ByteString("w\(index)"),
                        type: ByteString(type), source: "test", data: data)
                ])
            }
            if index < 2 { _ = try log.seal() }
            try log.close()
        }
    }

    private func expirer(day: Int64 = 80) -> Expirer {
        Expirer("store", options: options(day: day), fileSystem: disk)
    }

    private func policy(
        _ types: TypePattern..., days: Int64? = nil, bytes: Int? = nil
    ) -> ExpiryPolicy {
        ExpiryPolicy(
            seconds: days.map { $0 * Self.day }, byteCount: bytes, types: types, text: "a policy")
    }

    private func reader() throws -> LogReader { try LogReader.open("store", fileSystem: disk) }

    private func hashes(asOf: Position? = nil) throws -> ([String: Digest256], LiveTables.Report) {
        var options = LiveTables.Options()
        options.asOf = asOf
        options.threadCount = 1
        let live = try LiveTables.open(
            reader(), snapshots: SnapshotStore(directory: "store/snap", fileSystem: disk),
            options: options)
        let hashes = live.projections.projections.map { ($0.type.name, $0.stateHash) }
        return (Dictionary(uniqueKeysWithValues: hashes), live.report)
    }

    private func positions(
        _ filter: RecordFilter = .all, from: Position? = nil, through: Position? = nil
    ) throws -> [UInt64] {
        var positions = [UInt64]()
        try reader().forEachBatch(from: from, through: through, matching: filter) { batch in
            try batch.forEachRecord { record in
                if !record.type.starts(with: "tacho.".utf8) {
                    positions.append(record.position.rawValue)
                }
                return true
            }
            return true
        }
        return positions
    }

    @Test func `a plan counts what would go by age, by type, and changes nothing`() throws {
        try makeStore()
        let before = disk.writtenByteCount

        let old = try expirer().planOfTypes(policy("resource.sampled", days: 50))
        #expect(old.eventCount == 2 && old.last == Position(4) && old.through == Position(4))
        let all = try expirer().planOfTypes(policy("resource.*", bytes: 0))
        #expect(all.shares.map(\.eventCount) == [2, 2])
        #expect(try expirer().planOfTypes(policy("resource.*", bytes: 1 << 20)).through == nil)
        #expect(try expirer().planOfTypes(policy("resource.*", days: 100)).through == nil)
        #expect(disk.writtenByteCount == before)
    }

    @Test func `only events of the type go; positions, other lines, chain, and tables stay`() throws
    {
        try makeStore()
        let (before, _) = try hashes()
        let lines = try reader().lines()
        let anchor = try reader().anchor()

        let outcome = try expirer().execute(policy("resource.sampled", days: 30))

        #expect(outcome.expired.eventCount == 4)
        #expect(outcome.through == Position(8))
        #expect(try positions() == [1, 3, 5, 7, 9, 10, 11, 12])
        let left = try reader().lines()
        #expect(lines.filter { left.contains($0) }.count == 8)
        #expect(try LogVerifier(reader()).verify(.deep, anchors: [anchor]).isGood)
        let (after, report) = try hashes()
        #expect(after == before && report.damage.isEmpty)
        #expect(try reader().firstPosition == .first)
    }

    @Test func `questions about what is gone say by which event and policy`() throws {
        try makeStore()
        let outcome = try expirer().execute(policy("resource.sampled", days: 30))
        let event = try #require(outcome.event)
        func isExpired(_ body: () throws -> Void) -> Bool {
            let error = #expect(throws: LogError.self) { try body() }
            return error?.code == .expired
                && error?.message.contains("expired by event \(event) (policy: a policy)") == true
        }

        #expect(isExpired { _ = try positions(RecordFilter(types: ["resource.*"])) })
        #expect(isExpired { _ = try positions(from: Position(2), through: Position(2)) })
        // Where nothing of it is missed, nothing is said.
        #expect(try positions(RecordFilter(types: ["note"])) == [3, 7, 11])
        #expect(try positions(RecordFilter(types: ["resource.*"]), from: Position(9)) == [10, 12])
        #expect(try positions(from: Position(3), through: Position(3)) == [3])
    }

    @Test func `of the past, tables that counted it say so, and all others answer`() throws {
        try makeStore()
        let (before, _) = try hashes(asOf: Position(5))
        _ = try expirer().execute(policy("resource.sampled", days: 30))

        let (after, report) = try hashes(asOf: Position(5))

        #expect(report.damage.contains { $0.code == .expired })
        #expect(after["task_logs"] == before["task_logs"])
        let snapshots = SnapshotStore(directory: "store/snap", fileSystem: disk)
        var options = LiveTables.Options()
        options.asOf = Position(5)
        let others = try LiveTables.open(
            reader(), snapshots: snapshots, projectors: [TaskLogsProjector.self],
            options: options)
        #expect(others.report.damage.isEmpty)
    }

    @Test func `what has expired is not appended again, and is not looked for twice`() throws {
        try makeStore()
        _ = try expirer().execute(policy("resource.sampled", days: 30))
        var log = try LogWriter.open("store", options: options(day: 80), fileSystem: disk)
        let late = NewEvent(
            id: "id-0-1", stream: "w0", type: "resource.sampled", source: "test",
            data: Array("{}".utf8))
        #expect(try log.append([late]).outcomes == [.duplicate(Position(2))])
        try log.close()

        #expect(try expirer().execute(policy("resource.sampled", days: 30)).event == nil)
    }

    @Test func `later and other expiries go on where one has ended`() throws {
        try makeStore()
        let (before, _) = try hashes()
        _ = try expirer().execute(policy("resource.sampled", days: 50))
        _ = try expirer(day: 81).execute(policy("note", days: 30))
        _ = try expirer(day: 82).execute(policy("resource.sampled", days: 30))
        #expect(try positions() == [1, 5, 9, 10, 11, 12])
        #expect(try hashes().0 == before)

        _ = try expirer(day: 83).execute(
            ExpiryPolicy(seconds: 60 * Self.day, text: "older than 60d"))

        #expect(try positions() == [5, 9, 10, 11, 12])
        let (after, report) = try hashes()
        #expect(after == before && report.damage.isEmpty)
        #expect(try LogVerifier(reader()).verify(.deep).isGood)
    }

    @Test func `compacting, backing up, and erasing go on behind it`() throws {
        try makeStore()
        let (before, _) = try hashes()
        _ = try expirer().execute(policy("resource.sampled", days: 30))
        _ = try Compaction("store", log: options(day: 90), fileSystem: disk).run { _, _ in true }
        #expect(try hashes().0 == before)
        _ = try LogBackup("store", fileSystem: disk).run(to: "copy")
        let copy = try LogReader.open("copy", fileSystem: disk)
        #expect(try copy.expiries == reader().expiries)

        let erased = try Eraser("store", options: options(day: 91), fileSystem: disk)
            .execute(ErasureSelector(.workflow, id: "w0"), reason: nil)
        #expect(erased.isProven)
        #expect(try positions() == [5, 7, 9, 10, 11, 12])
    }

    @Test func `a program that does not know of it refuses the store`() throws {
        try makeStore()
        _ = try expirer().execute(policy("resource.sampled", days: 30))
        let format = String(decoding: disk.contents("store/FORMAT") ?? [], as: UTF8.self)
        #expect(format.contains("required: expired-types"))
    }
}

extension LogReader {
    fileprivate func lines() throws -> [[UInt8]] {
        var lines = [[UInt8]]()
        try forEachBatch { batch in
            try batch.forEachRecord { record in
                lines.append(Array(record.line))
                return true
            }
            return true
        }
        return lines
    }
}
