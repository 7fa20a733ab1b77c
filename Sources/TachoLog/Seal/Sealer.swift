/// Turns full active files into sealed segments, one after the other.
///
/// Compressing happens without the store's lock, so that nobody waits for it; only the switch of
/// the manifest takes it. A second lock keeps two sealers apart. Each step can be repeated: until
/// the manifest is switched the old file is the segment, from then on the new one is, and at no
/// moment do two files answer for one position.
///
/// A damaged file is sealed too: with its good records, and a gap for each run of positions that
/// cannot be read. The file itself then goes to the quarantine.
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
        guard
            let index = manifest.segments.firstIndex(where: {
                $0.state == .sealing || $0.state == .damaged
            })
        else { return nil }
        let entry = manifest.segments[index]
        let chainBefore =
            manifest.segments[..<index].last { $0.state.isSealed }?.chain ?? Digest256.zero
        let name = StoreLayout.sealedName(first: entry.first, last: entry.last, generation: 0)
        let temporary = layout.temporaryFile(name)
        do throws(LogError) {
            return try LogError.unifying {
                let result = try compress(entry, to: temporary, chainBefore)
                let sealed = SegmentEntry(
                    state: .sealed, file: name, first: entry.first, last: entry.last,
                    byteCount: result.byteCount, rawByteCount: result.footer.rawByteCount,
                    chain: result.footer.chainAfter)
                try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
                    .check(
                        sealed, temporary, result.footer, linesChecksum: result.linesChecksum)
                try fileSystem.rename(temporary, to: layout.logFile(name))
                try fileSystem.synchronizeDirectory(layout.log)
                try switchManifest(sealed)
                // Last, and only now: everything it held is named elsewhere.
                retire(entry.file, isDamaged: !result.isWhole)
                return SealReport.Segment(
                    file: name, first: sealed.first, last: sealed.last,
                    rawByteCount: sealed.rawByteCount, byteCount: sealed.byteCount,
                    missingCount: Int(entry.last.rawValue - entry.first.rawValue + 1)
                        - result.footer.count)
            }
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    /// The file that was sealed is of no more use, but as evidence if there was damage in it.
    private func retire(_ file: String, isDamaged: Bool) {
        // What fails here leaves a file that the manifest does not name.
        if isDamaged {
            try? fileSystem.rename(
                layout.logFile(file), to: layout.quarantine + "/" + file + ".damaged")
        } else {
            try? fileSystem.remove(layout.logFile(file))
        }
    }

    private struct Compressed {
        let footer: SegmentFooter
        let byteCount: Int
        /// The CRC-32C of all lines, one after the other.
        let linesChecksum: UInt32
        /// Whether every byte of the file was what had been written.
        let isWhole: Bool
    }

    /// Writes the sealed form of an active file and syncs it.
    private func compress(
        _ entry: SegmentEntry, to temporary: String, _ chainBefore: Digest256
    ) throws -> Compressed {
        let source = try fileSystem.open(layout.logFile(entry.file), .read)
        defer { fileSystem.close(source) }
        let target = try fileSystem.makeAnew(temporary)
        defer { fileSystem.close(target) }
        var segment = SegmentWriter(
            store: store, firstPosition: entry.first, chainBefore: chainBefore,
            options: SegmentOptions(level: options.compressionLevel, columns: options.columns))
        var byteCount = 0
        var expected = entry.first
        var isWhole = true
        var checksum: UInt32 = 0
        let lines = PlainSegment(entry: entry, store: store, layout: layout)
        try lines.forEachBatch(fileSystem, source, through: entry.byteCount) { batch in
            try batch.forEachRecord { record in
                guard record.position <= entry.last else { return false }
                // A record that stands behind its place was read there already.
                guard record.position >= expected else { return true }
                if record.position > expected {
                    segment.appendGap(through: record.position.previous)
                }
                try segment.append(record)
                checksum = CRC32C.checksum(record.line, seed: checksum)
                expected = record.position.next
                return true
            }
            try write(segment.takeOutput(), to: target, at: &byteCount)
            return true
        } onDamage: { _ in
            isWhole = false
        }
        if expected <= entry.last { segment.appendGap(through: entry.last) }
        let (footer, rest) = segment.finish()
        try write(rest, to: target, at: &byteCount)
        try fileSystem.synchronize(target)
        let isFull = UInt64(footer.count) == entry.last.rawValue - entry.first.rawValue + 1
        return Compressed(
            footer: footer, byteCount: byteCount, linesChecksum: checksum,
            isWhole: isWhole && isFull)
    }

    private func write(
        _ bytes: [UInt8], to file: FileDescriptor, at byteCount: inout Int
    ) throws(FileError) {
        try fileSystem.writeAll(file, bytes, at: byteCount)
        byteCount += bytes.count
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
        /// Positions whose records could not be read, and are a gap from now on.
        public let missingCount: Int
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
        guard try LogError.unifying({ try fileSystem.lock(sealLock, waits: false) }) else {
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
                try save(current)
            }
            guard let sealed else {
                removeOrphans()
                return report
            }
            report.segments.append(sealed)
        }
    }
}
