package import TachoLog

extension Projections {
    /// Folds batches with several threads: the same tables as folding them one by one.
    ///
    /// The calling thread produces, and folds whenever the queue is full; the others fold. Memory
    /// is bounded by the queue: `queueCapacity` batches.
    ///
    /// - Parameters:
    ///   - threadCount: With the calling one.
    ///   - queueCapacity: Batches that may wait for the slowest projector; by default one for each
    ///     thread. More of them do not fit into the processor's own memory.
    ///   - produce: Hands over the batches in order; it stops by returning or throwing.
    /// - Throws: What `produce` throws, and ``LogError`` as ``fold(_:)`` does. What was handed
    ///   over before is folded.
    package mutating func foldAll(
        threadCount: Int, queueCapacity: Int? = nil,
        _ produce: (_ fold: (RecordBatch) throws -> Void) throws -> Void
    ) throws {
        guard threadCount > 1, projections.count > 1 else {
            return try produce { try self.fold($0) }
        }
        var state = self
        let lanes = Lanes(projections, queueCapacity: queueCapacity ?? threadCount)
        // The tables have one owner while they are folded, or each change would copy them.
        projections = []
        state.projections = []
        let threads = WorkerThreads.start(threadCount - 1) { lanes.work() }
        defer {
            lanes.complete()
            lanes.work()
            WorkerThreads.join(threads)
            lanes.settle(at: state.position, threadCount: threadCount)
            projections = lanes.takeProjections()
            position = state.position
            router = state.router
        }
        try produce { batch in
            let located = lanes.takeIdle() ?? LocatedBatch()
            let failure = state.locate(batch, in: located)
            lanes.add(located)
            if let failure { throw failure }
        }
    }

    /// Finds the records of a batch and who wants them, up to the first that is damaged.
    private mutating func locate(
        _ batch: RecordBatch, in located: LocatedBatch
    ) -> LogError? {
        located.begin(batch)
        let start = position
        var isFirst = true
        var failure: LogError?
        do {
            try RecordBatch.forEachRecord(in: located.bytes) { record in
                try follow(record.position, start: start, isFirst: isFirst)
                isFirst = false
                located.note(record, for: router.route(of: record.type))
                return true
            }
        } catch {
            failure = LogError(folding: error)
        }
        located.complete(at: position)
        return failure
    }
}

/// The projections while several threads fold them.
private final class Lanes: @unchecked Sendable {
    // @unchecked: `schedule`, `batches`, and `idle` are touched under the monitor's lock only. An element of
    // `projections` is touched without it by the thread whose task names that lane, of which the
    // schedule hands out one at a time, or that alone settles it when the others are joined; lock and
    // unlock, and joining, order one owner's changes before the next.
    private let monitor = Monitor()
    private var schedule: FoldSchedule
    /// Those that some lane still has to take; the first is batch `firstBatch`.
    private var batches: [LocatedBatch] = []
    private var firstBatch = 0
    /// Those that all lanes are done with.
    private var idle: [LocatedBatch] = []
    private let projections: UnsafeMutableBufferPointer<Projection>

    init(_ projections: [Projection], queueCapacity: Int) {
        schedule = FoldSchedule(laneCount: projections.count, capacity: queueCapacity)
        self.projections = .allocate(capacity: projections.count)
        _ = self.projections.initialize(from: projections)
    }

    deinit {
        projections.deinitialize()
        projections.deallocate()
    }

    /// Notes in every table that all events up to `position` were taken.
    ///
    /// - Precondition: All threads are joined.
    func settle(at position: Position, threadCount: Int) {
        _ = WorkerThreads.map(projections.count, threadCount: threadCount) { lane in
            self.projections[lane].advance(to: position)
        }
    }

    /// - Precondition: All threads are joined.
    func takeProjections() -> [Projection] { Array(projections) }

    /// A batch whose memory may be used again.
    func takeIdle() -> LocatedBatch? {
        monitor.withLock { idle.popLast() }
    }

    /// Adds a batch; works while there is no room for it.
    func add(_ batch: LocatedBatch) {
        while true {
            let task: FoldSchedule.Task? = monitor.withLock {
                while !schedule.hasRoom {
                    if let task = schedule.take() { return task }
                    monitor.wait()
                }
                batches.append(batch)
                schedule.add()
                monitor.wakeAll()
                return nil
            }
            guard let task else { return }
            run(task)
        }
    }

    func complete() {
        monitor.withLock {
            schedule.complete()
            monitor.wakeAll()
        }
    }

    /// Folds whatever there is until all is folded and nothing more comes.
    func work() {
        while true {
            let task: FoldSchedule.Task? = monitor.withLock {
                while !schedule.isFinished {
                    if let task = schedule.take() { return task }
                    monitor.wait()
                }
                return nil
            }
            guard let task else { return }
            run(task)
        }
    }

    private func run(_ task: FoldSchedule.Task) {
        let batch = monitor.withLock { batches[task.batch - firstBatch] }
        fold(batch, lane: task.lane)
        monitor.withLock {
            schedule.finish(task)
            let finished = schedule.finishedCount - firstBatch
            idle += batches[..<finished]
            batches.removeFirst(finished)
            firstBatch += finished
            monitor.wakeAll()
        }
    }

    private func fold(_ batch: LocatedBatch, lane: Int) {
        projections[lane].take(batch, lane: lane)
        projections[lane].pass(to: batch.lastPosition)
    }
}
