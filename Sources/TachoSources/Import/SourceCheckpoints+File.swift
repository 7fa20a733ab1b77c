import TachoCapture
import TachoJSON
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension SourceCheckpoints {
    /// Reads the file `path` for a log that `anchor` tells about.
    ///
    /// - Returns: None if there is no such file, if it is damaged, or of another log or another past
    ///   of this one: reading everything again is always right.
    package static func load(
        _ path: String, anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(LogError) -> SourceCheckpoints {
        let bytes = try RealFileSystem().contents(of: path, limit: byteLimit)
        guard let bytes, let file = File(bytes), let found = try anchor(file.anchor.position),
            found == file.anchor
        else { return SourceCheckpoints() }
        var checkpoints = SourceCheckpoints()
        checkpoints.files = file.files
        return checkpoints
    }

    /// Puts the file in place at once.
    ///
    /// `anchor` is of the log where all that the checkpoints tell of is durable. Throws what the
    /// file system says.
    package func save(
        _ path: String, temporary: String, anchor: LogAnchor
    ) throws(LogError) {
        let bytes = File(anchor: anchor, files: files).bytes
        try LogError.unifying {
            try RealFileSystem().replaceFile(path, with: bytes, temporary: temporary)
        }
    }

    /// Forgets the files that are not there any more: agents clean up after themselves.
    package mutating func forgetGone() {
        files = files.filter { path, _ in
            var status = stat()
            return withPath(Array(path.utf8)) { lstat($0, &status) } == 0
        }
    }

    /// A million files have less.
    private static let byteLimit = 1 << 30

    /// The content of the file `SOURCES`.
    struct File: Equatable {
        var anchor: LogAnchor
        var files: [String: SourceCheckpoint]
    }
}

extension SourceCheckpoints.File {
    var bytes: [UInt8] {
        var bytes = [UInt8]()
        var header = JSONWriter()
        header.beginObject()
        header.key("sources")
        header.value(1)
        header.key("store")
        header.value(anchor.store.bytes)
        header.key("position")
        header.value(anchor.position.rawValue)
        header.key("line_crc32c")
        header.value(UInt64(anchor.lineChecksum))
        header.key("files")
        header.value(files.count)
        header.endObject()
        bytes += header.bytes
        bytes.append(0x0A)
        for (path, file) in files.sorted(by: { $0.key < $1.key }) {
            bytes += Self.line(path, file)
            bytes.append(0x0A)
        }
        let checksum = CRC32C.checksum(bytes)
        bytes += Array("{\"crc32c\":\(checksum)}\n".utf8)
        return bytes
    }

    private static func line(_ path: String, _ file: SourceCheckpoint) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("path")
        writer.value(path)
        writer.key("device")
        writer.value("\(file.stamp.device)")
        writer.key("inode")
        writer.value("\(file.stamp.inode)")
        writer.key("bytes")
        writer.value(file.stamp.byteCount)
        writer.key("modified")
        writer.value(file.stamp.modified.microseconds)
        writer.key("settled")
        writer.value(file.isSettled)
        writer.key("kind")
        writer.value(file.kind.rawValue)
        writer.key("form")
        writer.value(file.form.rawValue)
        writer.key("rules")
        writer.value(file.rules)
        writer.key("offset")
        writer.value(file.offset)
        writer.key("plain_bytes")
        writer.value(file.plainByteCount)
        if let fingerprint = file.fingerprint, let chain = file.chain {
            writer.key("fingerprint")
            writer.value(fingerprint.hex)
            writer.key("chain")
            writer.value(chain.hex)
        }
        writer.key("records")
        writer.value(file.recordCount)
        writer.key("rejected")
        writer.value(file.rejectedCount)
        writer.key("quarantined")
        writer.value(file.quarantinedCount)
        writer.key("rejections")
        writer.beginArray()
        for rejection in file.rejections {
            writer.beginArray()
            writer.value(rejection.reason.name)
            writer.value(rejection.offset)
            writer.value(rejection.faultOffset)
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// Reads ``bytes``; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: true)
        guard bytes.last == 0x0A, let last = lines.popLast(),
            let checksum = Self.object(last, { $0["crc32c"]?.integer() }),
            checksum == Int64(CRC32C.checksum(Array(bytes[..<last.startIndex]))),
            !lines.isEmpty
        else { return nil }
        let header = Self.object(lines.removeFirst()) { header -> LogAnchor? in
            guard header["sources"]?.integer() == 1, let store = header["store"]?.text(),
                let position = header["position"]?.integer().flatMap(UInt64.init(exactly:)),
                let line = header["line_crc32c"]?.integer().flatMap(UInt32.init(exactly:)),
                header["files"]?.integer() == Int64(lines.count)
            else { return nil }
            return LogAnchor(
                store: ByteString(store), position: Position(position), lineChecksum: line)
        }
        guard let header else { return nil }
        anchor = header
        files = [:]
        for line in lines {
            let entry = Self.object(line) { line in
                line["path"]?.string().flatMap { path in
                    SourceCheckpoint(line).map { (path, $0) }
                }
            }
            guard let (path, file) = entry else { return nil }
            files[path] = file
        }
    }

    private static func object<Result>(
        _ line: ArraySlice<UInt8>, _ body: (JSONView) -> Result?
    ) -> Result? {
        line.withUnsafeBytes { line in
            guard (try? JSON.validate(line)) == .object else { return nil }  // Else it is not ours.
            return body(JSONView(validated: line))
        }
    }
}

extension SourceCheckpoint {
    fileprivate init?(_ line: JSONView) {
        func count(_ key: StaticString) -> Int? {
            line[key]?.integer().flatMap(Int.init(exactly:)).flatMap { $0 >= 0 ? $0 : nil }
        }
        func number(_ key: StaticString) -> UInt64? {
            line[key]?.string().flatMap { UInt64($0) }
        }
        guard let device = number("device"), let inode = number("inode"),
            let byteCount = count("bytes"), let modified = line["modified"]?.integer(),
            let isSettled = line["settled"]?.boolean(),
            let kind = line["kind"]?.string().flatMap(SourceKind.init(rawValue:)),
            let form = line["form"]?.string().flatMap(RecordForm.init(rawValue:)),
            let rules = line["rules"]?.string(),
            let offset = count("offset"), let plainByteCount = count("plain_bytes"),
            let recordCount = count("records"), let rejectedCount = count("rejected"),
            let quarantinedCount = count("quarantined"), rejectedCount <= recordCount,
            quarantinedCount <= rejectedCount
        else { return nil }
        var rejections: [FileReport.Rejection] = []
        line["rejections"]?.forEachElement { item in
            var parts: [JSONView] = []
            item.forEachElement { part in
                parts.append(part)
                return true
            }
            if parts.count == 3, let name = parts[0].text(),
                let reason = RejectionReason(name: name),
                let offset = parts[1].integer().flatMap(Int.init(exactly:)),
                let faultOffset = parts[2].integer().flatMap(Int.init(exactly:))
            {
                rejections.append(
                    FileReport.Rejection(
                        reason: reason, offset: offset, faultOffset: faultOffset))
            }
            return true
        }
        self.init(
            stamp: FileStamp(
                device: device, inode: inode, byteCount: byteCount,
                modified: Timestamp(microseconds: modified)),
            isSettled: isSettled, kind: kind, form: form, rules: rules, offset: offset,
            plainByteCount: plainByteCount,
            fingerprint: line["fingerprint"]?.string().flatMap(Digest256.init(hex:)),
            chain: line["chain"]?.string().flatMap(Digest256.init(hex:)), recordCount: recordCount,
            rejectedCount: rejectedCount,
            quarantinedCount: quarantinedCount, rejections: rejections)
    }
}
