/// Makes a sealed segment of the next generation without some of its records.
///
/// Each of them leaves its position and its leaf behind, so that positions, order, and the hash
/// chain stay; all other lines are copied byte for byte. The new file is read back as any reader
/// would before it gets its name.
struct SegmentErasing {
    let entry: SegmentEntry
    /// Ascending; those outside of the segment are passed over.
    let positions: [Position]
    let layout: StoreLayout
    let store: StoreID
    let fileSystem: any FileSystem

    struct Result {
        /// Takes the old entry's place in the manifest.
        let entry: SegmentEntry
        /// Of the events that are gone: position and id.
        let events: [(position: Position, id: [UInt8])]
    }

    /// - Returns: `nil` if none of the positions has a record; no file was made then.
    /// - Throws: ``LogError``; `.damaged` if the segment is not whole, and the log is as it was.
    func run() throws(LogError) -> Result? {
        let sealed = try SealedSegment.open(entry, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        let name = StoreLayout.sealedName(
            first: entry.first, last: entry.last, generation: try nextGeneration())
        let temporary = layout.temporaryFile(name)
        do throws(LogError) {
            return try LogError.unifying {
                guard let written = try write(sealed, to: temporary) else {
                    try fileSystem.remove(temporary)
                    return nil
                }
                let replacement = SegmentEntry(
                    state: .sealed, file: name, first: entry.first, last: entry.last,
                    byteCount: written.byteCount, rawByteCount: written.footer.rawByteCount,
                    chain: written.footer.chainAfter)
                try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
                    .check(replacement, temporary, written.footer)
                try fileSystem.rename(temporary, to: layout.logFile(name))
                try fileSystem.synchronizeDirectory(layout.log)
                return Result(entry: replacement, events: written.events)
            }
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    /// One that no file of these positions has had: names are not used again.
    private func nextGeneration() throws(LogError) -> Int {
        let generation = StoreLayout.generation(ofSealed: entry.file)
        let prefix = entry.file.prefix { $0 != "." }
        let names = try LogError.unifying { try fileSystem.list(layout.log) }
        let others = names.filter { $0.hasPrefix(prefix + ".") && $0.hasSuffix(".lz4") }
            .map(StoreLayout.generation(ofSealed:))
        return max(generation, others.max() ?? 0) + 1
    }

    private struct Written {
        let footer: SegmentFooter
        let byteCount: Int
        let events: [(position: Position, id: [UInt8])]
    }

    private func write(_ sealed: SealedSegment, to temporary: String) throws -> Written? {
        let target = try fileSystem.makeAnew(temporary)
        defer { fileSystem.close(target) }
        let reader = sealed.reader
        // A segment that was compressed again has larger frames, which it keeps.
        let frameByteCount = max(
            SegmentOptions().frameByteCount, reader.frames.map(\.rawByteCount).max() ?? 0)
        var segment = SegmentWriter(
            store: store, firstPosition: entry.first, chainBefore: reader.footer.chainBefore,
            options: SegmentOptions(
                frameByteCount: frameByteCount, level: reader.footer.level,
                columns: sealed.declaredColumns(fileSystem)))
        let wanted = Set(positions.filter { $0 >= entry.first && $0 <= entry.last })
        var holes = SegmentHoles(reader)
        var next = entry.first
        var byteCount = 0
        var events = [(position: Position, id: [UInt8])]()
        var hasher = SHA256Hasher()
        func drain(_ bytes: [UInt8]) throws(FileError) {
            try fileSystem.writeAll(target, bytes, at: byteCount)
            byteCount += bytes.count
        }
        for frame in reader.frames.indices {
            try sealed.batch(frame, fileSystem).forEachRecord { record in
                holes.fill(&segment, &next, through: record.position.previous)
                if wanted.contains(record.position) {
                    events.append((record.position, Array(record.id)))
                    segment.appendErasure(leaf: Chain.leaf(of: record.line, with: &hasher))
                } else {
                    try segment.append(record)
                }
                next = record.position.next
                return true
            }
            try drain(segment.takeOutput())
        }
        holes.fill(&segment, &next, through: entry.last)
        let (footer, rest) = segment.finish()
        guard !events.isEmpty else { return nil }
        guard footer.chainAfter == reader.footer.chainAfter, next == entry.last.next else {
            throw LogError(
                .damaged, "\(sealed.path) is not what its own index says; run `tacho repair`")
        }
        try drain(rest)
        try fileSystem.synchronize(target)
        return Written(footer: footer, byteCount: byteCount, events: events)
    }
}
