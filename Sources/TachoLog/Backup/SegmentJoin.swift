/// Finds the segments that follow each other from the first position on, in files that no manifest
/// fits.
struct SegmentJoin {
    /// Of the files that were not looked at yet.
    var names: [String]
    let layout: StoreLayout
    let store: StoreID
    let fileSystem: any FileSystem

    /// - Returns: The segments, the active one last; it is made if there is none.
    mutating func run() throws -> [SegmentEntry] {
        var entries = [SegmentEntry]()
        var next = Position.first
        while let name = takeBest(from: next) {
            if name.hasSuffix(ArchivedIDs.suffix) {
                let file = String(name.dropLast(ArchivedIDs.suffix.count))
                guard let entry = try? archivedEntry(file, layout, store, fileSystem),
                    entry.first == next
                else { continue }
                entries.append(entry)
                next = entry.last.next
                continue
            }
            if name.hasSuffix(".jsonl.lz4") {
                // One that cannot be read is passed over: another may hold its positions.
                guard let (entry, before) = try? sealedEntry(name, layout, store, fileSystem),
                    entry.first == next,
                    entries.last?.chain.map({ $0 == before }) ?? true
                else { continue }
                entries.append(entry)
                next = entry.last.next
                continue
            }
            var entry = SegmentEntry.active(first: next, file: name)
            let scan = try ActiveScan(entry, store, layout, fileSystem)
            // What stands in the file behind the beginning of another was given up by a failed sync.
            let follower = names.compactMap(Self.first)
                .filter { $0 > next && $0 <= scan.lastPosition.next }.min()
            guard let follower else { return entries + [entry] }
            entry.state = .sealing
            entry.last = follower.previous
            entry.byteCount = try PlainSegment(entry: entry, store: store, layout: layout)
                .end(of: entry.last, fileSystem)
            entry.rawByteCount = entry.byteCount
            entries.append(entry)
            next = follower
        }
        let name = StoreLayout.activeName(first: next)
        fileSystem.close(try fileSystem.open(layout.logFile(name), .updateOrCreate))
        return entries + [.active(first: next, file: name)]
    }

    /// Of the files that begin at a position: the sealed one that reaches farthest, of those the
    /// newest; else the newest active one.
    private mutating func takeBest(from position: Position) -> String? {
        func rank(_ name: String) -> (UInt64, UInt64) {
            if name.hasSuffix(ArchivedIDs.suffix) { return (0, .max) }
            guard name.hasSuffix(".jsonl.lz4") else {
                return (0, UInt64(StoreLayout.generation(ofActive: name)))
            }
            let last = name.prefix { $0 != "." }.split(separator: "-").last
            return (
                last.flatMap { UInt64($0) } ?? 0,
                UInt64(max(0, StoreLayout.generation(ofSealed: name)))
            )
        }
        let best = names.filter { Self.first(of: $0) == position }.max { rank($0) < rank($1) }
        names.removeAll { $0 == best }
        return best
    }

    private static func first(of name: String) -> Position? {
        let suffixes = [".jsonl.lz4", ".active.jsonl", ArchivedIDs.suffix]
        guard suffixes.contains(where: { name.hasSuffix($0) }) else { return nil }
        return UInt64(name.prefix { $0 != "-" && $0 != "." }).map { Position($0) }
    }
}
