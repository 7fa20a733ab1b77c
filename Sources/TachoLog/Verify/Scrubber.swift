internal import TachoJSON

/// Reads a log through again, some of it at a time, to find bits that have rotted before they are
/// needed.
///
/// A run checks whole segments as `verify --deep` does, beginning where the last run ended, until
/// its budget is used up; at the end of the log it begins anew. Where it stands is kept in the
/// store's file `SCRUB`, which may be deleted at any time.
public struct Scrubber: Sendable {
    public struct Report: Equatable, Sendable {
        public var segmentCount = 0
        public var byteCount = 0
        /// What was read through in this run; `nil` if there was nothing to read.
        public var positions: ClosedRange<Position>?
        /// Whether the end of the log was reached, so that the next run begins at its start.
        public var isAtEnd = false
        public var findings: [LogVerifier.Finding] = []
    }

    private let reader: LogReader

    public init(_ reader: LogReader) {
        self.reader = reader
    }

    /// Checks segments until `goesOn` says no, but at least one.
    ///
    /// - Parameter goesOn: Told the bytes of the segment that was checked and the position reached;
    ///   it may wait, to hold a rate.
    /// - Returns: What was checked and found.
    /// - Throws: ``LogError`` for what has nothing to do with the log's content, or if `SCRUB`
    ///   cannot be written.
    public func run(
        _ goesOn: (_ byteCount: Int, _ position: Position) -> Bool
    ) throws(LogError) -> Report {
        var report = Report()
        let start = try load()
        let segments = reader.view.segments.filter { $0.last >= $0.first }
        // A mark behind the end is one of another time: begin anew.
        let first = segments.firstIndex { $0.last >= start } ?? segments.startIndex
        for segment in segments[first...] {
            var pass = VerifyPass(reader, isDeep: true, from: segment.first)
            try pass.verify(segment)
            report.findings += pass.findings
            report.segmentCount += 1
            report.byteCount += segment.byteCount
            report.positions = (report.positions?.lowerBound ?? segment.first)...segment.last
            guard goesOn(segment.byteCount, segment.last) else { break }
        }
        let reached = report.positions?.upperBound ?? .zero
        report.isAtEnd = reached >= (segments.last?.last ?? .zero)
        try save(report.isAtEnd ? .first : reached.next)
        return report
    }

    /// Where the last run ended; the start of the log if that is not known.
    private func load() throws(LogError) -> Position {
        guard let bytes = try reader.fileSystem.contents(of: reader.layout.scrub, limit: 4096),
            (try? JSON.validate(bytes)) == .object
        else { return .first }
        let next = bytes.withUnsafeBytes { JSONView(validated: $0)["next"]?.integer() }
        return Position(next.flatMap(UInt64.init(exactly:)) ?? 1)
    }

    private func save(_ next: Position) throws(LogError) {
        let layout = reader.layout
        do throws(FileError) {
            try reader.fileSystem.replaceFile(
                layout.scrub, with: Array("{\"next\":\(next)}\n".utf8),
                temporary: layout.temporaryFile("SCRUB"))
        } catch {
            throw LogError(error)
        }
    }
}

extension LogWriter {
    /// Notes damage in the log's own history, once for each place.
    ///
    /// - Returns: How many of the findings were new.
    public mutating func note(
        _ findings: [LogVerifier.Finding], by finder: ByteString
    ) throws(LogError) -> Int {
        guard !findings.isEmpty else { return 0 }
        let events = findings.map { finding in
            var hasher = SHA256Hasher()
            Array("\(finding.file)\n\(finding.message)".utf8).withUnsafeBytes { hasher.update($0) }
            return NewEvent(
                id: ByteString("tacho.damaged/\(hasher.finish().hex.prefix(32))"),
                stream: "tacho", type: "tacho.damaged", source: finder, data: finding.data)
        }
        let receipt = try append(events, durability: .commit)
        return receipt.outcomes.count { if case .appended = $0 { true } else { false } }
    }
}

extension LogVerifier.Finding {
    fileprivate var data: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("damaged_file")
        writer.value(file)
        writer.key("message")
        writer.value(message)
        for (key, position) in [("first", first), ("last", last)] {
            guard let position else { continue }
            writer.key(key)
            writer.value(Int(clamping: position.rawValue))
        }
        writer.endObject()
        return writer.bytes
    }
}
