import TachoCapture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A command that runs as our child: in a process group of its own, with our input and output.
///
/// The terminal, if there is one and we have it, is lent to that group, so that Ctrl-C and Ctrl-Z
/// reach the command as if it were called alone; and signals that are sent to us are passed on.
struct ChildCommand: ~Copyable {
    /// How it ended.
    struct End: Hashable, Sendable {
        /// As a shell gives it: the exit code; 128 and the signal's number.
        let exitCode: Int32
        let signal: Int32?
        /// User and system time with that of its waited-for children, nanoseconds.
        let processorNanoseconds: Int64
        /// The largest resident set of one of its processes, bytes; `nil` if it is not above ours.
        ///
        /// A new process begins in our memory, and that is its largest until it has more.
        let peakResidentBytes: Int64?
    }

    /// The command was not there, or could not be started.
    struct StartError: Error {
        let errno: CInt

        /// 127 for what is not there, 126 for what is no program, as a shell has it.
        var exitCode: Int32 { errno == ENOENT || errno == ENOTDIR ? 127 : 126 }
        var message: String { errno == ENOENT ? "command not found" : systemMessage(errno) }
    }

    let id: pid_t
    private let ownGroup = getpgrp()
    private let hasTerminal: Bool
    /// Of this process when the command began.
    private let ownPeak: Int

    /// Starts the command.
    ///
    /// - Parameter command: Its name, looked for on `PATH`, and its arguments; not empty.
    /// - Throws: ``StartError`` if there is no such program, or the system does not start it.
    init(_ command: [String]) throws(StartError) {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setpgroup(&attributes, 0)
        // What we block, handle, or ignore for ourselves is nothing to the command. Nor is what our
        // parent blocked: a shell that is started with SIGCHLD blocked waits for ever.
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK)
                | Int16(POSIX_SPAWN_SETSIGDEF))
        var own = rusage()
        getrusage(0, &own)  // RUSAGE_SELF, which is no number in Glibc.
        ownPeak = own.ru_maxrss
        hasTerminal = tcgetpgrp(STDIN_FILENO) == getpgrp()

        var values: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        defer { for value in values { free(value) } }
        values.append(nil)
        var child = pid_t()
        let result = posix_spawnp(&child, command[0], nil, &attributes, values, environ)
        guard result == 0 else { throw StartError(errno: result) }
        id = child
        lendTerminal(to: id)
    }

    func send(_ signal: CInt) {
        kill(-id, signal)
        // One that is stopped could not act on it.
        if signal != SIGCONT { kill(-id, SIGCONT) }
    }

    /// Looks at what became of it.
    ///
    /// - Returns: `nil` while it runs.
    func poll() -> End? {
        var status: CInt = 0
        var usage = rusage()
        while true {
            let found = wait4(id, &status, WNOHANG | WUNTRACED, &usage)
            if found < 0, errno == EINTR { continue }
            guard found == id else { return nil }
            guard status & 0xFF == 0x7F else { break }
            stopped(by: (status >> 8) & 0xFF)
        }
        lendTerminal(to: ownGroup)
        let signal = status & 0x7F
        return End(
            exitCode: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            signal: signal == 0 ? nil : signal,
            processorNanoseconds: Self.nanoseconds(usage.ru_utime)
                + Self.nanoseconds(usage.ru_stime),
            peakResidentBytes: usage.ru_maxrss > ownPeak
                ? Int64(usage.ru_maxrss) * Self.residentUnit : nil)
    }

    #if os(Linux)
        private static let residentUnit: Int64 = 1024
    #else
        private static let residentUnit: Int64 = 1
    #endif

    private static func nanoseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000
    }

    /// Stops with it, so that the shell above us sees a stopped job; goes on with it.
    private func stopped(by signal: CInt) {
        guard hasTerminal else { return }
        if signal == SIGTSTP || signal == SIGSTOP {
            lendTerminal(to: ownGroup)
            kill(getpid(), SIGSTOP)
        }
        lendTerminal(to: id)
        kill(-id, SIGCONT)
    }

    private func lendTerminal(to group: pid_t) {
        guard hasTerminal else { return }
        // From the background this would stop us, were the signal not blocked.
        tcsetpgrp(STDIN_FILENO, group)
    }
}

/// Waits for signals, which are blocked for this process as long as it lives.
struct SignalWaiter {
    /// What is passed on to a command.
    static let forwarded = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private var mask = sigset_t()

    init() {
        sigemptyset(&mask)
        for signal in Self.forwarded + [SIGCHLD] { sigaddset(&mask, signal) }
        var blocked = mask
        sigaddset(&blocked, SIGTTOU)
        sigprocmask(SIG_BLOCK, &blocked, nil)
    }

    /// The next signal; `nil` when the time is up.
    func next(nanoseconds: Int64) -> CInt? {
        var mask = mask
        let limit = max(0, nanoseconds)
        #if os(Linux)
            var time = timespec(
                tv_sec: Int(limit / 1_000_000_000), tv_nsec: Int(limit % 1_000_000_000))
            let signal = sigtimedwait(&mask, nil, &time)
            return signal > 0 ? signal : nil
        #else
            // There is no sigtimedwait: look, and sleep for a moment.
            var pending = sigset_t()
            var waited: Int64 = 0
            while true {
                sigpending(&pending)
                for signal in Self.forwarded + [SIGCHLD] where sigismember(&pending, signal) == 1 {
                    var found: CInt = 0
                    return sigwait(&mask, &found) == 0 ? found : nil
                }
                guard waited < limit else { return nil }
                usleep(10_000)
                waited += 10_000_000
            }
        #endif
    }
}
