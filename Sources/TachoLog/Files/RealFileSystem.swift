private import CFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The operating system's files, by `pread`, `pwrite`, `fdatasync`, and `flock`.
///
/// Not memory-mapped: a file that another process cuts short would end ours with a signal.
public struct RealFileSystem: FileSystem {
    public init() {}

    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor {
        let flags: CInt =
            switch mode {
            // A pipe in place of a file would keep its reader waiting for ever.
            case .read: O_RDONLY | O_NONBLOCK
            case .update: O_RDWR
            case .updateOrCreate: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        // A link in place of a file of ours would lead outside of the store.
        // Lent, not converted: the conversion copies the path into an array of another type, and
        // a hook's process would ask the runtime for that type.
        let raw = path.withCString { path in
            retrying { tachoOpen(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600) }
        }
        guard raw >= 0 else { throw FileError(.open, path, errno: errno) }
        return FileDescriptor(rawValue: raw)
    }

    public func close(_ file: FileDescriptor) {
        // The result says nothing that a sync before has not said: data is synced, not closed, safe.
        _ = systemClose(file.rawValue)
    }

    public func read(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let count = retrying {
            pread(file.rawValue, buffer.baseAddress, buffer.count, off_t(offset))
        }
        guard count >= 0 else { throw FileError(.read, name(of: file), errno: errno) }
        return count
    }

    public func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let count = retrying {
            pwrite(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset))
        }
        guard count > 0 || bytes.isEmpty else {
            throw FileError(.write, name(of: file), errno: count == 0 ? EIO : errno)
        }
        return count
    }

    public func beginSynchronizing(_ file: FileDescriptor, from offset: Int, byteCount: Int) {
        tacho_begin_writing(file.rawValue, Int64(offset), Int64(byteCount))
    }

    public func synchronize(_ file: FileDescriptor) throws(FileError) {
        #if canImport(Darwin)
            let result = fcntl(file.rawValue, F_FULLFSYNC)
        #else
            let result = fdatasync(file.rawValue)
        #endif
        // Never tried again, not even after EINTR: the kernel may have dropped the pages.
        guard result == 0 else { throw FileError(.synchronize, name(of: file), errno: errno) }
    }

    public func synchronizeDirectory(_ path: String) throws(FileError) {
        let raw = retrying { tachoOpen(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) }
        guard raw >= 0 else { throw FileError(.synchronize, path, errno: errno) }
        defer { _ = systemClose(raw) }
        guard fsync(raw) == 0 else { throw FileError(.synchronize, path, errno: errno) }
    }

    public func byteCount(of file: FileDescriptor) throws(FileError) -> Int {
        // Not `fstat`: whoever asks it is told when the file was changed, and the next write has to
        // note a time of its own then, which takes as long as the write itself. Nothing here reads
        // or writes where a descriptor stands.
        let end = lseek(file.rawValue, 0, SEEK_END)
        guard end >= 0 else { throw FileError(.status, name(of: file), errno: errno) }
        return Int(end)
    }

    public func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError) {
        guard retrying({ ftruncate(file.rawValue, off_t(byteCount)) }) == 0 else {
            throw FileError(.truncate, name(of: file), errno: errno)
        }
    }

    public func lock(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        let operation = (mode == .exclusive ? LOCK_EX : LOCK_SH) | (waits ? 0 : LOCK_NB)
        if retrying({ flock(file.rawValue, operation) }) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw FileError(.lock, name(of: file), errno: errno)
    }

    public func unlock(_ file: FileDescriptor) {
        _ = flock(file.rawValue, LOCK_UN)
    }

    public func hasName(_ file: FileDescriptor) throws(FileError) -> Bool {
        var status = stat()
        guard retrying({ fstat(file.rawValue, &status) }) == 0 else {
            throw FileError(.status, name(of: file), errno: errno)
        }
        return status.st_nlink > 0
    }

    public func rename(_ path: String, to newPath: String) throws(FileError) {
        guard systemRename(path, newPath) == 0 else {
            throw FileError(.rename, path, errno: errno)
        }
    }

    public func link(_ path: String, as newPath: String) throws(FileError) {
        _ = unlink(newPath)
        guard systemLink(path, newPath) == 0 else { throw FileError(.link, path, errno: errno) }
    }

    public func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 else { throw FileError(.remove, path, errno: errno) }
    }

    public func createDirectory(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 { return }
        let failure = errno
        if failure == EEXIST {
            // A link to a directory is one: people keep a store on another disk that way.
            var status = stat()
            guard retrying({ systemStatus(path, &status) }) == 0,
                status.st_mode & S_IFMT == S_IFDIR
            else { throw FileError(.createDirectory, path, errno: ENOTDIR) }
            return
        }
        guard failure == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex
        else {
            throw FileError(.createDirectory, path, errno: failure)
        }
        try createDirectory(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw FileError(.createDirectory, path, errno: errno)
        }
    }

    public func list(_ path: String) throws(FileError) -> [String] {
        guard let directory = opendir(path) else { throw FileError(.list, path, errno: errno) }
        defer { closedir(directory) }
        var names = [[UInt8]]()
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                Array(raw.prefix { $0 != 0 })
            }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name) }
        }
        names.sort { $0.lexicographicallyPrecedes($1) }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }

    public func status(_ path: String) throws(FileError) -> FileStatus? {
        var status = stat()
        guard retrying({ lstat(path, &status) }) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileError(.status, path, errno: errno)
        }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        return FileStatus(
            byteCount: Int(status.st_size),
            isDirectory: status.st_mode & S_IFMT == S_IFDIR,
            modified: Timestamp(
                microseconds: Int64(modified.tv_sec) * 1_000_000 + Int64(modified.tv_nsec) / 1000))
    }

    public func resolved(_ path: String) -> String {
        // Again: behind a `..` that follows what is not there may be a link.
        resolvedUpToMissing(resolvedUpToMissing(path))
    }

    private func resolvedUpToMissing(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        var head = path.utf8.first == slash ? path : "./" + path
        var rest = ""
        while true {
            if let real = realpath(head, nil) {
                defer { free(real) }
                return PathText.normalized(String(cString: real) + "/" + rest)
            }
            // What is not there is no link: the part above it is looked up.
            guard head != "/", let last = head.utf8.lastIndex(of: slash) else {
                return PathText.normalized(path)
            }
            rest = head[last...].dropFirst() + "/" + rest
            head = last == head.startIndex ? "/" : String(head[..<last])
        }
    }

    public func bootIdentifier() -> UInt64 {
        let raw = "/proc/sys/kernel/random/boot_id".withCString {
            tachoOpen($0, O_RDONLY | O_CLOEXEC, 0)
        }
        guard raw >= 0 else { return 0 }
        defer { _ = systemClose(raw) }
        return withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { bytes in
            let count = pread(raw, bytes.baseAddress, bytes.count, 0)
            // FNV-1a; only equality matters.
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for index in 0..<max(0, count) {
                hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01b3
            }
            return hash
        }
    }

    /// The path behind a descriptor, for messages.
    private func name(of file: FileDescriptor) -> String {
        #if canImport(Darwin)
            return "file \(file.rawValue)"
        #else
            let saved = errno
            defer { errno = saved }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = bytes.withUnsafeMutableBytes { raw -> Int in
                guard let start = raw.baseAddress else { return 0 }
                return readlink(
                    "/proc/self/fd/\(file.rawValue)",
                    start.assumingMemoryBound(to: CChar.self), raw.count)
            }
            guard count > 0 else { return "file \(file.rawValue)" }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        #endif
    }
}

/// Calls again when a signal came in between; nothing has happened then.
private func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}

// The system's functions whose names our methods carry too.
private func tachoOpen(_ path: UnsafePointer<CChar>, _ flags: CInt, _ mode: mode_t) -> CInt {
    open(path, flags, mode)
}
private func systemClose(_ file: CInt) -> CInt { close(file) }
private func systemRename(_ path: String, _ newPath: String) -> CInt { rename(path, newPath) }
private func systemStatus(_ path: String, _ status: inout stat) -> CInt { stat(path, &status) }
private func systemLink(_ path: String, _ newPath: String) -> CInt { link(path, newPath) }
