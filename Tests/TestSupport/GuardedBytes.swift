#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Bytes between two pages that cannot be read: one byte too far ends the test process.
package final class GuardedBytes {
    private let pages: UnsafeMutableRawPointer
    private let pageSize = 4096
    private let capacity: Int

    /// - Parameter capacity: How many bytes at most are lent at a time.
    package init(capacity: Int) {
        self.capacity = (capacity + pageSize - 1) / pageSize * pageSize
        let whole = self.capacity + 2 * pageSize
        guard
            let pages = mmap(
                nil, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            pages != MAP_FAILED
        else { fatalError("no memory for a guarded buffer") }
        self.pages = pages
        mprotect(pages, pageSize, PROT_NONE)
        mprotect(pages + pageSize + self.capacity, pageSize, PROT_NONE)
    }

    deinit { munmap(pages, capacity + 2 * pageSize) }

    /// Lends a copy of `bytes` that touches the guard behind it, or the one before it.
    package func lend<R>(
        _ bytes: [UInt8], atStart: Bool = false, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        lend(count: bytes.count, atStart: atStart) { copy in
            copy.copyBytes(from: bytes)
            return body(UnsafeRawBufferPointer(copy))
        }
    }

    /// Lends room that touches the guard behind it, or the one before it.
    package func lend<R>(
        count: Int, atStart: Bool = false, _ body: (UnsafeMutableRawBufferPointer) -> R
    ) -> R {
        precondition(count <= capacity, "the bytes fit")
        let first = pages + pageSize
        return body(
            UnsafeMutableRawBufferPointer(
                start: atStart ? first : first + capacity - count, count: count))
    }
}
