#if canImport(Glibc)
    package import Glibc
#else
    package import Darwin
#endif

/// Threads of the operating system, made for one piece of work and joined after it.
package enum WorkerThreads {
    package typealias Thread = pthread_t

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Threads that work at the same time: one a processor, at least 2 and at most 8.
    ///
    /// More do not help a fold: its longest table is one thread's work.
    package static var usualCount: Int {
        min(8, max(2, sysconf(CInt(_SC_NPROCESSORS_ONLN))))
    }

    /// Starts up to `count` threads that run `body`; fewer if the system refuses.
    package static func start(_ count: Int, _ body: @escaping @Sendable () -> Void) -> [Thread] {
        var threads = [Thread]()
        for _ in 0..<count {
            let work = Unmanaged.passRetained(Work(body))
            guard let thread = makeThread(work.toOpaque()) else {
                work.release()
                break
            }
            threads.append(thread)
        }
        return threads
    }

    package static func join(_ threads: [Thread]) {
        for thread in threads { pthread_join(thread, nil) }
    }

    /// For threads that nobody waits for.
    package static func detach(_ threads: [Thread]) {
        for thread in threads { pthread_detach(thread) }
    }

    /// Starts one thread; `work` is retained once for it, and it releases it.
    private static func makeThread(_ work: UnsafeMutableRawPointer) -> pthread_t? {
        #if canImport(Glibc)
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { work in
                    if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                    return nil
                }, work)
            return result == 0 ? thread : nil
        #else
            var thread: pthread_t?
            let result = pthread_create(
                &thread, nil,
                { work in
                    Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body()
                    return nil
                }, work)
            return result == 0 ? thread : nil
        #endif
    }

    // MARK: A function over indices

    /// The results of `body` for `0..<count`, in that order, worked out by several threads.
    ///
    /// The calling thread takes part, so that it is done even if no other can be started.
    package static func map<Result: Sendable>(
        _ count: Int, threadCount: Int, _ body: @escaping @Sendable (Int) -> Result
    ) -> [Result] {
        guard threadCount > 1, count > 1 else { return (0..<count).map(body) }
        let pieces = Pieces(count, body)
        let threads = start(min(threadCount, count) - 1) { pieces.work() }
        pieces.work()
        join(threads)
        return pieces.results()
    }

    private final class Pieces<Result: Sendable>: @unchecked Sendable {
        // @unchecked: `next` and `found` are touched under the monitor's lock only.
        private let monitor = Monitor()
        private var next = 0
        private var found: [Result?]
        private let body: @Sendable (Int) -> Result

        init(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) {
            found = Array(repeating: nil, count: count)
            self.body = body
        }

        func work() {
            while let index = takeIndex() {
                let result = body(index)
                monitor.withLock { found[index] = result }
            }
        }

        private func takeIndex() -> Int? {
            monitor.withLock {
                guard next < found.count else { return nil }
                next += 1
                return next - 1
            }
        }

        func results() -> [Result] {
            monitor.withLock { found.compactMap { $0 } }
        }
    }
}
