/// Whole lines of one frame that was found without the index's help.
package struct SalvagedFrame: Equatable, Sendable {
    package let offset: Int
    package let byteCount: Int
    package let firstPosition: Position
    package let lastPosition: Position
    package let count: Int
    /// Canonical lines, each with its newline, of ascending positions.
    package let lines: [UInt8]
}

/// What salvage found in a file.
package struct SalvageReport: Equatable, Sendable {
    package typealias Damage = SegmentReport.Damage

    package fileprivate(set) var frameCount = 0
    package fileprivate(set) var recordCount = 0
    /// Bytes that gave no lines although they should; in file order, apart from frames that are
    /// whole but not where or what they should be.
    package fileprivate(set) var damages: [Damage] = []
    /// The positions that were found, ascending and with as few ranges as possible.
    package fileprivate(set) var found: [ClosedRange<Position>] = []
    /// The footer, if it is whole.
    package fileprivate(set) var footer: SegmentFooter?
    /// Whether the index is whole; then only frames that it names were taken.
    package fileprivate(set) var hasIndex = false
    /// Whether frames came in another order than their positions.
    package fileprivate(set) var isOutOfOrder = false
    /// Whether the lines, as they were found, are to the byte what the footer promises; `nil`
    /// without a footer.
    package fileprivate(set) var isComplete: Bool?
}

/// Reads what can be read of a sealed segment whose footer, index, or frames are damaged.
///
/// The file is walked from its start: a whole LZ4 frame gives its lines and is passed over; where
/// there is none, the next magic number is searched. LZ4's checksums decide whether a frame is
/// whole. If the index can still be found, by its own magic number and checksum, a frame has to be
/// one of its frames too, so that one of another segment or store is not taken.
///
/// Memory: one frame. Time: a file made to look like many overlapping frames is given up on once
/// eight times its size was examined in vain, and what is left of it is reported.
package struct SegmentSalvage: ~Copyable {
    private let byteCount: Int
    private let store: StoreID
    private let file: String
    private var budget: Int
    private var report = SalvageReport()
    private var checker = LZ4FrameChecker()
    private var digestHasher = SHA256Hasher()
    /// Checksums of the index's frames that were not seen yet, and how often they occur.
    private var expected: [UInt32: Int] = [:]
    private var seed: UInt32?

    private static let examinationFactor = 8

    private init(byteCount: Int, store: StoreID, file: String) {
        self.byteCount = byteCount
        self.store = store
        self.file = file
        budget = SegmentFormat.maximumRawByteCount
        let (product, overflows) = byteCount.multipliedReportingOverflow(
            by: SegmentSalvage.examinationFactor)
        budget += overflows ? 0 : product
    }

    /// Salvages a file of `byteCount` bytes.
    ///
    /// - Parameters:
    ///   - byteCount: Of the whole file.
    ///   - store: Whose segment it was.
    ///   - file: Its name, for errors.
    ///   - read: Gives the file's bytes.
    ///   - body: Gets every good frame, in file order.
    /// - Returns: What was found and what was not.
    /// - Throws: What `read` and `body` throw; damage is reported, not thrown.
    package static func run(
        byteCount: Int, store: StoreID, file: String, read: SegmentReader.Read,
        _ body: (SalvagedFrame) throws(LogError) -> Void
    ) throws(LogError) -> SalvageReport {
        var salvage = SegmentSalvage(byteCount: byteCount, store: store, file: file)
        try salvage.findIndexAndFooter(read)
        try salvage.walk(read, body)
        salvage.finish()
        return salvage.report
    }

    // MARK: - Index and footer

    private mutating func findIndexAndFooter(_ read: SegmentReader.Read) throws(LogError) {
        var offset = 0
        // Whatever looks like an index, half of the effort is left for the frames.
        let reserve = budget / 2
        while budget > reserve,
            let found = try next(
                SegmentFormat.indexMagic, SegmentFormat.footerMagic, from: offset, read)
        {
            if let index = try index(at: found, read) {
                report.hasIndex = true
                seed = SegmentFormat.seed(store: store, firstPosition: index.firstPosition)
                for frame in index.frames { expected[frame.crc, default: 0] += 1 }
            }
            if let footer = try footer(at: found, read) { report.footer = footer }
            offset = found + 1
        }
    }

    private mutating func index(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> SegmentIndex? {
        guard let frameByteCount = try skippableByteCount(at: offset, read),
            charge(frameByteCount)
        else { return nil }
        let frame = try bytes(offset, frameByteCount, read)
        // Not whole is the same here as not there: the bytes are reported when the walk meets them.
        return try? SegmentIndex(frame: frame, store: store, file: file, at: offset)
    }

    private func footer(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> SegmentFooter? {
        guard byteCount - offset >= SegmentFormat.footerByteCount else { return nil }
        let frame = try bytes(offset, SegmentFormat.footerByteCount, read)
        // Bytes in front of it may be missing, so its own word for where it begins counts.
        guard let footer = try? SegmentFooter(unplaced: frame, file: file, at: offset) else {
            return nil
        }
        return footer.store == store ? footer : nil
    }

    /// The size of the skippable frame at `offset`, if the file is long enough for it.
    private func skippableByteCount(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> Int? {
        let header = SegmentFormat.skippableHeaderByteCount
        guard byteCount - offset >= header else { return nil }
        let start = try bytes(offset, header, read)
        let count: Int? = start.withUnsafeBytes { start in
            var cursor = ByteCursor(start)
            guard let magic = cursor.integer(UInt32.self), magic & 0xFFFF_FFF0 == 0x184D_2A50
            else { return nil }
            return cursor.count()
        }
        guard let count, count <= byteCount - offset - header else { return nil }
        return header + count
    }

    // MARK: - Walking

    private mutating func walk(
        _ read: SegmentReader.Read, _ body: (SalvagedFrame) throws(LogError) -> Void
    ) throws(LogError) {
        var offset = 0
        while offset < byteCount {
            if let end = try passSkippable(at: offset, read) {
                offset = end
                continue
            }
            var fault: String
            switch try frame(at: offset, read) {
            case .good(let frame):
                try take(frame, body)
                offset += frame.byteCount
                continue
            case .bad(let what):
                fault = what
            }
            let start = offset
            repeat {
                guard budget > 0 else {
                    fault = "too much here looks like frames; given up"
                    offset = byteCount
                    break
                }
                offset =
                    try next(
                        SegmentFormat.frameMagic, SegmentFormat.indexMagic,
                        from: offset + 1, read) ?? byteCount
                if offset == byteCount { break }
            } while try !isGood(at: offset, read)
            report.damages.append(.init(offset: start, byteCount: offset - start, what: fault))
        }
    }

    private enum Candidate {
        case good(SalvagedFrame)
        case bad(String)
    }

    private mutating func isGood(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> Bool {
        if try passSkippable(at: offset, read) != nil { return true }
        if case .good = try frame(at: offset, read) { return true }
        return false
    }

    /// Where the index, the columns, or the footer that begins at `offset` ends.
    private mutating func passSkippable(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> Int? {
        guard let frameByteCount = try skippableByteCount(at: offset, read) else { return nil }
        if try footer(at: offset, read) != nil { return offset + SegmentFormat.footerByteCount }
        if try index(at: offset, read) != nil { return offset + frameByteCount }
        if let footer = report.footer, footer.columnsByteCount == frameByteCount {
            let columns = try bytes(offset, frameByteCount, read)
            if CRC32C.checksum(columns, seed: seed ?? 0) == footer.crcOfColumns {
                return offset + frameByteCount
            }
        }
        return nil
    }

    private mutating func frame(
        at offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> Candidate {
        guard let (frameByteCount, rawByteCount) = try extent(ofFrameAt: offset, read) else {
            return .bad("no frame begins here")
        }
        guard charge(frameByteCount + rawByteCount) else {
            return .bad("too much here looks like frames; given up")
        }
        let compressed = try bytes(offset, frameByteCount, read)
        var lines = [UInt8](repeating: 0, count: rawByteCount)
        let fault = compressed.withUnsafeBytes { compressed in
            lines.withUnsafeMutableBytes { checker.decode(compressed, into: $0) }
        }
        if let fault { return .bad("LZ4's own check says: \(fault.what)") }
        if let seed {
            let crc = CRC32C.checksum(compressed, seed: seed)
            guard expected[crc] != nil else {
                return .bad("the frame is whole but not of this segment")
            }
        }
        guard let salvaged = SalvagedFrame(offset, frameByteCount, lines) else {
            return .bad("the frame is whole but holds no records")
        }
        // Only failures use up the budget: what is good is passed over and not met again.
        budget += frameByteCount + rawByteCount
        return .good(salvaged)
    }

    /// How long the frame at `offset` says it is, block by block; it is not read yet.
    private func extent(
        ofFrameAt offset: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> (byteCount: Int, rawByteCount: Int)? {
        guard byteCount - offset >= LZ4FrameHeader.byteCount else { return nil }
        let start = try bytes(offset, LZ4FrameHeader.byteCount, read)
        // A fault only means that no frame begins here.
        let parsed = start.withUnsafeBytes { try? LZ4FrameHeader($0) }
        guard let header = parsed else { return nil }
        var end = offset + LZ4FrameHeader.byteCount
        var dataByteCount = 0
        while byteCount - end >= 8 {
            let word = try bytes(end, 4, read).withUnsafeBytes { start in
                var cursor = ByteCursor(start)
                return cursor.integer(UInt32.self) ?? 0
            }
            // End mark and content checksum; or block size, block, and its checksum.
            guard word != 0 else {
                let frameByteCount = end + 8 - offset
                let isAllowed = SegmentFormat.allows(
                    rawByteCount: header.rawByteCount, byteCount: frameByteCount)
                return isAllowed ? (frameByteCount, header.rawByteCount) : nil
            }
            let blockByteCount = Int(word & 0x7FFF_FFFF)
            dataByteCount += blockByteCount
            // LZ4 stores what it cannot make smaller, so data is never more than content.
            guard dataByteCount <= header.rawByteCount, blockByteCount <= byteCount - end - 8
            else { return nil }
            end += 8 + blockByteCount
        }
        return nil
    }

    private mutating func take(
        _ frame: SalvagedFrame, _ body: (SalvagedFrame) throws(LogError) -> Void
    ) throws(LogError) {
        let range = frame.firstPosition...frame.lastPosition
        guard !report.found.contains(where: { $0.overlaps(range) }) else {
            report.damages.append(
                .init(
                    offset: frame.offset, byteCount: frame.byteCount,
                    what: "positions \(range.lowerBound) to \(range.upperBound) come twice"))
            return
        }
        if let last = report.found.last, last.lowerBound > range.lowerBound {
            report.isOutOfOrder = true
        }
        report.add(range)
        report.frameCount += 1
        report.recordCount += frame.count
        frame.lines.withUnsafeBytes { digestHasher.update($0) }
        try body(frame)
    }

    private mutating func finish() {
        guard let footer = report.footer else { return }
        report.isComplete =
            digestHasher.finish() == footer.linesDigest && report.recordCount == footer.count
    }

    // MARK: - Bytes

    /// Takes `byteCount` off what may still be examined.
    private mutating func charge(_ byteCount: Int) -> Bool {
        budget -= byteCount
        return budget > 0
    }

    private func bytes(
        _ offset: Int, _ byteCount: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> [UInt8] {
        try SegmentReader.bytes(offset, byteCount, of: file, through: read)
    }

    /// The offset of the next of two magic numbers at or after `start`.
    private mutating func next(
        _ first: UInt32, _ second: UInt32, from start: Int, _ read: SegmentReader.Read
    ) throws(LogError) -> Int? {
        var offset = start
        var chunkByteCount = 4 << 10
        while byteCount - offset >= 4, charge(chunkByteCount) {
            let chunk = try bytes(offset, min(chunkByteCount, byteCount - offset), read)
            chunkByteCount = min(chunkByteCount * 2, 1 << 20)
            let found: Int? = chunk.withUnsafeBytes { chunk in
                var index = 0
                // All magic numbers end in 4D 18; the rarer byte leads the search.
                while let hit = chunk.firstIndex(of: 0x4D, from: index) {
                    if hit >= 2, hit + 1 < chunk.count {
                        var cursor = ByteCursor(chunk, at: hit - 2)
                        let magic = cursor.integer(UInt32.self)
                        if magic == first || magic == second { return hit - 2 }
                    }
                    index = hit + 1
                }
                return nil
            }
            if let found { return offset + found }
            // Three bytes again: a magic number may lie across two chunks.
            offset += max(chunk.count - 3, 1)
        }
        return nil
    }
}

extension SalvagedFrame {
    /// `nil` unless the lines are records of ascending positions, to the last byte.
    fileprivate init?(_ offset: Int, _ byteCount: Int, _ lines: [UInt8]) {
        var positions = [Position]()
        let isWhole = lines.withUnsafeBytes { bytes in
            var offset = 0
            while let line = bytes.line(from: offset) {
                guard let record = RecordView(line: line), record.position > positions.last ?? .zero
                else { return false }
                positions.append(record.position)
                offset += line.count
            }
            return offset == bytes.count
        }
        guard isWhole, let first = positions.first, let last = positions.last else { return nil }
        self.offset = offset
        self.byteCount = byteCount
        firstPosition = first
        lastPosition = last
        count = positions.count
        self.lines = lines
    }
}

extension SalvageReport {
    /// Adds positions that are not in `found` yet.
    fileprivate mutating func add(_ range: ClosedRange<Position>) {
        let index = found.firstIndex { $0.lowerBound > range.upperBound } ?? found.count
        var joined = range
        var replaced = index..<index
        if index < found.count, range.upperBound.next == found[index].lowerBound {
            joined = joined.lowerBound...found[index].upperBound
            replaced = index..<index + 1
        }
        if index > 0, found[index - 1].upperBound.next == range.lowerBound {
            joined = found[index - 1].lowerBound...joined.upperBound
            replaced = index - 1..<replaced.upperBound
        }
        found.replaceSubrange(replaced, with: [joined])
    }
}
