import TachoCapture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Another program's status line: a command that the shell runs, with the agent's input.
///
/// It runs beside ours, and cannot hold it up for longer than five seconds. What goes wrong with it
/// is told where it tells it, on standard error; ours goes on.
package final class OtherStatusLine {
    private var child = pid_t()
    private var input: ArraySlice<UInt8>
    /// Ends of ours; −1 once closed.
    private var writing: CInt = -1
    private var reading: CInt = -1

    private static let patience = Duration.seconds(5)
    private static let byteCountLimit = 64 << 10

    /// Starts the command.
    package init(_ command: String, _ input: [UInt8]) {
        self.input = input[...]
        var incoming: [CInt] = [-1, -1]
        var outgoing: [CInt] = [-1, -1]
        guard pipe(&incoming) == 0, pipe(&outgoing) == 0 else { return }
        for end in [incoming[1], outgoing[0]] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, incoming[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, outgoing[1], STDOUT_FILENO)
        for end in [incoming[0], outgoing[1]] where end > STDERR_FILENO {
            posix_spawn_file_actions_addclose(&actions, end)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: what it starts is ended with it.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words: [UnsafeMutablePointer<CChar>?] = []
        for word in ["sh", "-c", command] { words.append(strdup(word)) }
        words.append(nil)
        defer { for word in words { free(word) } }
        let started = posix_spawn(&child, "/bin/sh", &actions, &attributes, &words, environ) == 0
        close(incoming[0])
        close(outgoing[1])
        writing = incoming[1]
        reading = outgoing[0]
        if started {
            _ = fcntl(writing, F_SETFL, O_NONBLOCK)
        } else {
            child = 0
            closeAll()
        }
    }

    /// Waits for the command, and gives what it printed, without the last line breaks.
    package func finish() -> String {
        // One that does not read its input must not end us.
        signal(SIGPIPE, SIG_IGN)
        let end = ContinuousClock.now + Self.patience
        var output: [UInt8] = []
        while reading >= 0, output.count < Self.byteCountLimit {
            let left = ContinuousClock.now.duration(to: end).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            guard milliseconds > 0, move(&output, milliseconds) else { break }
        }
        closeAll()
        if child > 0 {
            // What it has left in the background is its own affair, unless it is late.
            if ContinuousClock.now >= end { kill(-child, SIGKILL) }
            var status: CInt = 0
            _ = waitpid(child, &status, WNOHANG)
        }
        while output.last == 0x0A || output.last == 0x0D { output.removeLast() }
        return String(decoding: output, as: UTF8.self)
    }

    /// Hands on what goes, and takes what comes.
    ///
    /// - Returns: `false` at the end of the output.
    private func move(_ output: inout [UInt8], _ milliseconds: Int64) -> Bool {
        var requests = [pollfd(fd: reading, events: Int16(POLLIN), revents: 0)]
        if writing >= 0 { requests.append(pollfd(fd: writing, events: Int16(POLLOUT), revents: 0)) }
        guard poll(&requests, nfds_t(requests.count), CInt(clamping: milliseconds)) > 0 else {
            return errno == EINTR
        }
        if requests.count > 1, requests[1].revents != 0 { handOn() }
        guard requests[0].revents != 0 else { return true }
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        let count = chunk.withUnsafeMutableBytes { read(reading, $0.baseAddress, $0.count) }
        guard count > 0 else { return count < 0 && errno == EINTR }
        output += chunk[..<count]
        return true
    }

    private func handOn() {
        let count = input.withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
        if count > 0 { input = input.dropFirst(count) }
        let isBusy = count < 0 && (errno == EAGAIN || errno == EINTR)
        guard input.isEmpty || count < 0 && !isBusy else { return }
        close(writing)
        writing = -1
    }

    private func closeAll() {
        for end in [writing, reading] where end >= 0 { close(end) }
        writing = -1
        reading = -1
    }
}
