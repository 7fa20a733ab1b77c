internal import TachoLog

// The checksums of each file kind, made to fit after a change: how a mutation gets behind them.
//
// Written from the description of the format and not with the code that checks them, so that both
// would have to be wrong in the same way.

enum ManifestText {
    private static let lastLineByteCount = 22

    /// The manifest with a last line that fits the lines before.
    static func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
        let body = Array(bytes.dropLast(lastLineByteCount))
        let digits = withUnsafeBytes(of: CRC32C.checksum(body).bigEndian) { Array($0).hexadecimal }
        return body + Array("{\"crc32c\":\"".utf8) + digits + Array("\"}\n".utf8)
    }

    /// The manifest with one text in place of another, once, and a checksum that fits.
    static func replacing(
        _ text: String, with other: String, in manifest: [UInt8]
    ) -> [UInt8] {
        var changed = String(decoding: manifest, as: UTF8.self)
        guard let range = changed.firstRange(of: text) else { return manifest }
        changed.replaceSubrange(range, with: other)
        return withChecksum(Array(changed.utf8))
    }
}

enum HeadSlots {
    static let byteCount = 512

    /// Both slots with their checksums.
    static func withChecksums(_ bytes: [UInt8], store: StoreID) -> [UInt8] {
        var fixed = bytes
        let seed = CRC32C.checksum(store.bytes)
        for start in stride(from: 0, through: bytes.count - byteCount, by: byteCount) {
            let end = start + byteCount - 4
            let checksum = CRC32C.checksum(Array(bytes[start..<end]), seed: seed)
            fixed.store(checksum, at: end)
        }
        return fixed
    }
}

enum ActiveLine {
    /// The line with the checksum it has in the segment that begins at `first`.
    static func withChecksum(_ line: [UInt8], store: StoreID, first: UInt64) -> [UInt8] {
        let end = line.count - 11
        guard end > 0 else { return line }
        let place = withUnsafeBytes(of: first.bigEndian) { Array($0) }
        let seed = CRC32C.checksum(store.bytes + place)
        let checksum = CRC32C.checksum(Array(line[..<end]), seed: seed)
        let digits = withUnsafeBytes(of: checksum.bigEndian) { Array($0).hexadecimal }
        return Array(line[..<end]) + digits + Array(line[(end + 8)...])
    }

    /// Every line of an active file with its checksum.
    static func all(_ bytes: [UInt8], store: StoreID, first: UInt64) -> [UInt8] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.isEmpty
                ? []
                : Array(
                    withChecksum(Array(line) + [0x0A], store: store, first: first).dropLast())
        }.joined(separator: [0x0A]).map { $0 }
    }
}

enum SnapshotText {
    private static let key = Array(",\"header_crc32c\":\"".utf8)

    /// A snapshot with all checksums, as far as its directory fits into it.
    static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        guard let newline = bytes.firstIndex(of: 0x0A), newline > key.count + 10 else {
            return bytes
        }
        let end = newline - key.count - 10
        let header = CRC32C.checksum(Array(bytes[..<end]))
        let digits = withUnsafeBytes(of: header.bigEndian) { Array($0).hexadecimal }
        let front = Array(bytes[..<end]) + key + digits + Array("\"}\n".utf8)
        var rest = Array(bytes[(newline + 1)...])
        let entryByteCount = 12
        let count = Int(rest.load(UInt32.self, at: 0))
        guard count <= (rest.count - 8) / entryByteCount else { return front + rest }
        let directoryEnd = 4 + entryByteCount * count
        var start = directoryEnd + 4
        for entry in stride(from: 4, to: directoryEnd, by: entryByteCount) {
            let size = Int(rest.load(UInt32.self, at: entry + 4) & 0xFF_FFFF)
            // One that is the same as another has the number of that, and its checksum.
            if rest[entry + 7] == 4 {
                let other = 4 + entryByteCount * size
                let checksum = rest.load(UInt32.self, at: other + 8)
                if other < entry { rest.store(checksum, at: entry + 8) }
                continue
            }
            let block = rest[start..<start + min(size, rest.count - start)]
            rest.store(CRC32C.checksum(Array(block), seed: header), at: entry + 8)
            start = block.endIndex
        }
        rest.store(CRC32C.checksum(Array(rest[..<directoryEnd]), seed: header), at: directoryEnd)
        return front + rest
    }
}

extension [UInt8] {
    /// Stores an integer, lowest byte first; nothing if there is no room.
    mutating func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        let bytes = Swift.withUnsafeBytes(of: value.littleEndian) { Array($0) }
        guard offset >= 0, offset <= count - bytes.count else { return }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    func load<Value: FixedWidthInteger>(_: Value.Type, at offset: Int) -> Value {
        guard offset >= 0, offset <= count - Value.bitWidth / 8 else { return 0 }
        return withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }
}
