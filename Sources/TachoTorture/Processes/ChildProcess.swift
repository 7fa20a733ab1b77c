#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A process of ours with its standard output in a pipe.
struct ChildProcess: ~Copyable {
    struct StartError: Error {
        let errno: CInt
    }

    let id: pid_t
    private let output: CInt

    init(_ program: String, _ arguments: [String]) throws {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw StartError(errno: errno) }
        // Another thread's child must not keep our pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var values: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        defer { for value in values { free(value) } }
        values.append(nil)
        var child = pid_t()
        let result = posix_spawn(&child, program, &actions, nil, values, environ)
        close(ends[1])
        guard result == 0 else {
            close(ends[0])
            throw StartError(errno: result)
        }
        id = child
        output = ends[0]
    }

    deinit {
        close(output)
    }

    func send(_ signal: CInt) { kill(id, signal) }

    /// Reads what the process has said, up to its end if it has died; at least one byte or none.
    func read(_ byteCount: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = 0
            while count < byteCount {
                let found = Glibc.read(
                    output, buffer.baseAddress.map { $0 + count }, byteCount - count)
                if found < 0, errno == EINTR { continue }
                guard found > 0 else { break }
                count += found
            }
        }
    }

    /// Waits for its end.
    ///
    /// - Returns: The exit status; `nil` if a signal ended it.
    func wait() -> CInt? {
        var status: CInt = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    }
}
