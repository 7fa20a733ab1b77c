#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Waits for a log to grow, woken by the operating system and not by a clock.
///
/// Every append writes `HEAD`, so that file is the one to watch.
public struct LogFollower: ~Copyable {
    private let descriptor: CInt

    /// - Throws: ``LogError`` `.system` if the system has no watch to give.
    public init(_ reader: LogReader) throws(LogError) {
        #if canImport(Glibc)
            descriptor = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
            guard descriptor >= 0,
                inotify_add_watch(descriptor, reader.layout.head, UInt32(IN_MODIFY)) >= 0
            else {
                throw LogError(
                    .system,
                    "cannot watch \(reader.layout.head). Raise fs.inotify.max_user_watches or "
                        + "max_user_instances.", errno: errno)
            }
        #else
            descriptor = -1
        #endif
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Returns when something was appended since the last call, or after the timeout.
    ///
    /// - Returns: `false` after the timeout or a signal.
    public func wait(timeoutMilliseconds: Int? = nil) -> Bool {
        #if canImport(Glibc)
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, CInt(timeoutMilliseconds ?? -1)) > 0 else { return false }
            var buffer = [UInt8](repeating: 0, count: 4096)
            while buffer.withUnsafeMutableBytes({ read(descriptor, $0.baseAddress, $0.count) }) > 0
            {
            }
            return true
        #else
            var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
            nanosleep(&pause, nil)
            return true
        #endif
    }
}
