/// Puts right what reading alone cannot: a lost manifest, a sealed segment that has rotted.
///
/// Nothing is ever thrown away: a file that is replaced goes to the quarantine. Every repair can be
/// had as a plan first. Takes the locks of writers and sealers.
public struct LogRepair: Sendable {
    public struct SegmentRepair: Equatable, Sendable {
        /// The damaged file.
        public let file: String
        /// What is wrong with it.
        public let findings: [String]
        /// The file that takes its place; `nil` in a plan.
        public var replacement: String?
        /// Positions that cannot be read and become gaps; `nil` in a plan.
        public var missingCount: Int?
    }

    private let layout: StoreLayout
    private let fileSystem: any FileSystem
    private let store: StoreID
    private let options: LogOptions

    /// - Throws: ``LogError``; `.notFound` if there is no store.
    public init(
        _ directory: String, options: LogOptions = LogOptions(),
        fileSystem: any FileSystem = RealFileSystem()
    ) throws(LogError) {
        layout = StoreLayout(directory)
        let format = try StoreFormat.ofStore(layout, fileSystem)
        self.fileSystem = fileSystem
        self.options = options
        store = format.store
    }

    // MARK: - The manifest

    /// Makes a manifest from the files in `log/`.
    ///
    /// - Parameter dryRun: Only says what it would name.
    /// - Returns: The segments, in order of position.
    /// - Throws: ``LogError``; the manifest is then as it was.
    public func rebuildManifest(dryRun: Bool) throws(LogError) -> [SegmentSummary] {
        try locked { () throws(LogError) in
            var manifest = try ManifestRebuild(
                layout: layout, store: store, fileSystem: fileSystem
            ).run()
            if let known = try? Manifest.load(layout, store: store, fileSystem) {
                manifest.generation = known.generation + 1
            }
            if !dryRun { try manifest.save(layout, fileSystem) }
            return manifest.segments.map {
                SegmentSummary(LogView.Segment(entry: $0, last: $0.last, byteCount: $0.byteCount))
            }
        }
    }

    // MARK: - Segments

    /// Writes every damaged sealed segment anew, with what is good in it and gaps for the rest.
    ///
    /// - Parameter dryRun: Only says what is damaged.
    /// - Returns: The damaged segments, in order of position.
    /// - Throws: ``LogError``; segments repaired before stay repaired, the others are as they were.
    /// - Complexity: O(bytes of the log), to find the damage.
    public func repairSegments(dryRun: Bool) throws(LogError) -> [SegmentRepair] {
        try locked { () throws(LogError) in
            var repairs = [SegmentRepair]()
            var manifest = try Manifest.load(layout, store: store, fileSystem)
            for (index, entry) in manifest.segments.enumerated() where entry.state == .sealed {
                let findings = try findings(entry)
                guard !findings.isEmpty else { continue }
                var repair = SegmentRepair(file: entry.file, findings: findings)
                if !dryRun {
                    let before = manifest.segments[..<index].last?.chain ?? .zero
                    let rewriting = SegmentRewriting(
                        entry: entry, chainBefore: before, layout: layout, store: store,
                        fileSystem: fileSystem, level: options.compressionLevel)
                    let (next, missing) = try rewriting.run()
                    manifest.segments[index] = next
                    manifest.generation += 1
                    try manifest.save(layout, fileSystem)
                    // Evidence; what fails here leaves a file that the manifest does not name.
                    try? fileSystem.rename(
                        layout.logFile(entry.file),
                        to: layout.quarantine + "/" + entry.file + ".damaged")
                    repair.replacement = next.file
                    repair.missingCount = missing
                }
                repairs.append(repair)
            }
            return repairs
        }
    }

    private func findings(_ entry: SegmentEntry) throws(LogError) -> [String] {
        let sealed: SealedSegment
        do throws(LogError) {
            sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        } catch {
            guard error.code == .damaged else { throw error }
            return [error.message]
        }
        defer { sealed.close(fileSystem) }
        let report = try sealed.reader.verify { (offset, count) throws(LogError) in
            try sealed.read(at: offset, byteCount: count, fileSystem)
        }
        return report.damages.map { "\($0.what) at byte \($0.offset)" }
    }

    private func locked<Result>(
        _ body: () throws(LogError) -> Result
    ) throws(LogError) -> Result {
        do {
            let seal = try fileSystem.open(layout.sealLock, .updateOrCreate)
            defer { fileSystem.close(seal) }
            guard try fileSystem.lock(seal, waits: false) else {
                throw LogError(
                    .busy, "another process is sealing this store. Nothing was changed; try again.")
            }
            let lock = try fileSystem.open(layout.lock, .updateOrCreate)
            defer { fileSystem.close(lock) }
            _ = try fileSystem.lock(lock, waits: true)
            return try body()
        } catch {
            return try LogError.unifying { throw error }
        }
    }
}
