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
        guard count > 0 else { return }
        var found: [(Position, String)] = []
        try tables.reader.forEachBatch(
            through: tables.asOf, matching: RecordFilter(streams: [ByteString(stream)]),
            onDamage: { _ in },
            { batch in
                // Only the end of a batch can be among the last ones.
                var recent: [(Position, [UInt8])] = []
                try batch.forEachRecord { record in
                    guard session.map({ record.isOf(session: $0) }) ?? true else { return true }
                    recent.append((record.position, Array(record.line)))
                    if recent.count >= 2 * count { recent.removeFirst(count) }
                    return true
                }
                for (position, bytes) in recent.suffix(count) {
                    let text = bytes.withUnsafeBytes { RecordView(line: $0).map(line.text) }
                    found.append((position, text ?? ""))
                }
                if found.count > count { found.removeFirst(found.count - count) }
                return true
            })
        positions = found.map(\.0)
        lines = found.map { "  " + $0.1 }
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
