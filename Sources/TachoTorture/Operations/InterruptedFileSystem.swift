internal import Synchronization
internal import TachoLog

/// A file system that lets others in between two calls: processes beside the one under test.
///
/// What they do goes to the file system below, so it is not interrupted itself.
final class InterruptedFileSystem: FileSystem {
    let base: any FileSystem
    /// Told the number of the call that comes next.
    private let between: @Sendable (Int) -> Void
    private let callCount = Mutex(0)

    init(_ base: any FileSystem, between: @escaping @Sendable (Int) -> Void) {
        self.base = base
        self.between = between
    }

    private func interrupt() {
        let call = callCount.withLock { count in
            count += 1
            return count
        }
        between(call)
    }

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor {
        interrupt()
        return try base.open(path, mode)
    }
    func read(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        interrupt()
        return try base.read(file, into: buffer, at: offset)
    }
    func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        interrupt()
        return try base.write(file, bytes, at: offset)
    }
    func rename(_ path: String, to newPath: String) throws(FileError) {
        interrupt()
        try base.rename(path, to: newPath)
    }
    func remove(_ path: String) throws(FileError) {
        interrupt()
        try base.remove(path)
    }
    func list(_ path: String) throws(FileError) -> [String] {
        interrupt()
        return try base.list(path)
    }
    func status(_ path: String) throws(FileError) -> FileStatus? {
        interrupt()
        return try base.status(path)
    }

    // MARK: - As they are

    func close(_ file: FileDescriptor) { base.close(file) }
    func synchronize(_ file: FileDescriptor) throws(FileError) { try base.synchronize(file) }
    func synchronizeDirectory(_ path: String) throws(FileError) {
        try base.synchronizeDirectory(path)
    }
    func byteCount(of file: FileDescriptor) throws(FileError) -> Int {
        try base.byteCount(of: file)
    }
    func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError) {
        try base.truncate(file, to: byteCount)
    }
    func lock(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool { try base.lock(file, mode, waits: waits) }
    func unlock(_ file: FileDescriptor) { base.unlock(file) }
    func hasName(_ file: FileDescriptor) throws(FileError) -> Bool { try base.hasName(file) }
    func link(_ path: String, as newPath: String) throws(FileError) {
        try base.link(path, as: newPath)
    }
    func createDirectory(_ path: String) throws(FileError) { try base.createDirectory(path) }
    func bootIdentifier() -> UInt64 { base.bootIdentifier() }
}
