import TachoJSON
package import TachoLog

/// The first line of a snapshot: what it is of, and what it is good for.
///
/// ```
/// {"format":4,"projector":"sessions","version":1,"fingerprint":"<64 digits>","position":65537,
///  "anchor":{"store":"…","position":65537,"line_crc32c":"9ae0daaf"},
///  "state_sha256":"<64 digits>","rows":12,"bytes":3456,"index_bytes":789,
///  "header_crc32c":"1c291ca3"}
/// ```
///
/// One line, shown here on several. The last member is the CRC-32C of all bytes before
/// `,"header_crc32c"`; `bytes` and `index_bytes` are the sizes of the state and of the index before
/// compression. A line without `format` and `index_bytes` is of the first format, of which tables
/// are kept; snapshots of the second and third are folded again.
package struct SnapshotHeader: Equatable, Sendable {
    /// Of what follows the line: see ``SnapshotBlocks``.
    package static let newestFormat = 4

    package var format = Self.newestFormat
    var isReadable: Bool { format == 1 || format == Self.newestFormat }
    package var projector: String
    package var version: Int
    package var fingerprint: Digest256
    package var position: Position
    package var anchor: LogAnchor
    package var stateHash: Digest256
    package var rowCount: Int
    package var byteCount: Int
    package var indexByteCount = 0

    /// No header is longer, newline included.
    static let byteLimit = 4096
    private static let checksumKey = Array(",\"header_crc32c\":\"".utf8)

    /// The whole line, with its newline, and its own checksum, with which the blocks begin.
    func encoded() -> (line: [UInt8], checksum: UInt32) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("format")
        writer.value(format)
        writer.key("projector")
        writer.value(projector)
        writer.key("version")
        writer.value(version)
        writer.key("fingerprint")
        writer.value(fingerprint.hex)
        writer.key("position")
        writer.value(position.rawValue)
        writer.key("anchor")
        writer.beginObject()
        writer.key("store")
        writer.value(anchor.store.bytes)
        writer.key("position")
        writer.value(anchor.position.rawValue)
        writer.key("line_crc32c")
        writer.value(Self.hexadecimal(anchor.lineChecksum))
        writer.endObject()
        writer.key("state_sha256")
        writer.value(stateHash.hex)
        writer.key("rows")
        writer.value(rowCount)
        writer.key("bytes")
        writer.value(byteCount)
        writer.key("index_bytes")
        writer.value(indexByteCount)
        var line = writer.bytes
        let checksum = CRC32C.checksum(line)
        line += Self.checksumKey + Self.hexadecimal(checksum) + Array("\"}\n".utf8)
        return (line, checksum)
    }

    /// Reads the line at the front of a file.
    ///
    /// - Parameter bytes: The first ``byteLimit`` bytes of the file, or all of it.
    /// - Returns: `nil` if there is no header, or if its checksum is not its own.
    static func decode(
        _ bytes: [UInt8]
    ) -> (header: SnapshotHeader, byteCount: Int, checksum: UInt32)? {
        guard let newline = bytes.firstIndex(of: 0x0A),
            newline > checksumKey.count + 10
        else { return nil }
        let line = Array(bytes[..<newline])
        let end = line.count - checksumKey.count - 10
        let checksum = CRC32C.checksum(Array(line[..<end]))
        guard line[end...].elementsEqual(checksumKey + hexadecimal(checksum) + Array("\"}".utf8)),
            (try? JSON.validate(line)) == .object,
            let header = line.withUnsafeBytes({ SnapshotHeader(JSONView(validated: $0)) })
        else { return nil }  // try?: bytes that are no JSON are no header, for whatever reason
        return (header, newline + 1, checksum)
    }

    private init?(_ view: JSONView) {
        guard let projector = view["projector"]?.string(),
            let version = view["version"]?.integer(),
            let fingerprint = view["fingerprint"]?.string().flatMap({ Digest256(hex: $0) }),
            let position = view["position"]?.integer().flatMap({ UInt64(exactly: $0) }),
            let anchor = view["anchor"].flatMap({ LogAnchor($0) }),
            let stateHash = view["state_sha256"]?.string().flatMap({ Digest256(hex: $0) }),
            let rowCount = view["rows"]?.integer(), let byteCount = view["bytes"]?.integer(),
            byteCount >= 0, rowCount >= 0
        else { return nil }
        self.init(
            projector: projector, version: Int(version), fingerprint: fingerprint,
            position: Position(position), anchor: anchor, stateHash: stateHash,
            rowCount: Int(rowCount), byteCount: Int(byteCount))
        format = 1
        guard let named = view["format"] else { return }
        guard let format = named.integer(), format > 1,
            let indexByteCount = view["index_bytes"]?.integer(), indexByteCount >= 0
        else { return nil }
        self.format = Int(format)
        self.indexByteCount = Int(indexByteCount)
    }

    package init(
        projector: String, version: Int, fingerprint: Digest256, position: Position,
        anchor: LogAnchor, stateHash: Digest256, rowCount: Int, byteCount: Int,
        indexByteCount: Int = 0
    ) {
        self.projector = projector
        self.version = version
        self.fingerprint = fingerprint
        self.position = position
        self.anchor = anchor
        self.stateHash = stateHash
        self.rowCount = rowCount
        self.byteCount = byteCount
        self.indexByteCount = indexByteCount
    }

    fileprivate static func hexadecimal(_ checksum: UInt32) -> [UInt8] {
        withUnsafeBytes(of: checksum.bigEndian) { Array($0).hexadecimal }
    }
}

extension LogAnchor {
    fileprivate init?(_ view: JSONView) {
        guard let store = view["store"]?.text(),
            let position = view["position"]?.integer().flatMap({ UInt64(exactly: $0) }),
            let checksum = view["line_crc32c"]?.text().flatMap({ [UInt8](hexadecimal: $0) }),
            checksum.count == 4
        else { return nil }
        self.init(
            store: ByteString(store), position: Position(position),
            lineChecksum: checksum.reduce(0) { $0 << 8 | UInt32($1) })
    }
}
