#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a hook may put what the store does not take, best first.
///
/// 1. `$TACHO_SPOOL`
/// 2. `<store>/spool`
/// 3. `$XDG_STATE_HOME/tacho/spool`, or `~/.local/state/tacho/spool`
/// 4. `/tmp/tacho-spool-<user id>`, if it is the user's alone
package struct SpoolDirectory: Hashable, Sendable {
    package let path: String
    /// In a place where anyone can make names: then it is taken only if nobody else can have made
    /// or can read it.
    package let isShared: Bool

    package init(path: String, isShared: Bool = false) {
        self.path = path
        self.isShared = isShared
    }

    package static func candidates(
        store: String, spool: String?, stateHome: String?, home: String?
    ) -> [SpoolDirectory] {
        var candidates: [SpoolDirectory] = []
        if let spool, !spool.isEmpty { candidates.append(SpoolDirectory(path: spool)) }
        candidates.append(SpoolDirectory(path: store + "/spool"))
        if let stateHome, stateHome.hasPrefix("/") {
            candidates.append(SpoolDirectory(path: stateHome + "/tacho/spool"))
        } else if let home, home.hasPrefix("/") {
            candidates.append(SpoolDirectory(path: home + "/.local/state/tacho/spool"))
        }
        candidates.append(SpoolDirectory(path: "/tmp/tacho-spool-\(geteuid())", isShared: true))
        return candidates
    }

    /// The candidates by this process's environment.
    package static func candidates(store: String) -> [SpoolDirectory] {
        candidates(
            store: store, spool: StoreDirectory.environment("TACHO_SPOOL"),
            stateHome: StoreDirectory.environment("XDG_STATE_HOME"),
            home: StoreDirectory.environment("HOME"))
    }

    /// Opens the directory; `nil` if it is not there (and cannot be made) or not to be trusted.
    package func open(creating: Bool) -> OwnedDescriptor? {
        if creating { create() }
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (isShared ? O_NOFOLLOW : 0)
        let descriptor = withPath(Array(path.utf8)) { Self.openPath($0, flags) }
        guard descriptor >= 0 else { return nil }
        let opened = OwnedDescriptor(descriptor)
        guard isShared else { return opened }
        var status = stat()
        guard fstat(opened.rawValue, &status) == 0, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0
        else { return nil }
        return opened
    }

    private static func openPath(_ path: UnsafePointer<CChar>, _ flags: CInt) -> CInt {
        openat(AT_FDCWD, path, flags)
    }

    /// Makes the directory and those above it, for the owner alone.
    ///
    /// What cannot be made shows when it is opened.
    private func create() {
        let bytes = Array(path.utf8)
        for end in bytes.indices.dropFirst() where bytes[end] == UInt8(ascii: "/") {
            _ = withPath(Array(bytes[..<end])) { mkdir($0, 0o700) }
        }
        _ = withPath(bytes) { mkdir($0, 0o700) }
    }
}
