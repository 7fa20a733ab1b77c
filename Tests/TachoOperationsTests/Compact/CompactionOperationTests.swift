import Synchronization
import TachoLog
import TachoOperations
import TachoProjections
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
        #expect(report.tables.count == allProjectors.count)
        #expect(report.position == Position(120))
        let receipt = String(decoding: report.receipt.data, as: UTF8.self)
        #expect(receipt.contains(#""checked":["I1","I2","I3","I4"]"#))
        #expect(receipt.contains(report.plan.id))
        let again = try Compaction(store, Self.options()).run { _, _ in true }
        #expect(!again.hasChanged)
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
        #expect(try LogReader.open(store).positions() == Array(1...240))
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
