/// A hash of bytes that is the same in every process, unlike `Hasher`.
///
/// The construction is wyhash's (W. Yi, final version 4, public domain): 64 × 64 → 128-bit
/// multiplications, 16 bytes at a time, in the variant that mixes the factors in again, so that no
/// input can blot out the rest. Nothing that is stored or shown depends on its values: the seed
/// may be any number, and a process that reads hostile logs may draw one.
package enum ByteHash {
    package static let defaultSeed: UInt64 = 0x7461_6368_6F2E_6A6C

    private static let secret0: UInt64 = 0xA076_1D64_78BD_642F
    private static let secret1: UInt64 = 0xE703_7ED1_A0B4_28DB
    private static let secret2: UInt64 = 0x8EBC_6AF0_9C88_C6E3

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low ^ left ^ right
    }

    package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
        let count = bytes.count
        guard let start = bytes.baseAddress, count > 0 else { return mix(seed ^ secret0, secret1) }
        var state = seed ^ secret0
        let low: UInt64
        let high: UInt64
        // Every load below lies inside `start..<start + count`: the branch says how many bytes
        // there are, and tails are read backwards from the end.
        if count >= 8 {
            var offset = 0
            while count - offset > 16 {
                let left = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                let right = start.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                state = mix(left ^ secret1, right ^ state)
                offset += 16
            }
            low = start.loadUnaligned(
                fromByteOffset: max(0, min(offset, count - 16)), as: UInt64.self)
            high = start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            low = UInt64(start.loadUnaligned(as: UInt32.self))
            high = UInt64(start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            let first = UInt64(start.load(as: UInt8.self))
            let middle = UInt64(start.load(fromByteOffset: count >> 1, as: UInt8.self))
            let last = UInt64(start.load(fromByteOffset: count - 1, as: UInt8.self))
            low = first << 16 | middle << 8 | last
            high = 0
        }
        return mix(secret2 ^ UInt64(count), mix(low ^ secret1, high ^ state))
    }
}
