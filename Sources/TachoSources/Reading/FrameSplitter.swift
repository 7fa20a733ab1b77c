import TachoCapture
import TachoLog

/// Cuts a stream of bytes into messages that have their length before them: four bytes, the
/// highest first, as the OpenTelemetry Collector's file exporter writes them.
///
/// A length above ``InputLimit/documentByteCount`` cannot be told from damage, and nothing says
/// where the next message begins: all from there on is one rejection, hashed and not kept. A last
/// message whose end is missing is handed on as it is.
struct FrameSplitter: ~Copyable {
    static let headByteCount = 4

    /// The message being read, with its length in front.
    private var frame: [UInt8] = []
    /// Where in the file it begins.
    private var offset = 0
    private(set) var endOffset = 0
    private var isLost = false
    private var excerpt: [UInt8] = []
    private var hasher = SHA256Hasher()

    init() {}

    /// - Returns: Whether to go on.
    mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        endOffset += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty, !isLost {
            let missing = wantedByteCount - frame.count
            frame.append(contentsOf: rest.prefix(missing))
            rest = rest.dropFirst(missing)
            if frame.count == Self.headByteCount, isTooLong {
                isLost = true
                lose(frame)
            } else if frame.count >= Self.headByteCount, frame.count == wantedByteCount {
                guard try release(body) else { return false }
            }
        }
        if isLost { lose(rest) }
        return true
    }

    /// The end of the bytes.
    mutating func finish(
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) {
        if isLost {
            _ = try body(
                .rejected(
                    RejectedRecord(
                        .documentTooLong, offset: offset, byteCount: endOffset - offset,
                        digest: hasher.finish(), excerpt: excerpt)))
        } else if frame.count > Self.headByteCount {
            _ = try release(body)
        } else if !frame.isEmpty {
            let record = frame.withUnsafeBytes {
                RejectedRecord(.otlp(.truncated), offset: offset, bytes: $0)
            }
            _ = try body(.rejected(record))
        }
    }

    private var messageByteCount: Int {
        frame.prefix(Self.headByteCount).reduce(0) { $0 << 8 | Int($1) }
    }

    private var isTooLong: Bool { messageByteCount > InputLimit.documentByteCount }

    private var wantedByteCount: Int {
        frame.count < Self.headByteCount
            ? Self.headByteCount
            : Self.headByteCount + messageByteCount
    }

    private mutating func release(
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        let start = offset + Self.headByteCount
        offset += frame.count
        var whole: [UInt8] = []
        swap(&whole, &frame)
        defer {
            whole.removeAll(keepingCapacity: whole.capacity <= 2 << 20)
            swap(&whole, &frame)
        }
        return try whole.withUnsafeBufferPointer { whole throws(LogError) in
            let message = UnsafeBufferPointer(rebasing: whole[Self.headByteCount...])
            return try body(.value(UnsafeRawBufferPointer(message), offset: start))
        }
    }

    private mutating func lose(_ bytes: some Collection<UInt8>) {
        excerpt += bytes.prefix(RejectedRecord.maximumExcerptByteCount - excerpt.count)
        Array(bytes).withUnsafeBytes { hasher.update($0) }
    }
}
