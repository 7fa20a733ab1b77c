package import TachoLog
internal import TachoProjections

/// A small store with a file of every kind, and what it holds.
///
/// Two sealed segments of several frames with columns, an active segment, a snapshot, a manifest and
/// the one before. Small, because every byte of it is changed to every value.
package struct SampleStore: Sendable {
    package static let directory = "store"
    package static let boot: UInt64 = 1

    /// By path.
    package var files: [String: [UInt8]]
    /// All canonical lines, in order.
    package let lines: [UInt8]
    package let store: StoreID

    package static let layout = StoreLayout(directory)

    /// Files whose bytes count, in a fixed order: not the locks, which are empty.
    package var paths: [String] {
        files.filter { !$0.value.isEmpty }.keys.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }

    /// What kind of file this is, for counts and messages.
    package static func kind(_ path: String) -> String {
        switch path {
        case layout.format: "format"
        case layout.head: "head"
        case layout.manifest: "manifest"
        case layout.previousManifest: "previous_manifest"
        default:
            path.hasSuffix(".lz4")
                ? "sealed" : path.hasSuffix(".active.jsonl") ? "active" : "snapshot"
        }
    }

    package func path(ofKind kind: String) -> String? {
        paths.first { Self.kind($0) == kind }
    }
}

// MARK: - Making one

extension SampleStore {
    /// What the last process did last.
    package enum Ending: Sendable {
        /// Killed after an append that was acknowledged as durable.
        case killed
        case closed
        /// Killed after an append that was acknowledged as written; a restart may lose it.
        case unsynced
        /// Killed when it had begun a new active segment, with nothing in it yet.
        case rolled
    }

    /// How many events are where, and how the last process ended.
    package struct Plan: Sendable {
        package var sealedCounts = [5, 4]
        package var activeCount = 4
        package var ending = Ending.killed
        package var hasSnapshot = true
        /// Bytes of lines in a frame.
        package var frameByteCount = 450
        package var seed: UInt64 = 1
        /// From this event on another seed counts: a copy of the store that went another way.
        package var forksAfter = Int.max
        /// The same on every machine, so that a finding can be repeated from its number.
        package var store = "01939f7e-7d3c-7b52-a2f6-0c61f2d1a9b4"

        package init() {}
    }

    package init(_ plan: Plan = Plan()) throws {
        let fileSystem = MemoryFileSystem(Self.emptyStore(plan.store))
        var options = LogOptions()
        options.reserveByteCount = 0
        options.columns = ColumnSet(ColumnReading.columns)
        options.clock = { Timestamp(microseconds: 1_766_052_000_000_000) }
        var log = try LogWriter.open(Self.directory, options: options, fileSystem: fileSystem)
        var number = 0
        for count in plan.sealedCounts {
            _ = try log.append(Self.events(&number, count, plan))
            _ = try log.seal()
        }
        // One batch of two and the others alone, so that both kinds of suffix are there.
        for index in 0..<max(0, plan.activeCount - 1) {
            _ = try log.append(Self.events(&number, index == 0 ? 2 : 1, plan))
        }
        let store = log.store
        switch plan.ending {
        case .killed: _ = consume log
        case .closed: try log.close()
        case .unsynced:
            _ = try log.append(Self.events(&number, 1, plan), durability: .interval)
            _ = consume log
        case .rolled: try Self.roll(&log, fileSystem)
        }
        let reader = try LogReader.open(Self.directory, fileSystem: fileSystem)
        if plan.hasSnapshot { try Self.writeSnapshot(reader, fileSystem) }
        var lines = [UInt8]()
        try reader.forEachBatch { batch in
            lines += batch.bytes
            return true
        }
        self.store = store
        self.lines = lines
        files = fileSystem.files.filter { !$0.key.contains("/LOCK") }
        try splitFrames(plan.frameByteCount)
    }

    /// Ends the active segment while somebody else is sealing, so that the ended one waits.
    private static func roll(
        _ log: inout LogWriter, _ fileSystem: MemoryFileSystem
    ) throws {
        let lock = try fileSystem.open(layout.sealLock, .updateOrCreate)
        defer { fileSystem.close(lock) }
        _ = try fileSystem.lock(lock, waits: false)
        do {
            _ = try log.seal()
        } catch  where error.code == .busy {
            // As it should be.
        }
    }

    /// A store as it is right after it was made, before HEAD was written.
    private static func emptyStore(_ store: String) -> [String: [UInt8]] {
        let active = StoreLayout.activeName(first: .first)
        let manifest =
            "{\"manifest\":1,\"store\":\"\(store)\",\"generation\":1}\n"
            + "{\"state\":\"active\",\"file\":\"\(active)\",\"first\":1}\n"
            + "{\"crc32c\":\"00000000\"}\n"
        return [
            layout.format: Array("tacho store 1\n\(store)\nrequired: optional:\n".utf8),
            layout.manifest: ManifestText.withChecksum(Array(manifest.utf8)),
            layout.logFile(active): [],
        ]
    }

    private static func events(_ number: inout Int, _ count: Int, _ plan: Plan) -> [NewEvent] {
        (0..<count).map { _ in
            number += 1
            let seed = number > plan.forksAfter ? plan.seed + 1 : plan.seed
            return NewEvent(
                id: ByteString("e\(seed)-\(number)"), stream: number % 2 == 0 ? "s" : "t",
                type: number % 3 == 0 ? "a.b" : "c", source: "x",
                data: Array("{\"n\":\(number + 100 * Int(truncatingIfNeeded: seed))}".utf8))
        }
    }

    private static func writeSnapshot(
        _ reader: LogReader, _ fileSystem: MemoryFileSystem
    ) throws {
        var projections = Projections([TypeCounter.self])
        try reader.forEachBatch { batch in
            try projections.fold(batch)
            return true
        }
        guard let projection = projections[TypeCounter.name],
            let anchor = try reader.anchor(at: reader.lastPosition)
        else { return }
        try SnapshotStore(directory: layout.snapshots, fileSystem: fileSystem)
            .write(projection, anchor: anchor)
    }

    /// Writes the sealed segments again with small frames: the sealer's have a megabyte.
    private mutating func splitFrames(_ frameByteCount: Int) throws {
        for path in paths where Self.kind(path) == "sealed" {
            guard let bytes = files[path] else { continue }
            let read: SegmentReader.Read = { (offset, count) throws(LogError) in
                Array(bytes[offset..<offset + count])
            }
            let reader = try SegmentReader(
                byteCount: bytes.count, store: store, file: path, read: read)
            var writer = SegmentWriter(
                store: store, firstPosition: reader.footer.firstPosition,
                chainBefore: reader.footer.chainBefore,
                options: SegmentOptions(
                    frameByteCount: frameByteCount,
                    columns: try reader.columns(read: read)?.set ?? .none))
            var lines = [UInt8]()
            for frame in reader.frames {
                try reader.lines(of: frame, read: read, into: &lines)
                try RecordBatch(bytes: lines).forEachRecord {
                    try writer.append($0)
                    return true
                }
            }
            let split = writer.takeOutput() + writer.finish().bytes
            files[path] = split
            for manifest in [Self.layout.manifest, Self.layout.previousManifest] {
                files[manifest] = files[manifest].map {
                    ManifestText.replacing(
                        ",\"bytes\":\(bytes.count),", with: ",\"bytes\":\(split.count),", in: $0)
                }
            }
        }
    }
}
