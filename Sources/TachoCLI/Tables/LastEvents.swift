import TachoJSON
import TachoLog

/// The last events of one stream.
struct LastEvents {
    private(set) var lines: [String] = []
    private(set) var positions: [Position] = []

    /// - Parameters:
    ///   - count: How many at most.
    ///   - stream: The workflow or session.
    ///   - session: Only events of this session, of a stream that holds several.
    ///   - tables: The log, and up to where it counts.
    ///   - line: How one is written.
    /// - Throws: What reading throws.
    init(
        _ count: Int, of stream: String, session: String? = nil, _ tables: OpenTables,
        _ line: EventLine
    ) throws {
        var found: [(position: Position, line: [UInt8])] = []
        // From the end of the log: a segment is opened only if those behind it have too few.
        for segment in tables.reader.segments.reversed() where found.count < count {
            var last = min(segment.last, tables.asOf ?? segment.last)
            // The index of a sealed segment says where a stream is; of another one ever larger parts
            // of the end are looked at.
            var window: UInt64 = segment.isSealed ? .max : Self.firstWindow
            while segment.first <= last, found.count < count {
                let isRest = last.rawValue - segment.first.rawValue < window
                let first = isRest ? segment.first : Position(last.rawValue - window + 1)
                found =
                    try Self.last(
                        count - found.count, from: first, through: last, of: stream, session,
                        tables.reader) + found
                last = first.previous
                window = window.multipliedReportingOverflow(by: 8).partialValue
            }
        }
        positions = found.map(\.position)
        lines = found.map { _, bytes in
            "  " + (bytes.withUnsafeBytes { RecordView(line: $0).map(line.text) } ?? "")
        }
    }

    private static let firstWindow: UInt64 = 4096

    private static func last(
        _ count: Int, from first: Position, through last: Position, of stream: String,
        _ session: String?, _ reader: LogReader
    ) throws -> [(position: Position, line: [UInt8])] {
        var recent: [(position: Position, line: [UInt8])] = []
        try reader.forEachBatch(
            from: first, through: last, matching: RecordFilter(streams: [ByteString(stream)]),
            onDamage: { _ in },
            { batch in
                try batch.forEachRecord { record in
                    guard session.map({ record.isOf(session: $0) }) ?? true else { return true }
                    recent.append((record.position, Array(record.line)))
                    if recent.count >= 2 * count { recent.removeFirst(count) }
                    return true
                }
                return true
            })
        return Array(recent.suffix(count))
    }
}

extension RecordView {
    /// Whether the data names this session, as hooks or as transcripts and outputs do.
    fileprivate func isOf(session: String) -> Bool {
        let view = JSONView(validated: data)
        let text = (view["session_id"] ?? view["sessionId"])?.text()
        return text?.elementsEqual(session.utf8) ?? false
    }
}
