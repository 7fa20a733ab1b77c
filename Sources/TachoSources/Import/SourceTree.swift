import TachoCapture
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Takes what a walk over files and directories finds, in its order.
package protocol SourceVisitor: ~Copyable {
    /// A regular file, open at its first byte.
    mutating func visit(
        _ file: consuming SourceFile, _ place: SourcePlace, _ stamp: FileStamp
    ) throws(LogError)
    /// A directory that holds an `adw_state.json`; its files follow.
    mutating func visit(_ run: RunDirectory) throws(LogError)
    /// Something that is not read, and why; `note` is the system's word, if it had one.
    mutating func skip(_ place: SourcePlace, _ kind: SourceKind, note: String?)
}

/// Which state of which file was seen: it is the same again if nothing of this has changed.
package struct FileStamp: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
    package let byteCount: Int
    package let modified: Timestamp

    init(device: UInt64, inode: UInt64, byteCount: Int, modified: Timestamp) {
        self.device = device
        self.inode = inode
        self.byteCount = byteCount
        self.modified = modified
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        byteCount = Int(status.st_size)
        modified = Timestamp(status)
    }
}

/// Walks over a file or a directory in one order on every machine.
///
/// In a directory the files come before the directories, both by their names' bytes: so a session's
/// file comes before the folder of its subagents, and a run's state (which stands in front of all)
/// before its agents. Symbolic links below the starting point are not followed, so a walk cannot
/// leave its tree or go in circles.
package enum SourceTree {
    static let maximumDepth = 64
    private static let skippedDirectories: [StaticString] = [".git", "node_modules"]

    /// Walks from `path`, which may itself be a symbolic link.
    package static func walk(
        _ path: String, _ visitor: inout some SourceVisitor & ~Copyable
    ) throws(LogError) {
        guard let absolute = resolve(path) else {
            let reason = systemMessage(errno)
            let place = SourcePlace(
                components: components(Array(StoreDirectory.absolute(path).utf8)))
            visitor.skip(place, .unreadable, note: reason)
            return
        }
        let place = SourcePlace(components: components(absolute))
        try visitEntry(absolute, in: AT_FDCWD, place, depth: 0, &visitor)
    }

    private static func resolve(_ path: String) -> [UInt8]? {
        guard let resolved = withPath(Array(path.utf8), { realpath($0, nil) }) else { return nil }
        defer { free(resolved) }
        return Array(UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)))
    }

    private static func components(_ path: [UInt8]) -> [[UInt8]] {
        path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    }

    private static func visitEntry(
        _ name: [UInt8], in directory: CInt, _ place: SourcePlace, depth: Int,
        _ visitor: inout some SourceVisitor & ~Copyable
    ) throws(LogError) {
        guard let status = status(name, in: directory) else {
            visitor.skip(place, .unreadable, note: systemMessage(errno))
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            var place = place
            place.hasLinesTwin = hasLinesTwin(name, in: directory)
            try visitFile(name, in: directory, place, FileStamp(status), &visitor)
        case S_IFDIR:
            let isSkipped = skippedDirectories.contains {
                place.components.last?.equals($0) == true
            }
            guard !isSkipped || depth == 0, depth < maximumDepth else {
                visitor.skip(place, .skippedDirectory, note: nil)
                return
            }
            guard
                let opened = OwnedDescriptor.open(
                    name, in: directory, flags: O_RDONLY | O_DIRECTORY)
            else {
                visitor.skip(place, .unreadable, note: systemMessage(errno))
                return
            }
            try visitDirectory(opened, place, depth: depth, &visitor)
        case S_IFLNK: visitor.skip(place, .symbolicLink, note: nil)
        default: visitor.skip(place, .notAFile, note: nil)
        }
    }

    private static func visitFile(
        _ name: [UInt8], in directory: CInt, _ place: SourcePlace, _ stamp: FileStamp,
        _ visitor: inout some SourceVisitor & ~Copyable
    ) throws(LogError) {
        // Should a pipe have taken the file's place meanwhile, opening it must not wait.
        guard let opened = OwnedDescriptor.open(name, in: directory, flags: O_RDONLY | O_NONBLOCK)
        else {
            visitor.skip(place, .unreadable, note: systemMessage(errno))
            return
        }
        let file: SourceFile
        do throws(SourceError) {
            file = try SourceFile.open(opened)
        } catch {
            visitor.skip(place, .unreadable, note: error.message)
            return
        }
        try visitor.visit(file, place, stamp)
    }

    private static func visitDirectory(
        _ directory: consuming OwnedDescriptor, _ place: SourcePlace, depth: Int,
        _ visitor: inout some SourceVisitor & ~Copyable
    ) throws(LogError) {
        let descriptor = directory.rawValue
        guard let names = names(in: descriptor) else {
            visitor.skip(place, .unreadable, note: systemMessage(errno))
            return
        }
        if isStore(descriptor) {
            visitor.skip(place, .skippedDirectory, note: "a store of tacho's own")
            return
        }
        var files: [[UInt8]] = []
        var directories: [[UInt8]] = []
        for name in names {
            let mode = status(name, in: descriptor)?.st_mode ?? 0
            if mode & S_IFMT == S_IFDIR { directories.append(name) } else { files.append(name) }
        }
        if let state = files.firstIndex(where: { $0.equals("adw_state.json") }) {
            files.insert(files.remove(at: state), at: 0)
            try visitor.visit(run(place, directories, descriptor))
        }
        for name in files + directories {
            let below = SourcePlace(components: place.components + [name])
            try visitEntry(name, in: descriptor, below, depth: depth + 1, &visitor)
        }
    }

    private static func run(
        _ place: SourcePlace, _ directories: [[UInt8]], _ descriptor: CInt
    ) -> RunDirectory {
        func modified(_ name: StaticString) -> Timestamp? {
            status(name.withUTF8Buffer { Array($0) }, in: descriptor).map { Timestamp($0) }
        }
        return RunDirectory(
            place: place, directories: directories, stateModified: modified("adw_state.json"),
            errorLogModified: modified("error.log"))
    }

    /// Whether a `.json` has a `.jsonl` beside it that holds the same records.
    private static func hasLinesTwin(_ name: [UInt8], in directory: CInt) -> Bool {
        let plain = name.hasSuffix(".lz4") ? name.dropLast(4) : name
        guard plain.hasSuffix(".json") else { return false }
        return ["l", "l.lz4"].contains { (ending: String) in
            guard let status = status(plain + ending.utf8, in: directory) else { return false }
            return status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
        }
    }

    /// Whether a directory is a log itself, which must not be read as a source of its own.
    private static func isStore(_ descriptor: CInt) -> Bool {
        ["FORMAT", "HEAD", "log"].allSatisfy { status(Array($0.utf8), in: descriptor) != nil }
    }

    private static func status(_ name: [UInt8], in directory: CInt) -> stat? {
        var status = stat()
        let isThere = withPath(name) { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
        return isThere ? status : nil
    }

    /// The names in a directory, sorted by their bytes; `nil` with `errno` set for a failure.
    static func names(in directory: CInt) -> [[UInt8]]? {
        // `fdopendir` takes its descriptor over, so it gets one of its own.
        let copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return nil }
        defer { closedir(stream) }
        var names: [[UInt8]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                Array(bytes.prefix { $0 != 0 })
            }
            if !name.equals("."), !name.equals("..") { names.append(name) }
        }
        names.sort { $0.lexicographicallyPrecedes($1) }
        return names
    }
}
