/// Which files hold which positions, as the manifest and HEAD say at one moment.
struct LogView: Sendable {
    struct Segment: Sendable {
        let entry: SegmentEntry
        let last: Position
        /// How much of the file belongs to the segment.
        let byteCount: Int

        var first: Position { entry.first }
    }

    let generation: Int
    let segments: [Segment]
    let lastPosition: Position
    let durablePosition: Position

    static func load(
        _ layout: StoreLayout, _ store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) -> LogView {
        var attempt = 0
        while true {
            attempt += 1
            // The manifest first: HEAD may then be newer than it, never older.
            let manifest = try Manifest.load(layout, store: store, fileSystem)
            let bytes = try fileSystem.contents(of: layout.head, limit: Head.byteCount) ?? []
            let head = Head(file: bytes, store: store)
            do throws(LogError) {
                return try resolve(manifest, head, layout, store, fileSystem)
            } catch {
                // The file was sealed and removed between the two reads.
                guard error.code == .notFound, attempt < 8 else { throw error }
            }
        }
    }

    private static func resolve(
        _ manifest: Manifest, _ head: Head?, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> LogView {
        var entries = manifest.segments
        guard let active = entries.popLast(), active.state == .active else {
            throw LogError(.damaged, "\(layout.manifest) names no active segment")
        }
        var segments = entries.map { Segment(entry: $0, last: $0.last, byteCount: $0.byteCount) }
        let generation = StoreLayout.generation(ofActive: active.file)
        if let head, head.boot == fileSystem.bootIdentifier() {
            var current = active
            if head.activeFirst > active.first {
                // A new active file that the manifest does not name yet: the old one is full.
                var ended = active
                ended.last = head.activeFirst.previous
                ended.byteCount = try PlainSegment(entry: active, store: store, layout: layout)
                    .end(of: ended.last, fileSystem)
                segments.append(Segment(entry: ended, last: ended.last, byteCount: ended.byteCount))
                current.file = StoreLayout.activeName(
                    first: head.activeFirst, generation: head.activeGeneration)
                current.first = head.activeFirst
            }
            if head.activeFirst == current.first, head.activeGeneration >= generation {
                current.file = StoreLayout.activeName(
                    first: head.activeFirst, generation: head.activeGeneration)
                segments.append(
                    Segment(
                        entry: current, last: head.writtenPosition,
                        byteCount: head.writtenByteCount))
                return LogView(
                    generation: manifest.generation, segments: segments,
                    lastPosition: head.writtenPosition, durablePosition: head.durablePosition)
            }
        }
        // No word of where the active segment ends since the machine started: look for it.
        let scan = try scanActive(active, layout, store, fileSystem)
        segments.append(
            Segment(entry: active, last: scan.lastPosition, byteCount: scan.completeByteCount))
        let durable = head.flatMap { $0.activeFirst == active.first ? $0.durablePosition : nil }
        return LogView(
            generation: manifest.generation, segments: segments, lastPosition: scan.lastPosition,
            durablePosition: min(durable ?? active.first.previous, scan.lastPosition))
    }

    private static func scanActive(
        _ entry: SegmentEntry, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> ActiveScan {
        let path = layout.logFile(entry.file)
        return try LogError.unifying {
            let file = try fileSystem.open(path, .read)
            defer { fileSystem.close(file) }
            var scan = ActiveScan(
                from: 0, lastPosition: entry.first.previous,
                lastRecorded: Timestamp(microseconds: 0))
            try scan.run(
                ActiveFileReader(fileSystem: fileSystem, file: file, path: path),
                seed: ActiveSeed(store: store, firstPosition: entry.first),
                end: try fileSystem.byteCount(of: file))
            return scan
        }
    }
}
