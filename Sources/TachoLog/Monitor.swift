#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A lock with a condition, for threads that wait for each other's work.
///
/// `Mutex` of the standard library cannot be waited on. Its owner keeps it alive until every
/// thread that uses it has been joined.
package final class Monitor: @unchecked Sendable {
    // @unchecked: POSIX mutexes and conditions are made to be used by many threads at once. They
    // must not move in memory, hence the allocations.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(condition, nil)
        #else
            // A wall clock that is put back must not make a wait endless.
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Lets others have the lock until one of them calls ``wakeAll()``; only inside `withLock`.
    package func wait() {
        pthread_cond_wait(condition, mutex)
    }

    /// As ``wait()``, for no longer than `duration`; it may be shorter, so that whoever has a
    /// deadline looks at a clock himself.
    package func wait(atMost duration: Duration) {
        let (seconds, attoseconds) = min(max(duration, .zero), .seconds(60)).components
        let nanoseconds = Int(attoseconds / 1_000_000_000)
        #if canImport(Darwin)
            var time = timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds)
            pthread_cond_timedwait_relative_np(condition, mutex, &time)
        #else
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            let sum = Int(time.tv_nsec) + nanoseconds
            time.tv_sec += Int(seconds) + sum / 1_000_000_000
            time.tv_nsec = sum % 1_000_000_000
            pthread_cond_timedwait(condition, mutex, &time)
        #endif
    }

    /// Since some moment before the process began, by the clock that ``wait(atMost:)`` goes by.
    ///
    /// Not a clock of the standard library: those come with its concurrency, which a program that is
    /// started for each hook call would load, too.
    package static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    package func wakeAll() {
        pthread_cond_broadcast(condition)
    }
}
