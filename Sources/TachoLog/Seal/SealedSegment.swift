/// A sealed segment with its file open.
struct SealedSegment: Sendable {
    let first: Position
    let path: String
    let file: FileDescriptor
    let reader: SegmentReader

    /// Opens the file and reads its footer and index.
    ///
    /// - Throws: ``LogError``; `.notFound` if the file is gone, which a reader of an older manifest
    ///   answers by reading the manifest again.
    static func open(
        _ entry: SegmentEntry, _ layout: StoreLayout, _ store: StoreID,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> SealedSegment {
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
            return SealedSegment(first: entry.first, path: path, file: file, reader: reader)
        } catch {
            fileSystem.close(file)
            throw error
        }
    }

    /// The lines of one frame.
    func batch(_ frame: Int, _ fileSystem: any FileSystem) throws(LogError) -> RecordBatch {
        var lines = [UInt8]()
        let (file, path) = (file, path)
        try reader.lines(
            of: reader.frames[frame],
            read: { (offset, count) throws(LogError) in
                try fileSystem.readBytes(file, path, at: offset, byteCount: count)
            }, into: &lines)
        return RecordBatch(bytes: lines)
    }
}
