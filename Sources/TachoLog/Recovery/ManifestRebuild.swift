/// Makes a manifest from the files of `log/` when both manifests are lost.
///
/// Sealed segments say themselves what they hold; an active file that a sealed one covers is left
/// out, because sealing removes it last. Of two sealed files for the same positions the later
/// generation counts.
struct ManifestRebuild {
    let layout: StoreLayout
    let store: StoreID
    let fileSystem: any FileSystem

    func run() throws(LogError) -> Manifest {
        let names = try LogError.unifying { try fileSystem.list(layout.log) }
        var sealed = [SegmentEntry]()
        var active = [(first: Position, name: String)]()
        for name in names {
            if name.hasSuffix(".jsonl.lz4") {
                try sealed.append(sealedEntry(name, layout, store, fileSystem).entry)
            } else if name.hasSuffix(ArchivedIDs.suffix) {
                // What stays of a segment, unless the segment itself is here.
                let file = String(name.dropLast(ArchivedIDs.suffix.count))
                if !names.contains(file) {
                    try sealed.append(archivedEntry(file, layout, store, fileSystem))
                }
            } else if let first = StoreLayout.firstPosition(ofActive: name) {
                active.append((first, name))
            }
        }
        sealed = withoutSuperseded(sealed)
        active.removeAll { file in
            sealed.contains { $0.first <= file.first && file.first <= $0.last }
        }
        active.sort {
            ($0.first, StoreLayout.generation(ofActive: $0.name))
                < ($1.first, StoreLayout.generation(ofActive: $1.name))
        }
        guard let last = active.popLast() else {
            throw LogError(
                .damaged,
                "\(layout.log) has no active segment; restore it from a backup, or move the "
                    + "store away and import into a new one")
        }
        var segments = sealed
        for (index, file) in active.enumerated() {
            let end = index + 1 < active.count ? active[index + 1].first : last.first
            guard file.first < end else { continue }
            try segments.append(endedEntry(file.name, first: file.first, last: end.previous))
        }
        segments.sort { $0.first < $1.first }
        segments.append(.active(first: last.first, file: last.name))
        return Manifest(store: store, generation: 1, segments: segments)
    }

    private func endedEntry(
        _ name: String, first: Position, last: Position
    ) throws(LogError) -> SegmentEntry {
        let byteCount = try LogError.unifying {
            try fileSystem.status(layout.logFile(name))?.byteCount ?? 0
        }
        return SegmentEntry(
            state: .sealing, file: name, first: first, last: last, byteCount: byteCount,
            rawByteCount: byteCount, chain: nil)
    }

    private func withoutSuperseded(_ entries: [SegmentEntry]) -> [SegmentEntry] {
        // Names sort by position and then generation, so the later of two stands behind.
        var kept = [SegmentEntry]()
        for entry in entries {
            kept.removeAll { $0.first >= entry.first && $0.last <= entry.last }
            kept.append(entry)
        }
        return kept
    }
}

/// The manifest's entry of a sealed segment, as its footer says, and the chain's head before it.
func sealedEntry(
    _ file: String, _ layout: StoreLayout, _ store: StoreID, _ fileSystem: any FileSystem
) throws(LogError) -> (entry: SegmentEntry, before: Digest256) {
    let path = layout.logFile(file)
    return try LogError.unifying {
        let descriptor = try fileSystem.open(path, .read)
        defer { fileSystem.close(descriptor) }
        let byteCount = try fileSystem.byteCount(of: descriptor)
        let footer = try SegmentReader(byteCount: byteCount, store: store, file: path) {
            (offset, count) throws(LogError) in
            try fileSystem.readBytes(descriptor, path, at: offset, byteCount: count)
        }.footer
        let entry = SegmentEntry(
            state: .sealed, file: file, first: footer.firstPosition, last: footer.lastPosition,
            byteCount: byteCount, rawByteCount: footer.rawByteCount, chain: footer.chainAfter)
        return (entry, footer.chainBefore)
    }
}

/// The manifest's entry of an archived segment, as what stays of it says.
func archivedEntry(
    _ file: String, _ layout: StoreLayout, _ store: StoreID, _ fileSystem: any FileSystem
) throws(LogError) -> SegmentEntry {
    let rest = try ArchivedIDs(
        layout.logFile(file) + ArchivedIDs.suffix, store, fileSystem)
    fileSystem.close(rest.file)
    let parts = file.prefix { $0 != "." }.split(separator: "-").compactMap { UInt64($0) }
    guard parts.count == 2, parts[0] > 0, parts[0] <= parts[1] else {
        throw LogError(.damaged, "\(rest.path) is not named as a segment is")
    }
    var entry = SegmentEntry(
        state: .archived, file: file, first: Position(parts[0]), last: Position(parts[1]),
        byteCount: rest.byteCount, rawByteCount: 0, archive: rest.location)
    // Checked against the footer here, which says the rest.
    let sealed = try SealedSegment.open(
        entry, layout, store, fileSystem, reachesArchive: false)
    sealed.close(fileSystem)
    entry.rawByteCount = sealed.reader.footer.rawByteCount
    entry.chain = sealed.reader.footer.chainAfter
    return entry
}

extension StoreLayout {
    /// The first position in an active file's name; `nil` if it is not one.
    static func firstPosition(ofActive name: String) -> Position? {
        guard name.hasSuffix(".active.jsonl") else { return nil }
        return name.split(separator: ".").first.flatMap { UInt64($0) }.map { Position($0) }
    }
}
