internal import TachoJSON
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps rejected records aside, with where they came from and why.
///
/// One file for each source, `<directory>/ingest-<16 digits>.jsonl`, the digits from the SHA-256 of
/// the source: an imported file's path, else the name of who gave the record. A line:
///
/// ```
/// {"recorded":"…","source":"/a/b.jsonl","kind":"transcript","reason":"unexpectedEnd","message":"…","offset":123,"byte_count":45,"fault_offset":168,"sha256":"…","text":"…"}
/// ```
///
/// `text` is the record's first 64 KiB, or `base64` where they are not UTF-8. Offsets count in the
/// plain content of a compressed file. The same bytes at the same offset are written once, however
/// often the source is imported. A source's file is kept below ``maximumByteCount``; what goes
/// beyond is counted by the importer and not kept.
package struct Quarantine {
    package static let maximumByteCount = 64 << 20

    private let directory: String
    /// Of the source at hand.
    private var source = ""
    private var keys: Set<Key> = []
    private var byteCount = 0
    private var isLoaded = false

    fileprivate struct Key: Hashable {
        let offset: Int
        let digest: Digest256
    }

    /// `directory` is the store's `quarantine`; it is made when something is kept.
    package init(directory: String) {
        self.directory = directory
    }

    /// The file that a source's records are kept in.
    package func path(for source: String) -> String {
        let digits = SHA256.hash(Array(source.utf8)).bytes.prefix(8).hexadecimal
        return "\(directory)/ingest-\(String(decoding: digits, as: UTF8.self)).jsonl"
    }

    /// Keeps a record aside, unless it is there already.
    ///
    /// Hands back whether it is there now: `false` if it could not be written, or there is too much
    /// from this source already.
    package mutating func keep(
        _ record: RejectedRecord, source: String, kind: String, at time: Timestamp
    ) -> Bool {
        if source != self.source || !isLoaded { load(source) }
        let key = Key(offset: record.offset, digest: record.digest)
        guard !keys.contains(key) else { return true }
        guard append(record, source: source, kind: kind, at: time) else { return false }
        keys.insert(key)
        return true
    }

    /// Keeps a record aside without looking whether it is there: for hooks and standard input, where
    /// two equal records were given twice, and reading back would cost time.
    package mutating func append(
        _ record: RejectedRecord, source: String, kind: String, at time: Timestamp
    ) -> Bool {
        _ = withPath(Array(directory.utf8)) { mkdir($0, 0o700) }
        let line = Self.line(record, source: source, kind: kind, at: time)
        guard
            let file = OwnedDescriptor.open(
                Array(path(for: source).utf8), in: AT_FDCWD, flags: O_WRONLY | O_APPEND | O_CREAT)
        else { return false }
        byteCount = max(byteCount, Int(lseek(file.rawValue, 0, SEEK_END)))
        guard byteCount + line.count <= Self.maximumByteCount, file.writeAll(line) else {
            return false
        }
        byteCount += line.count
        return true
    }

    private static func line(
        _ record: RejectedRecord, source: String, kind: String, at time: Timestamp
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("recorded")
        writer.value(time.iso8601)
        writer.key("source")
        writer.value(source)
        writer.key("kind")
        writer.value(kind)
        record.write(to: &writer)
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    /// Learns which records of a source are there.
    private mutating func load(_ source: String) {
        self.source = source
        keys = []
        byteCount = 0
        isLoaded = true
        let path = Array(path(for: source).utf8)
        // What cannot be read counts as not kept yet.
        guard let file = OwnedDescriptor.open(path, in: AT_FDCWD, flags: O_RDONLY),
            let bytes = file.readAll(upTo: Self.maximumByteCount)
        else { return }
        byteCount = bytes.count
        for line in bytes.split(separator: 0x0A) {
            line.withUnsafeBytes { line in
                guard (try? JSON.validate(line)) == .object,  // Cut off as it was written.
                    let key = Key(JSONView(validated: line))
                else { return }
                keys.insert(key)
            }
        }
    }
}

extension Quarantine.Key {
    init?(_ line: JSONView) {
        guard let offset = line["offset"]?.integer().flatMap(Int.init(exactly:)),
            let digest = line["sha256"]?.string().flatMap(Digest256.init(hex:))
        else { return nil }
        self.init(offset: offset, digest: digest)
    }
}

extension RejectedRecord {
    /// The excerpt as text; up to three bytes shorter where it was cut inside a character.
    private var text: [UInt8]? {
        for dropped in 0...(byteCount > excerpt.count ? 3 : 0) {
            let text = excerpt.dropLast(dropped)
            if String(validating: text, as: UTF8.self) != nil { return Array(text) }
        }
        return nil
    }

    /// The members that tell of a rejected record, in a quarantine's line and in a spooled file.
    func write(to writer: inout JSONWriter) {
        writer.key("reason")
        writer.value(reason.name)
        writer.key("message")
        writer.value(reason.message)
        writer.key("offset")
        writer.value(offset)
        writer.key("byte_count")
        writer.value(byteCount)
        writer.key("fault_offset")
        writer.value(faultOffset)
        writer.key("sha256")
        writer.value(digest.hex)
        if let text {
            writer.key("text")
            writer.value(text)
        } else {
            writer.key("base64")
            writer.value(Base64.encode(excerpt))
        }
    }
}
