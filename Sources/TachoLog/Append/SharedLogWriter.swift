/// Appends to a log from any number of threads.
///
/// Group commit: whoever comes while the disk is busy is written together with all others who do,
/// by one `pwrite` and one sync for all of them, and with those who are back from the last one at
/// once (`GroupPatience`). Each append stays a batch of its own: after a
/// crash it is there whole or not at all.
///
/// ```swift
/// let log = SharedLogWriter(try LogWriter.open("store"))
/// let receipt = try log.append([event])       // on any thread
/// try log.close()
/// ```
///
/// An append blocks its thread until it is acknowledged. Between processes the same is done by
/// the store's locks (`LogWriter/makeDurable(through:strict:)`).
public final class SharedLogWriter: @unchecked Sendable {
    // @unchecked: `queue`, `isLed`, `isClosed`, and `patience` are touched under the monitor's lock;
    // `writer` only by the one thread that leads, and leading is handed on under that lock.
    private let monitor = Monitor()
    private var queue: [Request] = []
    /// A thread is writing for all.
    private var isLed = false
    private var isClosed = false
    private var patience = GroupPatience()
    private var writer: LogWriter

    /// Bytes of data that are written at once; a single larger batch is still one write.
    private static let groupByteCount = 4 << 20

    public init(_ writer: consuming LogWriter) {
        self.writer = writer
    }

    /// Appends events as one batch; may be called by any thread at any time.
    ///
    /// - Parameters:
    ///   - events: One batch.
    ///   - durability: When it returns.
    ///   - expectations: As for `LogWriter/append(_:durability:expecting:)`.
    /// - Returns: The outcome of each event. The receipt's `lastPosition` is the log's end after
    ///   the group this batch was written with.
    /// - Throws: ``LogError``, as `LogWriter/append(_:durability:expecting:)`; `.closed` after
    ///   ``close()``.
    public func append(
        _ events: [NewEvent], durability: Durability = .commit,
        expecting expectations: [StreamExpectation] = []
    ) throws(LogError) -> AppendReceipt {
        try events.validate()
        let request = Request(events, durability, expectations)
        let (isTaken, leads) = monitor.withLock { () -> (Bool, Bool) in
            guard !isClosed else { return (false, false) }
            queue.append(request)
            if patience.arrive() { monitor.wakeAll() }
            defer { isLed = true }
            return (true, !isLed)
        }
        guard isTaken else {
            throw LogError(.closed, "this writer has been closed. Open the store again.")
        }
        if leads { return try lead(request).get() }
        switch request.wait() {
        case .settled(let result): return try result.get()
        case .leads: return try lead(request).get()
        }
    }

    /// Makes everything durable and closes the log; a second call does nothing.
    ///
    /// Appends that were called before are finished first.
    public func close() throws(LogError) {
        let mustClose = monitor.withLock { () -> Bool in
            guard !isClosed else { return false }
            isClosed = true
            while isLed { monitor.wait() }
            return true
        }
        if mustClose { try writer.finish() }
    }

    // MARK: - Leading

    /// Writes what is queued, up to `own`; then another thread leads.
    private func lead(_ own: Request) -> Request.Outcome {
        while true {
            let group = takeGroup()
            let (outcomes, syncing) = write(group)
            let waitingCount = group.count { $0.durability != .interval }
            monitor.withLock { patience.tell(waitingCount) }
            let ownIndex = group.firstIndex { $0 === own }
            for (request, outcome) in zip(group, outcomes) where request !== own {
                request.settle(outcome)
            }
            monitor.withLock { patience.begin(at: Monitor.now, syncing: syncing) }
            guard let ownIndex else { continue }
            // Last: those who were told may be back with their next events by then, and are
            // written with the next group instead of waiting for the one after it.
            handOver()
            return outcomes[ownIndex]
        }
    }

    private func handOver() {
        let next = monitor.withLock { () -> Request? in
            isLed = !queue.isEmpty
            if !isLed { monitor.wakeAll() }
            return queue.first
        }
        next?.appointLeader()
    }

    /// The front of the queue, as much as is written at once.
    ///
    /// An append with expectations is a group of its own: they speak of what stands in the log.
    private func takeGroup() -> [Request] {
        monitor.withLock {
            var hasWaited = false
            while !isClosed, let rest = patience.wait(at: Monitor.now) {
                hasWaited = true
                monitor.wait(atMost: rest)
            }
            patience.take(hasWaited: hasWaited)
            var byteCount = 0
            var count = 0
            for request in queue {
                if count > 0, !request.expectations.isEmpty { break }
                count += 1
                byteCount += request.events.reduce(0) { $0 + $1.data.count }
                if byteCount >= Self.groupByteCount || !request.expectations.isEmpty { break }
            }
            let group = Array(queue.prefix(count))
            queue.removeFirst(count)
            return group
        }
    }

    /// - Returns: What became of each request, and how long the disk took. Those that do not wait
    ///   for it are told before it is waited for, unless one of them leads.
    private func write(_ group: [Request]) -> ([Request.Outcome], syncing: Duration) {
        let outcomes: [[AppendOutcome]]
        do throws(LogError) {
            outcomes = try writer.write(group.map(\.events), group.first?.expectations ?? [])
        } catch {
            return (group.map { _ in .failure(error) }, .zero)
        }
        let last = writer.lastPosition
        let written = zip(group, outcomes).map { request, outcomes in
            AppendReceipt(
                outcomes: outcomes, lastPosition: last,
                durablePosition: min(writer.durablePosition, last))
        }
        guard group.contains(where: { $0.durability != .interval }) else {
            writer.beginSynchronizing()
            return (written.map { .success($0) }, .zero)
        }
        for (request, receipt) in zip(group, written) where request.durability == .interval {
            request.settle(.success(receipt))
        }
        let start = Monitor.now
        let synced = Result { () throws(LogError) in
            try writer.makeDurable(
                through: last, strict: group.contains { $0.durability == .strict })
        }
        let syncing = Monitor.now - start
        let settled = zip(group, written).map { request, receipt -> Request.Outcome in
            if request.durability == .interval { return .success(receipt) }
            return synced.map { durable in
                AppendReceipt(
                    outcomes: receipt.outcomes, lastPosition: last,
                    durablePosition: min(durable, last))
            }
        }
        return (settled, syncing)
    }
}

/// One thread's append, waiting for somebody to write it.
private final class Request: @unchecked Sendable {
    // @unchecked: `news` is touched under the monitor's lock only; the rest never changes.
    typealias Outcome = Result<AppendReceipt, LogError>

    enum News {
        case settled(Outcome)
        /// It is this thread's turn to write for all.
        case leads
    }

    let events: [NewEvent]
    let durability: Durability
    let expectations: [StreamExpectation]
    private let monitor = Monitor()
    private var news: News?

    init(_ events: [NewEvent], _ durability: Durability, _ expectations: [StreamExpectation]) {
        self.events = events
        self.durability = durability
        self.expectations = expectations
    }

    func wait() -> News {
        monitor.withLock {
            while true {
                if let news { return news }
                monitor.wait()
            }
        }
    }

    func settle(_ outcome: Outcome) {
        tell(.settled(outcome))
    }

    func appointLeader() {
        tell(.leads)
    }

    private func tell(_ news: News) {
        monitor.withLock {
            self.news = news
            monitor.wakeAll()
        }
    }
}
