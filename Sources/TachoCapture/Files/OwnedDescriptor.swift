#if canImport(Glibc)
    package import Glibc
#else
    package import Darwin
#endif

/// A file descriptor with one owner, closed when it ends.
package struct OwnedDescriptor: ~Copyable {
    package let rawValue: CInt

    /// - Parameter rawValue: Of an open file that nobody else closes.
    package init(_ rawValue: CInt) {
        self.rawValue = rawValue
    }

    deinit {
        _ = close(rawValue)
    }

    /// Opens a name of a directory without following a symbolic link in its place.
    ///
    /// - Returns: `nil` with `errno` set if that fails.
    package static func open(
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
    package borrowing func readSome(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        while true {
            // The system writes at most `count` bytes to the buffer's address.
            let count = read(rawValue, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { return nil }
        }
    }

    /// Reads from where the descriptor stands to the end, but no more than `limit` bytes.
    ///
    /// - Returns: `nil` with `errno` set for a failure.
    package borrowing func readAll(upTo limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < limit {
            let wanted = min(chunk.count, limit - bytes.count)
            let read = chunk.withUnsafeMutableBytes {
                readSome(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<wanted]))
            }
            guard let count = read else { return nil }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        return bytes
    }

    /// Writes all of `bytes`.
    ///
    /// - Returns: `false` with `errno` set if some of them could not be written.
    package borrowing func writeAll(_ bytes: [UInt8]) -> Bool {
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
package func withPath<Result>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
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
package func systemMessage(_ number: CInt) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}
