import TachoCapture
internal import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A settings file of the agent's: read, changed at once or not at all, and put back.
///
/// Beside it lie, while a setup is in place, `.tacho-backup` (the file as it was before) and
/// `.tacho-setup` (``SettingsReceipt``).
package struct SettingsFile: Sendable {
    package let path: String
    package var backupPath: String { path + ".tacho-backup" }
    var receiptPath: String { path + ".tacho-setup" }

    /// Settings are a few kilobytes; what is larger is something else.
    static let byteCountLimit = 4 << 20

    package init(path: String) {
        self.path = path
    }

    /// The file's content; `nil` if there is none.
    ///
    /// - Throws: ``SettingsError`` for what may not be replaced by a file of ours.
    package func read() throws(SettingsError) -> [UInt8]? {
        try load(path)?.bytes
    }

    /// The content for somebody who only looks: through a link, and of a read-only file, too.
    package func lookedAt() -> [UInt8]? {
        // What cannot be read says nothing.
        (try? RealFileSystem().contents(of: path, limit: Self.byteCountLimit)).flatMap { $0 }
    }

    // MARK: Setting up

    /// What the file would be.
    package func plan(
        _ registration: ClaudeRegistration
    ) throws(SettingsError) -> (old: [UInt8]?, plan: SettingsPlan) {
        let old = try read()
        return (old, try SettingsPlan.adding(registration, to: old ?? []))
    }

    /// Puts a planned file in place; one that says the same already is not touched.
    ///
    /// - Returns: Whether something was written.
    package func write(
        _ plan: SettingsPlan, instead old: [UInt8]?
    ) throws(SettingsError) -> Bool {
        guard !plan.entries.isEmpty, plan.bytes != old else { return false }
        try makeDirectory()
        let earlier = receipt()
        if let earlier {
            // The first backup is what the undoing goes back to, as long as all between is ours.
            let isOurs = earlier.hash == old.map(SettingsReceipt.hash)
            let receipt = SettingsReceipt(
                hash: isOurs ? SettingsReceipt.hash(plan.bytes) : "", existed: earlier.existed,
                entries: earlier.entries + plan.entries)
            try replace(receiptPath, with: receipt.bytes, mode: 0o600)
        } else {
            try replace(backupPath, with: old ?? [], mode: 0o600)
            let receipt = SettingsReceipt(
                hash: SettingsReceipt.hash(plan.bytes), existed: old != nil, entries: plan.entries)
            try replace(receiptPath, with: receipt.bytes, mode: 0o600)
        }
        let present = try load(path)
        guard present?.bytes == old else { throw .changed(file: path) }
        try replace(path, with: plan.bytes, mode: present?.mode ?? 0o600)
        return true
    }

    // MARK: Undoing

    /// How a setup is undone.
    package enum Undoing: Hashable, Sendable {
        /// The file as it was before, byte for byte; `nil` removes it.
        case restore([UInt8]?)
        /// It was changed since, so that only our entries go.
        case remove(SettingsPlan)
    }

    package func planUndo() throws(SettingsError) -> (old: [UInt8], undoing: Undoing) {
        guard let old = try read() else {
            return ([], .remove(SettingsPlan(bytes: [])))
        }
        if let receipt = receipt(), receipt.hash == SettingsReceipt.hash(old) {
            guard receipt.existed else { return (old, .restore(nil)) }
            if let backup = try load(backupPath)?.bytes { return (old, .restore(backup)) }
        }
        let plan = try SettingsPlan.removing(from: old, entries: receipt()?.entries)
        return (old, .remove(plan))
    }

    package func undo(_ undoing: Undoing, instead old: [UInt8]) throws(SettingsError) {
        let present = try load(path)
        guard (present?.bytes ?? []) == old else { throw .changed(file: path) }
        switch undoing {
        case .restore(nil): try remove(path)
        case .restore(let bytes?): try replace(path, with: bytes, mode: present?.mode ?? 0o600)
        case .remove(let plan):
            if !plan.entries.isEmpty {
                try replace(path, with: plan.bytes, mode: present?.mode ?? 0o600)
            }
        }
        // Last: as long as they are there, the undoing can be done again.
        for extra in [receiptPath, backupPath] where try load(extra) != nil { try remove(extra) }
    }

    // MARK: Files

    private func receipt() -> SettingsReceipt? {
        // One that cannot be read is as good as none: entries are then known by their names.
        (try? load(receiptPath)).flatMap { $0 }.flatMap { SettingsReceipt($0.bytes) }
    }

    private func load(_ path: String) throws(SettingsError) -> (bytes: [UInt8], mode: mode_t)? {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw .system(file: path, errno: errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFLNK: throw .symbolicLink(file: path, target: Self.target(of: path))
        default: throw .notAFile(file: path)
        }
        // Also for those whom the system would let.
        guard status.st_mode & 0o222 != 0 else { throw .readOnly(file: path) }
        guard status.st_size <= Self.byteCountLimit else {
            throw .tooLarge(file: path, byteCount: Int(status.st_size))
        }
        guard let file = OwnedDescriptor.open(Array(path.utf8), in: AT_FDCWD, flags: O_RDONLY)
        else { throw .system(file: path, errno: errno) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= Self.byteCountLimit {
            guard let count = chunk.withUnsafeMutableBytes({ file.readSome(into: $0) }) else {
                throw .system(file: path, errno: errno)
            }
            if count == 0 { return (bytes, status.st_mode & 0o7777) }
            bytes += chunk[..<count]
        }
        throw .tooLarge(file: path, byteCount: bytes.count)
    }

    private static func target(of path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Written beside, synced, renamed: whoever reads the file sees the old one or the new one.
    private func replace(
        _ path: String, with bytes: [UInt8], mode: mode_t
    ) throws(SettingsError) {
        let temporary = path + ".\(getpid()).tmp"
        try Self.create(temporary, bytes, mode: mode)
        guard rename(temporary, path) == 0 else {
            let number = errno
            _ = unlink(temporary)
            throw .system(file: path, errno: number)
        }
        // That the name is on the disk cannot be made surer than by asking for it.
        let directory = open(Self.directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            _ = fsync(directory)
            _ = close(directory)
        }
    }

    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(SettingsError) {
        guard
            let file = OwnedDescriptor.open(
                Array(path.utf8), in: AT_FDCWD, flags: O_WRONLY | O_CREAT | O_EXCL)
        else { throw .system(file: path, errno: errno) }
        guard file.writeAll(bytes), fchmod(file.rawValue, mode) == 0, fsync(file.rawValue) == 0
        else {
            let number = errno
            _ = unlink(path)
            throw .system(file: path, errno: number)
        }
    }

    private func remove(_ path: String) throws(SettingsError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system(file: path, errno: errno) }
    }

    private func makeDirectory() throws(SettingsError) {
        try Self.makeDirectory(Self.directory(of: path))
    }

    /// Makes a directory and those above it, for the owner alone.
    static func makeDirectory(_ path: String) throws(SettingsError) {
        let bytes = Array(path.utf8)
        for end in bytes.indices.dropFirst() where bytes[end] == UInt8(ascii: "/") {
            _ = withPath(Array(bytes[..<end])) { mkdir($0, 0o700) }
        }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(file: path, errno: errno)
        }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
