private import CChecksum

/// CRC-32C (Castagnoli, RFC 3720 §12.1): finds every burst of up to 32 bits.
package enum CRC32C {
    /// The checksum of `bytes` after whatever `seed` is the checksum of.
    ///
    /// 0 begins; the result of another call continues it, so that checksums are taken in pieces
    /// and seeded with bytes that are not in the file.
    package static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        tacho_crc32c(seed, bytes.baseAddress, bytes.count)
    }

    package static func checksum(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, seed: seed) }
    }
}
