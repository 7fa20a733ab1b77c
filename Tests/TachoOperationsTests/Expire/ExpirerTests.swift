import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import Testing

@Suite struct ExpirerTests {
    private let disk = SimulatedFileSystem(seed: 3)
    private static let day: Int64 = 86_400

    /// Of the store's clock: days since some beginning.
    private func options(day: Int64) -> LogOptions {
        var options = LogOptions()
        let moment = Timestamp(milliseconds: 1_766_052_000_000 + day * Self.day * 1000)
        options.clock = { moment }
        return options
    }

    /// Three sealed segments, of the days 0, 40, and 80, and an active one of day 100.
    private func makeStore() throws {
        for (index, day) in [Int64(0), 40, 80, 100].enumerated() {
            var log = try LogWriter.open("store", options: options(day: day), fileSystem: disk)
            for number in 0..<3 {
                _ = try log.append([
                    NewEvent(
                        id: ByteString("id-\(index)-\(number)"), stream: "s",
                        type: "workflow.started", source: "test",
                        data: Array("{\"adw_id\":\"w\(index)\(number)\"}".utf8))
                ])
            }
            if index < 3 { _ = try log.seal() }
            try log.close()
        }
    }

    private func expirer(day: Int64 = 100) -> Expirer {
        Expirer("store", options: options(day: day), fileSystem: disk)
    }

    private func policy(days: Int64) -> ExpiryPolicy {
        ExpiryPolicy(seconds: days * Self.day, text: "older than \(days)d")
    }

    private func reader() throws -> LogReader { try LogReader.open("store", fileSystem: disk) }

    private func hashes(asOf: Position? = nil) throws -> [String: Digest256] {
        var options = LiveTables.Options()
        options.asOf = asOf
        options.threadCount = 1
        let live = try LiveTables.open(
            reader(), snapshots: SnapshotStore(directory: "store/snap", fileSystem: disk),
            options: options)
        #expect(live.report.damage.isEmpty)
        return Dictionary(
            uniqueKeysWithValues: live.projections.projections.map { ($0.type.name, $0.stateHash) })
    }

    @Test func `a plan names whole segments by the store's time, and changes nothing`() throws {
        try makeStore()
        let before = disk.writtenByteCount

        #expect(try expirer().plan(policy(days: 90)).through == Position(3))
        #expect(try expirer().plan(policy(days: 50)).through == Position(6))
        #expect(try expirer().plan(policy(days: 200)).through == nil)
        #expect(disk.writtenByteCount == before)
    }

    @Test func `what is active never expires`() throws {
        try makeStore()
        let all = ExpiryPolicy(byteCount: 0, text: "everything")

        #expect(try expirer().plan(all).through == Position(9))
    }

    @Test func `tables stay, and the log begins behind the cut`() throws {
        try makeStore()
        let before = try hashes()

        let outcome = try expirer().execute(policy(days: 50))

        #expect(outcome.expired.eventCount == 6)
        #expect(try reader().firstPosition == Position(7))
        #expect(try hashes() == before)
        var first: Position?
        try reader().forEachBatch { batch in
            try batch.forEachRecord { record in
                first = first ?? record.position
                return true
            }
            return true
        }
        #expect(first == Position(7))
    }

    @Test func `questions about what is gone say by which event and policy`() throws {
        try makeStore()
        let outcome = try expirer().execute(policy(days: 50))
        let event = try #require(outcome.event)

        #expect {
            try reader().forEachBatch(from: .first) { _ in true }
        } throws: { error in
            let error = error as? LogError
            return error?.code == .expired
                && error?.message.contains("expired by event \(event) (policy: older than 50d)")
                    == true
        }
        #expect(try reader().anchor(at: Position(2)) == nil)
    }

    @Test func `the chain goes on from its value at the cut`() throws {
        try makeStore()
        let anchor = try reader().anchor()
        _ = try expirer().execute(policy(days: 50))

        let report = try LogVerifier(reader()).verify(.deep, anchors: [anchor])
        #expect(report.findings.isEmpty)
    }

    @Test func `an anchor before the cut is not called good`() throws {
        try makeStore()
        _ = try expirer().execute(policy(days: 50))
        let old = Anchor(
            position: Position(2), chain: String(repeating: "0", count: 64), store: nil)

        let report = try LogVerifier(reader()).verify(.deep, anchors: [old])
        #expect(report.uncheckedAnchors.map(\.code) == [.expired])
        #expect(report.uncheckedAnchors[0].message.contains("expired by event"))
        #expect(report.isGood, "what was expired is no damage")
    }

    @Test func `expiring twice does nothing, and later more`() throws {
        try makeStore()
        let before = try hashes()
        _ = try expirer().execute(policy(days: 90))

        #expect(try expirer().execute(policy(days: 90)).event == nil)
        let later = try expirer(day: 101).execute(policy(days: 50))
        #expect(later.expired.eventCount == 3)
        #expect(try reader().firstPosition == Position(7))
        #expect(try hashes() == before)
    }

    @Test func `what has expired is not appended again`() throws {
        try makeStore()
        _ = try expirer().execute(policy(days: 90))
        var log = try LogWriter.open("store", options: options(day: 100), fileSystem: disk)
        let late = NewEvent(
            id: "id-0-1", stream: "s", type: "workflow.started", source: "test",
            data: Array("{\"adw_id\":\"w01\"}".utf8))

        #expect(try log.append([late]).outcomes == [.duplicate(Position(2))])
    }

    @Test func `snapshots at the cut survive pruning, and are all that is needed`() throws {
        try makeStore()
        let before = try hashes()
        _ = try expirer().execute(policy(days: 50))
        let snapshots = SnapshotStore(directory: "store/snap", fileSystem: disk)
        for projector in allProjectors { snapshots.prune(projector, keeping: 1) }

        let live = try LiveTables.open(reader(), snapshots: snapshots.ofCuts)
        #expect(live.report.damage.isEmpty)
        #expect(
            live.projections.projections.allSatisfy { before[$0.type.name] == $0.stateHash })
    }
}
