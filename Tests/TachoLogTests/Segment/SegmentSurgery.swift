import TachoLog

/// Changes that keep every checksum right: what a newer version, a mistake of ours, or somebody
/// with ill will could write.
extension SampleFile {
    var footerOffset: Int { bytes.count - 256 }

    private var seed: UInt32 {
        CRC32C.checksum(bytes[(footerOffset + 24)..<(footerOffset + 48)].map { $0 })
    }

    private func number(at offset: Int) -> Int {
        (0..<8).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) }
    }

    var indexRange: Range<Int> {
        let start = number(at: footerOffset + 96)
        return start..<start + number(at: footerOffset + 104)
    }

    func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        withUnsafeBytes(of: value.littleEndian) { source in
            for (index, byte) in source.enumerated() { bytes[offset + index] = byte }
        }
    }

    /// Sets a number of the footer, whose checksum then is right again.
    func setInFooter<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        set(value, at: footerOffset + offset)
        set(CRC32C.checksum(Array(bytes[footerOffset..<bytes.count - 4])), at: bytes.count - 4)
    }

    /// Lets `change` edit the index's payload without its checksum; all checksums are right again.
    func editIndex(_ change: (inout [UInt8]) -> Void) {
        let range = indexRange
        var payload = Array(bytes[range].dropFirst(8).dropLast(4))
        change(&payload)
        let crc = CRC32C.checksum(payload, seed: seed)
        var index = Array(bytes[range].prefix(4))
        withUnsafeBytes(of: UInt32(payload.count + 4).littleEndian) { index += $0 }
        index += payload
        withUnsafeBytes(of: crc.littleEndian) { index += $0 }
        bytes.replaceSubrange(range, with: index)
        set(UInt64(index.count), at: footerOffset + 104)
        sealIndexInFooter()
    }

    /// Makes the footer's checksum of the index right again, and its own.
    func sealIndexInFooter() {
        setInFooter(CRC32C.checksum(Array(bytes[indexRange]), seed: seed), at: 128)
    }

    /// Puts columns, as a later version may write them, between index and footer.
    func insertColumns(_ payload: [UInt8]) {
        var frame: [UInt8] = [0x5B, 0x2A, 0x4D, 0x18]
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { frame += $0 }
        frame += payload
        let crc = CRC32C.checksum(frame, seed: seed)
        let offset = footerOffset
        bytes.insert(contentsOf: frame, at: offset)
        set(UInt64(offset), at: footerOffset + 112)
        set(UInt64(frame.count), at: footerOffset + 120)
        setInFooter(crc, at: 132)
    }
}
