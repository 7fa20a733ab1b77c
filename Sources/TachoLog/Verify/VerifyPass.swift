/// One pass over the segments of a log; each adds to the report.
struct VerifyPass: ~Copyable {
    typealias Finding = LogVerifier.Finding

    /// What is known where a segment begins.
    private struct Checkpoint {
        let report: LogVerifier.Report
        let expected: Position
        let chain: Chain?
        let isChainWhole: Bool
        let heads: [Position: Digest256]
        let unreachable: [ClosedRange<Position>]
    }

    private var reader: LogReader
    private let isDeep: Bool
    private let anchors: [Anchor]
    private var report = LogVerifier.Report()
    private var expected = Position.first
    /// The chain so far; `nil` behind damage, until a sealed segment says how it goes on.
    private var chain: Chain? = .start
    private var isChainWhole = true
    private var hasher = SHA256Hasher()
    /// The chain's heads at the positions of the anchors, as computed here.
    private var heads: [Position: Digest256] = [:]
    /// Positions whose lines are in an archive that cannot be read from here.
    private var unreachable: [ClosedRange<Position>] = []
    /// At each segment's first position: a segment that was merged meanwhile begins at one of them.
    private var checkpoints: [Position: Checkpoint] = [:]

    /// - Parameters:
    ///   - reader: The view that is checked.
    ///   - isDeep: Whether every byte is read.
    ///   - anchors: Whose positions' heads are wanted.
    ///   - first: Where the pass begins: the first position of a segment.
    init(
        _ reader: LogReader, isDeep: Bool, _ anchors: [Anchor] = [], from first: Position = .first
    ) {
        self.reader = reader
        self.isDeep = isDeep
        self.anchors = anchors
        expected = first
        chain = first == .first ? .start : nil
    }

    var findings: [Finding] { report.findings }

    /// Checks all segments of the log.
    ///
    /// Writers go on meanwhile: what a segment was sealed, merged, or moved to before it was looked
    /// at is checked in its place, and with it what a newer view has behind it.
    mutating func verifyAll(progress: (Position) -> Void) throws(LogError) {
        let beginning = checkpoint
        var rest = reader.view.segments[...]
        while let segment = rest.first {
            let start = checkpoint
            checkpoints[segment.first] = start
            do throws(LogError) {
                try verify(segment)
            } catch {
                guard error.code == .notFound else { throw error }
                if let newer = reader.segments(inPlaceOf: segment) {
                    let segments = reader.view.segments
                    var index = newer.startIndex
                    while index > 0, checkpoints[segments[index].first] == nil { index -= 1 }
                    go(to: checkpoints[segments[index].first] ?? beginning)
                    rest = segments[index...]
                    continue
                }
                go(to: start)
                try verify(segment, gone: error)
            }
            rest = rest.dropFirst()
            progress(segment.last)
        }
    }

    private var checkpoint: Checkpoint {
        Checkpoint(
            report: report, expected: expected, chain: chain, isChainWhole: isChainWhole,
            heads: heads, unreachable: unreachable)
    }

    private mutating func go(to checkpoint: Checkpoint) {
        report = checkpoint.report
        expected = checkpoint.expected
        chain = checkpoint.chain
        isChainWhole = checkpoint.isChainWhole
        heads = checkpoint.heads
        unreachable = checkpoint.unreachable
    }

    /// - Parameters:
    ///   - segment: The next one.
    ///   - reason: Why its file cannot be opened, where nothing has taken its place.
    /// - Throws: ``LogError`` `.notFound` if the file is gone and no reason was given; the pass is then
    ///   of no more use.
    mutating func verify(
        _ segment: LogView.Segment, gone reason: LogError? = nil
    ) throws(LogError) {
        report.segmentCount += 1
        report.byteCount += segment.byteCount
        if segment.last >= segment.first, segment.first != expected {
            foundMissing(segment, expected, segment.first.previous)
        }
        if let reason {
            let isSealed = segment.entry.state.isSealed
            foundUnreadable(segment, isSealed ? reason.message : "the file is not there")
        } else if segment.entry.state.isSealed {
            try verifySealed(segment)
        } else {
            try verifyPlain(segment)
        }
        expected = max(expected, segment.last.next)
    }

    consuming func finish() -> LogVerifier.Report {
        if isDeep, isChainWhole, let chain, chain.head != .zero { report.chain = chain.head.hex }
        for anchor in anchors {
            if let reason = reasonNotToCheck(anchor) {
                report.uncheckedAnchors.append(reason)
                continue
            }
            guard let fault = fault(anchor) else { continue }
            report.findings.append(
                Finding(
                    file: "log", message: fault, first: nil, last: anchor.position))
        }
        return report
    }

    /// Why an anchor that may be right cannot be compared, if it cannot.
    private func reasonNotToCheck(_ anchor: Anchor) -> LogError? {
        let position = anchor.position
        guard isOfThisStore(anchor), position > .zero else { return nil }
        if let cut = reader.expired, position < cut.through {
            return LogError(
                .expired,
                "the anchor at position \(position) cannot be checked: \(cut.error.message)")
        }
        guard let range = unreachable.first(where: { $0.contains(position) }) else { return nil }
        return LogError(
            .archived,
            "the anchor at position \(position) cannot be checked: positions \(range.lowerBound) to "
                + "\(range.upperBound) are in an archive that cannot be read from here. Make it "
                + "reachable, or `tacho thaw` them, then verify again.")
    }

    private func isOfThisStore(_ anchor: Anchor) -> Bool {
        anchor.store == nil || anchor.store == reader.store.description
    }

    /// What is wrong with an anchor, if anything.
    private func fault(_ anchor: Anchor) -> String? {
        let last = reader.lastPosition
        if let store = anchor.store, !isOfThisStore(anchor) {
            return "the anchor is of the store \(store); this is \(reader.store)"
        }
        guard anchor.position <= last else {
            return "the log ends at position \(last), before the anchor's \(anchor.position): "
                + "events are missing at its end"
        }
        if anchor.position == .zero {
            return anchor.chain == Digest256.zero.hex ? nil : "the anchor is of no position"
        }
        guard isChainWhole, let head = heads[anchor.position] else {
            return
                "the anchor at position \(anchor.position) cannot be checked, because of damage or "
                + "a gap before it"
        }
        guard head.hex != anchor.chain else { return nil }
        return "an event at or before position \(anchor.position) is not what it was: the chain is "
            + "\(head.hex) where the anchor says \(anchor.chain)"
    }

    private mutating func found(
        _ segment: LogView.Segment, _ message: String, _ first: Position? = nil,
        _ last: Position? = nil
    ) {
        report.findings.append(
            Finding(file: segment.entry.file, message: message, first: first, last: last))
    }

    private mutating func foundUnreadable(_ segment: LogView.Segment, _ message: String) {
        found(segment, message, segment.first, segment.last)
        isChainWhole = false
        chain = nil
    }

    private mutating func foundMissing(
        _ segment: LogView.Segment, _ first: Position, _ last: Position
    ) {
        found(segment, "positions \(first) to \(last) are missing", first, last)
        isChainWhole = false
        chain = nil
    }

    // MARK: - Sealed

    private mutating func verifySealed(_ segment: LogView.Segment) throws(LogError) {
        let fileSystem = reader.fileSystem
        let sealed: SealedSegment
        do throws(LogError) {
            sealed = try SealedSegment.open(
                segment.entry, reader.layout, reader.store, fileSystem)
        } catch {
            guard error.code == .damaged else { throw error }
            foundUnreadable(segment, error.message)
            return
        }
        defer { sealed.close(fileSystem) }
        let footer = sealed.reader.footer
        report.eventCount += footer.count
        let expired = reader.expired?.through ?? .zero
        for gap in sealed.reader.gaps where gap.last > expired {
            found(segment, LogError(gap, in: sealed.path).message, gap.first, gap.last)
            isChainWhole = false
        }
        if let chain, footer.chainBefore != chain.head {
            found(
                segment, "it does not continue the hash chain of the segment before it",
                segment.first, segment.last)
            isChainWhole = false
        }
        chain = Chain(head: footer.chainAfter)
        guard isDeep else { return }
        let watched = Set(anchors.map(\.position))
        let details: SegmentReport
        do throws(LogError) {
            try sealed.archivedIDs?.verify(fileSystem)
            details = try sealed.reader.verify(watching: watched) {
                (offset, count) throws(LogError) in
                try sealed.read(at: offset, byteCount: count, fileSystem)
            }
        } catch {
            switch error.code {
            case .archived:
                report.unreachableSegmentCount += 1
                unreachable.append(segment.first...segment.last)
            case .damaged:
                found(segment, error.message, segment.first, segment.last)
                isChainWhole = false
            default: throw error
            }
            return
        }
        heads.merge(details.watchedHeads) { first, _ in first }
        for damage in details.damages {
            found(
                segment, "\(damage.what) at byte \(damage.offset)", segment.first, segment.last)
            isChainWhole = false
        }
    }

    // MARK: - Not sealed

    private mutating func verifyPlain(_ segment: LogView.Segment) throws(LogError) {
        let path = reader.layout.logFile(segment.entry.file)
        let fileSystem = reader.fileSystem
        let file: FileDescriptor
        do throws(FileError) {
            file = try fileSystem.open(path, .read)
        } catch {
            throw LogError(error)
        }
        defer { fileSystem.close(file) }
        let findingCount = report.findings.count
        var next = segment.first
        var damages = [String]()
        let lines = PlainSegment(entry: segment.entry, store: reader.store, layout: reader.layout)
        do {
            try lines.forEachBatch(
                fileSystem, file, through: segment.byteCount,
                { batch in
                    try batch.forEachRecord { record in
                        guard record.position <= segment.last else { return false }
                        take(record, segment, &next)
                        return true
                    }
                    return true
                }, onDamage: { damages.append($0.message) })
        } catch {
            try LogError.unifying { throw error }
        }
        for damage in damages { found(segment, damage) }
        if next <= segment.last, report.findings.count == findingCount {
            foundMissing(segment, next, segment.last)
        }
        if report.findings.count > findingCount {
            isChainWhole = false
            chain = nil
        }
    }

    private mutating func take(
        _ record: RecordView, _ segment: LogView.Segment, _ next: inout Position
    ) {
        if record.position != next { foundMissing(segment, next, record.position.previous) }
        next = record.position.next
        report.eventCount += 1
        guard isDeep else { return }
        chain?.append(line: record.line, with: &hasher)
        if let chain, anchors.contains(where: { $0.position == record.position }) {
            heads[record.position] = chain.head
        }
    }
}
