import TachoCapture
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Waits for something to change below directories.
///
/// On Linux inotify tells, for every directory of the tree and those that are made later. Elsewhere,
/// and where the system has no more watches to give, a short pause stands in for it. So it does
/// while one of the directories is not there: it may be made again.
///
/// Watch first, then read, then wait: a change made while reading ends the next wait at once.
package struct DirectoryWatcher: ~Copyable {
    private let directories: [String]
    private let descriptor: CInt
    /// Whether the system has given a watch for every directory below those.
    private var hasAllWatches = true
    /// Whether every directory is watched; if not, waits end after a pause in any case.
    package var isComplete: Bool { hasAllWatches && missing.isEmpty }
    /// Of the directories asked for, those that are not watched.
    private var missing: [String] { directories.filter { watchByDirectory[$0] == nil } }
    private var watchByDirectory: [String: CInt] = [:]
    private var pathByWatch: [CInt: String] = [:]

    private static let pauseMilliseconds = 2000
    /// Changes that follow each other are told as one, until nothing came for so long.
    private static let quietMilliseconds = 50
    /// How many quiet times are waited for at most: a file that never rests must be read as well.
    private static let maximumQuietCount = 20

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    #if canImport(Glibc)
        /// Watches directories and all directories below them, but no symbolic links.
        ///
        /// Throws ``LogError`` if one of them is not there, or is no directory.
        package init(_ directories: [String]) throws(LogError) {
            self.directories = directories
            descriptor = inotify_init1(CInt(IN_CLOEXEC) | CInt(IN_NONBLOCK))
            guard descriptor >= 0 else {
                hasAllWatches = false
                return
            }
            for directory in directories {
                watch(directory)
                guard watchByDirectory[directory] != nil || !hasAllWatches else {
                    throw LogError(
                        .system, "cannot watch \(directory): \(systemMessage(errno))", errno: errno)
                }
            }
        }

        /// Watches other directories, too: those that are there, and nothing below them.
        package mutating func watchBeside(_ directories: [String]) {
            guard descriptor >= 0 else { return }
            for directory in directories { _ = inotify_add_watch(descriptor, directory, Self.mask) }
        }

        /// Waits for a change, and says whether there was one (or may have been).
        ///
        /// - Parameter timeoutMilliseconds: How long to wait at most; `nil` is for ever.
        /// - Returns: `false` after the timeout or a signal.
        package mutating func wait(timeoutMilliseconds: Int? = nil) -> Bool {
            var timeout = timeoutMilliseconds ?? -1
            if !isComplete {
                timeout =
                    timeout < 0 ? Self.pauseMilliseconds : min(timeout, Self.pauseMilliseconds)
            }
            guard isReadable(timeout) else {
                let isBlind = !isComplete
                for directory in missing { watch(directory) }
                return isBlind
            }
            take()
            for _ in 0..<Self.maximumQuietCount where isReadable(Self.quietMilliseconds) { take() }
            return true
        }

        private func isReadable(_ timeoutMilliseconds: Int) -> Bool {
            guard descriptor >= 0 else {
                usleep(UInt32(clamping: timeoutMilliseconds) * 1000)
                return false
            }
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            return poll(&request, 1, CInt(clamping: timeoutMilliseconds)) > 0
        }

        /// Takes all notices there are, and watches directories that were made.
        private mutating func take() {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            var made: [String] = []
            while true {
                let count = buffer.withUnsafeMutableBytes {
                    read(descriptor, $0.baseAddress, $0.count)
                }
                guard count > 0 else { break }
                buffer.withUnsafeBytes { notices in
                    collect(UnsafeRawBufferPointer(rebasing: notices[..<count]), &made)
                }
            }
            for path in made { watch(path) }
        }

        /// A notice is `{ int watch; uint32 mask, cookie, length; char name[length] }`.
        private mutating func collect(_ notices: UnsafeRawBufferPointer, _ made: inout [String]) {
            var offset = 0
            while offset + 16 <= notices.count {
                let watch = notices.loadUnaligned(fromByteOffset: offset, as: CInt.self)
                let mask = notices.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
                let length = Int(
                    notices.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                let end = min(offset + 16 + length, notices.count)
                let name = notices[(offset + 16)..<end].prefix { $0 != 0 }
                offset = end
                if mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    // Notices were lost, perhaps of new directories: look at the tree again.
                    made += directories
                } else if mask & UInt32(IN_IGNORED) != 0 {
                    forget(watch)
                } else if mask & UInt32(IN_MOVE_SELF) != 0 {
                    // One of ours is somewhere else now, and another may come in its place. Of those
                    // below, the directory they are in has told.
                    if watchByDirectory.values.contains(watch) {
                        _ = inotify_rm_watch(descriptor, watch)
                        forget(watch)
                    }
                } else if mask & UInt32(IN_ISDIR) != 0, mask & Self.made != 0,
                    let path = pathByWatch[watch]
                {
                    made.append(path + "/" + String(decoding: name, as: UTF8.self))
                }
            }
        }

        private mutating func forget(_ watch: CInt) {
            pathByWatch[watch] = nil
            watchByDirectory = watchByDirectory.filter { $0.value != watch }
        }

        private static let made = UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
        private static let mask =
            made | UInt32(IN_MODIFY) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_FROM)
            | UInt32(IN_DELETE) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)

        /// Watches a directory and those below it.
        private mutating func watch(_ path: String) {
            var rest = [(path: path, depth: 0)]
            while let (path, depth) = rest.popLast() {
                // Below the start nothing is followed, as when reading.
                let mask = Self.mask | (depth > 0 ? UInt32(IN_DONT_FOLLOW) : 0)
                let watch = inotify_add_watch(descriptor, path, mask)
                guard watch >= 0 else {
                    if errno == ENOSPC || errno == ENOMEM { hasAllWatches = false }
                    continue
                }
                pathByWatch[watch] = path
                if depth == 0, directories.contains(path) { watchByDirectory[path] = watch }
                guard depth < SourceTree.maximumDepth,
                    let opened = OwnedDescriptor.open(
                        Array(path.utf8), in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY),
                    let names = SourceTree.names(in: opened.rawValue)
                else { continue }
                for name in names where Self.isDirectory(name, in: opened.rawValue) {
                    rest.append((path + "/" + String(decoding: name, as: UTF8.self), depth + 1))
                }
            }
        }

        private static func isDirectory(_ name: [UInt8], in directory: CInt) -> Bool {
            var status = stat()
            return withPath(name) { fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
                && status.st_mode & S_IFMT == S_IFDIR
        }
    #else
        package init(_ directories: [String]) throws(LogError) {
            self.directories = directories
            descriptor = -1
            hasAllWatches = false
        }

        package mutating func watchBeside(_ directories: [String]) {}

        package mutating func wait(timeoutMilliseconds: Int? = nil) -> Bool {
            usleep(UInt32(clamping: min(timeoutMilliseconds ?? 2000, 2000)) * 1000)
            return true
        }
    #endif
}
