import TachoLog

/// An event that waits to be checked and written.
struct DraftEvent: Sendable {
    let type: ByteString
    let stream: ByteString
    /// When it was handed over.
    let time: Timestamp
    let data: [UInt8]
}

/// What stands between the program's threads and the one that writes.
///
/// Whoever hands an event over waits for nothing but the lock, under which nothing slow is done.
final class RecorderQueue: @unchecked Sendable {
    // @unchecked: all variables are touched under the monitor's lock only.
    private let monitor = Monitor()
    private let countLimit: Int
    private let byteCountLimit: Int
    private var drafts: [DraftEvent] = []
    private var byteCount = 0
    private var isClosed = false
    private var hasEnded = false
    private var current = Recorder.Counters()
    /// Events taken into the queue, ever, and how many of those have been written or given up.
    private var takenCount = 0
    private var settledCount = 0

    init(countLimit: Int, byteCountLimit: Int) {
        self.countLimit = countLimit
        self.byteCountLimit = byteCountLimit
    }

    var counters: Recorder.Counters {
        monitor.withLock { current }
    }

    func hand(_ draft: DraftEvent) {
        monitor.withLock {
            guard !isClosed, drafts.count < countLimit,
                draft.data.count <= byteCountLimit - byteCount
            else {
                current.dropped += 1
                return
            }
            // The writer sleeps only while there is nothing to write.
            if drafts.isEmpty { monitor.wakeAll() }
            drafts.append(draft)
            byteCount += draft.data.count
            takenCount += 1
            current.waiting += 1
        }
    }

    /// Takes all that waits, and waits for something if nothing does; `nil` at the end.
    func take() -> [DraftEvent]? {
        monitor.withLock {
            while drafts.isEmpty {
                if isClosed { return nil }
                monitor.wait()
            }
            defer {
                drafts = []
                byteCount = 0
            }
            return drafts
        }
    }

    /// Notes what became of events that were taken: the counts of `part`, without `waiting`.
    func settle(_ part: Recorder.Counters) {
        monitor.withLock {
            let count = part.recorded + part.spooled + part.dropped + part.refused
            current.recorded += part.recorded
            current.spooled += part.spooled
            current.dropped += part.dropped
            current.refused += part.refused
            current.waiting -= count
            settledCount += count
            monitor.wakeAll()
        }
    }

    /// Takes nothing any more.
    func close() {
        monitor.withLock {
            isClosed = true
            monitor.wakeAll()
        }
    }

    /// The writer has gone; nobody will write what comes now.
    func end() {
        monitor.withLock {
            isClosed = true
            hasEnded = true
            monitor.wakeAll()
        }
    }

    func waitUntilSettled(timeout: Duration) -> Bool {
        let count = monitor.withLock { takenCount }
        return wait(timeout) { self.settledCount >= count }
    }

    func waitUntilEnded(timeout: Duration) -> Bool {
        wait(timeout) { self.hasEnded }
    }

    private func wait(_ timeout: Duration, for condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + timeout
        return monitor.withLock {
            while !condition() {
                let rest = deadline - .now
                guard rest > .zero else { return false }
                monitor.wait(atMost: rest)
            }
            return true
        }
    }
}
