internal import TachoJSON

/// The file `MANIFEST`: which files make up the log.
///
/// What it does not name is not part of it.
///
/// One JSON object a line: the store, one line for each segment in order of position, and a
/// CRC-32C of all bytes before the last line. Replaced by rename; the one before stays as
/// `MANIFEST.prev`.
///
/// ```
/// {"manifest":1,"store":"01939f7e-…","generation":3}
/// {"state":"sealed","file":"00…01-00…99.g0.jsonl.lz4","first":1,"last":99,"bytes":18231,"raw_bytes":51200,"chain":"9f3a…"}
/// {"state":"active","file":"00…100.active.jsonl","first":100}
/// {"crc32c":"1c291ca3"}
/// ```
package struct Manifest: Equatable, Sendable {
    package let store: StoreID
    package var generation: Int
    /// In order of position; the last one is the active one.
    package var segments: [SegmentEntry]

    /// The active segment's entry.
    package var active: SegmentEntry? {
        segments.last.flatMap { $0.state == .active ? $0 : nil }
    }
}

/// A segment as the manifest knows it.
package struct SegmentEntry: Equatable, Sendable {
    package enum State: String, Sendable {
        /// An LZ4 file that never changes.
        case sealed
        /// A sealed one whose lines are elsewhere; its index and footer are here.
        case archived
        /// A full active file that waits to be sealed: its first `byteCount` bytes count.
        case sealing
        /// Appended to.
        case active
        /// An active file with damage in acknowledged bytes: what is good in it is read, and it is
        /// kept as it is.
        case damaged

        /// As `init(rawValue:)`, which makes an array of all names first.
        init?(name: String) {
            switch name {
            case "sealed": self = .sealed
            case "archived": self = .archived
            case "sealing": self = .sealing
            case "active": self = .active
            case "damaged": self = .damaged
            default: return nil
            }
        }

        /// Whether there is an index and a footer: what reading asks for.
        ///
        /// What writes segments anew asks for `.sealed`: it needs the lines.
        var isSealed: Bool { self == .sealed || self == .archived }
    }

    package var state: State
    package var file: String
    package var first: Position
    /// Of an active segment: not known here but in `HEAD`.
    package var last: Position
    package var byteCount: Int
    package var rawByteCount: Int
    /// The chain's head after this segment; of sealed ones.
    package var chain: Digest256?
    /// Where the file is, of archived ones: a directory or a URL, without what JSON would escape.
    package var archive: String?

    /// The name in `log/` of what is here: the file, or what stays of an archived one.
    package var localFile: String {
        state == .archived ? file + ArchivedIDs.suffix : file
    }
}

extension Manifest {
    var bytes: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(256 * (segments.count + 1))
        bytes.append("{\"manifest\":1,\"store\":\"", store.description)
        bytes.append("\",\"generation\":", generation)
        bytes.append("}\n")
        for segment in segments {
            if segment.state == .active {
                Self.appendActive(segment.file, segment.first, to: &bytes)
                continue
            }
            bytes.append("{\"state\":\"", segment.state.rawValue)
            bytes.append("\",\"file\":\"", segment.file)
            bytes.append("\",\"first\":", segment.first.rawValue)
            bytes.append(",\"last\":", segment.last.rawValue)
            bytes.append(",\"bytes\":", segment.byteCount)
            bytes.append(",\"raw_bytes\":", segment.rawByteCount)
            if let chain = segment.chain {
                bytes.append(",\"chain\":\"", chain.hex)
                bytes.append("\"")
            }
            if let archive = segment.archive { bytes.append(",\"archive\":\"", archive, "\"") }
            bytes.append("}\n")
        }
        let checksum = bytes.withUnsafeBytes { CRC32C.checksum($0) }
        bytes.append(contentsOf: Array("{\"crc32c\":\"".utf8))
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
            bytes.append(EnvelopeText.hexDigit(UInt8(truncatingIfNeeded: checksum >> shift) & 15))
        }
        bytes.append(contentsOf: Array("\"}\n".utf8))
        return bytes
    }

    private static func appendActive(
        _ file: String, _ first: Position, to bytes: inout [UInt8]
    ) {
        bytes.append("{\"state\":\"active\",\"file\":\"", file)
        bytes.append("\",\"first\":", first.rawValue)
        bytes.append("}\n")
    }

    /// Whether the last segment of the manifest in place is the active one that HEAD speaks of.
    ///
    /// Looks at the last two lines alone: what it takes to open a log does not grow with it. That
    /// the rest is whole is for those to see who read it; `false` may also mean that there is none.
    ///
    /// - Complexity: O(1).
    static func names(
        _ head: Head, _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> Bool {
        let file: FileDescriptor
        do throws(FileError) {
            file = try fileSystem.open(layout.manifest, .read)
        } catch {
            if error.isNotFound { return false }
            throw LogError(error)
        }
        defer { fileSystem.close(file) }
        var line: [UInt8] = [0x0A]
        let name = StoreLayout.activeName(
            first: head.activeFirst, generation: head.activeGeneration)
        appendActive(name, head.activeFirst, to: &line)
        let byteCount: Int
        do throws(FileError) {
            byteCount = try fileSystem.byteCount(of: file)
        } catch {
            throw LogError(error)
        }
        // Both have the newline between the two lines.
        let offset = byteCount - lastLineByteCount - line.count + 1
        guard offset > 0 else { return false }
        let found = try fileSystem.readUpTo(
            file, layout.manifest, at: offset, byteCount: line.count)
        return found == line
    }

    /// Of `{"crc32c":"…"}` between its newline and that of the line before.
    private static let lastLineByteCount = 23

    /// Reads a manifest.
    ///
    /// - Returns: `nil` if the bytes are not a whole, unchanged manifest of this store.
    init?(parsing bytes: [UInt8], store: StoreID) {
        guard bytes.count > Self.lastLineByteCount else { return nil }
        let end = bytes.count - Self.lastLineByteCount
        var start = 0
        func nextLine() -> ManifestLine? {
            let lineEnd = bytes[start..<end].firstIndex(of: 0x0A) ?? end
            defer { start = min(lineEnd + 1, end) }
            return ManifestLine(Array(bytes[start..<lineEnd]))
        }
        guard let header = nextLine(), header.text("store") == store.description,
            let generation = header.number("generation"), generation >= 0,
            generation < SegmentEntry.largestNumber
        else { return nil }
        var segments = [SegmentEntry]()
        while start < end {
            guard let entry = nextLine().flatMap(SegmentEntry.init) else { return nil }
            if let before = segments.last, before.state == .active || entry.first <= before.last {
                return nil
            }
            segments.append(entry)
        }
        self.store = store
        self.generation = generation
        self.segments = segments
        // Written again, it must be the same bytes; that checks the checksum and every field.
        guard self.bytes == bytes else { return nil }
    }

    /// The newest readable manifest.
    ///
    /// - Throws: ``LogError`` `.damaged` if neither file is whole.
    static func load(
        _ layout: StoreLayout, store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) -> Manifest {
        for path in [layout.manifest, layout.previousManifest] {
            guard let bytes = try fileSystem.contents(of: path) else { continue }
            if let manifest = Manifest(parsing: bytes, store: store) { return manifest }
        }
        throw LogError(
            .damaged,
            "\(layout.manifest) is missing or damaged, and so is \(layout.previousManifest). The "
                + "log's files are untouched; run `tacho recover` to rebuild the manifest from them."
        )
    }

    /// Makes `MANIFEST.prev` say the same, so that nothing names what is gone.
    func saveAsPrevious(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.previousManifest, with: bytes,
                temporary: layout.temporaryFile("MANIFEST.prev"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    /// Puts the manifest in place.
    ///
    /// Called under the store's lock only.
    func save(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        do throws(FileError) {
            if try fileSystem.status(layout.manifest) != nil {
                try fileSystem.link(layout.manifest, as: layout.previousManifest)
            }
            try fileSystem.replaceFile(
                layout.manifest, with: bytes, temporary: layout.temporaryFile("MANIFEST"))
            try fileSystem.synchronizeDirectory(layout.directory)
        } catch {
            throw LogError(error)
        }
    }
}

/// One line, parsed far enough to take its members.
private struct ManifestLine {
    private let bytes: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard (try? JSON.validate(bytes)) == .object else { return nil }
        self.bytes = bytes
    }

    func text(_ key: StaticString) -> String? {
        bytes.withUnsafeBytes { JSONView(validated: $0)[key]?.string() }
    }

    func number(_ key: StaticString) -> Int? {
        bytes.withUnsafeBytes { JSONView(validated: $0)[key]?.integer() }.flatMap(
            Int.init(exactly:))
    }
}

extension SegmentEntry {
    /// As far as positions go, and no byte count comes to more.
    fileprivate static let largestNumber = Int(Position.largest.rawValue) + 1

    fileprivate init?(_ line: ManifestLine) {
        guard let state = line.text("state").flatMap(State.init(name:)),
            let file = line.text("file"),
            let first = line.number("first"), first > 0
        else { return nil }
        // A manifest names files of `log/` and nothing else.
        guard !file.isEmpty, !file.hasPrefix("."), !file.utf8.contains(UInt8(ascii: "/")) else {
            return nil
        }
        let last = line.number("last") ?? first - 1
        let byteCount = line.number("bytes") ?? 0
        let rawByteCount = line.number("raw_bytes") ?? 0
        // Only a segment that still grows may be without positions.
        guard last >= (state == .active ? first - 1 : first), byteCount >= 0, rawByteCount >= 0,
            max(first, last, byteCount, rawByteCount) < Self.largestNumber
        else { return nil }
        self.init(
            state: state, file: file, first: Position(UInt64(first)), last: Position(UInt64(last)),
            byteCount: byteCount, rawByteCount: rawByteCount,
            chain: line.text("chain").flatMap(Digest256.init(hex:)), archive: line.text("archive"))
        guard (archive != nil) == (state == .archived) else { return nil }
    }
}

extension [UInt8] {
    fileprivate mutating func append(
        _ words: StaticString, _ text: String = "", _ end: StaticString = ""
    ) {
        words.withUTF8Buffer { append(contentsOf: $0) }
        append(contentsOf: text.utf8)
        end.withUTF8Buffer { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ words: StaticString, _ number: some BinaryInteger) {
        words.withUTF8Buffer { append(contentsOf: $0) }
        appendDigits(number)
    }
}
