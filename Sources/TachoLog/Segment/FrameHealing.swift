/// Finds the one byte of a frame that has rotted, from its checksum.
///
/// A CRC is linear: what one changed byte does to it depends on that change and on the distance
/// to the end, not on the other bytes. So the difference between the checksum found and the one on
/// record, taken back byte by byte from the end, meets the change of a single byte where it
/// happened. One step for each byte of the frame.
///
/// A change found like this is a guess with the odds of a 32-bit checksum; whoever takes it checks
/// the frame by LZ4's own two checksums besides (``SegmentRewriting``).
enum FrameHealing {
    /// The Castagnoli polynomial, bits reflected (RFC 3720 §12.1).
    private static let polynomial: UInt32 = 0x82F6_3B78

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
        }
    }

    /// Which entry of ``table`` has this highest byte; each has another.
    private static let indexByHighByte: [UInt8] = {
        var indexes = [UInt8](repeating: 0, count: 256)
        for (index, value) in table.enumerated() { indexes[Int(value >> 24)] = UInt8(index) }
        return indexes
    }()

    /// The frame with one byte changed so that it has the checksum `expected`.
    ///
    /// - Parameters:
    ///   - frame: As it is on the disk.
    ///   - found: Its checksum.
    ///   - expected: The checksum on record.
    /// - Returns: `nil` if no change of one byte does it; of several the one nearest to the end.
    /// - Complexity: O(bytes).
    static func heal(_ frame: [UInt8], found: UInt32, expected: UInt32) -> [UInt8]? {
        var difference = found ^ expected
        guard difference != 0 else { return nil }
        for offset in frame.indices.reversed() {
            let index = indexByHighByte[Int(difference >> 24)]
            if table[Int(index)] == difference {
                var healed = frame
                healed[offset] ^= index
                return healed
            }
            difference = (difference ^ table[Int(index)]) << 8 | UInt32(index)
        }
        return nil
    }
}
