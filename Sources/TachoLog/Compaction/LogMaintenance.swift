/// The one way to change which sealed files make up a log, beside writers and readers.
///
/// Holds LOCK.seal from its beginning to its end, so that nobody else seals, compacts, erases, or
/// repairs meanwhile; LOCK, which writers wait for, only while the manifest is switched. Until then
/// the old files are the log, from then on the new ones are, and what is left over by a process that
/// died is found by the next one (``collect(olderThan:)``).
public struct LogMaintenance: ~Copyable {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let store: StoreID
    private let sealLock: FileDescriptor
    private let clock: @Sendable () -> Timestamp

    /// - Throws: ``LogError``; `.busy` if another process is at it, `.notFound` if there is no store,
    ///   `.readOnly` if it takes a newer version to write it.
    public static func begin(
        _ directory: String, options: LogOptions = LogOptions(),
        fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) -> LogMaintenance {
        let layout = StoreLayout(directory)
        let format = try StoreFormat.ofStore(layout, fileSystem)
        try format.checkWritable()
        let sealLock = try LogError.unifying {
            try fileSystem.open(layout.sealLock, .updateOrCreate)
        }
        let isOurs: Bool
        do throws(FileError) {
            isOurs = try fileSystem.lock(sealLock, waits: false)
        } catch {
            fileSystem.close(sealLock)
            throw LogError(error)
        }
        guard isOurs else {
            fileSystem.close(sealLock)
            throw LogError(
                .busy,
                "another process is sealing or compacting this store. Nothing was changed; try "
                    + "again.")
        }
        return LogMaintenance(
            layout: layout, fileSystem: fileSystem, store: format.store, sealLock: sealLock,
            clock: options.clock)
    }

    private init(
        layout: StoreLayout, fileSystem: any FileSystem, store: StoreID, sealLock: FileDescriptor,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.layout = layout
        self.fileSystem = fileSystem
        self.store = store
        self.sealLock = sealLock
        self.clock = clock
    }

    deinit {
        fileSystem.unlock(sealLock)
        fileSystem.close(sealLock)
    }

    package func manifest() throws(LogError) -> Manifest {
        try Manifest.load(layout, store: store, fileSystem)
    }

    // MARK: Plans

    /// What compacting would do now.
    ///
    /// - Throws: ``LogError`` `.damaged` if a segment's footer cannot be read.
    /// - Complexity: O(segments).
    public func compactionPlan(
        _ options: CompactionPlan.Options
    ) throws(LogError) -> CompactionPlan {
        var facts = [CompactionPlan.Fact]()
        for entry in try manifest().segments where entry.state != .active {
            let segment = SegmentSummary(
                LogView.Segment(entry: entry, last: entry.last, byteCount: entry.byteCount))
            guard entry.state == .sealed else {
                facts.append(
                    .init(segment: segment, level: nil, lastRecorded: Timestamp(microseconds: 0)))
                continue
            }
            let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
            defer { sealed.close(fileSystem) }
            let footer = sealed.reader.footer
            // Without records there is nothing that could have columns.
            let columns =
                footer.count == 0
                ? options.columns ?? .none : sealed.declaredColumns(fileSystem)
            facts.append(
                .init(
                    segment: segment, level: footer.level, lastRecorded: footer.lastRecorded,
                    columns: columns))
        }
        return CompactionPlan(facts, options)
    }

    /// What a step of a plan did.
    public struct Written: Equatable, Sendable {
        public let segment: SegmentSummary
        public let count: Int
        /// SHA-256 of the lines, in hexadecimal digits: what `lz4 -dc FILE | sha256sum` prints.
        public let linesDigest: String
        public let chain: String
    }

    /// Carries out one step of a plan.
    ///
    /// - Parameters:
    ///   - step: Of a plan of this log.
    ///   - options: Of the same plan.
    ///   - progress: Told the bytes of lines that were written; `false` stops, and leaves
    ///     everything as it was.
    /// - Returns: `nil` if it was stopped.
    /// - Throws: ``LogError``: `.conflict` if the log is no longer what the plan was made of,
    ///   `.damaged` if an input is; everything is then as it was.
    public func carryOut(
        _ step: CompactionPlan.Step, _ options: CompactionPlan.Options,
        progress: (Int) -> Bool = { _ in true }
    ) throws(LogError) -> Written? {
        let inputs = try entries(of: step)
        guard let output = try merge(options).run(inputs, progress: progress) else { return nil }
        try replace(inputs, with: output)
        return Written(output)
    }

    /// Carries out several steps: writes them side by side, one thread each, and switches them one
    /// after the other.
    ///
    /// - Throws: ``LogError``, as for one; the steps before the one that failed are done.
    public func carryOut(
        _ steps: [CompactionPlan.Step], _ options: CompactionPlan.Options
    ) throws(LogError) -> [Written] {
        let inputs = try steps.map { step throws(LogError) in try entries(of: step) }
        let merge = merge(options)
        let results = WorkerThreads.map(inputs.count, threadCount: inputs.count) { index in
            Result { () throws(LogError) in try merge.run(inputs[index]) { _ in true } }
        }
        var written = [Written]()
        var failure: LogError?
        for (inputs, result) in zip(inputs, results) {
            do throws(LogError) {
                guard let output = try result.get() else { continue }
                guard failure == nil else {
                    try? fileSystem.remove(output.temporary)
                    continue
                }
                try replace(inputs, with: output)
                written.append(Written(output))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return written
    }

    private func merge(_ options: CompactionPlan.Options) -> SegmentMerge {
        SegmentMerge(layout: layout, fileSystem: fileSystem, store: store, options: options)
    }

    private func entries(of step: CompactionPlan.Step) throws(LogError) -> [SegmentEntry] {
        let entries = try manifest().segments
        return try step.inputs.map { input throws(LogError) in
            let entry = entries.first {
                $0.file == input.file && $0.byteCount == input.byteCount && $0.state == .sealed
            }
            guard let entry else {
                throw LogError(
                    .conflict,
                    "\(input.file) is not part of the log any more: the store has changed since "
                        + "the plan was made. Make a new one.")
            }
            return entry
        }
    }

    /// Reads a sealed segment of the log through, as it was when it was written.
    ///
    /// - Parameters:
    ///   - file: Its name.
    ///   - chain: In hexadecimal digits: of what has to be the head of the hash chain behind it.
    /// - Returns: What it holds; `nil` if the log has no such segment here.
    /// - Throws: ``LogError`` `.damaged` if it is not what was written.
    package func readBack(_ file: String, chain: String) throws(LogError) -> Written? {
        let found = try manifest().segments.first {
            $0.file == file && $0.state == .sealed && $0.chain?.hex == chain
        }
        guard let entry = found else { return nil }
        let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        let footer = sealed.reader.footer
        try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
            .check(entry, sealed.path, footer)
        return Written(SegmentMerge.Output(entry: entry, temporary: "", footer: footer))
    }

    // MARK: The switch

    /// Puts a new segment in the place of those it was made from, and retires them.
    ///
    /// - Throws: ``LogError``; the log is then as it was.
    func replace(
        _ inputs: [SegmentEntry], with output: SegmentMerge.Output
    ) throws(LogError) {
        let path = layout.logFile(output.entry.file)
        do throws(LogError) {
            try LogError.unifying {
                try fileSystem.rename(output.temporary, to: path)
                try fileSystem.synchronizeDirectory(layout.log)
            }
            try switchManifest { manifest throws(LogError) in
                guard let start = manifest.segments.firstIndex(of: inputs[0]),
                    manifest.segments[start...].starts(with: inputs)
                else {
                    throw LogError(
                        .conflict,
                        "the manifest changed while \(output.entry.file) was written. Nothing was "
                            + "changed; try again.")
                }
                manifest.segments.replaceSubrange(
                    start..<(start + inputs.count), with: CollectionOfOne(output.entry))
            }
        } catch {
            // The file may be named already, if only the last sync of the switch has failed.
            if let now = try? manifest(), !now.segments.contains(output.entry) {
                try? fileSystem.remove(output.temporary)
                try? fileSystem.remove(path)
            }
            throw error
        }
        for input in inputs { retire(input.file) }
    }

    /// Changes the manifest under LOCK.
    package func switchManifest(
        _ change: (inout Manifest) throws(LogError) -> Void
    ) throws(LogError) {
        let (layout, fileSystem) = (layout, fileSystem)
        let lock = try LogError.unifying { try fileSystem.open(layout.lock, .updateOrCreate) }
        defer { fileSystem.close(lock) }
        _ = try LogError.unifying { try fileSystem.lock(lock, waits: true) }
        defer { fileSystem.unlock(lock) }
        var manifest = try manifest()
        try change(&manifest)
        manifest.generation += 1
        try manifest.save(layout, fileSystem)
    }

    // MARK: What is left over

    /// Keeps a file that the manifest does not name any more, under a name that says since when.
    ///
    /// What fails here leaves a file in `log/`, which the next maintenance finds.
    private func retire(_ file: String) {
        try? fileSystem.createDirectory(layout.retired)
        let moment = clock().microseconds / 1_000_000
        try? fileSystem.rename(
            layout.logFile(file), to: layout.retiredFile("\(file).\(moment)"))
    }

    /// A file that is of no more use to the log.
    public struct Leftover: Equatable, Sendable {
        public let path: String
        public let byteCount: Int
        /// `retired`, `temporary`, or `superseded`: a segment that the manifest does not name.
        public let kind: String
    }

    /// What processes that died, and segments that were replaced, have left behind.
    ///
    /// - Parameter moment: Retired segments count if they were retired before it.
    /// - Returns: By kind: superseded ones first, then temporary, then retired.
    /// - Throws: ``LogError`` if a directory cannot be read.
    public func leftovers(retiredBefore moment: Timestamp) throws(LogError) -> [Leftover] {
        try LogError.unifying {
            var leftovers = [Leftover]()
            func add(_ path: String, _ kind: String) throws {
                guard let status = try fileSystem.status(path), !status.isDirectory else { return }
                leftovers.append(
                    Leftover(path: path, byteCount: status.byteCount, kind: kind))
            }
            let named = try manifest().segments
            for name in try fileSystem.list(layout.log)
            where Self.isSuperseded(name, named) {
                try add(layout.logFile(name), "superseded")
            }
            for name in try fileSystem.list(layout.temporary)
            where name.hasSuffix(".jsonl.lz4") {
                try add(layout.temporaryFile(name), "temporary")
            }
            guard try fileSystem.status(layout.retired) != nil else { return leftovers }
            for name in try fileSystem.list(layout.retired) {
                let seconds = name.split(separator: ".").last.flatMap { Int64($0) }
                guard let seconds, seconds < moment.microseconds / 1_000_000 else { continue }
                try add(layout.retiredFile(name), "retired")
            }
            return leftovers
        }
    }

    /// Removes leftovers.
    ///
    /// A superseded segment is only retired now: if the one in its place has rotted, it is the last
    /// copy.
    ///
    /// - Returns: Those that are gone.
    public func collect(_ leftovers: [Leftover]) -> [Leftover] {
        leftovers.filter { leftover in
            if leftover.kind == "superseded" {
                retire(String(leftover.path.dropFirst(layout.log.count + 1)))
                return false
            }
            return (try? fileSystem.remove(leftover.path)) != nil
        }
    }

    /// Whether a sealed file is not named, and the named ones hold all its positions.
    static func isSuperseded(_ name: String, _ named: [SegmentEntry]) -> Bool {
        guard name.hasSuffix(".jsonl.lz4"), !named.contains(where: { $0.file == name }) else {
            return false
        }
        let parts = name.prefix { $0 != "." }.split(separator: "-").compactMap { UInt64($0) }
        guard parts.count == 2, parts[0] > 0, parts[0] <= parts[1] else { return false }
        var next = Position(parts[0])
        for entry in named where entry.state.isSealed && entry.first <= next {
            if entry.last >= next { next = entry.last.next }
        }
        return next > Position(parts[1])
    }
}

extension LogMaintenance.Written {
    init(_ output: SegmentMerge.Output) {
        segment = SegmentSummary(
            LogView.Segment(
                entry: output.entry, last: output.entry.last, byteCount: output.entry.byteCount))
        count = output.footer.count
        linesDigest = output.footer.linesDigest.hex
        chain = output.footer.chainAfter.hex
    }
}
