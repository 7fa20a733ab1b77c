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
        let stopped = try reader.forEachRun(from: start, to: end) { run, runOffset in
            var canonical = [UInt8]()
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
