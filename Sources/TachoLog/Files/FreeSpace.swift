#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How much a file system still takes.
package enum FreeSpace {
    /// Free bytes for this user where `directory` is; `nil` if it does not say.
    @Sendable package static func byteCount(at directory: String) -> Int? {
        var status = statvfs()
        guard statvfs(directory, &status) == 0 else { return nil }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
            by: UInt64(status.f_frsize))
        return overflow ? nil : Int(exactly: bytes)
    }
}
