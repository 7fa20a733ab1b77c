internal import Synchronization
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file system in memory that fails where and when it is told to, the same way for the same seed.
///
/// - ``kill()`` ends every process: descriptors and locks are gone, what was written stays.
/// - ``losePower()`` ends the machine: what was not synced is lost, torn, reordered, or zero.
/// - ``inject(_:)`` makes a call fail, once or from then on. After a sync that fails so, the cache
///   and the disk differ, and no later sync mends it.
package final class SimulatedFileSystem: FileSystem {
    private struct State {
        var disk = SimulatedDisk()
        var open: [CInt: Int] = [:]
        var locks: [Int: CInt] = [:]
        var nextDescriptor: CInt = 100
        var calls: [FileError.StaticOperation] = []
        var writtenByteCount = 0
        var faults: [SimulatedFault] = []
        var random: SimulatedRandom
        var boot: UInt64 = 1
        var capacity = Int.max

        /// Counted only where there is a limit: most simulations have none.
        var freeByteCount: Int {
            capacity == .max ? .max : max(0, capacity - usedByteCount)
        }

        /// Of the files that have a name or are open.
        var usedByteCount: Int {
            Set(disk.names.values).union(open.values).reduce(0) {
                $0 + (disk.files[$1]?.cache.count ?? 0)
            }
        }
    }

    private let state: Mutex<State>

    package init(seed: UInt64) {
        state = Mutex(State(random: SimulatedRandom(seed: seed)))
    }

    // MARK: - Faults

    package func inject(_ fault: SimulatedFault) { state.withLock { $0.faults.append(fault) } }
    package func clearFaults() { state.withLock { $0.faults = [] } }
    /// Calls made so far; the next one has this number plus one.
    package var callCount: Int { state.withLock { $0.calls.count } }
    /// What each of them was.
    package var calls: [FileError.StaticOperation] { state.withLock { $0.calls } }
    /// Bytes written to files so far.
    package var writtenByteCount: Int { state.withLock { $0.writtenByteCount } }
    package var openCount: Int { state.withLock { $0.open.count } }
    /// Bytes that all files together may have.
    package func setCapacity(_ byteCount: Int) { state.withLock { $0.capacity = byteCount } }

    package var usedByteCount: Int { state.withLock { $0.usedByteCount } }

    package func kill() {
        state.withLock {
            $0.open = [:]
            $0.locks = [:]
        }
    }

    package func losePower() {
        state.withLock {
            $0.open = [:]
            $0.locks = [:]
            $0.boot += 1
            $0.disk.losePower(&$0.random)
        }
    }

    /// Changes bytes behind everybody's back.
    package func corrupt(_ path: String, _ change: (inout [UInt8]) -> Void) {
        state.withLock {
            guard let file = $0.disk.names[path] else { return }
            $0.disk.change(file) { $0.corrupt(change) }
        }
    }

    package func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.disk.names[path].flatMap { state.disk.files[$0]?.cache } }
    }

    package var paths: [String] { state.withLock { $0.disk.names.keys.sorted() } }

    // MARK: - Calls

    /// Counts a call and lets a fault strike.
    private func call<Result>(
        _ operation: FileError.StaticOperation, _ path: String,
        _ body: (inout State, Int?) throws(FileError) -> Result
    ) throws(FileError) -> Result {
        var outcome: Swift.Result<Result, FileError>?
        state.withLock { state in
            state.calls.append(operation)
            let calls = state.calls.count
            var limit: Int?
            if let index = state.faults.firstIndex(where: { $0.strikes(operation, call: calls) }) {
                let fault = state.faults[index]
                if !fault.lasts { state.faults.remove(at: index) }
                switch fault.kind {
                case .error(let number):
                    if operation == .synchronize { failToSynchronize(path, &state) }
                    outcome = .failure(FileError(operation, path, errno: number))
                    return
                case .death:
                    outcome = .failure(FileError(operation, path, errno: EIO))
                    return
                case .shortWrite(let byteCount):
                    limit = byteCount
                }
            }
            do throws(FileError) {
                outcome = .success(try body(&state, limit))
            } catch {
                outcome = .failure(error)
            }
        }
        guard let outcome else { preconditionFailure("a call has an outcome") }
        return try outcome.get()
    }

    private func failToSynchronize(_ path: String, _ state: inout State) {
        if let number = CInt(path.dropFirst("file ".count)), let node = state.open[number] {
            state.disk.change(node) { $0.failToSynchronize(&state.random) }
        } else {
            state.disk.failToSynchronizeNames(of: path, &state.random)
        }
    }

    private func path(of file: FileDescriptor) -> String { "file \(file.rawValue)" }

    package func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileDescriptor {
        try call(.open, path) { (state, _) throws(FileError) in
            var file = state.disk.names[path]
            switch mode {
            case .read, .update:
                break
            case .updateOrCreate:
                if file == nil { file = state.disk.make(path) }
            case .createNew:
                guard file == nil else { throw FileError(.open, path, errno: EEXIST) }
                file = state.disk.make(path)
            }
            guard let file else { throw FileError(.open, path, errno: ENOENT) }
            state.nextDescriptor += 1
            state.open[state.nextDescriptor] = file
            return FileDescriptor(rawValue: state.nextDescriptor)
        }
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
        // The buffer is touched outside of the lock's closure, which may not capture it.
        let bytes = try call(.read, path(of: file)) { (state, _) throws(FileError) -> [UInt8] in
            let node = try self.node(file, state)
            let cache = state.disk.files[node]?.cache ?? []
            return offset < cache.count ? Array(cache[offset...].prefix(buffer.count)) : []
        }
        buffer.copyBytes(from: bytes)
        return bytes.count
    }

    package func write(
        _ file: FileDescriptor, _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(FileError) -> Int {
        let bytes = Array(bytes)
        return try call(.write, path(of: file)) { (state, limit) throws(FileError) in
            let node = try self.node(file, state)
            var count = min(bytes.count, limit ?? bytes.count)
            let grown = offset + count - (state.disk.files[node]?.cache.count ?? 0)
            let free = state.freeByteCount
            if grown > free {
                count = max(0, count - (grown - free))
                guard count > 0 else {
                    throw FileError(.write, self.path(of: file), errno: ENOSPC)
                }
            }
            state.disk.change(node) { $0.write(bytes.prefix(count), at: offset) }
            state.writtenByteCount += count
            return count
        }
    }

    package func synchronize(_ file: FileDescriptor) throws(FileError) {
        try call(.synchronize, path(of: file)) { (state, _) throws(FileError) in
            let node = try self.node(file, state)
            state.disk.change(node) { $0.synchronize() }
        }
    }

    package func synchronizeDirectory(_ path: String) throws(FileError) {
        try call(.synchronize, path) { (state, _) throws(FileError) in
            state.disk.synchronizeNames(of: path)
        }
    }

    package func byteCount(of file: FileDescriptor) throws(FileError) -> Int {
        try call(.status, path(of: file)) { (state, _) throws(FileError) in
            state.disk.files[try self.node(file, state)]?.cache.count ?? 0
        }
    }

    package func truncate(_ file: FileDescriptor, to byteCount: Int) throws(FileError) {
        try call(.truncate, path(of: file)) { (state, _) throws(FileError) in
            let node = try self.node(file, state)
            state.disk.change(node) { $0.truncate(to: byteCount) }
        }
    }

    /// A shared lock keeps others out like an exclusive one: nobody here holds one for longer than
    /// it takes to find out that it was given.
    package func lock(
        _ file: FileDescriptor, _ mode: LockMode, waits: Bool
    ) throws(FileError) -> Bool {
        try call(.lock, path(of: file)) { (state, _) throws(FileError) in
            let node = try self.node(file, state)
            if let holder = state.locks[node], holder != file.rawValue {
                // One thread drives a simulation, so waiting would be for ever.
                guard !waits else { throw FileError(.lock, self.path(of: file), errno: EDEADLK) }
                return false
            }
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

    package func hasName(_ file: FileDescriptor) throws(FileError) -> Bool {
        try call(.status, path(of: file)) { (state, _) throws(FileError) in
            let node = try self.node(file, state)
            return state.disk.names.values.contains(node)
        }
    }

    package func rename(_ path: String, to newPath: String) throws(FileError) {
        try call(.rename, path) { (state, _) throws(FileError) in
            guard let file = state.disk.names[path] else {
                throw FileError(.rename, path, errno: ENOENT)
            }
            state.disk.name(nil, path)
            state.disk.name(file, newPath)
        }
    }

    package func link(_ path: String, as newPath: String) throws(FileError) {
        try call(.link, path) { (state, _) throws(FileError) in
            guard let file = state.disk.names[path] else {
                throw FileError(.link, path, errno: ENOENT)
            }
            state.disk.name(file, newPath)
        }
    }

    package func remove(_ path: String) throws(FileError) {
        try call(.remove, path) { (state, _) throws(FileError) in
            guard state.disk.names[path] != nil else {
                throw FileError(.remove, path, errno: ENOENT)
            }
            state.disk.name(nil, path)
        }
    }

    package func createDirectory(_ path: String) throws(FileError) {
        try call(.createDirectory, path) { (state, _) throws(FileError) in
            state.disk.makeDirectory(path)
        }
    }

    package func list(_ path: String) throws(FileError) -> [String] {
        try call(.list, path) { (state, _) throws(FileError) in
            guard state.disk.directories.contains(path) else {
                throw FileError(.list, path, errno: ENOENT)
            }
            return Set(state.disk.names.keys).union(state.disk.directories)
                .filter { state.disk.parent(of: $0) == path && $0 != path }
                .map { String($0.dropFirst(path.count + 1)) }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    package func status(_ path: String) throws(FileError) -> FileStatus? {
        try call(.status, path) { (state, _) throws(FileError) in
            if state.disk.directories.contains(path) {
                return FileStatus(
                    byteCount: 0, isDirectory: true, modified: Timestamp(microseconds: 0))
            }
            return state.disk.names[path].flatMap { state.disk.files[$0] }.map {
                FileStatus(
                    byteCount: $0.cache.count, isDirectory: false,
                    modified: Timestamp(microseconds: 0))
            }
        }
    }

    package func bootIdentifier() -> UInt64 { state.withLock { $0.boot } }

    private func node(_ file: FileDescriptor, _ state: State) throws(FileError) -> Int {
        guard let node = state.open[file.rawValue] else {
            throw FileError(.read, path(of: file), errno: EBADF)
        }
        return node
    }
}
