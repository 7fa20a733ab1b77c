/// Turns full active files into sealed segments, one after the other.
///
/// Compressing happens without the store's lock, so that nobody waits for it; only the switch of
/// the manifest takes it. A second lock keeps two sealers apart. Each step can be repeated: until
/// the manifest is switched the old file is the segment, from then on the new one is, and at no
/// moment do two files answer for one position.
struct Sealer {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let store: StoreID
    let options: LogOptions

    /// Seals the first segment that waits for it.
    ///
    /// - Parameters:
    ///   - manifest: As it is now.
    ///   - switchManifest: Replaces the entry of the same first position, under the store's lock.
    /// - Returns: `nil` if none waits.
    /// - Throws: ``LogError``; the log is as it was.
    func sealNext(
        _ manifest: Manifest, switchManifest: (SegmentEntry) throws(LogError) -> Void
    ) throws(LogError) -> SealReport.Segment? {
        guard let index = manifest.segments.firstIndex(where: { $0.state == .sealing }) else {
            return nil
        }
        let entry = manifest.segments[index]
        let chainBefore =
            manifest.segments[..<index].last { $0.state == .sealed }?.chain ?? Digest256.zero
        let name = StoreLayout.sealedName(first: entry.first, last: entry.last, generation: 0)
        let temporary = layout.temporaryFile(name)
        do throws(LogError) {
            return try LogError.unifying {
                let footer = try compress(entry, to: temporary, chainBefore)
                let sealed = SegmentEntry(
                    state: .sealed, file: name, first: entry.first, last: entry.last,
                    byteCount: footer.byteCount, rawByteCount: footer.footer.rawByteCount,
                    chain: footer.footer.chainAfter)
                try readBack(sealed, temporary, footer.footer)
                try fileSystem.rename(temporary, to: layout.logFile(name))
                try fileSystem.synchronizeDirectory(layout.log)
                try switchManifest(sealed)
                // Last, and only now: everything it held is named elsewhere.
                try? fileSystem.remove(layout.logFile(entry.file))
                return SealReport.Segment(
                    file: name, first: sealed.first, last: sealed.last,
                    rawByteCount: sealed.rawByteCount, byteCount: sealed.byteCount)
            }
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    /// Writes the sealed form of an active file and syncs it.
    private func compress(
        _ entry: SegmentEntry, to temporary: String, _ chainBefore: Digest256
    ) throws -> (footer: SegmentFooter, byteCount: Int) {
        let path = layout.logFile(entry.file)
        let source = try fileSystem.open(path, .read)
        defer { fileSystem.close(source) }
        try? fileSystem.remove(temporary)
        let target = try fileSystem.open(temporary, .createNew)
        defer { fileSystem.close(target) }
        var segment = SegmentWriter(
            store: store, firstPosition: entry.first, chainBefore: chainBefore,
            options: SegmentOptions(level: options.compressionLevel))
        var byteCount = 0
        let lines = PlainSegment(entry: entry, store: store, layout: layout)
        try lines.forEachBatch(fileSystem, source, through: entry.byteCount) { batch in
            try batch.forEachRecord { record in
                guard record.position <= entry.last else { return false }
                try segment.append(record)
                return true
            }
            try write(segment.takeOutput(), to: target, at: &byteCount)
            return true
        } onDamage: { error in
            throw error
        }
        let (footer, rest) = segment.finish()
        try write(rest, to: target, at: &byteCount)
        guard footer.firstPosition == entry.first, footer.lastPosition == entry.last else {
            throw LogError(
                .damaged,
                "\(path) holds positions \(footer.firstPosition) to \(footer.lastPosition) where "
                    + "the manifest says \(entry.first) to \(entry.last); it was not sealed")
        }
        try fileSystem.synchronize(target)
        return (footer, byteCount)
    }

    private func write(
        _ bytes: [UInt8], to file: FileDescriptor, at byteCount: inout Int
    ) throws(FileError) {
        try fileSystem.writeAll(file, bytes, at: byteCount)
        byteCount += bytes.count
    }

    /// Reads the new file as any reader would and checks every line of it.
    private func readBack(
        _ entry: SegmentEntry, _ temporary: String, _ footer: SegmentFooter
    ) throws {
        let file = try fileSystem.open(temporary, .read)
        defer { fileSystem.close(file) }
        func read(_ offset: Int, _ count: Int) throws(LogError) -> [UInt8] {
            try fileSystem.readBytes(file, temporary, at: offset, byteCount: count)
        }
        let reader = try SegmentReader(
            byteCount: entry.byteCount, store: store, file: temporary, read: read)
        guard reader.footer == footer else {
            throw LogError(.damaged, "\(temporary) does not read back as it was written")
        }
        if let damage = try reader.verify(read: read).damages.first {
            throw LogError(
                .damaged,
                "\(temporary) does not read back as it was written: \(damage.what) at byte "
                    + "\(damage.offset)")
        }
    }
}

/// What `seal` did.
public struct SealReport: Equatable, Sendable {
    public struct Segment: Equatable, Sendable {
        public let file: String
        public let first: Position
        public let last: Position
        public let rawByteCount: Int
        public let byteCount: Int
    }

    public var segments: [Segment] = []
}

extension LogWriter {
    /// Ends the active segment and seals it, and every other that waits.
    ///
    /// - Throws: ``LogError``; `.busy` if another process is sealing. The log is whole in any case.
    /// - Complexity: O(bytes to seal).
    public mutating func seal() throws(LogError) -> SealReport {
        try lock()
        do throws(LogError) {
            try refresh()
            try roll()
        } catch {
            unlock()
            throw error
        }
        unlock()
        return try sealPending()
    }

    /// Seals the segments that are full already.
    public mutating func sealPending() throws(LogError) -> SealReport {
        let sealLock: FileDescriptor
        do throws(FileError) {
            sealLock = try fileSystem.open(layout.sealLock, .updateOrCreate)
        } catch {
            throw LogError(error)
        }
        defer { fileSystem.close(sealLock) }
        do throws(FileError) {
            guard try fileSystem.lock(sealLock, waits: false) else {
                throw FileError(.lock, layout.sealLock, errno: 11)
            }
        } catch {
            throw LogError(
                .busy, "another process is sealing this store. Nothing is lost; try again.")
        }
        defer { fileSystem.unlock(sealLock) }
        let sealer = Sealer(
            layout: layout, fileSystem: fileSystem, store: store, options: options)
        var report = SealReport()
        while true {
            let manifest = try Manifest.load(layout, store: store, fileSystem)
            let sealed = try sealer.sealNext(manifest) { entry throws(LogError) in
                try lock()
                defer { unlock() }
                var current = try Manifest.load(layout, store: store, fileSystem)
                guard let index = current.segments.firstIndex(where: { $0.first == entry.first })
                else { return }
                current.segments[index] = entry
                current.generation += 1
                try current.save(layout, fileSystem)
            }
            guard let sealed else {
                removeOrphans()
                return report
            }
            report.segments.append(sealed)
        }
    }
}
