/// Makes a store from a backup, or from a copy that was taken file by file while others wrote.
///
/// Never writes into what is there: the store's directory has to be new or empty. Ends with a deep
/// verification.
public struct LogRestore: Sendable {
    public struct Report: Sendable {
        public var lastPosition: Position = .zero
        /// Of the log's files.
        public var byteCount = 0
        /// Whether the source was a whole store.
        public var isConsistent = true
        /// What could not be joined to a source that was not: files, which are in the new store's
        /// `quarantine/`.
        public var leftOut: [String] = []
        public var verification: LogVerifier.Report
    }

    private let source: StoreLayout
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - directory: The backup.
    ///   - fileSystem: Where it is, and the new store.
    public init(_ directory: String, fileSystem: any FileSystem = RealFileSystem()) {
        source = StoreLayout(directory)
        self.fileSystem = fileSystem
    }

    /// - Parameters:
    ///   - directory: The new store.
    ///   - progress: Told the bytes that are done and all, while files are copied.
    /// - Returns: What is there now. Damage of the backup is in the verification: what can be read
    ///   is restored all the same.
    /// - Throws: ``LogError``: `.conflict` if something is in the directory; `.notFound` if the
    ///   source has no `FORMAT`.
    public func run(
        to directory: String, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(LogError) -> Report {
        let target = StoreLayout(directory)
        guard let format = try StoreFormat.load(source, fileSystem) else {
            throw LogError(
                .notFound,
                "\(source.directory) has no FORMAT file: it is no backup, or one that was not "
                    + "finished. Finish it with `tacho backup`.")
        }
        let isEmpty = try LogError.unifying {
            try fileSystem.status(directory) == nil || fileSystem.list(directory).isEmpty
        }
        guard isEmpty else {
            throw LogError(
                .conflict,
                "\(directory) is not empty. Nothing was changed: restore into a new directory, "
                    + "and put it in the old one's place yourself.")
        }
        var leftOut = [String]()
        var isConsistent = true
        do throws(LogError) {
            var copy = LogBackup(source.directory, fileSystem: fileSystem)
            copy.requiresWholeFiles = true
            _ = try copy.run(to: directory, progress: progress)
        } catch {
            guard error.code == .notFound || error.code == .damaged else { throw error }
            isConsistent = false
            leftOut = try LogError.unifying { try restorePrefix(format, to: target) }
        }
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        var report = Report(verification: try LogVerifier(reader).verify(.deep))
        report.lastPosition = reader.lastPosition
        report.byteCount = reader.segments.reduce(0) { $0 + $1.byteCount }
        report.leftOut = leftOut
        report.isConsistent = isConsistent
        return report
    }

    // MARK: A copy that is not consistent

    /// Takes the files over as they are, and of them the segments that follow each other without a
    /// hole from the first position on.
    private func restorePrefix(_ format: StoreFormat, to target: StoreLayout) throws -> [String] {
        for name in [target.log, target.temporary, target.quarantine, target.snapshots] {
            try fileSystem.createDirectory(name)
        }
        for name in try fileSystem.list(target.log) {
            try fileSystem.remove(target.logFile(name))
        }
        for name in try fileSystem.list(source.log) {
            let path = source.logFile(name)
            let file = try fileSystem.open(path, .read)
            defer { fileSystem.close(file) }
            try fileSystem.copy(
                file, path, byteCount: try fileSystem.byteCount(of: file),
                to: target.logFile(name))
        }
        _ = try LogCompanions(source: source, target: target, fileSystem: fileSystem).mirror()
        var join = SegmentJoin(
            names: try fileSystem.list(target.log), layout: target, store: format.store,
            fileSystem: fileSystem)
        let entries = try join.run()
        let named = Set(
            entries.map { $0.state == .archived ? $0.file + ArchivedIDs.suffix : $0.file })
        let leftOut = try fileSystem.list(target.log).filter { !named.contains($0) }.sorted()
        for name in leftOut {
            try fileSystem.rename(target.logFile(name), to: target.quarantine + "/" + name)
        }
        try Manifest(store: format.store, generation: 1, segments: entries)
            .save(target, fileSystem)
        try fileSystem.replaceFile(
            target.format, with: format.bytes, temporary: target.temporaryFile("FORMAT"))
        for name in [target.log, target.quarantine, target.directory] {
            try fileSystem.synchronizeDirectory(name)
        }
        return leftOut
    }
}

/// Finds the segments that follow each other from the first position on, in files that no manifest
/// fits.
private struct SegmentJoin {
    /// Of the files that were not looked at yet.
    var names: [String]
    let layout: StoreLayout
    let store: StoreID
    let fileSystem: any FileSystem

    /// - Returns: The segments, the active one last; it is made if there is none.
    mutating func run() throws -> [SegmentEntry] {
        var entries = [SegmentEntry]()
        var next = Position.first
        while let name = takeBest(from: next) {
            if name.hasSuffix(ArchivedIDs.suffix) {
                let file = String(name.dropLast(ArchivedIDs.suffix.count))
                guard let entry = try? archivedEntry(file, layout, store, fileSystem),
                    entry.first == next
                else { continue }
                entries.append(entry)
                next = entry.last.next
                continue
            }
            if name.hasSuffix(".jsonl.lz4") {
                // One that cannot be read is passed over: another may hold its positions.
                guard let (entry, before) = try? sealedEntry(name, layout, store, fileSystem),
                    entry.first == next,
                    entries.last?.chain.map({ $0 == before }) ?? true
                else { continue }
                entries.append(entry)
                next = entry.last.next
                continue
            }
            var entry = SegmentEntry.active(first: next, file: name)
            let scan = try ActiveScan(entry, store, layout, fileSystem)
            // What stands in the file behind the beginning of another was given up by a failed sync.
            let follower = names.compactMap(Self.first)
                .filter { $0 > next && $0 <= scan.lastPosition.next }.min()
            guard let follower else { return entries + [entry] }
            entry.state = .sealing
            entry.last = follower.previous
            entry.byteCount = try PlainSegment(entry: entry, store: store, layout: layout)
                .end(of: entry.last, fileSystem)
            entry.rawByteCount = entry.byteCount
            entries.append(entry)
            next = follower
        }
        let name = StoreLayout.activeName(first: next)
        fileSystem.close(try fileSystem.open(layout.logFile(name), .updateOrCreate))
        return entries + [.active(first: next, file: name)]
    }

    /// Of the files that begin at a position: the sealed one that reaches farthest, of those the
    /// newest; else the newest active one.
    private mutating func takeBest(from position: Position) -> String? {
        func rank(_ name: String) -> (UInt64, UInt64) {
            if name.hasSuffix(ArchivedIDs.suffix) { return (0, .max) }
            guard name.hasSuffix(".jsonl.lz4") else {
                return (0, UInt64(StoreLayout.generation(ofActive: name)))
            }
            let last = name.prefix { $0 != "." }.split(separator: "-").last
            return (
                last.flatMap { UInt64($0) } ?? 0,
                UInt64(max(0, StoreLayout.generation(ofSealed: name)))
            )
        }
        let best = names.filter { Self.first(of: $0) == position }.max { rank($0) < rank($1) }
        names.removeAll { $0 == best }
        return best
    }

    private static func first(of name: String) -> Position? {
        let suffixes = [".jsonl.lz4", ".active.jsonl", ArchivedIDs.suffix]
        guard suffixes.contains(where: { name.hasSuffix($0) }) else { return nil }
        return UInt64(name.prefix { $0 != "-" && $0 != "." }).map { Position($0) }
    }
}
