import TachoCapture
import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file or directory that is written beside its place and gets its name when it is complete.
///
/// What is unfinished is removed, also when the user interrupts.
struct ExportPlace {
    private let path: String
    private let temporary: String
    private let replaced: String
    private let fileSystem = RealFileSystem()

    /// A directory holds this file if it is an export, which may be replaced by another.
    private static let mark = ".tacho-export"

    /// - Throws: ``Failure`` if something has the name, and it is not to be replaced.
    init(_ path: String, isForced: Bool) throws {
        self.path = StoreDirectory.withoutSlash(path)
        temporary = "\(self.path).\(getpid()).tmp"
        replaced = "\(self.path).\(getpid()).old"
        guard let status = try? fileSystem.status(self.path) else { return }
        guard isForced else {
            throw Failure(.failure, "\(path) is there already; --force replaces it")
        }
        let isMarked = (try? fileSystem.status("\(self.path)/\(Self.mark)")) != nil
        if status.isDirectory, !isMarked {
            throw Failure(.failure, "\(path) is a directory that is no export: it stays as it is")
        }
    }

    private var parent: String {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return parent.isEmpty ? "/" : parent
    }

    /// - Throws: ``Failure`` if the directory is not there that the file is to be in.
    func requireParent() throws(Failure) {
        let isThere: Bool
        do throws(FileError) {
            isThere = try fileSystem.status(parent) != nil
        } catch {
            // What cannot be looked at is told by who writes there.
            return
        }
        guard isThere else { throw Failure(.failure, "there is no directory \(parent)") }
    }

    /// - Returns: The name to write under.
    func begin() -> String {
        Interruption.removes(temporary)
        Self.remove(temporary)
        return temporary
    }

    func makeDirectory() throws {
        do throws(FileError) {
            try fileSystem.createDirectory(temporary)
            let mark = try fileSystem.open("\(temporary)/\(Self.mark)", .createNew)
            fileSystem.close(mark)
        } catch {
            throw LogError(error)
        }
    }

    func finish(isDirectory: Bool) throws {
        do throws(FileError) {
            if isDirectory {
                try fileSystem.synchronizeDirectory(temporary)
                // A directory cannot be renamed onto one that has something in it.
                if let status = try fileSystem.status(path), status.isDirectory {
                    Self.remove(replaced)
                    try fileSystem.rename(path, to: replaced)
                } else {
                    Self.remove(path)
                }
            } else {
                let file = try fileSystem.open(temporary, .update)
                defer { fileSystem.close(file) }
                try fileSystem.synchronize(file)
                if let status = try fileSystem.status(path), status.isDirectory {
                    Self.remove(path)
                }
            }
            try fileSystem.rename(temporary, to: path)
            Interruption.removes(nil)
            Self.remove(replaced)
            try fileSystem.synchronizeDirectory(parent)
        } catch {
            throw LogError(error)
        }
    }

    func abandon() {
        Self.remove(temporary)
        Interruption.removes(nil)
    }

    /// Removes a file, or a directory of files; what cannot be removed stays.
    private static func remove(_ path: String) {
        let fileSystem = RealFileSystem()
        for name in (try? fileSystem.list(path)) ?? [] { _ = unlink("\(path)/\(name)") }
        if rmdir(path) != 0 { _ = unlink(path) }
    }
}

/// What Ctrl-C leaves behind: nothing that is unfinished.
private enum Interruption {
    // @unchecked: changed by the main thread, and read by the handler, which ends the process.
    nonisolated(unsafe) private static var unfinished: UnsafeMutablePointer<CChar>?

    /// The file, or directory of files, to be removed when the user interrupts.
    static func removes(_ path: String?) {
        unfinished = path.flatMap { strdup($0) }
        var previous = sigaction()
        sigaction(SIGINT, nil, &previous)
        guard path != nil, !Tacho.isIgnored(previous) else { return }
        let handler: @convention(c) (CInt) -> Void = { number in
            if let unfinished = Interruption.unfinished {
                if unlink(unfinished) != 0 { Interruption.removeDirectory(unfinished) }
            }
            _exit(number == SIGINT ? 130 : 143)
        }
        _ = signal(SIGINT, handler)
        _ = signal(SIGTERM, handler)
    }

    /// In the handler, where hardly anything may be called: the process ends right behind it.
    private static func removeDirectory(_ path: UnsafeMutablePointer<CChar>) {
        guard let directory = opendir(path) else { return }
        let descriptor = dirfd(directory)
        while let entry = readdir(directory) {
            withUnsafePointer(to: &entry.pointee.d_name) { name in
                _ = name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unlinkat(descriptor, $0, 0)
                }
            }
        }
        _ = rmdir(path)
    }
}
