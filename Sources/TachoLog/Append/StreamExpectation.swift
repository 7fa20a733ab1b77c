/// Where a stream has to end for an append to happen.
///
/// The version of a stream is the position of its last event, so a producer has it from the
/// receipt of its last append, or from reading the stream.
public struct StreamExpectation: Hashable, Sendable {
    public let stream: ByteString
    /// Of the stream's last event; `zero` if it must not have any.
    public let lastPosition: Position

    public init(stream: ByteString, lastPosition: Position) {
        self.stream = stream
        self.lastPosition = lastPosition
    }
}

/// Where the streams of a log end, as far as anybody has asked.
struct StreamEnds {
    let activeFirst: Position
    /// How far the active segment has been read.
    var activeByteCount = 0
    /// Of every stream in the active segment, and of older ones that were asked for.
    var lastPositions: [ByteString: Position] = [:]

    init(activeFirst: Position) {
        self.activeFirst = activeFirst
    }
}

extension LogWriter {
    /// Checks that every stream ends where it is expected to.
    ///
    /// Called under the lock, so that of several producers who expect the same end one is first and
    /// the others are refused.
    ///
    /// - Throws: ``LogError`` `.conflict`.
    mutating func check(_ expectations: [StreamExpectation]) throws(LogError) {
        for expectation in expectations {
            let last = try lastPosition(of: expectation.stream)
            guard last != expectation.lastPosition else { continue }
            let end = last == .zero ? "has no events" : "ends at position \(last)"
            throw LogError(
                .conflict,
                "the stream \"\(expectation.stream)\" \(end), not at "
                    + "\(expectation.lastPosition) as expected. Nothing was appended; read what is "
                    + "new and decide again.")
        }
    }

    /// The position of a stream's last event that can be read; `zero` if there is none.
    ///
    /// - Complexity: The active segment is read once, then what is new in it. A stream that is not
    ///   in it costs the frames of the newest sealed segment whose index has it.
    private mutating func lastPosition(of stream: ByteString) throws(LogError) -> Position {
        var ends = streamEnds ?? StreamEnds(activeFirst: head.activeFirst)
        if ends.activeFirst != head.activeFirst { ends = StreamEnds(activeFirst: head.activeFirst) }
        try forEachActiveRecord(from: ends.activeByteCount) { record, _ in
            ends.lastPositions[ByteString(Array(record.stream))] = record.position
        }
        ends.activeByteCount = head.writtenByteCount
        if ends.lastPositions[stream] == nil {
            ends.lastPositions[stream] = try lastPositionBeforeActive(of: stream)
        }
        streamEnds = ends
        return ends.lastPositions[stream] ?? .zero
    }

    private mutating func lastPositionBeforeActive(
        of stream: ByteString
    ) throws(LogError) -> Position {
        let manifest = try Manifest.load(layout, store: store, fileSystem)
        for entry in manifest.segments.reversed() {
            var last = Position.zero
            switch entry.state {
            case .active: continue
            case .sealed, .archived: last = try lastPosition(of: stream, inSealed: entry)
            case .sealing, .damaged: last = try lastPosition(of: stream, inPlain: entry)
            }
            if last > .zero { return last }
        }
        return .zero
    }

    private mutating func lastPosition(
        of stream: ByteString, inSealed entry: SegmentEntry
    ) throws(LogError) -> Position {
        let segment = try sealedSegment(entry)
        let frames = segment.reader.frameIndexes(matching: RecordFilter(streams: [stream]))
        for frame in frames.reversed() {
            let last = try lastPosition(of: stream, inFrame: frame, of: segment, entry)
            if last > .zero { return last }
        }
        return .zero
    }

    /// Of an archived segment the columns are here, and tell it without the lines.
    ///
    /// - Throws: ``LogError``; `.archived` if it takes lines that cannot be reached.
    private func lastPosition(
        of stream: ByteString, inFrame frame: Int, of segment: SealedSegment, _ entry: SegmentEntry
    ) throws(LogError) -> Position {
        let batch: RecordBatch
        if segment.archivedIDs == nil {
            batch = try segment.batch(frame, fileSystem)
        } else if let last = segment.lastPosition(of: stream, inColumnsOf: frame, fileSystem) {
            return last
        } else {
            // Slow, as another machine's disk is; but who asks wants to know.
            let whole = try SealedSegment.open(entry, layout, store, fileSystem)
            defer { whole.close(fileSystem) }
            batch = try whole.batch(frame, fileSystem)
        }
        return try LogError.unifying { try batch.lastPosition(of: stream) }
    }

    private func lastPosition(
        of stream: ByteString, inPlain entry: SegmentEntry
    ) throws(LogError) -> Position {
        var last = Position.zero
        try LogError.unifying {
            let file = try fileSystem.open(layout.logFile(entry.file), .read)
            defer { fileSystem.close(file) }
            try PlainSegment(entry: entry, store: store, layout: layout).forEachBatch(
                fileSystem, file, through: entry.byteCount,
                { batch in
                    last = max(last, try batch.lastPosition(of: stream))
                    return true
                },
                // What cannot be read is reported by those who read it; here the rest decides.
                onDamage: { _ in })
        }
        return last
    }
}

extension SealedSegment {
    /// - Returns: `zero` if the stream is not in the frame; `nil` if no columns tell that.
    fileprivate func lastPosition(
        of stream: ByteString, inColumnsOf frame: Int, _ fileSystem: any FileSystem
    ) -> Position? {
        // try?: columns that cannot be read are none, and the lines answer.
        guard reader.frames[frame].isWithoutHoles, let columns = try? columns(fileSystem),
            let index = columns.set.columns.firstIndex(of: .stream),
            let part = try? reader.part(
                columns.parts[frame],
                read: { (offset, count) throws(LogError) in
                    try read(at: offset, byteCount: count, fileSystem)
                })
        else { return nil }
        let block = ColumnBlock([.stream])
        let isFilled = part.withUnsafeBytes {
            block.fill($0, of: columns, [index], frame: reader.frames[frame])
        }
        guard isFilled else { return nil }
        let code = (0..<block.textCount(0)).first { block.text(0, $0).elementsEqual(stream.bytes) }
        guard let code, let row = block.codes(0).lastIndex(of: UInt16(code + 1)) else {
            return .zero
        }
        return Position(block.firstPosition.rawValue + UInt64(row))
    }
}

extension RecordBatch {
    fileprivate func lastPosition(of stream: ByteString) throws -> Position {
        var last = Position.zero
        try forEachRecord { record in
            if stream.bytes.elementsEqual(record.stream) { last = record.position }
            return true
        }
        return last
    }
}
