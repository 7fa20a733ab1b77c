internal import Synchronization
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of a store in memory, to be changed and put back at no cost, with an account of what
/// was asked of them.
///
/// Nothing here fails or gets lost: `SimulatedFileSystem` is for that. What is counted shows that
/// bad input makes a reader neither read without end nor ask for memory without a bound.
package final class MemoryFileSystem: FileSystem {
    fileprivate struct State {
        var names: [String: Int] = [:]
        var files: [Int: [UInt8]] = [:]
        var open: [CInt: Int] = [:]
        var locks: [Int: CInt] = [:]
        var nextFile = 0
        var nextDescriptor: CInt = 100
        var boot: UInt64 = 1
        var usage = Usage()
    }

    /// What was asked of the file system since it was made.
    package struct Usage: Sendable {
        package var callCount = 0
        package var readByteCount = 0
        package var largestReadByteCount = 0
    }

    private let state = Mutex(State())

    package init() {}

    package convenience init(_ files: [String: [UInt8]], boot: UInt64 = 1) {
        self.init()
        load(files, boot: boot)
    }

    /// Makes these all the files there are, and nobody has one open.
    package func load(_ files: [String: [UInt8]], boot: UInt64 = 1) {
        state.withLock { state in
            let usage = state.usage
            state = State()
            state.usage = usage
            state.boot = boot
            for (path, bytes) in files {
                state.names[path] = state.nextFile
                state.files[state.nextFile] = bytes
                state.nextFile += 1
            }
        }
    }

    /// All files as they are now.
    package var files: [String: [UInt8]] {
        state.withLock { state in state.names.mapValues { state.files[$0] ?? [] } }
    }

    package var usage: Usage { state.withLock { $0.usage } }
    package var openCount: Int { state.withLock { $0.open.count } }

    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].flatMap { state.files[$0] } }
    }

    // MARK: - Calls

    package func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor {
        let raw: CInt = state.withLock { state in
            state.usage.callCount += 1
            var file = state.names[path]
            switch mode {
            case .read, .update: break
            case .updateOrCreate: file = file ?? state.make(path)
            case .createNew: file = file == nil ? state.make(path) : -1
            }
            guard let file, file >= 0 else { return file == nil ? -ENOENT : -EEXIST }
            state.nextDescriptor += 1
            state.open[state.nextDescriptor] = file
            return state.nextDescriptor
        }
        guard raw >= 0 else { throw FileError(.open, path, errno: -raw) }
        return FileDescriptor(rawValue: raw)
    }

    package func close(_ file: FileDescriptor) {
        state.withLock { state in
            guard let node = state.open.removeValue(forKey: file.rawValue) else { return }
            if state.locks[node] == file.rawValue { state.locks[node] = nil }
        }
    }

    package func read(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let wanted = buffer.count
        // A reference to the bytes leaves the lock, not a copy of them.
        let bytes: [UInt8] = state.withLock { state in
            state.usage.callCount += 1
            state.usage.largestReadByteCount = max(state.usage.largestReadByteCount, wanted)
            return state.open[file.rawValue].flatMap { state.files[$0] } ?? []
        }
        guard offset >= 0 else { throw FileError(.read, "file", errno: EINVAL) }
        guard offset < bytes.count else { return 0 }
        let count = min(wanted, bytes.count - offset)
        bytes.withUnsafeBytes { source in
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
        }
        state.withLock { $0.usage.readByteCount += count }
        return count
    }

    package func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let bytes = Array(bytes)
        // A file with a hole of gigabytes is no test of anything but our memory.
        guard offset >= 0, offset <= 1 << 30 else { throw FileError(.write, "file", errno: EFBIG) }
        state.withLock { state in
            state.usage.callCount += 1
            guard let node = state.open[file.rawValue] else { return }
            let missing = offset + bytes.count - (state.files[node]?.count ?? 0)
            if missing > 0 {
                state.files[node]?.append(contentsOf: repeatElement(0, count: missing))
            }
            state.files[node]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        return bytes.count
    }

    package func synchronize(_ file: FileDescriptor) throws(FileError) {}
    package func synchronizeDirectory(_ path: String) throws(FileError) {}

    package func byteCount(of file: FileDescriptor) throws(FileError) -> Int {
        state.withLock { state in
            state.usage.callCount += 1
            return state.open[file.rawValue].flatMap { state.files[$0]?.count } ?? 0
        }
    }

    package func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError) {
        state.withLock { state in
            guard let node = state.open[file.rawValue], var bytes = state.files[node] else {
                return
            }
            bytes.removeLast(max(0, bytes.count - byteCount))
            bytes.append(contentsOf: repeatElement(0, count: max(0, byteCount - bytes.count)))
            state.files[node] = bytes
        }
    }

    package func lock(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        state.withLock { state in
            guard let node = state.open[file.rawValue] else { return false }
            if let holder = state.locks[node], holder != file.rawValue { return false }
            state.locks[node] = file.rawValue
            return true
        }
    }

    package func unlock(_ file: FileDescriptor) {
        state.withLock { state in
            guard let node = state.open[file.rawValue] else { return }
            if state.locks[node] == file.rawValue { state.locks[node] = nil }
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        let isThere = state.withLock { state in
            guard let file = state.names.removeValue(forKey: path) else { return false }
            state.names[newPath] = file
            return true
        }
        guard isThere else { throw FileError(.rename, path, errno: ENOENT) }
    }

    package func link(_ path: String, as newPath: String) throws(FileError) {
        let isThere = state.withLock { state in
            guard let file = state.names[path] else { return false }
            state.names[newPath] = file
            return true
        }
        guard isThere else { throw FileError(.link, path, errno: ENOENT) }
    }

    package func remove(_ path: String) throws(FileError) {
        let isThere = state.withLock { $0.names.removeValue(forKey: path) != nil }
        guard isThere else { throw FileError(.remove, path, errno: ENOENT) }
    }

    /// A directory is there as soon as it is asked for.
    package func createDirectory(_ path: String) throws(FileError) {}

    package func list(_ path: String) throws(FileError) -> [String] {
        let folder = Array((path + "/").utf8)
        let names = state.withLock { Array($0.names.keys) }
        return Set(
            names.filter { $0.utf8.starts(with: folder) }.map { name in
                String(
                    decoding: name.utf8.dropFirst(folder.count).prefix { $0 != 0x2F }, as: UTF8.self
                )
            }
        ).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func status(_ path: String) throws(FileError) -> FileStatus? {
        contents(path).map {
            FileStatus(
                byteCount: $0.count, isDirectory: false, modified: Timestamp(microseconds: 0))
        }
    }

    package func bootIdentifier() -> UInt64 { state.withLock { $0.boot } }
}

extension MemoryFileSystem.State {
    fileprivate mutating func make(_ path: String) -> Int {
        names[path] = nextFile
        files[nextFile] = []
        nextFile += 1
        return nextFile - 1
    }
}
