internal import TachoJSON

/// The file `ARCHIVE` of an archive: which segments it has.
///
/// One JSON object a line: the store, then one line for each segment in order of position. For
/// people, for `jq`, and for making a store from an archive alone; a store that has archived
/// something does not need it.
///
/// ```
/// {"archive":1,"store":"01939f7e-…"}
/// {"file":"00…01-00…99.g0.jsonl.lz4","first":1,"last":99,"bytes":18231,"raw_bytes":51200,"chain":"9f3a…","sha256":"77ab…"}
/// ```
struct ArchiveListing: Equatable {
    struct Entry: Equatable {
        let file: String
        let first: Position
        let last: Position
        let byteCount: Int
        let rawByteCount: Int
        let chain: Digest256
        /// SHA-256 of the file.
        let digest: Digest256
    }

    static let name = "ARCHIVE"

    let store: StoreID
    /// In order of position, without overlap.
    private(set) var entries: [Entry] = []

    init(store: StoreID) { self.store = store }

    /// - Returns: Names of files whose positions the new one has.
    mutating func add(_ entry: Entry) -> [String] {
        let replaced = entries.filter { $0.first <= entry.last && $0.last >= entry.first }
        entries.removeAll { $0.first <= entry.last && $0.last >= entry.first }
        let place = entries.firstIndex { $0.first > entry.last } ?? entries.endIndex
        entries.insert(entry, at: place)
        return replaced.map(\.file).filter { $0 != entry.file }
    }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("archive")
        writer.value(1)
        writer.key("store")
        writer.value(store.description)
        writer.endObject()
        var bytes = writer.bytes + [0x0A]
        for entry in entries {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("file")
            writer.value(entry.file)
            for (key, number) in [
                ("first", Int(clamping: entry.first.rawValue)),
                ("last", Int(clamping: entry.last.rawValue)), ("bytes", entry.byteCount),
                ("raw_bytes", entry.rawByteCount),
            ] {
                writer.key(key)
                writer.value(number)
            }
            writer.key("chain")
            writer.value(entry.chain.hex)
            writer.key("sha256")
            writer.value(entry.digest.hex)
            writer.endObject()
            bytes += writer.bytes + [0x0A]
        }
        return bytes
    }

    /// - Throws: ``LogError`` `.damaged`, naming the line, unless every line is one that could have
    ///   been written: a listing from elsewhere names no other files than segments.
    init(parsing bytes: [UInt8], location: String) throws(LogError) {
        func damaged(_ line: Int, _ what: String) -> LogError {
            LogError(.damaged, "\(location)/\(Self.name), line \(line): \(what)")
        }
        var store: StoreID?
        for (index, line) in bytes.split(separator: 0x0A).enumerated() {
            let line = Array(line)
            guard (try? JSON.validate(line)) == .object else {
                throw damaged(index + 1, "not a JSON object")
            }
            if index == 0 {
                store = line.withUnsafeBytes {
                    JSONView(validated: $0)["store"]?.string().flatMap { StoreID($0) }
                }
                continue
            }
            let entry = line.withUnsafeBytes { Entry(JSONView(validated: $0)) }
            guard let entry else { throw damaged(index + 1, "not a segment of a store") }
            if let before = entries.last, entry.first <= before.last {
                throw damaged(index + 1, "it does not follow the segment before it")
            }
            entries.append(entry)
        }
        guard let store else { throw damaged(1, "it names no store") }
        self.store = store
    }
}

extension ArchiveListing.Entry {
    fileprivate init?(_ view: JSONView) {
        func number(_ key: StaticString) -> Int? {
            view[key]?.integer().flatMap(Int.init(exactly:)).flatMap {
                (0..<1 << 60).contains($0) ? $0 : nil
            }
        }
        func digest(_ key: StaticString) -> Digest256? {
            view[key]?.string().flatMap { Digest256(hex: $0) }
        }
        guard let file = view["file"]?.string(), let first = number("first"), first > 0,
            let last = number("last"), last >= first, let byteCount = number("bytes"),
            let rawByteCount = number("raw_bytes"), let chain = digest("chain"),
            let digest = digest("sha256")
        else { return nil }
        // No path, no link, no other name: what a store would call this segment.
        let generation = StoreLayout.generation(ofSealed: file)
        let name = StoreLayout.sealedName(
            first: Position(UInt64(first)), last: Position(UInt64(last)), generation: generation)
        guard generation >= 0, file == name else { return nil }
        self.init(
            file: file, first: Position(UInt64(first)), last: Position(UInt64(last)),
            byteCount: byteCount, rawByteCount: rawByteCount, chain: chain, digest: digest)
    }
}
