/// How a segment is written.
package struct SegmentOptions: Equatable, Sendable {
    /// A frame is closed before its lines exceed this; a longer record has a frame of its own.
    ///
    /// 1 MiB against 64 KiB compresses 4 % better at level 1, and a random read of one record
    /// still decodes in a third of a millisecond. At level 9, 4 MiB save another 2 % (measured on
    /// real transcripts): worth it where a segment is rewritten to be kept.
    package var frameByteCount: Int
    /// 1 is LZ4's fast compression, 3 to 12 its high compression.
    package var level: Int
    /// The fields that are kept as columns, too; lines of seldom types are, without any.
    package var columns: ColumnSet

    package init(
        frameByteCount: Int = 1 << 20, level: Int = 1, columns: ColumnSet = .none
    ) {
        precondition(
            (1...SegmentFormat.maximumRawByteCount).contains(frameByteCount),
            "a frame has at least a byte and at most what readers accept")
        precondition((1...12).contains(level), "LZ4 has the levels 1 to 12")
        self.frameByteCount = frameByteCount
        self.level = level
        self.columns = columns
    }
}

/// Turns canonical lines into the bytes of a sealed segment.
///
/// The writer has no file: after each append, ``takeOutput()`` hands out what can be written, in
/// order, and ``finish()`` the rest. It holds one frame of lines, what was not taken yet, and the
/// index so far.
package struct SegmentWriter: ~Copyable {
    private let store: StoreID
    private let options: SegmentOptions
    private var encoder: LZ4FrameEncoder
    private let firstPosition: Position
    private let chainBefore: Digest256
    private let seed: UInt32

    private var nextPosition: Position
    private var chain: Chain
    /// The chain after the last record of the open frame.
    private var chainOfFrame: Digest256
    private var lineHasher = SHA256Hasher()
    private var digestHasher = SHA256Hasher()

    private var lines: [UInt8] = []
    private var summary = FrameSummaryBuilder()
    private var columns: ColumnsWriter
    private var output: [UInt8] = []

    private var entries: [UInt8] = []
    private var types = TextTable()
    private var streams = TextTable()
    private var gaps: [SegmentGap] = []
    private var erasures: [SegmentErasure] = []

    private var count = 0
    private var rawByteCount = 0
    private var dataByteCount = 0
    private var frameCount = 0
    private var recorded: ClosedRange<Timestamp>?

    /// - Parameters:
    ///   - store: Whose segment this is; mixed into the checksums.
    ///   - firstPosition: Of the first record, gap, or erasure that follows.
    ///   - chainBefore: The chain's head after the position before.
    ///   - options: How it is written.
    package init(
        store: StoreID, firstPosition: Position, chainBefore: Digest256,
        options: SegmentOptions = SegmentOptions()
    ) {
        precondition(
            firstPosition > .zero && firstPosition <= .largest,
            "positions begin at 1 and stay countable")
        self.store = store
        self.options = options
        encoder = LZ4FrameEncoder(level: options.level)
        self.firstPosition = firstPosition
        self.chainBefore = chainBefore
        seed = SegmentFormat.seed(store: store, firstPosition: firstPosition)
        nextPosition = firstPosition
        chain = Chain(head: chainBefore)
        chainOfFrame = chainBefore
        columns = ColumnsWriter(options.columns)
    }

    /// Adds the record that follows.
    ///
    /// - Parameter record: A canonical line with its newline; its bytes are copied.
    /// - Throws: ``LogError`` if it is not the next position or too large for a frame; the writer
    ///   is then as it was.
    package mutating func append(_ record: RecordView) throws(LogError) {
        guard record.position == nextPosition else {
            throw LogError(
                .damaged,
                "position \(record.position) stands where \(nextPosition) is expected")
        }
        guard record.line.count <= SegmentFormat.maximumRawByteCount else {
            throw LogError(
                .invalidEvent,
                "the record at position \(record.position) has \(record.line.count) bytes: too many"
            )
        }
        if !lines.isEmpty, lines.count + record.line.count > options.frameByteCount {
            closeFrame()
        }
        lines.append(contentsOf: record.line)
        summary.add(record)
        columns.add(record)
        chain.append(line: record.line, with: &lineHasher, also: &digestHasher)
        chainOfFrame = chain.head
        recorded =
            min(
                recorded?.lowerBound ?? record.recorded, record.recorded)...max(
                recorded?.upperBound ?? record.recorded, record.recorded)
        count += 1
        nextPosition = nextPosition.next
        if lines.count >= options.frameByteCount { closeFrame() }
    }

    /// Leaves out the positions up to `last`, whose records are lost.
    ///
    /// - Parameters:
    ///   - last: At or after the next position.
    ///   - chainAfter: The chain's head after `last`, where it is known from elsewhere; `nil` goes
    ///     on as if the lost records had never been.
    package mutating func appendGap(through last: Position, chainAfter: Digest256? = nil) {
        precondition(
            last >= nextPosition && last <= .largest, "a gap has positions")
        if let chainAfter { chain = Chain(head: chainAfter) }
        gaps.append(SegmentGap(first: nextPosition, last: last, chainAfter: chain.head))
        nextPosition = last.next
    }

    /// Leaves out the next position, whose record was erased and left `leaf` behind.
    package mutating func appendErasure(leaf: Digest256) {
        chain.append(leaf: leaf, with: &lineHasher)
        erasures.append(SegmentErasure(position: nextPosition, leaf: leaf))
        nextPosition = nextPosition.next
    }

    /// The bytes that follow those taken before; empty while no further frame is complete.
    package mutating func takeOutput() -> [UInt8] {
        let bytes = output
        output = []
        return bytes
    }

    /// Closes the segment.
    ///
    /// - Returns: The footer, and the bytes that follow those taken before, footer included.
    package consuming func finish() -> (footer: SegmentFooter, bytes: [UInt8]) {
        precondition(nextPosition > firstPosition, "a segment covers at least one position")
        closeFrame()
        let index = SegmentIndex.encode(
            entries: entries, frameCount: frameCount, types: types, streams: streams, gaps: gaps,
            erasures: erasures, firstPosition: firstPosition, seed: seed)
        let columnsFrame =
            frameCount == 0
            ? []
            : columns.finish(firstPosition: firstPosition, level: options.level, seed: seed) ?? []
        var flags: SegmentFooter.Flags = []
        if !gaps.isEmpty { flags.insert(.hasGaps) }
        if !erasures.isEmpty { flags.insert(.hasErasures) }
        let footer = SegmentFooter(
            store: store, firstPosition: firstPosition, lastPosition: nextPosition.previous,
            count: count, firstRecorded: recorded?.lowerBound ?? Timestamp(microseconds: 0),
            lastRecorded: recorded?.upperBound ?? Timestamp(microseconds: 0),
            rawByteCount: rawByteCount, dataByteCount: dataByteCount, frameCount: frameCount,
            indexOffset: dataByteCount, indexByteCount: index.count,
            crcOfIndex: CRC32C.checksum(index, seed: seed),
            columnsOffset: columnsFrame.isEmpty ? 0 : dataByteCount + index.count,
            columnsByteCount: columnsFrame.count,
            crcOfColumns: columnsFrame.isEmpty ? 0 : CRC32C.checksum(columnsFrame, seed: seed),
            chainBefore: chainBefore, chainAfter: chain.head,
            linesDigest: digestHasher.finish(), level: options.level, flags: flags)
        return (footer, takeOutput() + index + columnsFrame + footer.encoded)
    }

    /// Compresses the collected lines, if there are any.
    private mutating func closeFrame() {
        guard let summary = summary.finish(chainAfter: chainOfFrame) else { return }
        let start = output.count
        encoder.append(lines, to: &output)
        let byteCount = output.count - start
        let crc = output.withUnsafeBytes {
            CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[start...]), seed: seed)
        }
        FrameEntry.append(
            summary, offset: dataByteCount, byteCount: byteCount, rawByteCount: lines.count,
            crc: crc, types: &types, streams: &streams, to: &entries)
        columns.closeFrame(level: options.level, seed: seed)
        frameCount += 1
        dataByteCount += byteCount
        rawByteCount += lines.count
        lines.removeAll(keepingCapacity: true)
    }
}
