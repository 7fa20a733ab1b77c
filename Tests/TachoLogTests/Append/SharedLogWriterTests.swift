import Synchronization
import TachoLog
import TachoSimulation
import TestSupport
import Testing

@Suite struct SharedLogWriterTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var store: String { directory.file("store") }

    @Test(arguments: [1, 2, 16])
    func `what threads append at once is all there, each thread's in its order`(
        threadCount: Int
    ) throws {
        let perThread = 50
        let log = SharedLogWriter(try LogWriter.open(store))
        let acknowledged = Guarded<[Position: Int]>([:])
        onThreads(threadCount) { thread in
            for index in 0..<perThread {
                let number = thread * perThread + index
                let receipt = try? log.append([.numbered(number)])
                #expect(receipt?.isDurable == true)
                guard case .appended(let position) = receipt?.outcomes.first else { continue }
                acknowledged.withLock { $0[position] = number }
            }
        }
        try log.close()

        let numbers = try LogReader.open(store).numbers()
        #expect(numbers.sorted() == Array(0..<threadCount * perThread))
        for thread in 0..<threadCount {
            #expect(
                numbers.filter { $0 / perThread == thread }
                    == Array(thread * perThread..<(thread + 1) * perThread))
        }
        for (position, number) in acknowledged.withLock({ $0 }) {
            #expect(numbers[Int(position.rawValue) - 1] == number)
        }
    }

    @Test func `an append stays one piece among those it is written with`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        onThreads(8) { thread in
            for index in 0..<20 {
                let first = (thread * 20 + index) * 10
                _ = try? log.append((first..<first + 10).map { .numbered($0) })
            }
        }
        try log.close()

        let numbers = try LogReader.open(store).numbers()
        #expect(numbers.count == 1600)
        for start in stride(from: 0, to: numbers.count, by: 10) {
            #expect(
                Array(numbers[start..<start + 10])
                    == Array(numbers[start]..<numbers[start] + 10))
        }
    }

    @Test func `the same event from two threads is appended once`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        let outcomes = Guarded<[AppendOutcome]>([])
        onThreads(8) { _ in
            for number in 0..<25 {
                let event = NewEvent.numbered(number, id: "e-\(number)")
                let receipt = try? log.append([event], durability: .interval)
                outcomes.withLock { $0 += receipt?.outcomes ?? [] }
            }
        }
        try log.close()

        #expect(try LogReader.open(store).numbers().sorted() == Array(0..<25))
        let appended = outcomes.withLock { all in
            all.filter { if case .appended = $0 { true } else { false } }
        }
        #expect(appended.count == 25)
        #expect(outcomes.withLock { $0.count } == 200)
    }

    @Test func `of threads that expect the same end of a stream one is first`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        let won = Atomic<Int>(0)
        let refused = Atomic<Int>(0)
        onThreads(8) { thread in
            do throws(LogError) {
                _ = try log.append(
                    [.numbered(thread)],
                    expecting: [StreamExpectation(stream: "s", lastPosition: .zero)])
                won.wrappingAdd(1, ordering: .relaxed)
            } catch {
                #expect(error.code == .conflict)
                refused.wrappingAdd(1, ordering: .relaxed)
            }
        }
        try log.close()

        #expect(won.load(ordering: .relaxed) == 1)
        #expect(refused.load(ordering: .relaxed) == 7)
        #expect(try LogReader.open(store).numbers().count == 1)
    }

    @Test func `an invalid event fails its own append alone`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        let refused = Atomic<Int>(0)
        onThreads(8) { thread in
            var event = NewEvent.numbered(thread)
            if thread % 2 == 1 { event.data = Array("{".utf8) }
            do throws(LogError) {
                _ = try log.append([event])
            } catch {
                #expect(error.code == .invalidEvent)
                refused.wrappingAdd(1, ordering: .relaxed)
            }
        }
        try log.close()

        #expect(refused.load(ordering: .relaxed) == 4)
        #expect(try LogReader.open(store).numbers().sorted() == [0, 2, 4, 6])
    }

    @Test func `a failed sync acknowledges nothing that waited for it`() throws {
        let fileSystem = SimulatedFileSystem(seed: testSeed())
        var options = LogOptions()
        options.reserveByteCount = 0
        let log = SharedLogWriter(
            try LogWriter.open("store", options: options, fileSystem: fileSystem))
        _ = try log.append([.numbered(0)])
        fileSystem.inject(
            SimulatedFault(call: fileSystem.callCount + 1, operation: .synchronize, kind: .error(5))
        )

        let error = #expect(throws: LogError.self) { try log.append([.numbered(1)]) }
        #expect(error?.code == .syncFailed)
        fileSystem.clearFaults()
        #expect(try log.append([.numbered(2)]).isDurable)
        try log.close()

        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 2])
    }

    @Test func `after close an append is refused, and closing again does nothing`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        _ = try log.append([.numbered(0)])
        try log.close()
        try log.close()

        let error = #expect(throws: LogError.self) { try log.append([.numbered(1)]) }
        #expect(error?.code == .closed)
        #expect(try LogReader.open(store).numbers() == [0])
    }

    @Test func `close waits for appends that were called before it`() throws {
        let log = SharedLogWriter(try LogWriter.open(store))
        let acknowledged = Guarded<[Int]>([])
        onThreads(5) { thread in
            if thread == 4 {
                #expect(throws: Never.self) { try log.close() }
                return
            }
            for index in 0..<50 {
                let number = thread * 50 + index
                if (try? log.append([.numbered(number)])) != nil {
                    acknowledged.withLock { $0.append(number) }
                }
            }
        }

        #expect(
            try LogReader.open(store).numbers().sorted() == acknowledged.withLock { $0.sorted() })
    }
}

/// What the threads of a test have found.
///
/// Not a `Mutex`: on Linux the thread sanitizer does not see what that waits for, and takes each use
/// of it by two threads for a race.
private final class Guarded<Value>: @unchecked Sendable {
    // @unchecked: `value` is touched under the monitor's lock only.
    private let monitor = Monitor()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        monitor.withLock { body(&value) }
    }
}
