/// Writes the two forms of a record's line.
///
/// ```
/// {"position":7,"recorded":"…","id":"…",…,"data":{…}}                          canonical
/// {"position":7,"recorded":"…","id":"…",…,"data":{…},"_":"0.182736.9f3a01bc"}  active
/// ```
///
/// The active line is the canonical one with a ``RecordSuffix`` before its last brace.
struct RecordEncoder: ~Copyable {
    private var lines = LineBuffer()
    private var seed = ActiveSeed.none
    private var time = Timestamp(microseconds: 0)
    private var watermark = 0
    /// Where what all lines of one run have behind their position, up to the id, stands in the
    /// first of them; empty before that.
    private var recorded = 0..<0

    /// The lines since ``begin(seed:recorded:watermark:)``; lent until the next call.
    var bytes: UnsafeRawBufferPointer { lines.bytes }
    var byteCount: Int { lines.count }

    /// Forgets the lines, keeps their memory, and begins others.
    ///
    /// - Parameters:
    ///   - seed: Of the file the lines are for.
    ///   - recorded: Whole milliseconds.
    ///   - watermark: Bytes of this file known to be durable.
    mutating func begin(seed: ActiveSeed, recorded: Timestamp, watermark: Int) {
        lines.removeAll()
        self.seed = seed
        self.watermark = watermark
        time = recorded
        self.recorded = 0..<0
    }

    /// Appends one active line.
    ///
    /// - Parameters:
    ///   - event: Already checked (``NewEvent/validate()``).
    ///   - generator: Makes an id if the event brings none.
    ///   - position: Its number.
    ///   - remaining: Records of the same batch still to come.
    mutating func append(
        _ event: borrowing NewEvent, generator: inout UUIDv7Generator, position: Position,
        remaining: Int
    ) {
        let start = lines.count
        lines.reserve(
            event.data.count + event.stream.bytes.count + event.type.bytes.count
                + event.source.bytes.count + (event.id?.bytes.count ?? 0) + Self.restByteCount)
        lines.put("{\"position\":")
        lines.putDigits(position.rawValue)
        putRecorded()
        if let id = event.id {
            lines.put(id.bytes)
        } else {
            lines.put(generator.next(at: time))
        }
        lines.put("\",\"stream\":\"")
        lines.put(event.stream.bytes)
        lines.put("\",\"type\":\"")
        lines.put(event.type.bytes)
        lines.put("\",\"source\":\"")
        lines.put(event.source.bytes)
        lines.put("\",\"version\":")
        lines.putDigits(UInt64(event.version))
        if let time = event.time {
            lines.put(",\"time\":\"")
            lines.put(time)
            lines.put("\"")
        }
        lines.put(",\"data\":")
        lines.put(event.data)
        RecordSuffix.append(
            to: &lines, lineStart: start, remaining: remaining, watermark: watermark, seed: seed)
    }

    /// Written once for each run, and copied from there: making a text of a moment takes longer.
    @inline(__always)
    private mutating func putRecorded() {
        guard recorded.isEmpty else { return lines.putCopy(of: recorded) }
        let start = lines.count
        lines.put(",\"recorded\":\"")
        lines.put(time)
        lines.put("\",\"id\":\"")
        recorded = start..<lines.count
    }

    /// At least what a line has beside the event's own texts: 107 bytes of keys and quotes, 36 of
    /// an id, five numbers of at most 20, two moments of at most 40, and 19 of the suffix.
    private static let restByteCount = 384
}

extension [UInt8] {
    @inline(__always)
    mutating func append(text: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
