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
    /// What was erased by the time of this view, or before.
    var erased: ErasedIDs?
    /// What has expired by the time of this view, or a little after.
    var expiries = Expiries()

    static func load(
        _ layout: StoreLayout, _ store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) -> LogView {
        var attempt = 0
        while true {
            attempt += 1
            // Before the manifest: what is folded from older segments must not pass for newer.
            let erased = try ErasedIDs.load(layout, store, fileSystem)
            // The manifest first: HEAD may then be newer than it, never older.
            let manifest = try Manifest.load(layout, store: store, fileSystem)
            let bytes = try fileSystem.contents(of: layout.head, limit: Head.byteCount) ?? []
            let head = Head(file: bytes, store: store)
            do throws(LogError) {
                var view = try resolve(manifest, head, layout, store, fileSystem)
                view.erased = erased
                // Behind the manifest: a gap that it names is then never taken for a loss.
                view.expiries = try Expiries.load(layout, fileSystem)
                return view
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
        var current = active
        var generation = StoreLayout.generation(ofActive: active.file)
        if let head, head.activeFirst > active.first {
            // A new active file that the manifest does not name yet: the old one is full.
            var ended = active
            ended.last = head.activeFirst.previous
            ended.byteCount = try PlainSegment(entry: active, store: store, layout: layout)
                .end(of: ended.last, fileSystem)
            segments.append(Segment(entry: ended, last: ended.last, byteCount: ended.byteCount))
            current.first = head.activeFirst
            generation = head.activeGeneration
        } else if let head, head.activeFirst == active.first {
            generation = max(generation, head.activeGeneration)
        }
        current.file = StoreLayout.activeName(first: current.first, generation: generation)
        let speaks = head.flatMap {
            $0.activeFirst == current.first && $0.activeGeneration == generation ? $0 : nil
        }
        let last: Segment
        if let speaks, speaks.boot == fileSystem.bootIdentifier() {
            last = try extended(current, speaks, layout, store, fileSystem)
        } else {
            last = try scanned(current, speaks, layout, store, fileSystem)
        }
        segments.append(last)
        return LogView(
            generation: manifest.generation, segments: segments, lastPosition: last.last,
            durablePosition: min(speaks?.durablePosition ?? current.first.previous, last.last))
    }

    /// The active segment as HEAD has it, and what is whole behind that.
    ///
    /// Behind it is an append that is under way; or HEAD is an old one, because the newer slot was
    /// damaged or an old file was put back, and then acknowledged events are there.
    private static func extended(
        _ entry: SegmentEntry, _ head: Head, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> Segment {
        guard try byteCount(entry, layout, fileSystem) > head.writtenByteCount else {
            return Segment(
                entry: entry, last: head.writtenPosition, byteCount: head.writtenByteCount)
        }
        let scan = try scanActive(
            entry,
            ActiveScan(
                from: head.writtenByteCount, lastPosition: head.writtenPosition,
                lastRecorded: head.recorded), layout, store, fileSystem)
        return Segment(entry: entry, last: scan.lastPosition, byteCount: scan.completeByteCount)
    }

    /// The active segment when nobody has said where it ends since the machine started.
    ///
    /// Bytes that were once durable count even if they are damaged or missing: a reader then comes
    /// upon them and says so.
    private static func scanned(
        _ entry: SegmentEntry, _ head: Head?, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> Segment {
        let scan = try scanActive(
            entry,
            ActiveScan(
                from: 0, lastPosition: entry.first.previous,
                lastRecorded: Timestamp(microseconds: 0)), layout, store, fileSystem)
        let durable = head.map { $0.isClean ? $0.writtenPosition : $0.durablePosition }
        let last = max(scan.lastPosition, scan.lastSalvageablePosition, durable ?? .zero)
        switch TailJudgement.judge(scan, head) {
        case .whole, .torn:
            return Segment(entry: entry, last: scan.lastPosition, byteCount: scan.completeByteCount)
        case .missing where scan.salvageableCount == 0:
            return Segment(entry: entry, last: last, byteCount: scan.completeByteCount)
        case .missing, .damaged:
            return Segment(entry: entry, last: last, byteCount: scan.byteCount)
        }
    }

    private static func byteCount(
        _ entry: SegmentEntry, _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> Int {
        do throws(FileError) {
            guard let status = try fileSystem.status(layout.logFile(entry.file)) else {
                throw FileError(.open, layout.logFile(entry.file), errno: 2)
            }
            return status.byteCount
        } catch {
            throw LogError(error)
        }
    }

    private static func scanActive(
        _ entry: SegmentEntry, _ start: ActiveScan, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> ActiveScan {
        let path = layout.logFile(entry.file)
        return try LogError.unifying {
            let file = try fileSystem.open(path, .read)
            defer { fileSystem.close(file) }
            var scan = start
            try scan.run(
                ActiveFileReader(fileSystem: fileSystem, file: file, path: path),
                seed: ActiveSeed(store: store, firstPosition: entry.first),
                end: try fileSystem.byteCount(of: file))
            return scan
        }
    }
}
