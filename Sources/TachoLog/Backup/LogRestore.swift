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
        /// Of an archive: events that are gone and that nothing tells of, if they are sent again.
        public var erasedCount = 0
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
            let isThere = try LogError.unifying { try fileSystem.status(source.directory) != nil }
            throw LogError(
                .notFound,
                isThere
                    ? "\(source.directory) has no FORMAT file: it is no backup, or one that was not "
                        + "finished. Finish it with `tacho backup`."
                    : "there is no directory \(source.directory)")
        }
        try Self.checkIsEmpty(directory, fileSystem)
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

    /// - Throws: ``LogError`` `.conflict` if something is in the directory.
    static func checkIsEmpty(
        _ directory: String, _ fileSystem: any FileSystem
    ) throws(LogError) {
        let isEmpty = try LogError.unifying {
            try fileSystem.status(directory) == nil || fileSystem.list(directory).isEmpty
        }
        guard isEmpty else {
            throw LogError(
                .conflict,
                "\(directory) is not empty. Nothing was changed: restore into a new directory, "
                    + "and put it in the old one's place yourself.")
        }
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
        let named = Set(entries.map(\.localFile))
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
