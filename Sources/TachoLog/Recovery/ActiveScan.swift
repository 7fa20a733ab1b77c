/// What one pass over an active file found, from a known good offset to its end.
///
/// The pass goes on behind a bad line at the next newline, because whether that line is a torn
/// tail or damage depends on what stands behind it (``TailJudgement``).
struct ActiveScan: Equatable {
    /// Behind the last complete batch of the good run at the front.
    var completeByteCount: Int
    /// The last position of that run.
    var lastPosition: Position
    /// `recorded` of that record.
    var lastRecorded: Timestamp
    /// The greatest watermark any valid record carries, before or behind a bad line.
    var watermark = 0
    /// Where the good run ends early: a bad line, or a batch that is not complete.
    var firstBadOffset: Int?
    /// Valid records behind the first bad line, and the last position among them.
    var salvageableCount = 0
    var lastSalvageablePosition = Position.zero
    var byteCount: Int

    private var nextPosition: Position
    private var isInRun = true

    /// A scan that has seen nothing yet of a file that is good up to `byteCount`.
    init(from byteCount: Int, lastPosition: Position, lastRecorded: Timestamp) {
        completeByteCount = byteCount
        self.lastPosition = lastPosition
        self.lastRecorded = lastRecorded
        self.byteCount = byteCount
        nextPosition = lastPosition.next
    }

    /// Scans the whole rest of the file.
    mutating func run(_ reader: ActiveFileReader, seed: ActiveSeed, end: Int) throws {
        var offset = completeByteCount
        while offset < end {
            let stopped = try reader.forEachRun(from: offset, to: end) { run, runOffset in
                var lineOffset = 0
                while let line = run.line(from: lineOffset) {
                    see(line, at: runOffset + lineOffset, seed)
                    lineOffset += line.count
                }
                return true
            }
            if stopped < end {
                markBad(at: max(stopped, completeByteCount))
                // Too long for a record, or without an end: look for a newline farther on.
                guard let next = try newline(reader, after: stopped, end) else { break }
                offset = next + 1
            } else {
                offset = stopped
            }
        }
        byteCount = end
        if completeByteCount < end, firstBadOffset == nil { firstBadOffset = completeByteCount }
    }

    private mutating func see(_ line: UnsafeRawBufferPointer, at offset: Int, _ seed: ActiveSeed) {
        guard let suffix = RecordSuffix(line: line, seed: seed),
            let body = RecordView(activeLine: line, suffix)
        else {
            markBad(at: offset)
            return
        }
        watermark = max(watermark, suffix.watermark)
        guard isInRun, body.position == nextPosition else {
            markBad(at: offset)
            salvageableCount += 1
            lastSalvageablePosition = max(lastSalvageablePosition, body.position)
            return
        }
        nextPosition = nextPosition.next
        if suffix.remaining == 0 {
            completeByteCount = offset + line.count
            lastPosition = body.position
            lastRecorded = body.recorded
        }
    }

    /// The run ends here, or it has ended before.
    ///
    /// The records of an incomplete batch before the bad line are not part of the run either.
    private mutating func markBad(at offset: Int) {
        guard isInRun else { return }
        isInRun = false
        firstBadOffset = offset
    }

    private func newline(_ reader: ActiveFileReader, after offset: Int, _ end: Int) throws -> Int? {
        var offset = offset
        while offset < end {
            let piece = try reader.fileSystem.readUpTo(
                reader.file, reader.path, at: offset, byteCount: min(1 << 20, end - offset))
            if piece.isEmpty { return nil }
            if let index = piece.firstIndex(of: 0x0A) { return offset + index }
            offset += piece.count
        }
        return nil
    }
}

extension ActiveScan {
    /// Scans a whole active file.
    init(
        _ entry: SegmentEntry, _ store: StoreID, _ layout: StoreLayout,
        _ fileSystem: any FileSystem
    ) throws {
        self.init(
            from: 0, lastPosition: entry.first.previous, lastRecorded: Timestamp(microseconds: 0))
        let path = layout.logFile(entry.file)
        let file = try fileSystem.open(path, .read)
        defer { fileSystem.close(file) }
        try run(
            ActiveFileReader(fileSystem: fileSystem, file: file, path: path),
            seed: ActiveSeed(store: store, firstPosition: entry.first),
            end: try fileSystem.byteCount(of: file))
    }
}

extension RecordView {
    /// The record of an active line whose suffix has been checked; its `line` is the active one.
    init?(activeLine line: UnsafeRawBufferPointer, _ suffix: RecordSuffix) {
        self.init(body: UnsafeRawBufferPointer(rebasing: line[..<suffix.bodyByteCount]), line: line)
    }
}
