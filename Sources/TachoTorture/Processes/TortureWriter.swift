internal import Synchronization
package import TachoLog
internal import TachoProjections
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process that is killed: `tacho torture-writer STORE FIRST SEED COUNT [THREADS]`.
///
/// Appends events of ascending numbers until it dies, and says after each acknowledgement on
/// standard output, in one write, which ones: 16 bytes, the first number and the one behind the
/// last, little-endian. With threads, each has numbers of its own, and all share one writer.
package enum TortureWriter {
    /// Between the first numbers of two threads.
    private static let threadStride = 100_000

    package static func run(
        store: String, first: Int, seed: UInt64, count: Int, threads: Int
    ) throws(LogError) {
        var options = LogOptions()
        options.sealByteCount = 8_000
        var log = try LogWriter.open(store, options: options)
        guard threads == 1 else {
            return try run(SharedLogWriter(log), first, seed, count: count, threads: threads)
        }
        var steps = Steps(first..<first + count, seed: seed)
        while let (events, durability) = steps.next() {
            _ = try log.append(events, durability: durability)
            acknowledge(steps.last)
            // Sealing is part of a writer's life, and a moment to be killed at.
            if steps.workload.random.once(in: 12) { _ = try? log.sealPending() }
        }
    }

    private static func run(
        _ log: SharedLogWriter, _ first: Int, _ seed: UInt64, count: Int, threads: Int
    ) throws(LogError) {
        let started = Atomic<Int>(0)
        let failure = Mutex<LogError?>(nil)
        let workers = WorkerThreads.start(threads) {
            let thread = started.wrappingAdd(1, ordering: .relaxed).oldValue
            let start = first + thread * threadStride
            var steps = Steps(
                start..<start + min(count, threadStride - 10), seed: seed, thread: thread)
            do throws(LogError) {
                while let (events, durability) = steps.next() {
                    _ = try log.append(events, durability: durability)
                    acknowledge(steps.last)
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        WorkerThreads.join(workers)
        if let failure = failure.withLock({ $0 }) { throw failure }
        try log.close()
    }

    /// What one thread appends.
    private struct Steps {
        var workload: Workload
        /// The numbers of the last batch.
        private(set) var last: Range<Int>
        private let end: Int

        /// - Parameters:
        ///   - numbers: About how far it goes.
        ///   - seed: Of the trial: events are recognised by what it makes of them.
        ///   - thread: Chooses other sizes and classes of durability for each.
        init(_ numbers: Range<Int>, seed: UInt64, thread: Int = 0) {
            workload = Workload(seed: seed)
            workload.random = SimulatedRandom(seed: seed &+ UInt64(thread))
            last = numbers.lowerBound..<numbers.lowerBound
            end = numbers.upperBound
        }

        mutating func next() -> ([NewEvent], Durability)? {
            guard last.upperBound < end else { return nil }
            last =
                last.upperBound..<last.upperBound + Int.random(in: 1...5, using: &workload.random)
            let durability: Durability = workload.random.once(in: 3) ? .commit : .interval
            return (last.map { workload.killedEvent($0) }, durability)
        }
    }

    private static func acknowledge(_ numbers: Range<Int>) {
        let message = [numbers.lowerBound, numbers.upperBound].map { UInt64($0).littleEndian }
        message.withUnsafeBytes { raw in
            // Up to PIPE_BUF bytes are written whole or not at all.
            _ = write(1, raw.baseAddress, raw.count)
        }
    }
}

extension Workload {
    /// An event of a writer that is killed: its data names it, and its id is its number.
    func killedEvent(_ number: Int) -> NewEvent {
        NewEvent(
            id: ByteString("id-\(number)"), stream: "a", type: "torture.event", source: "torture",
            data: data(of: number))
    }
}
