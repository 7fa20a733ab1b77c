/// What a deep check found.
package struct SegmentReport: Equatable, Sendable {
    /// Bytes that are not what was written, or do not mean what the index says of them.
    package struct Damage: Equatable, Sendable {
        /// In the file.
        package let offset: Int
        package let byteCount: Int
        package let what: String
    }

    /// Frames that are good in every respect, and what they hold.
    package fileprivate(set) var frameCount = 0
    package fileprivate(set) var recordCount = 0
    package fileprivate(set) var rawByteCount = 0
    /// In the order in which it was found; empty for a good segment.
    package fileprivate(set) var damages: [Damage] = []
    /// The chain's heads at the positions that were asked for, computed from the lines.
    package fileprivate(set) var watchedHeads: [Position: Digest256] = [:]

    package var isGood: Bool { damages.isEmpty }
}

extension SegmentReader {
    /// Reads the whole file and checks that every byte of it is right.
    ///
    /// Footer and index are read again and compared with what is in use. Every frame is decoded
    /// twice, our way and LZ4's, whose checksums cover it once more; its index entry is made anew
    /// from its lines and compared, and so are its columns; chain and digest are computed over all
    /// lines. The check goes on behind a damaged frame with the chain that the index has for it.
    ///
    /// - Parameters:
    ///   - watched: Positions whose heads of the chain are wanted.
    ///   - read: Gives the file's bytes.
    /// - Returns: Every damage found.
    /// - Throws: What `read` throws.
    package func verify(
        watching watched: Set<Position> = [], read: Read
    ) throws(LogError) -> SegmentReport {
        var check = DeepCheck(self, watching: watched)
        let columns = try check.findColumns(read)
        for (number, frame) in frames.enumerated() {
            let compressed = try SegmentReader.bytes(
                frame.offset, frame.byteCount, of: file, through: read)
            let isGood = compressed.withUnsafeBytes { check.check($0, frame) }
            if let columns { try check.check(columns, ofFrame: number, whichIsGood: isGood, read) }
        }
        check.finishLines()
        if let columns { try check.checkSeldomLines(columns, read) }
        if footer.columnsByteCount > 0 {
            check.check(
                columns: try SegmentReader.bytes(
                    footer.columnsOffset, footer.columnsByteCount, of: file, through: read))
        }
        check.check(
            index: try SegmentReader.bytes(
                footer.indexOffset, footer.indexByteCount, of: file, through: read))
        check.check(
            footer: try SegmentReader.bytes(
                footerOffset, SegmentFormat.footerByteCount, of: file, through: read))
        return check.report
    }
}

/// One pass over a segment; each step adds to the report.
private struct DeepCheck: ~Copyable {
    private(set) var report = SegmentReport()

    private let reader: SegmentReader
    private let watched: Set<Position>
    private var checker = LZ4FrameChecker()
    private var lineHasher = SHA256Hasher()
    private var digestHasher = SHA256Hasher()
    private var summary = FrameSummaryBuilder()
    private var chain: Chain
    private var holes: HoleWalk
    /// Whether every line so far was read, so that the digest can be right.
    private var isComplete = true
    private var lines: [UInt8] = []
    private var secondLines: [UInt8] = []
    /// Makes the columns anew, where there are some.
    private var madeColumns: ColumnsWriter?

    init(_ reader: SegmentReader, watching watched: Set<Position>) {
        self.reader = reader
        self.watched = watched
        chain = Chain(head: reader.footer.chainBefore)
        holes = HoleWalk(reader, watching: watched)
    }

    private mutating func add(_ offset: Int, _ byteCount: Int, _ what: String) {
        report.damages.append(.init(offset: offset, byteCount: byteCount, what: what))
    }

    private mutating func addToFooter(_ what: String) {
        add(reader.footerOffset, SegmentFormat.footerByteCount, what)
    }

    /// - Returns: Whether the frame is good.
    mutating func check(_ compressed: UnsafeRawBufferPointer, _ frame: FrameEntry) -> Bool {
        if let fault = fault(in: compressed, frame) {
            add(frame.offset, frame.byteCount, fault)
            isComplete = false
            // What follows is judged by itself: as if this frame had been as the index says.
            chain = Chain(head: frame.chainAfter)
            holes.skip(through: frame.lastPosition)
            return false
        }
        lines.withUnsafeBytes { digestHasher.update($0) }
        report.frameCount += 1
        report.recordCount += frame.count
        report.rawByteCount += frame.rawByteCount
        return true
    }

    /// What is wrong with a frame, if anything; else `lines` are its lines.
    private mutating func fault(
        in compressed: UnsafeRawBufferPointer, _ frame: FrameEntry
    ) -> String? {
        guard CRC32C.checksum(compressed, seed: reader.seed) == frame.crc else {
            return "a frame fails its checksum"
        }
        do throws(LogError) {
            try reader.decode(compressed, frame, into: &lines)
        } catch {
            return error.message
        }
        secondLines.resize(to: frame.rawByteCount)
        let target = secondLines.withUnsafeMutableBytes { checker.decode(compressed, into: $0) }
        if let target { return "LZ4's own check says: \(target.what)" }
        guard lines == secondLines else { return "two ways of decoding it differ" }
        return lineFault(frame)
    }

    private mutating func lineFault(_ frame: FrameEntry) -> String? {
        // A frame that failed before may have left some records in it.
        _ = summary.finish(chainAfter: .zero)
        _ = madeColumns?.finishFrame()
        let fault: String? = lines.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                guard let line = bytes.line(from: offset), let record = RecordView(line: line)
                else { return "raw byte \(offset) does not begin a record" }
                guard holes.expects(record.position, after: &chain, with: &lineHasher) else {
                    return "position \(record.position) is out of place"
                }
                chain.append(line: line, with: &lineHasher)
                if watched.contains(record.position) {
                    report.watchedHeads[record.position] = chain.head
                }
                summary.add(record)
                madeColumns?.add(record)
                offset += line.count
            }
            return nil
        }
        if let fault { return fault }
        guard summary.finish(chainAfter: chain.head) == reader.index.summary(of: frame) else {
            return "its entry in the index says something else"
        }
        return nil
    }

    mutating func finishLines() {
        let footer = reader.footer
        let isFinished = holes.isFinished(after: &chain, with: &lineHasher)
        report.watchedHeads.merge(holes.heads) { first, _ in first }
        if !isFinished || chain.head != footer.chainAfter {
            addToFooter("the chain ends in another head")
        }
        if isComplete, digestHasher.finish() != footer.linesDigest {
            addToFooter("the lines have another digest")
        }
        let recorded = reader.frames.map(\.recorded)
        if let first = recorded.map(\.lowerBound).min(),
            let last = recorded.map(\.upperBound).max(),
            first != footer.firstRecorded || last != footer.lastRecorded
        {
            addToFooter("the footer has other times")
        }
    }

    // MARK: - Columns

    /// What columns the segment has, to be made anew and compared.
    mutating func findColumns(
        _ read: SegmentReader.Read
    ) throws(LogError) -> SegmentColumns? {
        do throws(LogError) {
            let found = try reader.columns(read: read)
            madeColumns = found.map { ColumnsWriter($0.set) }
            return found
        } catch {
            guard error.code == .damaged else { throw error }
            addToColumns(error.message)
            return nil
        }
    }

    private mutating func addToColumns(_ what: String) {
        add(reader.footer.columnsOffset, reader.footer.columnsByteCount, what)
    }

    mutating func check(
        _ found: SegmentColumns, ofFrame number: Int, whichIsGood isGood: Bool,
        _ read: SegmentReader.Read
    ) throws(LogError) {
        let part = found.parts[number]
        let made = madeColumns?.finishFrame()
        do throws(LogError) {
            let bytes = try reader.part(part, read: read)
            guard let cells = found.decodedCells(in: bytes) else {
                return add(part.offset, part.byteCount, "a part of the columns cannot be decoded")
            }
            if isGood, cells != made {
                add(part.offset, part.byteCount, "the columns say something else than the lines")
            }
        } catch {
            guard error.code == .damaged else { throw error }
            add(part.offset, part.byteCount, error.message)
        }
    }

    mutating func checkSeldomLines(
        _ found: SegmentColumns, _ read: SegmentReader.Read
    ) throws(LogError) {
        let kept = madeColumns?.seldom.kept() ?? []
        if isComplete, kept.map(\.type) != found.seldom.map(\.type) {
            addToColumns("other types are kept as seldom than are")
        }
        for entry in found.seldom {
            do throws(LogError) {
                let lines = try reader.lines(of: entry, read: read)
                let expected = kept.first { $0.type == entry.type }
                if isComplete, expected?.lines != lines || expected?.count != entry.count {
                    add(
                        entry.part.offset, entry.part.byteCount,
                        "the lines of a seldom type are not those of the frames")
                }
            } catch {
                guard error.code == .damaged else { throw error }
                add(entry.part.offset, entry.part.byteCount, error.message)
            }
        }
    }

    mutating func check(columns: [UInt8]) {
        if CRC32C.checksum(columns, seed: reader.seed) != reader.footer.crcOfColumns {
            add(reader.footer.columnsOffset, columns.count, "the columns fail their checksum")
        }
    }

    mutating func check(index: [UInt8]) {
        if CRC32C.checksum(index, seed: reader.seed) != reader.footer.crcOfIndex
            || !index.dropFirst(SegmentFormat.skippableHeaderByteCount).elementsEqual(
                reader.index.bytes)
        {
            add(reader.footer.indexOffset, index.count, "the index changed since it was opened")
        }
    }

    mutating func check(footer: [UInt8]) {
        let known = try? SegmentFooter(footer, file: reader.file, at: reader.footerOffset)
        // Unreadable or different is the same to us: it is not the footer that was opened.
        if known != reader.footer {
            add(reader.footerOffset, footer.count, "the footer changed since it was opened")
        }
    }
}

/// Walks over the positions of a segment and knows at each what has to be there.
private struct HoleWalk {
    private let gaps: [SegmentGap]
    private let erasures: [SegmentErasure]
    private let last: Position
    private var next: Position
    private var gapIndex = 0
    private var erasureIndex = 0
    private let watched: Set<Position>
    /// The chain's heads at watched positions whose records were erased.
    private(set) var heads: [Position: Digest256] = [:]

    init(_ reader: SegmentReader, watching watched: Set<Position>) {
        self.watched = watched
        gaps = reader.gaps
        erasures = reader.erasures
        next = reader.footer.firstPosition
        last = reader.footer.lastPosition
    }

    /// Passes over the holes before `position`, and over it.
    ///
    /// - Returns: Whether a record with this position may stand here.
    mutating func expects(
        _ position: Position, after chain: inout Chain, with hasher: inout SHA256Hasher
    ) -> Bool {
        passHoles(&chain, &hasher)
        guard position == next else { return false }
        next = next.next
        return true
    }

    mutating func isFinished(after chain: inout Chain, with hasher: inout SHA256Hasher) -> Bool {
        passHoles(&chain, &hasher)
        return next == last.next
    }

    /// Goes on behind `position` without looking at what was before.
    mutating func skip(through position: Position) {
        next = position.next
        while gapIndex < gaps.count, gaps[gapIndex].last <= position { gapIndex += 1 }
        while erasureIndex < erasures.count, erasures[erasureIndex].position <= position {
            erasureIndex += 1
        }
    }

    private mutating func passHoles(_ chain: inout Chain, _ hasher: inout SHA256Hasher) {
        while true {
            if gapIndex < gaps.count, gaps[gapIndex].first == next {
                chain = Chain(head: gaps[gapIndex].chainAfter)
                if watched.contains(gaps[gapIndex].last) { heads[gaps[gapIndex].last] = chain.head }
                next = gaps[gapIndex].last.next
                gapIndex += 1
            } else if erasureIndex < erasures.count, erasures[erasureIndex].position == next {
                chain.append(leaf: erasures[erasureIndex].leaf, with: &hasher)
                if watched.contains(next) { heads[next] = chain.head }
                next = next.next
                erasureIndex += 1
            } else {
                return
            }
        }
    }
}
