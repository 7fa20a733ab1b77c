#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output was closed by its reader, or cannot be written.
enum OutputError: Error {
    /// `… | head` has enough: no failure, the program just ends.
    case closed
    /// Nothing more arrives there, as on a full disk; what was written before stays.
    case failed(errno: CInt)
}

/// Data goes to standard output, everything else to standard error.
enum Output {
    static func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = systemWrite(Terminal.output, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable()
            case EPIPE: throw .closed
            default: throw .failed(errno: errno)
            }
        }
    }

    static func write(_ bytes: [UInt8]) throws(OutputError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(OutputError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    static func write(_ text: String) throws(OutputError) {
        try write(Array(text.utf8))
    }

    /// A message for people, with a line break added.
    ///
    /// Standard error that cannot be written is nobody's failure.
    static func note(_ message: String) {
        let line = Array((message + "\n").utf8)
        _ = line.withUnsafeBytes { systemWrite(Terminal.error, $0.baseAddress, $0.count) }
    }

    /// Text to standard error as it is, for a line that is rewritten.
    static func rewriteNote(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { systemWrite(Terminal.error, $0.baseAddress, $0.count) }
    }

    /// Somebody made standard output non-blocking, which is theirs to do.
    private static func waitUntilWritable() {
        var request = pollfd(fd: Terminal.output, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, -1)
    }
}

private func systemWrite(_ file: CInt, _ bytes: UnsafeRawPointer?, _ byteCount: Int) -> Int {
    write(file, bytes, byteCount)
}
