/// Checks a whole log against its own record of itself.
///
/// - quick: FORMAT, MANIFEST, HEAD; of each sealed segment size, footer, and index; of each other
///   segment every line.
/// - deep: besides, every frame is decoded by both of its checksums, every line is a record in its
///   place, and counts, times, SHA-256, and the hash chain are computed again.
///
/// Reads only. What it finds is a report, not an error: verifying goes on behind damage.
public struct LogVerifier: Sendable {
    public enum Depth: Sendable {
        case quick, deep
    }

    public struct Finding: Equatable, Sendable {
        /// The file's name inside the store.
        public let file: String
        public let message: String
        /// Positions that may be affected, if they are known.
        public let first: Position?
        public let last: Position?
    }

    public struct Report: Equatable, Sendable {
        public var segmentCount = 0
        public var eventCount = 0
        public var byteCount = 0
        /// The hash chain's head after the last sealed segment, in hexadecimal; of a deep run.
        public var chain: String?
        public var findings: [Finding] = []

        public var isGood: Bool { findings.isEmpty }
    }

    private let reader: LogReader

    public init(_ reader: LogReader) {
        self.reader = reader
    }

    /// - Parameters:
    ///   - depth: How much is read.
    ///   - progress: Told the position reached, after each segment.
    /// - Returns: What was looked at and what was found.
    /// - Throws: ``LogError`` for what has nothing to do with the log's content.
    public func verify(
        _ depth: Depth, progress: (Position) -> Void = { _ in }
    ) throws(LogError) -> Report {
        var report = Report()
        var chain = Digest256.zero
        var expected = Position.first
        var isChainWhole = true
        for segment in reader.view.segments {
            report.segmentCount += 1
            report.byteCount += segment.byteCount
            if segment.last >= segment.first, segment.first != expected {
                report.findings.append(
                    Finding(
                        file: segment.entry.file,
                        message: "positions \(expected) to \(segment.first.previous) are missing",
                        first: expected, last: segment.first.previous))
            }
            if segment.entry.state == .sealed {
                isChainWhole =
                    try verifySealed(segment, depth, chain: &chain, &report) && isChainWhole
            } else {
                try verifyPlain(segment, &report)
            }
            expected = max(expected, segment.last.next)
            progress(segment.last)
        }
        if depth == .deep, isChainWhole, chain != .zero { report.chain = chain.hex }
        return report
    }

    private func verifySealed(
        _ segment: LogView.Segment, _ depth: Depth, chain: inout Digest256, _ report: inout Report
    ) throws(LogError) -> Bool {
        let fileSystem = reader.fileSystem
        func found(_ message: String) {
            report.findings.append(
                Finding(
                    file: segment.entry.file, message: message, first: segment.first,
                    last: segment.last))
        }
        let sealed: SealedSegment
        do throws(LogError) {
            sealed = try SealedSegment.open(
                segment.entry, reader.layout, reader.store, fileSystem)
        } catch {
            guard error.code == .damaged || error.code == .notFound else { throw error }
            found(error.message)
            return false
        }
        defer { fileSystem.close(sealed.file) }
        report.eventCount += sealed.reader.footer.count
        var isGood = true
        if sealed.reader.footer.chainBefore != chain {
            found("it does not continue the hash chain of the segment before it")
            isGood = false
        }
        chain = sealed.reader.footer.chainAfter
        guard depth == .deep else { return isGood }
        let (file, path) = (sealed.file, sealed.path)
        let details = try sealed.reader.verify { (offset, count) throws(LogError) in
            try fileSystem.readBytes(file, path, at: offset, byteCount: count)
        }
        for damage in details.damages {
            found("\(damage.what) at byte \(damage.offset)")
            isGood = false
        }
        return isGood
    }

    private func verifyPlain(
        _ segment: LogView.Segment, _ report: inout Report
    ) throws(LogError) {
        let layout = reader.layout
        let path = layout.logFile(segment.entry.file)
        let fileSystem = reader.fileSystem
        var expected = segment.first
        var findings = [Finding]()
        var count = 0
        func found(_ message: String, _ first: Position? = nil, _ last: Position? = nil) {
            findings.append(
                Finding(file: segment.entry.file, message: message, first: first, last: last))
        }
        try LogError.unifying {
            let file: FileDescriptor
            do throws(FileError) {
                file = try fileSystem.open(path, .read)
            } catch {
                guard error.isNotFound else { throw error }
                found("the file is not there", segment.first, segment.last)
                return
            }
            defer { fileSystem.close(file) }
            let lines = PlainSegment(entry: segment.entry, store: reader.store, layout: layout)
            try lines.forEachBatch(
                fileSystem, file, through: segment.byteCount,
                { batch in
                    try batch.forEachRecord { record in
                        guard record.position <= segment.last else { return false }
                        if record.position != expected {
                            found(
                                "positions \(expected) to \(record.position.previous) are missing",
                                expected, record.position.previous)
                        }
                        expected = record.position.next
                        count += 1
                        return true
                    }
                    return true
                }, onDamage: { found($0.message) })
            if expected <= segment.last, findings.isEmpty {
                found(
                    "positions \(expected) to \(segment.last) are missing", expected, segment.last)
            }
        }
        report.eventCount += count
        report.findings += findings
    }
}
