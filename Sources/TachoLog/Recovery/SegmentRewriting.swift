/// Makes a sealed segment of the next generation from what is good in a damaged one.
///
/// Where the index is whole, it knows the hash chain behind every lost frame, so that the chain
/// still closes. Without an index the frames are searched for.
struct SegmentRewriting {
    let entry: SegmentEntry
    let chainBefore: Digest256
    let layout: StoreLayout
    let store: StoreID
    let fileSystem: any FileSystem
    let level: Int

    /// A frame: its lines, or where it would have ended.
    private struct Part {
        let first: Position
        let last: Position
        var lines: [UInt8]?
        /// The chain behind a lost frame, if it is known.
        var chainAfter: Digest256?
    }

    /// What the damaged file holds, in order of position.
    private struct Content {
        var parts: [Part] = []
        var gaps: [Position: SegmentGap] = [:]
        var leaves: [Position: Digest256] = [:]
        /// What there were columns of, if that can still be read.
        var columns = ColumnSet.none

        /// Writes the holes from `next` through `last`: those that were on record as they are, and
        /// gaps for the rest.
        func fill(
            _ segment: inout SegmentWriter, _ next: inout Position, through last: Position,
            chainAfter: Digest256? = nil
        ) {
            while next <= last {
                if let leaf = leaves[next] {
                    segment.appendErasure(leaf: leaf)
                    next = next.next
                } else if let gap = gaps[next] {
                    segment.appendGap(through: min(gap.last, last), chainAfter: gap.chainAfter)
                    next = min(gap.last, last).next
                } else {
                    let known = (Array(leaves.keys) + Array(gaps.keys)).filter { $0 > next }.min()
                    let end = min(known?.previous ?? last, last)
                    segment.appendGap(through: end, chainAfter: end == last ? chainAfter : nil)
                    next = end.next
                }
            }
        }
    }

    /// - Returns: The entry that takes the old one's place, and how many positions are lost.
    /// - Throws: ``LogError``; the log is as it was.
    func run() throws(LogError) -> (SegmentEntry, missingCount: Int) {
        let name = StoreLayout.sealedName(
            first: entry.first, last: entry.last,
            generation: StoreLayout.generation(ofSealed: entry.file) + 1)
        let temporary = layout.temporaryFile(name)
        return try LogError.unifying {
            let content = try content()
            var segment = SegmentWriter(
                store: store, firstPosition: entry.first, chainBefore: chainBefore,
                options: SegmentOptions(level: level, columns: content.columns))
            var next = entry.first
            for part in content.parts { try append(part, content, to: &segment, &next) }
            content.fill(&segment, &next, through: entry.last, chainAfter: entry.chain)
            let (footer, bytes) = segment.finish()
            try fileSystem.replaceFile(layout.logFile(name), with: bytes, temporary: temporary)
            try fileSystem.synchronizeDirectory(layout.log)
            let sealed = SegmentEntry(
                state: .sealed, file: name, first: entry.first, last: entry.last,
                byteCount: bytes.count, rawByteCount: footer.rawByteCount,
                chain: footer.chainAfter)
            return (sealed, Int(entry.last.rawValue - entry.first.rawValue + 1) - footer.count)
        }
    }

    private func append(
        _ part: Part, _ content: Content, to segment: inout SegmentWriter, _ next: inout Position
    ) throws {
        guard part.last >= next, part.last <= entry.last else { return }
        guard let lines = part.lines else {
            content.fill(&segment, &next, through: part.first.previous)
            content.fill(&segment, &next, through: part.last, chainAfter: part.chainAfter)
            return
        }
        try RecordBatch(bytes: lines).forEachRecord { record in
            guard record.position >= next else { return true }
            content.fill(&segment, &next, through: record.position.previous)
            try segment.append(record)
            next = record.position.next
            return true
        }
    }

    private func content() throws -> Content {
        let path = layout.logFile(entry.file)
        let file = try fileSystem.open(path, .read)
        defer { fileSystem.close(file) }
        let byteCount = try fileSystem.byteCount(of: file)
        func read(_ offset: Int, _ count: Int) throws(LogError) -> [UInt8] {
            try fileSystem.readBytes(file, path, at: offset, byteCount: count)
        }
        var content = Content()
        do throws(LogError) {
            let reader = try SegmentReader(
                byteCount: byteCount, store: store, file: path, read: read)
            guard reader.footer.chainAfter == entry.chain else { return Content() }
            for frame in reader.frames { content.parts.append(try part(frame, reader, read)) }
            // Derived and damaged is as good as none: compacting makes columns anew.
            content.columns = (try? reader.columns(read: read))?.set ?? .none
            for gap in reader.gaps { content.gaps[gap.first] = gap }
            for erasure in reader.erasures { content.leaves[erasure.position] = erasure.leaf }
        } catch {
            guard error.code == .damaged else { throw error }
            content = Content()
            let report = try SegmentSalvage.run(
                byteCount: byteCount, store: store, file: path, read: read
            ) {
                content.parts.append(
                    Part(first: $0.firstPosition, last: $0.lastPosition, lines: $0.lines))
            }
            // A whole footer with another chain is of a diverged copy, not of this log.
            if let footer = report.footer, footer.chainAfter != entry.chain { return Content() }
            content.parts.sort { $0.first < $1.first }
        }
        return content
    }

    private func part(
        _ frame: FrameEntry, _ reader: SegmentReader, _ read: SegmentReader.Read
    ) throws(LogError) -> Part {
        var part = Part(first: frame.firstPosition, last: frame.lastPosition)
        var lines = [UInt8]()
        do throws(LogError) {
            try reader.lines(of: frame, read: read, into: &lines)
            part.lines = lines
        } catch {
            guard error.code == .damaged else { throw error }
            part.lines = try healed(frame, reader, read)
            part.chainAfter = frame.chainAfter
        }
        return part
    }

    /// The lines of a frame in which one byte has rotted; `nil` if there is more wrong with it.
    private func healed(
        _ frame: FrameEntry, _ reader: SegmentReader, _ read: SegmentReader.Read
    ) throws(LogError) -> [UInt8]? {
        let damaged = try SegmentReader.bytes(
            frame.offset, frame.byteCount, of: reader.file, through: read)
        let found = CRC32C.checksum(damaged, seed: reader.seed)
        guard let bytes = FrameHealing.heal(damaged, found: found, expected: frame.crc) else {
            return nil
        }
        var lines = [UInt8]()
        var checked = [UInt8](repeating: 0, count: frame.rawByteCount)
        var checker = LZ4FrameChecker()
        let isProven: Bool = bytes.withUnsafeBytes { bytes in
            // Whatever is wrong with it, it is not the frame that was written.
            guard (try? reader.decode(bytes, frame, into: &lines)) != nil else { return false }
            let fault = checked.withUnsafeMutableBytes { checker.decode(bytes, into: $0) }
            return fault == nil && checked == lines
        }
        return isProven ? lines : nil
    }
}

extension StoreLayout {
    /// The generation in a sealed file's name.
    static func generation(ofSealed name: String) -> Int {
        let parts = name.split(separator: ".")
        guard parts.count > 1, parts[1].hasPrefix("g") else { return 0 }
        return Int(parts[1].dropFirst()) ?? 0
    }
}
