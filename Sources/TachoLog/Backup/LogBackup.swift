/// Copies a log to another directory, where it is a store again.
///
/// Consistent beside writers, sealing, and compaction, without keeping any of them waiting: sealed
/// files never change, and of the active one the part is taken that was written when the copy
/// began. What is in the other directory already is not copied again. Of a new copy `FORMAT` is
/// written last: a directory that has it is a whole store.
///
/// Beside the log go the files that cannot be made from it: what was erased, what has expired and
/// the tables at the cut, which sources were read how far, and the quarantine.
public struct LogBackup: Sendable {
    public struct Report: Equatable, Sendable {
        /// Everything up to here is in the copy.
        public var lastPosition: Position = .zero
        /// Of the log.
        public var segmentCount = 0
        public var copiedFileCount = 0
        public var copiedByteCount = 0
        /// Sealed files that were there already.
        public var keptFileCount = 0
        /// Files of an earlier copy that are not in the store any more.
        public var removedFileCount = 0
        /// Sealed files that are damaged in the store, and were copied as they are.
        public var damaged: [String] = []
    }

    private let source: StoreLayout
    private let fileSystem: any FileSystem
    /// Whether a file that is shorter than the manifest says is refused instead of copied: in a
    /// store it is damage to be kept, in a copy one that was taken too early.
    var requiresWholeFiles = false

    private static let attemptLimit = 16

    /// - Parameters:
    ///   - directory: The store.
    ///   - fileSystem: Where it is, and the copy.
    public init(_ directory: String, fileSystem: any FileSystem = RealFileSystem()) {
        source = StoreLayout(directory)
        self.fileSystem = fileSystem
    }

    /// Makes the copy, or brings an earlier one up to date.
    ///
    /// - Parameters:
    ///   - directory: Where to; made if it is not there. An earlier copy of the same store, or
    ///     empty.
    ///   - progress: Told the bytes of the log that are done and all.
    /// - Returns: What was copied.
    /// - Throws: ``LogError``: `.conflict` if the directory is something else, is in the store, or
    ///   has events that the store does not have; `.busy` if another process copies to it. An earlier copy is then
    ///   as it was, or, after a full disk or a death, can be read and is completed by the next run.
    /// - Complexity: O(bytes that are not there yet).
    public func run(
        to directory: String, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(LogError) -> Report {
        let target = StoreLayout(directory)
        try source.requireOutside(directory, fileSystem)
        let format = try StoreFormat.ofStore(source, fileSystem)
        let isNew = try isNew(target, format)
        try LogError.unifying {
            for name in [target.log, target.temporary, target.quarantine, target.snapshots] {
                try fileSystem.createDirectory(name)
            }
        }
        let lock = try lock(target)
        defer {
            fileSystem.unlock(lock)
            fileSystem.close(lock)
        }
        if !isNew { try checkIsEarlier(target) }
        var attempt = 0
        while true {
            attempt += 1
            do throws(LogError) {
                return try LogError.unifying { try copy(format, to: target, progress) }
            } catch {
                // A file was sealed or merged meanwhile: its lines are in another one now.
                guard error.code == .notFound, attempt < Self.attemptLimit else { throw error }
            }
        }
    }

    // MARK: Where to

    private func isNew(
        _ target: StoreLayout, _ format: StoreFormat
    ) throws(LogError) -> Bool {
        if let other = try StoreFormat.load(target, fileSystem) {
            guard other.store == format.store else {
                throw LogError(
                    .conflict,
                    "\(target.directory) is a copy of another store (\(other.store)). Nothing was "
                        + "changed; name another directory.")
            }
            return false
        }
        let names = try LogError.unifying {
            try fileSystem.status(target.directory) == nil
                ? [] : try fileSystem.list(target.directory)
        }
        // What a copy that was not finished consists of.
        let ours = [
            "log", "tmp", "quarantine", "snap", "HEAD", "MANIFEST", "MANIFEST.prev", "LOCK.seal",
        ]
        guard names.allSatisfy({ ours.contains($0) || LogCompanions.names.contains($0) }) else {
            throw LogError(
                .conflict,
                "\(target.directory) is not empty, and no copy of a store. Nothing was changed; "
                    + "name another directory.")
        }
        return true
    }

    private func lock(_ target: StoreLayout) throws(LogError) -> FileDescriptor {
        let lock = try LogError.unifying {
            try fileSystem.open(target.sealLock, .updateOrCreate)
        }
        do throws(FileError) {
            if try fileSystem.lock(lock, waits: false) { return lock }
        } catch {
            fileSystem.close(lock)
            throw LogError(error)
        }
        fileSystem.close(lock)
        throw LogError(
            .busy,
            "another process is copying to \(target.directory). Nothing was changed; try again.")
    }

    /// A directory with events that the store does not have is another history of the same store:
    /// what was restored and written to, or the store itself where an old copy of it was named.
    private func checkIsEarlier(_ target: StoreLayout) throws(LogError) {
        let theirs = try LogReader.open(target.directory, fileSystem: fileSystem)
        let ours = try LogReader.open(source.directory, fileSystem: fileSystem)
        let last = theirs.lastPosition
        guard last <= ours.lastPosition else {
            throw LogError(
                .conflict,
                "\(target.directory) ends at position \(last), and the store at "
                    + "\(ours.lastPosition): it is no earlier copy of it. Nothing was changed; "
                    + "look whether the two names are mixed up, or name another directory.")
        }
        // Where segments of both end, the chains have to be the same.
        let chains = Dictionary(
            ours.view.segments.map { ($0.last, $0.entry.chain) }, uniquingKeysWith: { $1 })
        for segment in theirs.view.segments {
            guard let there = segment.entry.chain, let here = chains[segment.last] ?? nil else {
                continue
            }
            if there != here { throw Self.diverged(segment.last, target) }
        }
        // What comes after them is compared by its last line, unless an expiry or erasure since
        // then, or an archive, has taken that.
        guard theirs.view.erased == ours.view.erased, theirs.expiries == ours.expiries,
            let there = try lastLine(theirs, at: last), let here = try lastLine(ours, at: last)
        else { return }
        guard there == here else { throw Self.diverged(last, target) }
    }

    private func lastLine(
        _ reader: LogReader, at position: Position
    ) throws(LogError) -> LogAnchor? {
        do throws(LogError) {
            return try reader.anchor(at: position)
        } catch {
            guard error.code == .archived else { throw error }
            return nil
        }
    }

    private static func diverged(_ position: Position, _ target: StoreLayout) -> LogError {
        LogError(
            .conflict,
            "up to position \(position), \(target.directory) has other events than the store: the "
                + "two have gone different ways. Nothing was changed; name another directory.")
    }

    // MARK: Copying

    private func copy(
        _ format: StoreFormat, to target: StoreLayout, _ progress: (Int, Int) -> Void
    ) throws -> Report {
        let companions = LogCompanions(source: source, target: target, fileSystem: fileSystem)
        let before = try companions.state()
        let view = try LogReader.open(source.directory, fileSystem: fileSystem).view
        var report = Report(lastPosition: view.lastPosition, segmentCount: view.segments.count)
        let all = view.segments.reduce(0) { $0 + $1.byteCount }
        var done = 0
        var head: Head?
        for segment in view.segments {
            progress(done, all)
            if segment.entry.state.isSealed {
                try copySealed(segment.entry, format.store, to: target, &report)
            } else {
                head = try copyPlain(segment, format.store, to: target, &report)
            }
            done += segment.byteCount
        }
        progress(all, all)
        try fileSystem.synchronizeDirectory(target.log)
        let isChanged = try companions.mirror()
        guard try companions.state() == before else {
            // An erasure or expiry came between: what it left has to fit the segments.
            throw LogError(.notFound, "\(source.directory) is being changed; try again")
        }
        try finish(view, head, format, target, &report)
        if isChanged { report.copiedFileCount += 1 }
        return report
    }

    /// Until the manifest names the new files the copy is what it was; HEAD comes behind it, because
    /// one that is older than the manifest is passed over.
    private func finish(
        _ view: LogView, _ head: Head?, _ format: StoreFormat, _ target: StoreLayout,
        _ report: inout Report
    ) throws {
        let isNew = try fileSystem.status(target.format) == nil
        func writeFormat() throws {
            if try fileSystem.contents(of: target.format) == format.bytes { return }
            try fileSystem.replaceFile(
                target.format, with: format.bytes, temporary: target.temporaryFile("FORMAT"))
            try fileSystem.synchronizeDirectory(target.directory)
        }
        // A feature that the store has got since has to be known before it is met.
        if !isNew { try writeFormat() }
        var manifest = Manifest(store: format.store, generation: view.generation, segments: [])
        manifest.segments = view.segments.map(\.entry)
        try manifest.save(target, fileSystem)
        if let head {
            try fileSystem.replaceFile(
                target.head,
                with: head.encoded(for: format.store)
                    + [UInt8](repeating: 0, count: Head.slotByteCount),
                temporary: target.temporaryFile("HEAD"))
        }
        try writeFormat()
        report.removedFileCount = removeOthers(manifest, target)
        try manifest.saveAsPrevious(target, fileSystem)
    }

    private func copySealed(
        _ entry: SegmentEntry, _ store: StoreID, to target: StoreLayout, _ report: inout Report
    ) throws {
        if let known = try? SealedSegment.open(entry, target, store, fileSystem) {
            known.close(fileSystem)
            report.keptFileCount += 1
            return
        }
        var byteCount = entry.byteCount
        if entry.state == .archived {
            // What stays here of it; the archive is its own backup's business.
            byteCount = try fileSystem.status(source.logFile(entry.localFile))?.byteCount ?? 0
        }
        try copyFile(entry.localFile, byteCount: byteCount, to: target, &report)
        do throws(LogError) {
            // The footer ties the file to its place, as for every reader.
            try SealedSegment.open(entry, target, store, fileSystem).close(fileSystem)
        } catch {
            if let whole = try? SealedSegment.open(entry, source, store, fileSystem) {
                whole.close(fileSystem)
                throw error
            }
            report.damaged.append(entry.file)
        }
    }

    /// - Returns: Where the copy ends, if the segment is the active one.
    private func copyPlain(
        _ segment: LogView.Segment, _ store: StoreID, to target: StoreLayout,
        _ report: inout Report
    ) throws -> Head? {
        let entry = segment.entry
        // Of a file with damage behind its last good batch, all is evidence.
        try copyFile(entry.file, byteCount: segment.byteCount, to: target, &report)
        guard entry.state == .active else { return nil }
        let scan = try ActiveScan(entry, store, target, fileSystem)
        guard scan.lastPosition >= segment.last || scan.firstBadOffset != nil else {
            throw LogError(
                .damaged,
                "\(source.logFile(entry.file)) ends at position \(scan.lastPosition), and "
                    + "acknowledged events follow up to \(segment.last). Run `tacho recover` to "
                    + "accept the loss, or copy the directory as it is.")
        }
        var head = Head(
            activeFirst: entry.first,
            activeGeneration: StoreLayout.generation(ofActive: entry.file),
            recorded: scan.lastRecorded, boot: 0)
        // Damage must not pass for a torn end: the whole file was durable once.
        head.writtenByteCount = segment.byteCount
        head.writtenPosition = segment.last
        head.durableByteCount = segment.byteCount
        head.durablePosition = segment.last
        head.isClean = true
        return head
    }

    private func copyFile(
        _ name: String, byteCount: Int, to target: StoreLayout, _ report: inout Report
    ) throws {
        let path = source.logFile(name)
        let file = try fileSystem.open(path, .read)
        defer { fileSystem.close(file) }
        let available = try fileSystem.byteCount(of: file)
        if requiresWholeFiles, available < byteCount {
            throw LogError(.damaged, "\(path) has \(available) bytes of \(byteCount)")
        }
        let temporary = target.temporaryFile(name)
        do {
            try fileSystem.copy(
                file, path, byteCount: min(byteCount, available), to: temporary)
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
        try fileSystem.rename(temporary, to: target.logFile(name))
        report.copiedFileCount += 1
        report.copiedByteCount += min(byteCount, available)
    }

    /// Takes away what the copy's manifest does not name any more.
    private func removeOthers(_ manifest: Manifest, _ target: StoreLayout) -> Int {
        let named = Set(manifest.segments.map(\.localFile))
        let others = ((try? fileSystem.list(target.log)) ?? []).filter { !named.contains($0) }
        let removed = others.count { (try? fileSystem.remove(target.logFile($0))) != nil }
        for name in (try? fileSystem.list(target.temporary)) ?? [] {
            try? fileSystem.remove(target.temporaryFile(name))
        }
        return removed
    }
}
