/// A place for sealed segments away from the store: a directory, or a bucket.
///
/// Holds files by name, all in one place. Whatever is put there is read back before anything is
/// removed elsewhere, so a storage need not be trusted.
public protocol ArchiveStorage: Sendable {
    /// What the manifest says of where it is: an absolute path or a URL, without secrets.
    var location: String { get }

    /// The whole of a small file; `nil` if it is not there.
    func contents(of name: String) throws(LogError) -> [UInt8]?

    /// Puts a small file in place of the one that may have this name.
    func put(_ name: String, _ bytes: [UInt8]) throws(LogError)

    /// Copies a file of the store's machine there.
    func upload(_ path: String, as name: String) throws(LogError)

    /// Copies a file from there to a new one on the store's machine.
    ///
    /// - Throws: ``LogError``; `.notFound` if it is not there. Nothing is left then.
    func download(_ name: String, to path: String) throws(LogError)

    /// Removes a file; one that is not there is no failure.
    func remove(_ name: String) throws(LogError)
}

/// A directory, perhaps of another machine's disk.
public struct DirectoryStorage: ArchiveStorage {
    public let location: String
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - directory: Absolute; made when something is put there.
    ///   - fileSystem: Where it is.
    public init(_ directory: String, fileSystem: any FileSystem = RealFileSystem()) {
        location = directory
        self.fileSystem = fileSystem
    }

    private func path(_ name: String) -> String { location + "/" + name }

    public func contents(of name: String) throws(LogError) -> [UInt8]? {
        try fileSystem.contents(of: path(name))
    }

    public func put(_ name: String, _ bytes: [UInt8]) throws(LogError) {
        try LogError.unifying {
            try fileSystem.createDirectory(location)
            try fileSystem.replaceFile(path(name), with: bytes, temporary: path(name) + ".tmp")
            try fileSystem.synchronizeDirectory(location)
        }
    }

    public func upload(_ source: String, as name: String) throws(LogError) {
        try LogError.unifying {
            try fileSystem.createDirectory(location)
            let temporary = path(name) + ".tmp"
            try copy(source, to: temporary)
            try fileSystem.rename(temporary, to: path(name))
            try fileSystem.synchronizeDirectory(location)
        }
    }

    public func download(_ name: String, to target: String) throws(LogError) {
        try LogError.unifying { try copy(path(name), to: target) }
    }

    public func remove(_ name: String) throws(LogError) {
        do throws(FileError) {
            try fileSystem.remove(path(name))
        } catch {
            guard error.isNotFound else { throw LogError(error) }
        }
    }

    private func copy(_ source: String, to target: String) throws {
        let file = try fileSystem.open(source, .read)
        defer { fileSystem.close(file) }
        do {
            try fileSystem.copy(
                file, source, byteCount: try fileSystem.byteCount(of: file), to: target)
        } catch {
            try? fileSystem.remove(target)
            throw error
        }
    }
}
