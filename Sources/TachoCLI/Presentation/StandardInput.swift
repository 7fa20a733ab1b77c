#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum StandardInput {
    /// All that comes; `nil` if it is more than `limit` bytes.
    static func read(limit: Int) -> [UInt8]? {
        var text = [UInt8]()
        var piece = [UInt8](repeating: 0, count: 65_536)
        while text.count <= limit {
            let count = piece.withUnsafeMutableBytes { systemRead($0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return text }
            text += piece[..<count]
        }
        return nil
    }
}

private func systemRead(_ bytes: UnsafeMutableRawPointer?, _ byteCount: Int) -> Int {
    read(STDIN_FILENO, bytes, byteCount)
}

/// The last resort against a statement that does not look at the time: a function of SQLite that
/// runs long on one value.
enum Deadline {
    private static let graceSeconds = 5

    /// Ends the process with 1, some seconds after these.
    static func set(seconds: Int) {
        guard seconds > 0 else { return }
        _ = signal(SIGALRM) { _ in
            let message: StaticString = "tacho: the statement took longer than it may\n"
            _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
            _exit(1)
        }
        alarm(UInt32(clamping: seconds + graceSeconds))
    }
}
