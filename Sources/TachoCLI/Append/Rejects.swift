import TachoJSON
import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What was refused of an input: counted, told, and kept in the store's quarantine.
struct Rejects {
    struct Reject {
        let line: Int
        /// Of the byte at fault, from the beginning of the input.
        let offset: Int
        let reason: String

        /// Writes the members `line`, `offset`, and `reason`.
        func write(to writer: inout JSONWriter) {
            writer.key("line")
            writer.value(line)
            writer.key("offset")
            writer.value(offset)
            writer.key("reason")
            writer.value(reason)
        }
    }

    private(set) var count = 0
    /// The first ones.
    private(set) var first: [Reject] = []
    private(set) var file: String?
    /// Why they could not be kept.
    private(set) var failure: String?

    static let shownLimit = 20
    static let listedLimit = 100
    /// Bytes kept of one line: enough to see what it was, not enough to fill a disk.
    static let keptByteCount = 1 << 16

    mutating func add(
        _ reject: Reject, bytes: [UInt8], byteCount: Int, source: String, to layout: StoreLayout
    ) {
        count += 1
        if first.count < Self.listedLimit { first.append(reject) }
        keep(reject, bytes, byteCount, source, layout)
    }

    private mutating func keep(
        _ reject: Reject, _ bytes: [UInt8], _ byteCount: Int, _ source: String,
        _ layout: StoreLayout
    ) {
        guard failure == nil else { return }
        let name = file ?? Self.newName(source)
        let path = layout.quarantine + "/" + name
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            failure = "\(path) cannot be written: \(String(cString: strerror(errno)))"
            return
        }
        defer { close(descriptor) }
        let line = Self.line(reject, bytes, byteCount, source)
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == line.count else {
            failure = "\(path) cannot be written: \(String(cString: strerror(errno)))"
            return
        }
        file = name
    }

    private static func newName(_ source: String) -> String {
        let moment = Timestamp.now.description.filter { $0 != ":" && $0 != "-" }
        return "\(source)-\(moment)-\(getpid()).rejected.jsonl"
    }

    private static func line(
        _ reject: Reject, _ bytes: [UInt8], _ byteCount: Int, _ source: String
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("source")
        writer.value(source)
        reject.write(to: &writer)
        writer.key("bytes")
        writer.value(byteCount)
        let kept = Array(bytes.prefix(keptByteCount))
        if String(validating: kept, as: UTF8.self) != nil {
            writer.key("text")
            writer.value(kept)
        } else {
            writer.key("hex")
            writer.value(kept.flatMap { [hexDigit($0 >> 4), hexDigit($0 & 15)] })
        }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x57 + value
    }
}
