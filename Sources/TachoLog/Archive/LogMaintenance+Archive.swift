extension LogMaintenance {
    /// A sealed segment that was moved.
    package struct Moved: Equatable, Sendable {
        package let segment: SegmentSummary
        /// SHA-256 of its file, in hexadecimal digits.
        package let digest: String
    }

    // MARK: Archive

    /// Moves a sealed segment to a storage.
    ///
    /// Copies it, reads the copy back and decodes all of it, and lists it; puts down what stays
    /// here (``ArchivedIDs``); switches the manifest; and removes the file last. A process that
    /// dies leaves the segment on one side or on both; the next run goes on.
    ///
    /// - Parameters:
    ///   - segment: Sealed, of this log.
    ///   - storage: Where to.
    /// - Returns: What was moved.
    /// - Throws: ``LogError``: `.conflict` if the storage is in the store itself or has an archive of
    ///   another, or the segment is not there any more; `.damaged` if the segment is, or the copy does not read back
    ///   as it was written. The log is then as it was.
    package func archive(
        _ segment: SegmentSummary, to storage: any ArchiveStorage
    ) throws(LogError) -> Moved {
        guard let entry = try manifest().segments.first(where: { $0.file == segment.file }),
            entry.state == .sealed, entry.chain != nil
        else {
            throw LogError(
                .conflict,
                "\(segment.file) is not a sealed segment of the log any more. Nothing was changed; "
                    + "make a new plan.")
        }
        try check(location: storage.location)
        let listing = try listing(storage)
        let path = layout.logFile(entry.file)
        let digest = try fileSystem.digest(of: path)
        let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        if !listing.entries.contains(where: { $0.file == entry.file && $0.digest == digest }) {
            try check(listing, mayTake: entry, sealed, storage.location)
            try storage.upload(path, as: entry.file)
        }
        try fetch(entry, sealed.reader.footer, digest, from: storage, keeps: false)
        try list(entry, digest, listing, in: storage)
        let rest = try ArchivedIDs.bytes(
            of: sealed, byteCount: entry.byteCount, digest: digest, location: storage.location,
            store, fileSystem)
        try LogError.unifying {
            try fileSystem.replaceFile(
                path + ArchivedIDs.suffix, with: rest,
                temporary: layout.temporaryFile(entry.file + ArchivedIDs.suffix))
            try fileSystem.synchronizeDirectory(layout.log)
        }
        try requireFeature(StoreFormat.archivedFeature)
        var archived = entry
        archived.state = .archived
        archived.archive = storage.location
        try exchange(entry, for: archived)
        // A manifest that has to be gone back to must not name what is about to go.
        try manifest().saveAsPrevious(layout, fileSystem)
        try LogError.unifying {
            try fileSystem.remove(path)
            try fileSystem.synchronizeDirectory(layout.log)
        }
        return Moved(segment: segment, digest: digest.hex)
    }

    private func check(location: String) throws(LogError) {
        // What the manifest has to hold without escapes.
        let isPlain = location.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain, !location.isEmpty, location.utf8.count <= 4096 else {
            throw LogError(
                .conflict, "an archive's name has neither quotes, backslashes, nor control letters")
        }
        // What does not begin so is a URL.
        if location.hasPrefix("/") { try layout.requireOutside(location, fileSystem) }
    }

    private func listing(_ storage: any ArchiveStorage) throws(LogError) -> ArchiveListing {
        guard let bytes = try storage.contents(of: ArchiveListing.name) else {
            return ArchiveListing(store: store)
        }
        let listing = try ArchiveListing(parsing: bytes, location: storage.location)
        guard listing.store == store else {
            throw LogError(
                .conflict,
                "\(storage.location) is an archive of another store (\(listing.store)). Nothing "
                    + "was changed; name another place.")
        }
        return listing
    }

    /// What is archived of the same positions is replaced, and has to be the same events: another
    /// store that was once restored from this one may have archived its own there.
    private func check(
        _ listing: ArchiveListing, mayTake entry: SegmentEntry, _ sealed: SealedSegment,
        _ location: String
    ) throws(LogError) {
        let overlapping = listing.entries.filter {
            $0.first <= entry.last && $0.last >= entry.first
        }
        guard !overlapping.isEmpty else { return }
        let heads = try sealed.reader.verify(watching: Set(overlapping.map(\.last))) {
            (offset, count) throws(LogError) in
            try sealed.read(at: offset, byteCount: count, fileSystem)
        }.watchedHeads
        for other in overlapping {
            guard other.file != entry.file, other.first >= entry.first, other.last <= entry.last,
                heads[other.last] == other.chain
            else {
                throw LogError(
                    .conflict,
                    "\(location) has \(other.file), which is not what this store holds from position "
                        + "\(other.first) to \(other.last): the archive is of a copy that has gone "
                        + "another way. Nothing was changed; name another place.")
            }
        }
    }

    private func list(
        _ entry: SegmentEntry, _ digest: Digest256, _ listing: ArchiveListing,
        in storage: any ArchiveStorage
    ) throws(LogError) {
        guard let chain = entry.chain else { return }
        var next = listing
        let replaced = next.add(
            ArchiveListing.Entry(
                file: entry.file, first: entry.first, last: entry.last,
                byteCount: entry.byteCount, rawByteCount: entry.rawByteCount, chain: chain,
                digest: digest))
        if next != listing { try storage.put(ArchiveListing.name, next.bytes) }
        // Older forms of the same positions: before a compaction, or before an erasure.
        for name in replaced { try storage.remove(name) }
    }

    /// Marks the store as one whose readers have to know something, under LOCK.
    func requireFeature(_ feature: String) throws(LogError) {
        try LogError.unifying {
            let lock = try fileSystem.open(layout.lock, .updateOrCreate)
            defer { fileSystem.close(lock) }
            _ = try fileSystem.lock(lock, waits: true)
            defer { fileSystem.unlock(lock) }
            guard var format = try StoreFormat.load(layout, fileSystem),
                !format.required.contains(feature)
            else { return }
            format.required.append(feature)
            try fileSystem.replaceFile(
                layout.format, with: format.bytes, temporary: layout.temporaryFile("FORMAT"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    private func exchange(
        _ entry: SegmentEntry, for other: SegmentEntry
    ) throws(LogError) {
        try switchManifest { manifest throws(LogError) in
            guard let index = manifest.segments.firstIndex(of: entry) else {
                throw LogError(
                    .conflict, "the manifest changed meanwhile. Nothing was changed; try again.")
            }
            manifest.segments[index] = other
        }
    }

    // MARK: Thaw

    /// Brings an archived segment back; the copy stays where it is.
    ///
    /// - Parameters:
    ///   - segment: Archived, of this log.
    ///   - storage: Where it is.
    /// - Returns: What was moved.
    /// - Throws: ``LogError``: `.archived` if the file is not in the storage, `.damaged` if it is not
    ///   what was archived, `.conflict` if the segment is not archived any more. The log is then as
    ///   it was.
    package func thaw(
        _ segment: SegmentSummary, from storage: any ArchiveStorage
    ) throws(LogError) -> Moved {
        guard let entry = try manifest().segments.first(where: { $0.file == segment.file }),
            entry.state == .archived
        else {
            throw LogError(
                .conflict, "\(segment.file) is not archived any more. Nothing was changed.")
        }
        let sealed = try SealedSegment.open(
            entry, layout, store, fileSystem, reachesArchive: false)
        defer { sealed.close(fileSystem) }
        guard let rest = sealed.archivedIDs else { return Moved(segment: segment, digest: "") }
        try fetch(entry, sealed.reader.footer, rest.digest, from: storage, keeps: true)
        try LogError.unifying {
            try fileSystem.rename(
                layout.temporaryFile(entry.file), to: layout.logFile(entry.file))
            try fileSystem.synchronizeDirectory(layout.log)
        }
        var thawed = entry
        thawed.state = .sealed
        thawed.archive = nil
        try exchange(entry, for: thawed)
        try manifest().saveAsPrevious(layout, fileSystem)
        try LogError.unifying {
            try fileSystem.remove(layout.logFile(entry.file) + ArchivedIDs.suffix)
            try fileSystem.synchronizeDirectory(layout.log)
        }
        return Moved(segment: segment, digest: rest.digest.hex)
    }

    /// Copies a segment's file from a storage to `tmp/` and checks every byte of it.
    private func fetch(
        _ entry: SegmentEntry, _ footer: SegmentFooter, _ digest: Digest256,
        from storage: any ArchiveStorage, keeps: Bool
    ) throws(LogError) {
        let temporary = layout.temporaryFile(entry.file)
        do throws(LogError) {
            try? fileSystem.remove(temporary)
            try download(entry, from: storage, to: temporary)
            guard try fileSystem.digest(of: temporary) == digest else {
                throw LogError(
                    .damaged,
                    "\(entry.file) in \(storage.location) is not what was archived: its SHA-256 is "
                        + "another. Nothing was changed.")
            }
            try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
                .check(entry, temporary, footer)
            if !keeps { try LogError.unifying { try fileSystem.remove(temporary) } }
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    private func download(
        _ entry: SegmentEntry, from storage: any ArchiveStorage, to path: String
    ) throws(LogError) {
        do throws(LogError) {
            try storage.download(entry.file, to: path)
        } catch {
            guard error.code == .notFound else { throw error }
            throw LogError(
                .archived,
                "\(entry.file) is not in \(storage.location) (\(error.message)) Nothing was "
                    + "changed; is the archive in its place, as a mounted disk is?")
        }
    }

    // MARK: What is left over

    /// The segments that are in archives, as the manifest has them.
    ///
    /// - Throws: ``LogError`` if what stays here of one cannot be read.
    package func archivedSegments() throws(LogError) -> [Moved] {
        var moved = [Moved]()
        for entry in try manifest().segments where entry.state == .archived {
            let sealed = try SealedSegment.open(
                entry, layout, store, fileSystem, reachesArchive: false)
            defer { sealed.close(fileSystem) }
            let segment = LogView.Segment(
                entry: entry, last: entry.last, byteCount: entry.byteCount)
            moved.append(
                Moved(
                    segment: SegmentSummary(segment),
                    digest: sealed.archivedIDs?.digest.hex ?? ""))
        }
        return moved
    }

    /// Removes what a process that died has left of a segment on the side where it is not any more.
    ///
    /// - Throws: ``LogError`` if a file cannot be removed.
    package func removeMoved() throws(LogError) {
        try LogError.unifying {
            var isChanged = false
            let names = Set(try fileSystem.list(layout.log))
            for entry in try manifest().segments {
                let other: String
                switch entry.state {
                case .archived: other = entry.file
                case .sealed: other = entry.file + ArchivedIDs.suffix
                default: continue
                }
                guard names.contains(other) else { continue }
                try fileSystem.remove(layout.logFile(other))
                isChanged = true
            }
            if isChanged { try fileSystem.synchronizeDirectory(layout.log) }
        }
    }
}

extension FileSystem {
    /// SHA-256 of a file.
    package func digest(of path: String) throws(LogError) -> Digest256 {
        var hasher = SHA256Hasher()
        try LogError.unifying {
            let file = try open(path, .read)
            defer { close(file) }
            var offset = 0
            while true {
                let piece = try readUpTo(file, path, at: offset, byteCount: 1 << 20)
                if piece.isEmpty { break }
                piece.withUnsafeBytes { hasher.update($0) }
                offset += piece.count
            }
        }
        return hasher.finish()
    }
}
