/// What an erasure did to the log's files.
package struct ErasureReport: Equatable, Sendable {
    /// Records that are gone.
    package var eventCount = 0
    /// The segments that were written anew: the file before and the file after.
    package var segments: [(before: String, after: String)] = []

    package init() {}

    package static func == (left: ErasureReport, right: ErasureReport) -> Bool {
        left.eventCount == right.eventCount
            && left.segments.elementsEqual(right.segments) { $0 == $1 }
    }
}

extension LogWriter {
    /// HMAC of `bytes` under the store's secret, which is made when it is first asked for.
    ///
    /// For naming in the log what must not be read there.
    package mutating func secretDigest(_ bytes: [UInt8]) throws(LogError) -> Digest256 {
        try lock()
        defer { unlock() }
        let erased: ErasedIDs
        if let known = try ErasedIDs.load(layout, store, fileSystem) {
            erased = known
        } else {
            try requireErasedIDs()
            erased = ErasedIDs(store: store)
            try erased.save(layout, fileSystem)
        }
        return bytes.withUnsafeBytes { erased.digest($0) }
    }

    /// Marks the store as one whose writers have to know `ERASED`.
    ///
    /// Another would append a late retry again. Under the lock.
    private func requireErasedIDs() throws(LogError) {
        guard var format = try StoreFormat.load(layout, fileSystem),
            !format.optional.contains(StoreFormat.erasedFeature)
        else { return }
        format.optional.append(StoreFormat.erasedFeature)
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.format, with: format.bytes, temporary: layout.temporaryFile("FORMAT"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    /// Takes the records at these positions out of the log's files.
    ///
    /// Positions, order, the other records, and the hash chain stay as they are. What is not sealed
    /// is sealed first. Snapshots are the caller's: those at or behind the first position have to
    /// be gone before, and once more after.
    ///
    /// A crash at any moment leaves each segment as it was or without the records; running it again
    /// does the rest. What has been erased already is passed over.
    ///
    /// - Parameters:
    ///   - positions: Ascending; may be empty, to end what a crash has interrupted.
    ///   - start: From where on the log may have been changed, by this call or one before.
    ///   - isResumed: Whether a call before may have ended half-way: it may have left files of
    ///     segments that it had already rewritten.
    /// - Returns: What was rewritten.
    /// - Throws: ``LogError``; `.busy` if another process is sealing.
    package mutating func erase(
        _ positions: [Position], changedFrom start: Position, isResumed: Bool = false
    ) throws(LogError) -> ErasureReport {
        var report = ErasureReport()
        let known = isResumed ? [] : positions
        _ = try secretDigest([])
        let first = positions.first ?? start
        let last = positions.last ?? .zero
        try sealThrough(last)
        let sealLock = try takeSealLock()
        defer { releaseSealLock(sealLock) }
        removeOrphans()
        try removeReplaced(known, from: min(start, first))
        let manifest = try Manifest.load(layout, store: store, fileSystem)
        for entry in manifest.segments where entry.first <= last && entry.last >= first {
            let inside = positions.filter { $0 >= entry.first && $0 <= entry.last }
            guard !inside.isEmpty else { continue }
            if entry.state == .archived { throw SealedSegment.rewritingError(entry) }
            guard entry.state == .sealed else {
                throw LogError(
                    .busy, "\(entry.file) is not sealed yet. What was erased so far is; try again.")
            }
            let erasing = SegmentErasing(
                entry: entry, positions: inside, layout: layout, store: store,
                fileSystem: fileSystem)
            guard let result = try erasing.run() else { continue }
            try replace(entry, with: result)
            report.eventCount += result.events.count
            report.segments.append((entry.file, result.entry.file))
        }
        try endRound(from: min(start, first))
        removeOrphans()
        try removeReplaced(known, from: min(start, first))
        // A name that comes back after a loss of power brings the bytes back with it.
        try LogError.unifying {
            for directory in [layout.log, layout.temporary] {
                try fileSystem.synchronizeDirectory(directory)
            }
        }
        return report
    }

    /// Removes segments that others have taken the place of, retired or not: they hold what is to
    /// vanish.
    ///
    /// - Parameters:
    ///   - positions: Files without any of them are kept; if there are none, a crash may have
    ///     left any file behind `start`.
    ///   - start: Files before it are kept.
    /// - Throws: ``LogError`` if a file cannot be removed.
    private mutating func removeReplaced(
        _ positions: [Position], from start: Position
    ) throws(LogError) {
        let named = try Manifest.load(layout, store: store, fileSystem).segments
        func holds(_ name: String) -> Bool {
            let parts = name.prefix { $0 != "." }.split(separator: "-").compactMap { UInt64($0) }
            guard parts.count == 2 else { return false }
            guard !positions.isEmpty else { return parts[1] >= start.rawValue }
            return positions.contains { parts[0] <= $0.rawValue && $0.rawValue <= parts[1] }
        }
        try LogError.unifying {
            for name in try fileSystem.list(layout.log)
            where holds(name) && LogMaintenance.isSuperseded(name, named) {
                try fileSystem.remove(layout.logFile(name))
            }
            guard try fileSystem.status(layout.retired) != nil else { return }
            let retired = try fileSystem.list(layout.retired).filter(holds)
            for name in retired { try fileSystem.remove(layout.retiredFile(name)) }
            if !retired.isEmpty { try fileSystem.synchronizeDirectory(layout.retired) }
        }
    }

    /// Seals what holds positions up to `last`.
    private mutating func sealThrough(_ last: Position) throws(LogError) {
        try lock()
        do throws(LogError) {
            try refresh()
        } catch {
            unlock()
            throw error
        }
        unlock()
        if last >= head.activeFirst { _ = try seal() } else { _ = try sealPending() }

    }

    private mutating func replace(
        _ entry: SegmentEntry, with result: SegmentErasing.Result
    ) throws(LogError) {
        try lock()
        defer { unlock() }
        var manifest = try Manifest.load(layout, store: store, fileSystem)
        guard let index = manifest.segments.firstIndex(where: { $0.file == entry.file }) else {
            throw LogError(.busy, "\(entry.file) was replaced meanwhile. Try again.")
        }
        // First what a late retry is known by, then what makes it late.
        var erased =
            try ErasedIDs.load(layout, store, fileSystem) ?? ErasedIDs(store: store)
        for event in result.events { erased.add(id: event.id, at: event.position) }
        if let first = result.events.first { erased.beginRound(from: first.position) }
        try erased.save(layout, fileSystem)
        self.erased = erased
        manifest.segments[index] = result.entry
        manifest.generation += 1
        try save(manifest)
        if let open = sealedReaders.removeValue(forKey: entry.first) {
            fileSystem.close(open.file)
        }
        forgetIDs()
        // What fails here is removed with the orphans, now or at the next sealing.
        try? fileSystem.remove(layout.logFile(entry.file))
    }

    /// Whoever has read ``ErasedIDs`` and the manifest in between has folded what is gone.
    private mutating func endRound(from first: Position) throws(LogError) {
        try lock()
        defer { unlock() }
        guard var erased = try ErasedIDs.load(layout, store, fileSystem) else { return }
        erased.beginRound(from: first)
        try erased.save(layout, fileSystem)
        // The manifest before names files that are gone, and may itself be on the disk for long.
        try Manifest.load(layout, store: store, fileSystem).saveAsPrevious(layout, fileSystem)
    }

    private func takeSealLock() throws(LogError) -> FileDescriptor {
        let fileSystem = fileSystem
        let path = layout.sealLock
        let file = try LogError.unifying { try fileSystem.open(path, .updateOrCreate) }
        let isOurs: Bool
        do throws(FileError) {
            isOurs = try fileSystem.lock(file, waits: false)
        } catch {
            fileSystem.close(file)
            throw LogError(error)
        }
        guard isOurs else {
            fileSystem.close(file)
            throw LogError(
                .busy, "another process is sealing or maintaining this store. Try again.")
        }
        return file
    }

    private func releaseSealLock(_ file: FileDescriptor) {
        fileSystem.unlock(file)
        fileSystem.close(file)
    }
}

extension LogReader {
    /// The leaves that erased records have left behind, by position, between two positions.
    package func erasures(
        from first: Position = .first, through last: Position
    ) throws(LogError) -> [SegmentErasure] {
        try withFilesInPlace { log throws(LogError) in
            try log.erasuresOfView(from: first, through: last)
        }
    }

    private func erasuresOfView(
        from first: Position, through last: Position
    ) throws(LogError) -> [SegmentErasure] {
        var erasures = [SegmentErasure]()
        for segment in view.segments
        where segment.entry.state.isSealed && segment.last >= first && segment.first <= last {
            let sealed = try SealedSegment.open(segment.entry, layout, store, fileSystem)
            defer { sealed.close(fileSystem) }
            erasures += sealed.reader.erasures.filter {
                $0.position >= first && $0.position <= last
            }
        }
        return erasures
    }

    /// HMAC of `bytes` under the store's secret; `nil` if nothing was ever erased.
    package func secretDigest(_ bytes: [UInt8]) throws(LogError) -> Digest256? {
        let erased = try ErasedIDs.load(layout, store, fileSystem)
        return erased.map { erased in bytes.withUnsafeBytes { erased.digest($0) } }
    }
}
