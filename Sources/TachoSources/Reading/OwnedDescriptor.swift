#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file descriptor with one owner, closed when it ends.
struct OwnedDescriptor: ~Copyable {
    let rawValue: CInt

    /// - Parameter rawValue: Of an open file that nobody else closes.
    init(_ rawValue: CInt) {
        self.rawValue = rawValue
    }

    deinit {
        _ = close(rawValue)
    }

    /// Hands the descriptor on; nobody closes it here any more.
    consuming func release() -> CInt {
        let rawValue = rawValue
        discard self
        return rawValue
    }

    /// Opens a name of a directory without following a symbolic link in its place.
    ///
    /// - Returns: `nil` with `errno` set if that fails.
    static func open(
        _ name: [UInt8], in directory: CInt, flags: CInt, mode: mode_t = 0o600
    ) -> OwnedDescriptor? {
        let descriptor = withPath(name) {
            openat(directory, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode)
        }
        return descriptor >= 0 ? OwnedDescriptor(descriptor) : nil
    }

    /// Reads up to `buffer.count` bytes from where the descriptor stands.
    ///
    /// - Returns: 0 at the end; `nil` with `errno` set for a failure.
    borrowing func readSome(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            // The system writes at most `count` bytes to the buffer's address.
            let count = read(rawValue, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { return nil }
        }
    }

    /// Writes all of `bytes`.
    ///
    /// - Returns: `false` with `errno` set if some of them could not be written.
    borrowing func writeAll(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = write(rawValue, rest.baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    return false
                }
                written += count
            }
            return true
        }
    }
}

/// Lends a name to the C library, with the zero byte at its end.
///
/// A name with a zero byte inside names nothing; it is cut there, as everywhere in C.
func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (path + [0]).withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { characters in
            guard let address = characters.baseAddress else {
                preconditionFailure("a path has its zero byte at least")
            }
            return body(address)
        }
    }
}

/// The system's own words for an error number.
func systemMessage(_ number: CInt) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}
