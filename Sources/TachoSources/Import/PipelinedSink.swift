package import TachoLog

/// The log as a sink that appends on a thread of its own, while its caller reads on.
///
/// Reading, checking, and naming records takes one processor about as long as writing and syncing
/// them takes another. One writer takes the batches in the order in which they were handed in, so
/// that the log is the one that ``LogSink`` makes of them, byte for byte. Memory holds at most
/// ``batchLimit`` batches more.
package struct PipelinedSink: EventSink, ~Copyable {
    /// Batches that wait; with more the reader would be no faster, it only runs ahead.
    package static let batchLimit = 2

    private let appender: Appender
    private var threads: [WorkerThreads.Thread] = []

    package init(_ writer: consuming LogWriter) {
        appender = Appender(writer)
    }

    deinit {
        appender.stop()
        WorkerThreads.join(threads)
    }

    package mutating func append(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome] {
        if threads.isEmpty {
            let appender = appender
            threads = WorkerThreads.start(1) { appender.run() }
            // The system has no thread for us: then it is done here.
            guard !threads.isEmpty else { return try appender.appendHere(events) }
        }
        return try appender.put(events).get()
    }

    package mutating func settle() throws(LogError) -> [AppendOutcome] {
        try appender.settle().get()
    }

    /// Lends the writer; for the time between imports.
    package mutating func withWriter<Result>(
        _ body: (inout LogWriter) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        try appender.withWriter(body)
    }
}

/// The queue between the one who reads and the thread that appends.
private final class Appender: @unchecked Sendable {
    // @unchecked: `writer` is touched by the appending thread between taking a batch and telling of
    // it, and by others only while no batch waits or is being written; the rest, but for constants,
    // under the monitor's lock only.
    private let monitor = Monitor()
    private var writer: LogWriter
    private var waiting: [[NewEvent]] = []
    private var isWriting = false
    private var isStopped = false
    private var outcomes: [AppendOutcome] = []
    private var failure: LogError?

    init(_ writer: consuming LogWriter) {
        self.writer = writer
    }

    // MARK: The reader's side

    func put(_ events: [NewEvent]) -> Result<[AppendOutcome], LogError> {
        monitor.withLock {
            while failure == nil, waiting.count >= PipelinedSink.batchLimit { monitor.wait() }
            // After a failure nothing more is taken, and the next call tells.
            if failure == nil { waiting.append(events) }
            monitor.wakeAll()
            return takeNews()
        }
    }

    func settle() -> Result<[AppendOutcome], LogError> {
        monitor.withLock {
            while failure == nil, isWriting || !waiting.isEmpty { monitor.wait() }
            return takeNews()
        }
    }

    func stop() {
        monitor.withLock {
            isStopped = true
            monitor.wakeAll()
        }
    }

    func appendHere(_ events: [NewEvent]) throws(LogError) -> [AppendOutcome] {
        try writer.append(validated: events, durability: .commit).outcomes
    }

    func withWriter<Result>(
        _ body: (inout LogWriter) throws(LogError) -> Result
    ) throws(LogError) -> Result {
        let isIdle = monitor.withLock { !isWriting && waiting.isEmpty }
        precondition(isIdle, "the writer is lent when everything is settled")
        return try body(&writer)
    }

    /// What is known comes before what went wrong behind it.
    private func takeNews() -> Result<[AppendOutcome], LogError> {
        if outcomes.isEmpty, let failure {
            self.failure = nil
            return .failure(failure)
        }
        defer { outcomes = [] }
        return .success(outcomes)
    }

    // MARK: The appending thread

    func run() {
        while let events = next() {
            tell(Result { () throws(LogError) in try appendHere(events) })
        }
    }

    /// Waits for a batch; `nil` at the end, when none is left.
    private func next() -> [NewEvent]? {
        monitor.withLock {
            while waiting.isEmpty, !isStopped { monitor.wait() }
            guard !waiting.isEmpty else { return nil }
            isWriting = true
            return waiting.removeFirst()
        }
    }

    private func tell(_ result: Result<[AppendOutcome], LogError>) {
        monitor.withLock {
            isWriting = false
            switch result {
            case .success(let new): outcomes += new
            case .failure(let error):
                failure = error
                waiting = []
            }
            monitor.wakeAll()
        }
    }
}
