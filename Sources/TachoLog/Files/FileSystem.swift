/// Everything the log asks of a disk, so that tests can put a failing one in its place.
///
/// ``RealFileSystem`` is the operating system's; `TachoSimulation` has one that loses, tears, and
/// reorders what was not synced. Paths are whole paths. Calls are blocking and may be made from
/// several threads at once, each on its own descriptors.
public protocol FileSystem: Sendable {
    /// - Throws: ``FileError``, with `ENOENT` if the file is not there and may not be created.
    func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor
    func close(_ file: FileDescriptor)

    /// Reads up to `buffer.count` bytes; fewer only at the end of the file.
    func read(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int

    /// Writes some bytes from the front of `bytes` and says how many; at least one.
    func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int

    /// Lets the disk begin with bytes that were written, and does not wait for it.
    ///
    /// A hint that promises nothing and reports nothing: what fails, the next ``synchronize(_:)``
    /// of each descriptor says. Does nothing where there is no such call.
    func beginSynchronizing(_ file: FileDescriptor, from offset: Int, byteCount: Int)

    /// Waits until data and size are on the disk. After a failure the descriptor is of no more use.
    func synchronize(_ file: FileDescriptor) throws(FileError)
    /// Waits until the names in a directory are on the disk.
    func synchronizeDirectory(_ path: String) throws(FileError)

    func byteCount(of file: FileDescriptor) throws(FileError) -> Int
    func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError)

    /// Takes the lock of an open file.
    ///
    /// - Returns: `false` if another descriptor has it, not shared by both, and `waits` is false.
    func lock(_ file: FileDescriptor, _ mode: LockMode, waits: Bool) throws(FileError) -> Bool
    func unlock(_ file: FileDescriptor)
    /// Whether an open file still has a name: a lock on one that was removed keeps nobody out.
    func hasName(_ file: FileDescriptor) throws(FileError) -> Bool

    func rename(_ path: String, to newPath: String) throws(FileError)
    /// Gives a file a second name; a file that has that name already is replaced.
    func link(_ path: String, as newPath: String) throws(FileError)
    func remove(_ path: String) throws(FileError)
    /// Makes a directory and those above it, for the owner alone; one that is there is fine.
    func createDirectory(_ path: String) throws(FileError)
    /// The names in a directory, sorted by their bytes.
    func list(_ path: String) throws(FileError) -> [String]
    /// `nil` if nothing has that name.
    func status(_ path: String) throws(FileError) -> FileStatus?

    /// The one name of a place, from the root on: links are followed, `.` and `..` are gone. Of what
    /// is not there, as of the part above it that is.
    func resolved(_ path: String) -> String

    /// A number that is the same until the machine restarts. What a page cache held survives a
    /// process, not a restart; recovery must know which of the two it looks at.
    func bootIdentifier() -> UInt64
}

public struct FileDescriptor: Hashable, Sendable {
    public let rawValue: CInt

    public init(rawValue: CInt) {
        self.rawValue = rawValue
    }
}

public enum OpenMode: Hashable, Sendable {
    case read
    /// Read and write; the file must be there.
    case update
    /// Read and write; made if it is not there.
    case updateOrCreate
    /// Read and write a new file; `EEXIST` if there is one.
    case createNew
}

public enum LockMode: Hashable, Sendable {
    /// Held by one at a time.
    case exclusive
    /// Held by any number, as long as nobody has it exclusively.
    case shared
}

public struct FileStatus: Hashable, Sendable {
    public var byteCount: Int
    public var isDirectory: Bool
    public var modified: Timestamp

    public init(byteCount: Int, isDirectory: Bool, modified: Timestamp) {
        self.byteCount = byteCount
        self.isDirectory = isDirectory
        self.modified = modified
    }
}

extension FileSystem {
    /// Takes the exclusive lock of an open file; `false` if another descriptor has it.
    package func lock(_ file: FileDescriptor, waits: Bool) throws(FileError) -> Bool {
        try lock(file, .exclusive, waits: waits)
    }

    /// Nothing, for file systems without a disk that works beside.
    public func beginSynchronizing(_ file: FileDescriptor, from offset: Int, byteCount: Int) {}

    /// By the text alone, for file systems without links.
    public func resolved(_ path: String) -> String { PathText.normalized(path) }

    /// True, for file systems whose files nobody else removes.
    package func hasName(_ file: FileDescriptor) throws(FileError) -> Bool { true }

    /// Reads exactly `byteCount` bytes.
    ///
    /// - Throws: ``LogError`` `.damaged` if the file ends before.
    package func readBytes(
        _ file: FileDescriptor, _ path: String, at offset: Int, byteCount: Int
    ) throws(LogError) -> [UInt8] {
        let bytes = try readUpTo(file, path, at: offset, byteCount: byteCount)
        guard bytes.count == byteCount else {
            throw LogError(
                .damaged,
                "\(path) ends at byte \(offset + bytes.count), \(byteCount - bytes.count) bytes "
                    + "too early. Run `tacho verify` to see what is affected.")
        }
        return bytes
    }

    /// Reads `byteCount` bytes, or up to the end of the file.
    package func readUpTo(
        _ file: FileDescriptor, _ path: String, at offset: Int, byteCount: Int
    ) throws(LogError) -> [UInt8] {
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = 0
            let raw = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount)
            do throws(FileError) {
                count = try readUpTo(file, into: raw, at: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw LogError(failure) }
        return bytes
    }

    /// Fills `buffer`, or reads up to the end of the file, however many calls it takes.
    ///
    /// - Returns: How many bytes were read.
    package func readUpTo(
        _ file: FileDescriptor, into buffer: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let read = try self.read(file, into: rest, at: offset + count)
            if read == 0 { break }
            count += read
        }
        return count
    }

    /// Writes all of `bytes`, however many calls it takes.
    package func writeAll(
        _ file: FileDescriptor, _ bytes: [UInt8], at offset: Int
    ) throws(FileError) {
        try bytes.withUnsafeBufferPointer { buffer throws(FileError) in
            try writeAll(file, UnsafeRawBufferPointer(buffer), at: offset)
        }
    }

    package func writeAll(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) {
        var written = 0
        while written < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
            written += try write(file, rest, at: offset + written)
        }
    }

    /// The whole of a small file; `nil` if it is not there.
    package func contents(of path: String, limit: Int = 64 << 20) throws(LogError) -> [UInt8]? {
        let file: FileDescriptor
        do throws(FileError) {
            file = try open(path, .read)
        } catch {
            if error.isNotFound { return nil }
            throw LogError(error)
        }
        defer { close(file) }
        let byteCount: Int
        do throws(FileError) {
            byteCount = try self.byteCount(of: file)
        } catch {
            throw LogError(error)
        }
        guard byteCount <= limit else {
            throw LogError(.damaged, "\(path) has \(byteCount) bytes, more than it can have")
        }
        return try readUpTo(file, path, at: 0, byteCount: byteCount)
    }

    /// Puts a file in place at once: written beside, synced, renamed.
    ///
    /// - Parameters:
    ///   - path: The name it gets.
    ///   - bytes: The whole content.
    ///   - temporary: A name in the same file system that nobody else uses.
    /// - Throws: ``FileError``; what had that name before is then still there.
    package func replaceFile(
        _ path: String, with bytes: [UInt8], temporary: String
    ) throws(FileError) {
        let file = try makeAnew(temporary)
        do throws(FileError) {
            try writeAll(file, bytes, at: 0)
            try synchronize(file)
        } catch {
            close(file)
            throw error
        }
        close(file)
        try rename(temporary, to: path)
    }

    /// Makes a new file of this name; one that has it loses it, and its bytes stay as they are.
    ///
    /// A file that was renamed may have its old name again after a loss of power, beside the new
    /// one. Whoever wrote to it under that name would write into the file in use.
    package func makeAnew(_ path: String) throws(FileError) -> FileDescriptor {
        do throws(FileError) {
            try remove(path)
        } catch {
            guard error.isNotFound else { throw error }
        }
        return try open(path, .createNew)
    }
}

extension FileSystem {
    /// Copies the first bytes of a file into a new one, and makes them durable.
    func copy(
        _ file: FileDescriptor, _ path: String, byteCount: Int, to copy: String
    ) throws {
        let target = try makeAnew(copy)
        defer { close(target) }
        var offset = 0
        while offset < byteCount {
            let piece = try readBytes(
                file, path, at: offset, byteCount: min(1 << 20, byteCount - offset))
            try writeAll(target, piece, at: offset)
            offset += piece.count
        }
        try synchronize(target)
    }
}
