/// A sealed segment with its file open; of an archived one, with what stays here of it.
struct SealedSegment: Sendable {
    let first: Position
    let path: String
    let file: FileDescriptor
    let reader: SegmentReader
    /// Of an archived segment.
    private(set) var archivedIDs: ArchivedIDs?
    /// The copy in an archive, if that is a directory; opened only when lines of it are read, because
    /// another machine's disk may keep one waiting.
    private var archivePath: String?
    private let entry: SegmentEntry

    /// Opens the file and reads its footer and index.
    ///
    /// - Parameters:
    ///   - entry: Of the manifest.
    ///   - layout: Of the store.
    ///   - store: Its id.
    ///   - fileSystem: Where it is.
    ///   - reachesArchive: Whether lines of an archived segment may be read from a directory
    ///     elsewhere.
    /// - Returns: The segment.
    /// - Throws: ``LogError``; `.notFound` if the file is gone, which a reader of an older manifest
    ///   answers by reading the manifest again.
    static func open(
        _ entry: SegmentEntry, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem, reachesArchive: Bool = true
    ) throws(LogError) -> SealedSegment {
        if entry.state == .archived {
            return try openArchived(entry, layout, store, fileSystem, reachesArchive)
        }
        let path = layout.logFile(entry.file)
        let file: FileDescriptor
        let byteCount: Int
        do throws(FileError) {
            file = try fileSystem.open(path, .read)
        } catch {
            throw LogError(error)
        }
        do throws(FileError) {
            byteCount = try fileSystem.byteCount(of: file)
        } catch {
            fileSystem.close(file)
            throw LogError(error)
        }
        do throws(LogError) {
            guard byteCount == entry.byteCount else {
                throw LogError(
                    .damaged,
                    "\(path) has \(byteCount) bytes where the manifest says \(entry.byteCount)")
            }
            let reader = try SegmentReader(byteCount: byteCount, store: store, file: path) {
                (offset, count) throws(LogError) in
                try fileSystem.readBytes(file, path, at: offset, byteCount: count)
            }
            try check(reader, entry, path)
            return SealedSegment(entry, path: path, file: file, reader: reader)
        } catch {
            fileSystem.close(file)
            throw error
        }
    }

    private static func openArchived(
        _ entry: SegmentEntry, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem, _ reachesArchive: Bool
    ) throws(LogError) -> SealedSegment {
        let path = layout.logFile(entry.file) + ArchivedIDs.suffix
        let rest = try ArchivedIDs(path, store, fileSystem)
        do throws(LogError) {
            guard rest.byteCount == entry.byteCount else {
                throw LogError(
                    .damaged,
                    "\(path) is of a file of \(rest.byteCount) bytes where the manifest says "
                        + "\(entry.byteCount)")
            }
            let reader = try SegmentReader(byteCount: rest.byteCount, store: store, file: path) {
                (offset, count) throws(LogError) in
                guard offset >= rest.missingByteCount else { throw archivedError(entry) }
                return try fileSystem.readBytes(
                    rest.file, path, at: offset - rest.missingByteCount + rest.tailOffset,
                    byteCount: count)
            }
            try check(reader, entry, path)
            var segment = SealedSegment(entry, path: path, file: rest.file, reader: reader)
            segment.archivedIDs = rest
            if reachesArchive, rest.location.hasPrefix("/") {
                segment.archivePath = rest.location + "/" + entry.file
            }
            return segment
        } catch {
            fileSystem.close(rest.file)
            throw error
        }
    }

    private static func check(
        _ reader: SegmentReader, _ entry: SegmentEntry, _ path: String
    ) throws(LogError) {
        guard reader.footer.firstPosition == entry.first,
            reader.footer.lastPosition == entry.last
        else {
            throw LogError(
                .damaged,
                "\(path) holds positions \(reader.footer.firstPosition) to "
                    + "\(reader.footer.lastPosition) where the manifest says \(entry.first) "
                    + "to \(entry.last)")
        }
        // A copy of the store that went another way has segments of the same name and size.
        guard entry.chain == nil || reader.footer.chainAfter == entry.chain else {
            throw LogError(
                .damaged,
                "\(path) ends in another hash chain than the manifest says: it is another "
                    + "segment of the same positions")
        }
    }

    private init(
        _ entry: SegmentEntry, path: String, file: FileDescriptor, reader: SegmentReader
    ) {
        self.entry = entry
        first = entry.first
        self.path = path
        self.file = file
        self.reader = reader
    }

    func close(_ fileSystem: any FileSystem) {
        fileSystem.close(file)
    }

    // MARK: Reading

    /// What somebody is told who needs lines that are in an archive.
    static func archivedError(_ entry: SegmentEntry) -> LogError {
        LogError(
            .archived,
            "positions \(entry.first) to \(entry.last) are archived in \(entry.archive ?? "?"), "
                + "which cannot be read from here. Bring them back with `tacho thaw --from "
                + "\(entry.first) --to \(entry.last)`.")
    }

    /// What somebody is told who would write an archived segment anew.
    static func rewritingError(_ entry: SegmentEntry) -> LogError {
        LogError(
            .archived,
            "positions \(entry.first) to \(entry.last) are archived in \(entry.archive ?? "?"), and "
                + "would have to be written anew. Bring them back with `tacho thaw --from "
                + "\(entry.first) --to \(entry.last)`.")
    }

    /// Bytes of the segment's file, wherever they are.
    ///
    /// - Throws: ``LogError``; `.archived` if they are not here.
    func read(
        at offset: Int, byteCount: Int, _ fileSystem: any FileSystem
    ) throws(LogError) -> [UInt8] {
        guard let archivedIDs else {
            return try fileSystem.readBytes(file, path, at: offset, byteCount: byteCount)
        }
        if offset >= archivedIDs.missingByteCount {
            return try fileSystem.readBytes(
                file, path, at: offset - archivedIDs.missingByteCount + archivedIDs.tailOffset,
                byteCount: byteCount)
        }
        guard let archivePath, let copy = try? fileSystem.open(archivePath, .read) else {
            throw Self.archivedError(entry)
        }
        defer { fileSystem.close(copy) }
        return try fileSystem.readBytes(copy, archivePath, at: offset, byteCount: byteCount)
    }

    /// The lines of one frame.
    func batch(_ frame: Int, _ fileSystem: any FileSystem) throws(LogError) -> RecordBatch {
        let lines = try reader.lines(of: reader.frames[frame]) { (offset, count) throws(LogError) in
            try read(at: offset, byteCount: count, fileSystem)
        }
        return RecordBatch(bytes: lines)
    }

    /// The lines of one frame, in memory that is used again when nobody else holds it any more.
    ///
    /// New memory for each frame would be cleared by the system first.
    func batch(
        _ frame: Int, _ fileSystem: any FileSystem, in memory: inout [UInt8]
    ) throws(LogError) -> RecordBatch {
        try reader.lines(
            of: reader.frames[frame],
            read: { (offset, count) throws(LogError) in
                try read(at: offset, byteCount: count, fileSystem)
            }, into: &memory)
        return RecordBatch(bytes: memory)
    }

    /// What the segment is to have columns of when it is written again.
    ///
    /// Columns that cannot be read are none: they are derived, and compacting makes them anew.
    func declaredColumns(_ fileSystem: any FileSystem) -> ColumnSet {
        (try? columns(fileSystem))?.set ?? .none
    }

    /// What columns the segment has; `nil` if it has none.
    func columns(_ fileSystem: any FileSystem) throws(LogError) -> SegmentColumns? {
        try reader.columns { (offset, count) throws(LogError) in
            try read(at: offset, byteCount: count, fileSystem)
        }
    }
}

extension LogWriter {
    /// Where an event with this id is among those that are archived; `nil` if it is not.
    ///
    /// - Complexity: O(archived frames), and a search in those that may have it.
    mutating func archivedPosition(of id: ByteString) throws(LogError) -> Position? {
        for segment in sealedReaders.values {
            guard let archivedIDs = segment.archivedIDs,
                !id.bytes.withUnsafeBytes({ segment.reader.mightContain(id: $0) }).isEmpty
            else { continue }
            var failure: LogError?
            let position = id.bytes.withUnsafeBytes { bytes -> Position? in
                do throws(LogError) {
                    return try archivedIDs.position(of: bytes, fileSystem)
                } catch {
                    failure = error
                    return nil
                }
            }
            if let failure { throw failure }
            if let position { return position }
        }
        return nil
    }
}
