/// A bloom filter: says "not here" for certain and "perhaps" otherwise.
///
/// 16 bits and 6 probes for each key: 0.1 % of the absent keys are a "perhaps". Probe `i` of a key
/// with hash `h` is bit `((low32(h) + i × (high32(h) | 1)) mod 2³² × bitCount) >> 32` (double
/// hashing: Kirsch, Mitzenmacher, "Less Hashing, Same Performance", 2006; multiplication instead
/// of a remainder: Lemire 2018). Bit `b` is bit `b mod 8` of byte `b / 8`.
enum BloomFilter {
    static let bitsPerKey = 16
    static let probeCount = 6

    /// The filter of these keys: a multiple of 8 bytes, none for no keys.
    static func make(_ hashes: [UInt64]) -> [UInt8] {
        let byteCount = (hashes.count * bitsPerKey + 63) / 64 * 8
        var bytes = [UInt8](repeating: 0, count: byteCount)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for hash in hashes {
                for probe in 0..<UInt32(probeCount) {
                    let bit = bit(probe, of: hash, among: byteCount * 8)
                    bytes[bit / 8] |= 1 << UInt8(bit % 8)
                }
            }
        }
        return bytes
    }

    static func mightContain(_ hash: UInt64, in bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 0 else { return false }
        for probe in 0..<UInt32(probeCount) {
            let bit = bit(probe, of: hash, among: bytes.count * 8)
            guard bytes[bit / 8] & 1 << UInt8(bit % 8) != 0 else { return false }
        }
        return true
    }

    /// Always below `bitCount`, because `mixed` is below 2³².
    @inline(__always)
    private static func bit(_ probe: UInt32, of hash: UInt64, among bitCount: Int) -> Int {
        let low = UInt32(truncatingIfNeeded: hash)
        let high = UInt32(truncatingIfNeeded: hash >> 32) | 1
        let mixed = low &+ probe &* high
        return Int(truncatingIfNeeded: (UInt64(mixed) &* UInt64(bitCount)) >> 32)
    }

    /// The hash of a key, the same on every machine, because it decides about bytes of a file.
    ///
    /// `h` begins as the key's byte count. For each 8 bytes as a little-endian number, the last
    /// filled up with zeros: `h = (h ^ word) × 0x9FB21C651E98DF25; h ^= h >> 32`. At the end the
    /// finaliser of MurmurHash3. Keys chosen to collide make a reader read more, never less.
    static func hash(_ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(key.count)
        var offset = 0
        while key.count - offset >= 8 {
            mix(UInt64(littleEndian: key.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        if offset < key.count {
            var word: UInt64 = 0
            for shift in 0..<key.count - offset {
                word |= UInt64(key[offset + shift]) << UInt64(shift * 8)
            }
            mix(word)
        }
        hash ^= hash >> 33
        hash = hash &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 33
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        hash ^= hash >> 33
        return hash

        func mix(_ word: UInt64) {
            hash = (hash ^ word) &* 0x9FB2_1C65_1E98_DF25
            hash ^= hash >> 32
        }
    }

    static func hash(_ key: ByteString) -> UInt64 {
        key.bytes.withUnsafeBytes { hash($0) }
    }
}
