/// The numbers of the sealed segment's format; the format itself is in <doc:FileFormat>.
enum SegmentFormat {
    static let version: UInt16 = 1

    /// In a file: `04 22 4D 18`.
    static let frameMagic: UInt32 = 0x184D_2204
    static let indexMagic: UInt32 = 0x184D_2A5A
    static let columnsMagic: UInt32 = 0x184D_2A5B
    static let footerMagic: UInt32 = 0x184D_2A5F
    /// Magic number and byte count of a skippable frame.
    static let skippableHeaderByteCount = 8

    static let indexName = Array("TACHOIDX".utf8)
    static let footerName = Array("TACHOSEG".utf8)
    static let columnsName = Array("TACHOCOL".utf8)

    /// With the skippable frame's header; the same in all versions, so that each finds it.
    static let footerByteCount = 256

    /// A record is at most 16 MiB; four times that leaves room without letting a reader be made
    /// to allocate much.
    static let maximumRawByteCount = 64 << 20
    /// LZ4 cannot expand further than 255 to 1.
    static let maximumExpansion = 256
    static let expansionAllowance = 64 << 10
    /// Up to here a frame names its streams, above it has a bloom filter of them.
    static let listedStreamLimit = 64

    /// What a reader has to know to read the lines right; none is defined yet.
    static let requiredFlags: UInt32 = 0x0000_FFFF

    /// What every checksum over parts of one segment begins with, so that an intact part of
    /// another segment or another store is refused.
    static func seed(store: StoreID, firstPosition: Position) -> UInt32 {
        var bytes = store.bytes
        bytes.append(littleEndian: firstPosition.rawValue)
        return CRC32C.checksum(bytes)
    }

    /// Whether a frame of this size may be given memory.
    static func allows(rawByteCount: Int, byteCount: Int) -> Bool {
        rawByteCount > 0 && rawByteCount <= maximumRawByteCount
            && rawByteCount <= maximumExpansion * byteCount + expansionAllowance
    }
}

extension LogError {
    static func damaged(_ file: String, at offset: Int, _ what: String) -> LogError {
        LogError(.damaged, "\(file) is damaged at byte \(offset): \(what)")
    }

    static func unsupported(_ file: String, _ what: String) -> LogError {
        LogError(.unsupported, "\(file) was written by a newer version: \(what)")
    }
}
