internal import TachoJSON

/// Makes a store from an archive alone.
///
/// Of what the archive lists it takes the segments that follow each other from position 1 on, each
/// compared with its SHA-256 in the listing, and ends with a deep verification: every line is
/// decoded, and the hash chain computed from the first. Never writes into what is there, and deletes
/// nothing: the store's directory has to be new or empty.
///
/// An archive has only lines. What a store keeps beside them is not there: what late retries of
/// erased events are known by, tables kept at a cut, quarantined files, spools.
public struct ArchiveRestore: Sendable {
    private let storage: any ArchiveStorage
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - storage: The archive.
    ///   - fileSystem: Where the new store is.
    public init(_ storage: any ArchiveStorage, fileSystem: any FileSystem = RealFileSystem()) {
        self.storage = storage
        self.fileSystem = fileSystem
    }

    /// - Parameters:
    ///   - directory: The new store.
    ///   - progress: Told the bytes that are done and all.
    /// - Returns: What is there now; `leftOut` are files that do not join on, and were not fetched.
    /// - Throws: ``LogError``: `.notFound` if there is no archive; `.damaged` if its listing is none
    ///   that could have been written (names with paths, overlaps), or a file is not what the
    ///   listing says; `.conflict` if something is in the directory, or the archive does not begin
    ///   with the first event. There is then no store; what was fetched stays where it is.
    public func run(
        to directory: String, progress: (_ done: Int, _ all: Int) -> Void = { _, _ in }
    ) throws(LogError) -> LogRestore.Report {
        guard let bytes = try storage.contents(of: ArchiveListing.name) else {
            throw LogError(
                .notFound,
                "\(storage.location) has no \(ArchiveListing.name) file: it is no archive. Nothing "
                    + "was changed.")
        }
        let listing = try ArchiveListing(parsing: bytes, location: storage.location)
        let (entries, leftOut) = try Self.joined(listing, storage.location)
        try LogRestore.checkIsEmpty(directory, fileSystem)
        let layout = StoreLayout(directory)
        try makeDirectories(layout)
        let all = entries.reduce(0) { $0 + $1.byteCount }
        var done = 0
        var segments = [SegmentEntry]()
        for entry in entries {
            progress(done, all)
            segments.append(try fetch(entry, listing.store, layout))
            done += entry.byteCount
        }
        try finish(segments, listing.store, layout)
        try noteExpiries(directory, layout, listing.store)
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        var report = LogRestore.Report(verification: try LogVerifier(reader).verify(.deep))
        report.lastPosition = reader.lastPosition
        report.byteCount = reader.segments.reduce(0) { $0 + $1.byteCount }
        report.leftOut = leftOut
        report.isConsistent = leftOut.isEmpty
        report.erasedCount = try reader.erasures(through: reader.lastPosition).count
        return report
    }

    private static func joined(
        _ listing: ArchiveListing, _ location: String
    ) throws(LogError) -> ([ArchiveListing.Entry], leftOut: [String]) {
        var next = Position.first
        let joined = listing.entries.prefix { entry in
            guard entry.first == next else { return false }
            next = entry.last.next
            return true
        }
        guard !joined.isEmpty else {
            let first = listing.entries.first.map { "begins at position \($0.first)" }
            throw LogError(
                .conflict,
                "\(location) \(first ?? "lists no segment"): a store cannot be made without its "
                    + "first events. Nothing was changed.")
        }
        return (Array(joined), listing.entries.dropFirst(joined.count).map(\.file))
    }

    private func makeDirectories(_ layout: StoreLayout) throws(LogError) {
        try LogError.unifying {
            for name in [
                layout.directory, layout.log, layout.temporary, layout.quarantine,
                layout.snapshots,
            ] {
                try fileSystem.createDirectory(name)
            }
        }
    }

    private func fetch(
        _ entry: ArchiveListing.Entry, _ store: StoreID, _ layout: StoreLayout
    ) throws(LogError) -> SegmentEntry {
        let temporary = layout.temporaryFile(entry.file)
        do throws(LogError) {
            try storage.download(entry.file, to: temporary)
        } catch {
            guard error.code == .notFound else { throw error }
            throw LogError(
                .damaged,
                "\(entry.file) is in the \(ArchiveListing.name) of \(storage.location) and not "
                    + "beside it. There is no store in \(layout.directory); what was fetched "
                    + "before is in its log/.")
        }
        guard try fileSystem.digest(of: temporary) == entry.digest else {
            throw LogError(
                .damaged,
                "\(entry.file) in \(storage.location) is not what its \(ArchiveListing.name) says: "
                    + "its SHA-256 is another. There is no store in \(layout.directory); what was "
                    + "fetched before is in its log/.")
        }
        try LogError.unifying {
            try fileSystem.rename(temporary, to: layout.logFile(entry.file))
        }
        let (found, _) = try sealedEntry(entry.file, layout, store, fileSystem)
        guard found.first == entry.first, found.last == entry.last,
            found.byteCount == entry.byteCount, found.chain == entry.chain
        else {
            throw LogError(
                .damaged,
                "\(entry.file) in \(storage.location) is another segment than its "
                    + "\(ArchiveListing.name) says. There is no store in \(layout.directory).")
        }
        return found
    }

    /// What makes it a store, `FORMAT` last.
    private func finish(
        _ segments: [SegmentEntry], _ store: StoreID, _ layout: StoreLayout
    ) throws(LogError) {
        let next = segments.last?.last.next ?? .first
        let name = StoreLayout.activeName(first: next)
        try LogError.unifying {
            fileSystem.close(try fileSystem.open(layout.logFile(name), .createNew))
            try fileSystem.synchronizeDirectory(layout.log)
            try Manifest(
                store: store, generation: 1, segments: segments + [.active(first: next, file: name)]
            ).save(layout, fileSystem)
            try fileSystem.replaceFile(
                layout.format, with: StoreFormat(store: store).bytes,
                temporary: layout.temporaryFile("FORMAT"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    /// Events that have expired by their type left stubs, as erased ones do: the log's own history
    /// tells which is which.
    private func noteExpiries(
        _ directory: String, _ layout: StoreLayout, _ store: StoreID
    ) throws(LogError) {
        let reader = try LogReader.open(directory, fileSystem: fileSystem)
        let stubs = try reader.erasures(through: reader.lastPosition).map(\.position)
        guard !stubs.isEmpty else { return }
        var expiries = Expiries()
        let filter = RecordFilter(types: ["tacho.expired"], streams: ["tacho"])
        try LogError.unifying {
            // What is damaged is found by the verification.
            try reader.forEachBatch(matching: filter, onDamage: { _ in }) { batch in
                try batch.forEachRecord { record in
                    let data = JSONView(validated: record.data)
                    guard
                        let recorded = data["last_recorded"]?.text()
                            .flatMap({ Timestamp(iso8601: $0) }),
                        let cut = Expiries.Cut(
                            data, recorded: recorded, event: record.position),
                        !cut.types.isEmpty,
                        stubs.contains(where: { $0 >= cut.first && $0 <= cut.last })
                    else { return true }
                    expiries.add(cut)
                    return true
                }
                return true
            }
        }
        guard !expiries.cuts.isEmpty else { return }
        try expiries.save(layout, fileSystem)
        var format = StoreFormat(store: store)
        format.required.append(StoreFormat.expiredTypesFeature)
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.format, with: format.bytes, temporary: layout.temporaryFile("FORMAT"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }
}
