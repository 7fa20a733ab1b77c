#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// The first `byte` at or after `offset`, found by the C library's vectorised search.
    @inlinable
    package func firstIndex(of byte: UInt8, from offset: Int) -> Int? {
        guard let baseAddress, offset < count,
            let found = memchr(baseAddress + offset, CInt(byte), count - offset)
        else { return nil }
        return UnsafeRawPointer(found) - baseAddress
    }
}
