/// Writes the two forms of a record's line.
///
/// ```
/// {"position":7,"recorded":"…","id":"…",…,"data":{…}}                          canonical
/// {"position":7,"recorded":"…","id":"…",…,"data":{…},"_":"0.182736.9f3a01bc"}  active
/// ```
///
/// The active line is the canonical one with a ``RecordSuffix`` before its last brace.
struct RecordEncoder {
    let seed: ActiveSeed
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - seed: Of the file the lines are for.
    ///   - byteCount: About how many bytes they will be.
    init(seed: ActiveSeed, byteCount: Int) {
        self.seed = seed
        bytes.reserveCapacity(byteCount)
    }

    /// Appends one active line.
    ///
    /// - Parameters:
    ///   - event: Already checked (``NewEvent/validate()``).
    ///   - generator: Makes an id if the event brings none.
    ///   - time: For a made id.
    ///   - position: Its number.
    ///   - recorded: Whole milliseconds.
    ///   - remaining: Records of the same batch still to come.
    ///   - watermark: Bytes of this file known to be durable.
    mutating func append(
        _ event: NewEvent, generator: inout UUIDv7Generator, at time: Timestamp,
        position: Position, recorded: [UInt8], remaining: Int, watermark: Int
    ) {
        let start = bytes.count
        bytes.append(text: "{\"position\":")
        bytes.appendDigits(position.rawValue)
        bytes.append(text: ",\"recorded\":\"")
        bytes.append(contentsOf: recorded)
        bytes.append(text: "\",\"id\":\"")
        if let id = event.id {
            bytes.append(contentsOf: id.bytes)
        } else {
            generator.appendNext(at: time, to: &bytes)
        }
        bytes.append(text: "\",\"stream\":\"")
        bytes.append(contentsOf: event.stream.bytes)
        bytes.append(text: "\",\"type\":\"")
        bytes.append(contentsOf: event.type.bytes)
        bytes.append(text: "\",\"source\":\"")
        bytes.append(contentsOf: event.source.bytes)
        bytes.append(text: "\",\"version\":")
        bytes.appendDigits(event.version)
        if let time = event.time {
            bytes.append(text: ",\"time\":\"")
            time.appendISO8601(to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(text: ",\"data\":")
        bytes.append(contentsOf: event.data)
        RecordSuffix.append(
            to: &bytes, lineStart: start, remaining: remaining, watermark: watermark, seed: seed)
    }
}

extension [UInt8] {
    @inline(__always)
    mutating func append(text: StaticString) {
        append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
