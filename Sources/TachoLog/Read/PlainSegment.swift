/// The lines of a segment that is not sealed: checked one by one, suffix taken off.
struct PlainSegment {
    let entry: SegmentEntry
    let store: StoreID
    let layout: StoreLayout

    private var seed: ActiveSeed { ActiveSeed(store: store, firstPosition: entry.first) }

    /// Calls `body` with runs of canonical lines up to the file offset `end`.
    ///
    /// - Parameters:
    ///   - fileSystem: Where the file is.
    ///   - file: The open file.
    ///   - start: A record's offset.
    ///   - end: Whole batches end here.
    ///   - body: Returns `false` to stop.
    ///   - onDamage: Told of each line that is not what was written; goes on behind it unless it
    ///     throws.
    /// - Throws: What the closures throw; ``LogError``.
    func forEachBatch(
        _ fileSystem: any FileSystem, _ file: FileDescriptor, from start: Int = 0,
        through end: Int, _ body: (RecordBatch) throws -> Bool,
        onDamage: (LogError) throws -> Void
    ) throws {
        let path = layout.logFile(entry.file)
        let reader = ActiveFileReader(fileSystem: fileSystem, file: file, path: path)
        let seed = seed
        // Used again when nobody else holds it any more.
        var canonical = [UInt8]()
        let stopped = try reader.forEachRun(from: start, to: end) { run, runOffset in
            canonical.removeAll(keepingCapacity: true)
            canonical.reserveCapacity(run.count)
            var offset = 0
            while let line = run.line(from: offset) {
                if let suffix = RecordSuffix(line: line, seed: seed) {
                    canonical.append(
                        contentsOf: UnsafeRawBufferPointer(
                            rebasing: line[..<suffix.bodyByteCount]))
                    canonical.append(UInt8(ascii: "}"))
                    canonical.append(0x0A)
                } else {
                    try onDamage(damage(path, at: runOffset + offset))
                }
                offset += line.count
            }
            return canonical.isEmpty ? true : try body(RecordBatch(bytes: canonical))
        }
        if stopped < end, try isUnreadable(reader, at: stopped, end) {
            try onDamage(damage(path, at: stopped))
        }
    }

    /// A record of the file, and where its line begins.
    struct Place: Equatable {
        let offset: Int
        let position: Position
    }

    /// A part of the file as small as this is read through.
    private static let nearByteCount = 1 << 16
    private static let windowByteCount = 1 << 14
    private static let largestWindowByteCount = 1 << 20

    /// A record not far before the one at a position, found by halves: positions ascend.
    ///
    /// - Parameters:
    ///   - position: What is looked for.
    ///   - fileSystem: Where the file is.
    ///   - file: The open file.
    ///   - end: Whole batches end here.
    /// - Returns: `nil` where the file has to be read from its beginning: nothing is nearer, or what
    ///   was looked at is not as it was written.
    /// - Throws: ``LogError``.
    /// - Complexity: O(log(bytes)) reads of some lines each.
    func place(
        before position: Position, _ fileSystem: any FileSystem, _ file: FileDescriptor,
        through end: Int
    ) throws(LogError) -> Place? {
        var low = Place(offset: 0, position: entry.first)
        var high = end
        while high - low.offset > Self.nearByteCount {
            let middle = low.offset + (high - low.offset) / 2
            guard let found = try firstRecord(fileSystem, file, from: middle, to: end) else {
                break
            }
            if found.position > position {
                high = middle
            } else if found.position > low.position {
                low = found
            } else {
                return nil
            }
        }
        return low.offset > 0 ? low : nil
    }

    /// The first whole record behind the line that an offset lies in, if it is not far.
    private func firstRecord(
        _ fileSystem: any FileSystem, _ file: FileDescriptor, from start: Int, to end: Int
    ) throws(LogError) -> Place? {
        let path = layout.logFile(entry.file)
        var wanted = Self.windowByteCount
        while true {
            let piece = try fileSystem.readUpTo(
                file, path, at: start, byteCount: min(wanted, end - start))
            if let found = firstRecord(in: piece, at: start) { return found }
            if piece.count < wanted || wanted >= Self.largestWindowByteCount { return nil }
            wanted *= 4
        }
    }

    private func firstRecord(in piece: [UInt8], at start: Int) -> Place? {
        let seed = seed
        return piece.withUnsafeBytes { piece in
            guard var offset = piece.firstIndex(of: 0x0A).map({ $0 + 1 }) else { return nil }
            while let line = piece.line(from: offset) {
                if let suffix = RecordSuffix(line: line, seed: seed),
                    let record = RecordView(activeLine: line, suffix)
                {
                    return Place(offset: start + offset, position: record.position)
                }
                offset += line.count
            }
            return nil
        }
    }

    /// Whether reading stopped at bytes that are no line, and not because `body` wanted no more.
    private func isUnreadable(_ reader: ActiveFileReader, at offset: Int, _ end: Int) throws -> Bool
    {
        let piece = try reader.fileSystem.readUpTo(
            reader.file, reader.path, at: offset,
            byteCount: min(end - offset, ActiveFileReader.maximumLineByteCount))
        return !piece.contains(0x0A)
    }

    /// Where the record at `last` ends, which may be before the file does: what a failed sync was
    /// to write stands behind it, and is not part of the log.
    ///
    /// - Returns: The end of the file if that record cannot be found.
    func end(of last: Position, _ fileSystem: any FileSystem) throws(LogError) -> Int {
        guard last >= entry.first else { return 0 }
        let path = layout.logFile(entry.file)
        let seed = seed
        return try LogError.unifying {
            let file = try fileSystem.open(path, .read)
            defer { fileSystem.close(file) }
            var end = try fileSystem.byteCount(of: file)
            let reader = ActiveFileReader(fileSystem: fileSystem, file: file, path: path)
            _ = try reader.forEachRun(from: 0, to: end) { run, runOffset in
                var offset = 0
                while let line = run.line(from: offset) {
                    offset += line.count
                    guard let suffix = RecordSuffix(line: line, seed: seed),
                        RecordView(activeLine: line, suffix)?.position == last
                    else { continue }
                    end = runOffset + offset
                    return false
                }
                return true
            }
            return end
        }
    }

    private func damage(_ path: String, at offset: Int) -> LogError {
        LogError(
            .damaged,
            "\(path) is damaged at byte \(offset): the line there is not what was written. "
                + "Everything else in it is readable; run `tacho verify` for the whole picture.")
    }
}
