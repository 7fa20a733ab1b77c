internal import TachoLog

/// A bug that a canary plants, and its harness has to find.
enum Flaw: String, Sendable {
    // Of the file system.
    case dropsSyncs, dropsDirectorySyncs, callsFailedSyncsGood, flipsBytes, dropsTruncations
    case leaksDescriptors
    // Of the program that appends.
    case acknowledgesBeforeWriting, ignoresIDs, splitsBatches, keepsTemporaryFiles
}

/// A file system with a ``Flaw``.
struct FlawedFileSystem: FileSystem {
    let base: any FileSystem
    let flaw: Flaw

    static func wrapping(_ base: any FileSystem, _ flaw: Flaw?) -> any FileSystem {
        flaw.map { FlawedFileSystem(base: base, flaw: $0) } ?? base
    }

    func synchronize(_ file: FileDescriptor) throws(FileError) {
        if flaw == .dropsSyncs { return }
        do throws(FileError) {
            try base.synchronize(file)
        } catch {
            if flaw == .callsFailedSyncsGood { return }
            throw error
        }
    }

    func synchronizeDirectory(_ path: String) throws(FileError) {
        if flaw == .dropsSyncs || flaw == .dropsDirectorySyncs { return }
        try base.synchronizeDirectory(path)
    }

    func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        guard flaw == .flipsBytes, bytes.count > 600 else {
            return try base.write(file, bytes, at: offset)
        }
        var changed = Array(bytes)
        changed[changed.count / 2] ^= 0x10
        return try changed.withUnsafeBufferPointer { raw throws(FileError) in
            try base.write(file, UnsafeRawBufferPointer(raw), at: offset)
        }
    }

    func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError) {
        if flaw == .dropsTruncations { return }
        try base.truncate(file, to: byteCount)
    }

    func close(_ file: FileDescriptor) {
        if flaw == .leaksDescriptors { return }
        base.close(file)
    }

    func remove(_ path: String) throws(FileError) {
        if flaw == .keepsTemporaryFiles { return }
        try base.remove(path)
    }

    // MARK: - As they are

    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor {
        try base.open(path, mode)
    }
    func read(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int { try base.read(file, into: buffer, at: offset) }
    func byteCount(of file: FileDescriptor) throws(FileError) -> Int {
        try base.byteCount(of: file)
    }
    func lock(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        try base.lock(file, mode, waits: waits)
    }
    func unlock(_ file: FileDescriptor) { base.unlock(file) }
    func rename(_ path: String, to newPath: String) throws(FileError) {
        try base.rename(path, to: newPath)
    }
    func link(_ path: String, as newPath: String) throws(FileError) {
        try base.link(path, as: newPath)
    }
    func createDirectory(_ path: String) throws(FileError) { try base.createDirectory(path) }
    func list(_ path: String) throws(FileError) -> [String] { try base.list(path) }
    func status(_ path: String) throws(FileError) -> FileStatus? { try base.status(path) }
    func bootIdentifier() -> UInt64 { base.bootIdentifier() }
}
