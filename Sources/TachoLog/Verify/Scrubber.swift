internal import TachoJSON

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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
    /// - Parameters:
    ///   - now: The time, for ``ScrubState/verifiedSince``.
    ///   - goesOn: Told the bytes of the segment that was checked and the position reached; it may
    ///     wait, to hold a rate.
    /// - Returns: What was checked and found.
    /// - Throws: ``LogError`` for what has nothing to do with the log's content, or if `SCRUB`
    ///   cannot be written.
    public func run(
        now: Timestamp = .now, _ goesOn: (_ byteCount: Int, _ position: Position) -> Bool
    ) throws(LogError) -> Report {
        var report = Report()
        var state = try ScrubState(reader.layout, reader.fileSystem)
        var reader = reader
        var segments = reader.view.segments.filter { $0.last >= $0.first }[...]
        // A mark behind the end is one of another time: begin anew.
        var rest = segments[(segments.firstIndex { $0.last >= state.next } ?? 0)...]
        while let segment = rest.first {
            var pass = VerifyPass(reader, isDeep: true, from: segment.first)
            do throws(LogError) {
                try pass.verify(segment)
            } catch {
                guard error.code == .notFound else { throw error }
                // It was sealed, merged, or moved before its turn came.
                if let newer = reader.segments(inPlaceOf: segment) {
                    segments = newer.filter { $0.last >= $0.first }[...]
                    rest = segments
                    continue
                }
                pass = VerifyPass(reader, isDeep: true, from: segment.first)
                try pass.verify(segment, gone: error)
            }
            rest = rest.dropFirst()
            report.findings += pass.findings
            report.segmentCount += 1
            report.byteCount += segment.byteCount
            report.positions = (report.positions?.lowerBound ?? segment.first)...segment.last
            guard goesOn(segment.byteCount, segment.last) else { break }
        }
        let reached = report.positions?.upperBound ?? .zero
        report.isAtEnd = reached >= (segments.last?.last ?? .zero)
        if state.next == .first || state.roundBegan == nil { state.roundBegan = now }
        state.next = reached.next
        if report.isAtEnd {
            state.next = .first
            state.verifiedSince = state.roundBegan
            state.roundBegan = nil
        }
        try state.save(reader.layout, reader.fileSystem)
        return report
    }
}

/// The file `SCRUB`: how far scrubbing has come, and how long ago everything was read.
///
/// One JSON object; what is missing or damaged is not known.
public struct ScrubState: Equatable, Sendable {
    /// Where the next run begins.
    public var next = Position.first
    /// When the round under way began; `nil` between rounds.
    public var roundBegan: Timestamp?
    /// Whatever was here at this moment has been read through since; archives that could not be
    /// reached were not.
    public var verifiedSince: Timestamp?

    init(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        guard let bytes = try fileSystem.contents(of: layout.scrub, limit: 4096),
            (try? JSON.validate(bytes)) == .object
        else { return }
        bytes.withUnsafeBytes {
            let view = JSONView(validated: $0)
            next = Position(view["next"]?.integer().flatMap(UInt64.init(exactly:)) ?? 1)
            roundBegan = view["round_began"]?.text().flatMap { Timestamp(iso8601: $0) }
            verifiedSince = view["verified_since"]?.text().flatMap { Timestamp(iso8601: $0) }
        }
    }

    func save(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("next")
        writer.value(next.rawValue)
        for (key, moment) in [("round_began", roundBegan), ("verified_since", verifiedSince)] {
            guard let moment else { continue }
            writer.key(key)
            writer.value(moment.iso8601)
        }
        writer.endObject()
        var attempt = 0
        while true {
            attempt += 1
            do throws(FileError) {
                return try fileSystem.replaceFile(
                    layout.scrub, with: writer.bytes + [0x0A],
                    temporary: layout.temporaryFile("SCRUB"))
            } catch {
                // Whoever seals clears `tmp/`, and another scrub has a file of this name.
                guard error.isNotFound || error.errno == EEXIST, attempt < Self.attemptLimit
                else { throw LogError(error) }
            }
        }
    }

    private static let attemptLimit = 8
}

extension LogReader {
    /// How far scrubbing has come.
    ///
    /// - Throws: ``LogError`` if the file cannot be read; one that is damaged says nothing.
    public func scrubState() throws(LogError) -> ScrubState {
        try ScrubState(layout, fileSystem)
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
