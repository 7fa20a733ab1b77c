import Synchronization
import TachoEvents
import TachoLog
import TachoOperations
import TachoProjections
import TachoSimulation
import TestSupport
import Testing

@Suite struct CompactionOperationTests {
    /// Phases, hooks, and states of a few workflows.
    private static func event(_ number: Int) -> NewEvent {
        let stream = ByteString("wf-\(number % 5)")
        let time = Timestamp(milliseconds: 1_766_052_000_000 + Int64(number) * 1000)
        switch number % 3 {
        case 0:
            return NewEvent(
                id: ByteString("e\(number)"), stream: stream, type: "phase.completed", source: "t",
                time: time,
                data: Array(
                    #"{"phase_name":"build","duration_seconds":\#(number % 90),"tokens_used":7}"#
                        .utf8))
        case 1:
            return NewEvent(
                id: ByteString("e\(number)"), stream: stream, type: "hook.PreToolUse", source: "t",
                time: time,
                data: Array(
                    #"{"session_id":"s\#(number % 7)","tool_name":"Read","tool_use_id":"u\#(number)"}"#
                        .utf8))
        default:
            return NewEvent(
                id: ByteString("e\(number)"), stream: stream, type: "state.snapshot", source: "t",
                time: time,
                data: Array(
                    #"{"adw_id":"\#(number % 5)","nl_input":"run all tests \#(number % 4)"}"#.utf8))
        }
    }

    private static func append(_ numbers: Range<Int>, to store: String) throws {
        var log = try LogWriter.open(store)
        _ = try log.append(numbers.map(event))
        _ = try log.seal()
        try log.close()
    }

    private static func options(_ change: (inout Compaction.Options) -> Void = { _ in })
        -> Compaction.Options
    {
        var options = Compaction.Options()
        change(&options)
        return options
    }

    @Test func `the receipt names what was done, and every table is what it was`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        for part in 0..<4 { try Self.append(part * 30..<part * 30 + 30, to: store) }

        let report = try Compaction(store, Self.options()).run { _, _ in true }

        #expect(report.written.map(\.count) == [120])
        #expect(report.record.tables.map(\.name) == allProjectors.map { $0.name })
        #expect(report.record.tables.allSatisfy { $0.before == $0.after })
        #expect(report.record.position == Position(120))
        #expect(report.receipt == Position(121))
        let receipt = try #require(try Self.receipts(store).first)
        #expect(
            receipt.contains(
                #""checked":["I1","I2","I3","I4","I5","I6","I7","I9","I10","I12"]"#))
        #expect(receipt.contains(report.plan.id) && !receipt.contains("differing"))
        let again = try Compaction(store, Self.options()).run { _, _ in true }
        #expect(!again.hasChanged)
    }

    private static func receipts(
        _ store: String, _ fileSystem: any FileSystem = RealFileSystem()
    ) throws -> [String] {
        var receipts = [String]()
        try LogReader.open(store, fileSystem: fileSystem).forEachBatch(
            matching: RecordFilter(types: ["tacho.compacted"])
        ) { batch in
            try batch.forEachRecord { record in
                receipts.append(String(decoding: record.data, as: UTF8.self))
                return true
            }
            return true
        }
        return receipts
    }

    @Test func `a plan that was looked at is not carried out on another store`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        for part in 0..<2 { try Self.append(part * 9..<part * 9 + 9, to: store) }
        let compaction = Compaction(store, Self.options())
        let id = try compaction.plan().0.id
        try Self.append(18..<20, to: store)

        let error = #expect(throws: LogError.self) {
            try compaction.run(expecting: id) { _, _ in true }
        }

        #expect(error?.code == .conflict)
        // Appending alone makes no other plan.
        let next = try compaction.plan().0.id
        var log = try LogWriter.open(store)
        _ = try log.append([Self.event(99)])
        try log.close()
        #expect(try compaction.run(expecting: next) { _, _ in true }.written.count == 1)
    }

    @Test func `what is appended while it runs is no difference`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        for part in 0..<2 { try Self.append(part * 9..<part * 9 + 9, to: store) }

        let report = try Compaction(store, Self.options()).run { done, _ in
            // Behind the first asking, and of types and streams that were asked for.
            do {
                guard done == 0 else { return true }
                var log = try LogWriter.open(store)
                _ = try log.append((100..<130).map(Self.event))
                try log.close()
            } catch { Issue.record(error) }
            return true
        }

        #expect(report.record.differing == [])
        #expect(report.record.checked.contains("I6"))
        #expect(report.record.position == Position(18))
    }

    @Test func `without room for what it writes it begins nothing`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        for part in 0..<2 { try Self.append(part * 9..<part * 9 + 9, to: store) }
        let segments = try LogReader.open(store).segments
        let options = Self.options { $0.freeByteCount = { _ in 100 } }

        let error = #expect(throws: LogError.self) {
            try Compaction(store, options).run { _, _ in true }
        }

        #expect(error?.code == .outOfSpace)
        #expect(try LogReader.open(store).segments == segments)
    }

    @Test func `it stops when it is told to, and goes on the next time`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        for part in 0..<6 { try Self.append(part * 40..<part * 40 + 40, to: store) }
        let options = Self.options {
            $0.threadCount = 1
            $0.plan.mergedByteCount = 16 << 10
        }
        let first = try Compaction(store, options).run { done, _ in done == 0 }
        #expect(first.isStopped && first.written.count == 1)

        let second = try Compaction(store, options).run { _, _ in true }

        #expect(!second.isStopped && second.written.count == first.plan.steps.count - 1)
        // And a receipt of each.
        #expect(try LogReader.open(store).positions() == Array(1...242))
    }

    // MARK: Death before the receipt

    private static let simulated: LogOptions = {
        var options = LogOptions.events
        options.reserveByteCount = 0
        options.sealByteCount = 0
        return options
    }()

    /// Three segments, which are merged in two steps.
    private static func makeStore(_ disk: SimulatedFileSystem) throws {
        for part in 0..<3 {
            var log = try LogWriter.open("store", options: simulated, fileSystem: disk)
            _ = try log.append((part * 40..<part * 40 + 40).map(event))
            _ = try log.seal()
            try log.close()
        }
    }

    private static func compaction(
        _ disk: SimulatedFileSystem, _ change: (inout Compaction.Options) -> Void = { _ in }
    ) -> Compaction {
        let options = options {
            $0.plan.mergedByteCount = 20 << 10
            $0.plan.columns = .events
            $0.threadCount = 1
            $0.freeByteCount = { _ in nil }
            change(&$0)
        }
        return Compaction("store", options, log: simulated, fileSystem: disk)
    }

    /// A store whose compaction died at the first call behind its last switch.
    private static func makeDead(_ disk: SimulatedFileSystem) throws {
        try makeStore(disk)
        let calm = SimulatedFileSystem(seed: 7)
        try makeStore(calm)
        let all = try compaction(calm).plan().0.steps.count
        for call in 1... {
            let trial = SimulatedFileSystem(seed: 7)
            try makeStore(trial)
            trial.inject(SimulatedFault(call: trial.callCount + call, lasts: true, kind: .death))
            _ = try? compaction(trial).run { _, _ in true }
            trial.clearFaults()
            trial.kill()
            guard try compaction(trial).plan().0.steps.isEmpty else { continue }
            disk.inject(SimulatedFault(call: disk.callCount + call, lasts: true, kind: .death))
            _ = try? compaction(disk).run { _, _ in true }
            disk.clearFaults()
            disk.kill()
            break
        }
        #expect(all > 1)
    }

    @Test func `a death behind the last switch is recorded by the next run, with its proofs`()
        throws
    {
        let disk = SimulatedFileSystem(seed: 7)
        try Self.makeDead(disk)
        let compaction = Self.compaction(disk)
        #expect(try Self.receipts("store", disk).isEmpty)
        #expect(try compaction.isUnderWay() && compaction.plan().0.steps.isEmpty)

        let report = try compaction.run { _, _ in true }

        let earlier = try #require(report.earlier)
        #expect(earlier.isInterrupted && earlier.written.count > 1 && earlier.unproven.isEmpty)
        #expect(earlier.checked == ["I1", "I2", "I3", "I4", "I10", "I12"])
        #expect(earlier.tables.map(\.name) == allProjectors.map { $0.name })
        let receipt = try #require(try Self.receipts("store", disk).first)
        #expect(receipt.contains(#""interrupted":true"#))
        for output in earlier.written { #expect(receipt.contains(output.segment.file)) }
        #expect(try !compaction.isUnderWay())
        let again = try compaction.run { _, _ in true }
        #expect(again.earlier == nil && !again.hasChanged)
        #expect(try Self.receipts("store", disk).count == 1)
        #expect(try LogVerifier(LogReader.open("store", fileSystem: disk)).verify(.deep).isGood)
    }

    @Test func `wherever it dies, what was written is told exactly once`() throws {
        let calm = SimulatedFileSystem(seed: 7)
        try Self.makeStore(calm)
        let start = calm.callCount
        _ = try Self.compaction(calm) { $0.checksTables = false }.run { _, _ in true }
        for call in 1...(calm.callCount - start) {
            let disk = SimulatedFileSystem(seed: 7)
            try Self.makeStore(disk)
            let compaction = Self.compaction(disk) { $0.checksTables = false }
            disk.inject(SimulatedFault(call: disk.callCount + call, lasts: true, kind: .death))
            _ = try? compaction.run { _, _ in true }
            disk.clearFaults()
            disk.kill()

            for _ in 0..<2 { _ = try compaction.run { _, _ in true } }

            let receipts = try Self.receipts("store", disk).joined()
            let files = try LogReader.open("store", fileSystem: disk).segments
                .filter { $0.state == "sealed" }.map(\.file)
            for file in files {
                #expect(
                    receipts.ranges(of: "\"file\":\"\(file)\"").count == 1,
                    "call \(call): \(file)")
            }
            #expect(try !compaction.isUnderWay(), "call \(call)")
        }
    }

    @Test func `what was erased since is not said to be proven`() throws {
        let disk = SimulatedFileSystem(seed: 7)
        try Self.makeDead(disk)
        _ = try Eraser("store", options: Self.simulated, fileSystem: disk)
            .execute(ErasureSelector(.stream, id: "wf-1"), reason: nil)

        let report = try Self.compaction(disk).run { _, _ in true }

        let earlier = try #require(report.earlier)
        #expect(!earlier.unproven.isEmpty && earlier.tables.isEmpty)
        #expect(!earlier.checked.contains("I4") && earlier.differing.isEmpty)
    }

    @Test func `a run that fails half-way tells of what it has done at once`() throws {
        let disk = SimulatedFileSystem(seed: 7)
        try Self.makeStore(disk)
        let compaction = Self.compaction(disk) {
            let isFull = Mutex(0)
            $0.freeByteCount = { _ in
                isFull.withLock { calls in
                    calls += 1
                    return calls > 1 ? 0 : 1 << 40
                }
            }
        }

        let error = #expect(throws: LogError.self) { try compaction.run { _, _ in true } }

        #expect(error?.code == .outOfSpace)
        let receipt = try #require(try Self.receipts("store", disk).first)
        #expect(receipt.contains(#""interrupted":true"#) && receipt.contains("I4"))
        #expect(try !compaction.isUnderWay())
    }

    @Test func `readers and a writer beside it see a log that only grows`() throws {
        let directory = try TemporaryDirectory()
        let store = directory.file("store")
        try Self.append(0..<20, to: store)
        let others = Others()
        let threads = WorkerThreads.start(3) { others.work(store) }
        for _ in 0..<15 {
            var log = try LogWriter.open(store)
            _ = try? log.seal()
            try log.close()
            _ = try? Compaction(store, Self.options { $0.checksTables = false }).run { _, _ in true
            }
        }
        others.isDone.store(true, ordering: .releasing)
        WorkerThreads.join(threads)

        #expect(others.failures.withLock { $0 } == [])
        let last = try LogReader.open(store).lastPosition.rawValue
        #expect(try LogReader.open(store).positions() == Array(1...last))
        #expect(try LogVerifier(LogReader.open(store)).verify(.deep).isGood)
    }
}

/// One thread that appends, and two that read everything again and again.
private final class Others: Sendable {
    let isDone = Atomic(false)
    let failures = Mutex<[String]>([])
    private let count = Atomic(0)

    func work(_ store: String) {
        let isWriter = count.add(1, ordering: .relaxed).oldValue == 0
        do {
            while !isDone.load(ordering: .acquiring) {
                if isWriter { try write(store) } else { try read(store) }
            }
        } catch {
            failures.withLock { $0.append("\(error)") }
        }
    }

    private func write(_ store: String) throws {
        var log = try LogWriter.open(store)
        let event = NewEvent(stream: "s", type: "t", source: "x", data: Array("{}".utf8))
        for _ in 0..<5 { _ = try log.append([event], durability: .interval) }
        try log.close()
    }

    private func read(_ store: String) throws {
        let reader = try LogReader.open(store)
        let positions = try reader.positions()
        guard positions == Array(1...reader.lastPosition.rawValue) else {
            failures.withLock { $0.append("\(positions.count) of \(reader.lastPosition)") }
            return
        }
    }
}
