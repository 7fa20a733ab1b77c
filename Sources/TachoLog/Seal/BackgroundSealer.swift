/// Seals segments as they fill, on a thread of its own, while a writer goes on appending.
///
/// For imports and other long runs of appends: compressing takes about as long as appending, and
/// nobody waits for it. What fails here, another sealer's lock among it, is left to the next
/// ``LogWriter/sealPending()``, which tells; the log is whole in any case.
public final class BackgroundSealer: Sendable {
    private let shared: Shared

    /// Starts the thread; without one, if the system refuses, nothing is sealed here.
    public init(_ directory: String, options: LogOptions = LogOptions()) {
        let shared = Shared()
        self.shared = shared
        shared.start { shared.run(directory, options) }
    }

    deinit { shared.stop() }

    /// There may be something to seal: cheap enough to be called after every append.
    public func wake() { shared.wake() }

    /// Waits for what is being sealed, and ends the thread.
    public func finish() { shared.stop() }

    private final class Shared: @unchecked Sendable {
        // @unchecked: every variable is touched under the monitor's lock only.
        private let monitor = Monitor()
        private var isAwake = false
        private var isStopped = false
        private var threads: [WorkerThreads.Thread] = []

        func start(_ body: @escaping @Sendable () -> Void) {
            let threads = WorkerThreads.start(1, body)
            monitor.withLock { self.threads = threads }
        }

        func wake() {
            monitor.withLock {
                isAwake = true
                monitor.wakeAll()
            }
        }

        func stop() {
            let threads = monitor.withLock {
                isStopped = true
                monitor.wakeAll()
                defer { self.threads = [] }
                return self.threads
            }
            WorkerThreads.join(threads)
        }

        func run(_ directory: String, _ options: LogOptions) {
            guard var writer = try? LogWriter.open(directory, options: options) else { return }
            while isNeeded() {
                _ = try? writer.sealPending()
            }
            try? writer.close()
        }

        /// Waits until there may be work; `false` at the end.
        private func isNeeded() -> Bool {
            monitor.withLock {
                while !isAwake, !isStopped { monitor.wait() }
                isAwake = false
                return !isStopped
            }
        }
    }
}
