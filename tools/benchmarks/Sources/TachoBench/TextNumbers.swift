#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers texts 0, 1, 2, … as they first appear, found by bytes: a look-up of a known text
/// allocates nothing.
struct TextNumbers: Sendable {
    private var bytes: [UInt8] = []
    /// Where each text ends in `bytes`, behind a 0.
    private var ends: [Int] = [0]
    // Hash and number of each, in turn; a hash of 0 is free. Never more than half full.
    private var slots = [UInt64](repeating: 0, count: 256)

    var count: Int { ends.count - 1 }

    func text(_ number: Int) -> [UInt8] { Array(bytes[ends[number]..<ends[number + 1]]) }

    @inline(__always)
    mutating func number(of text: UnsafeRawBufferPointer) -> Int {
        let hash = Self.hash(text)
        let mask = slots.count / 2 - 1
        var slot = Int(truncatingIfNeeded: hash &>> 7) & mask
        while true {
            let found = slots[slot &* 2]
            if found == hash {
                let number = Int(truncatingIfNeeded: slots[slot &* 2 &+ 1])
                if isText(number, text) { return number }
            } else if found == 0 {
                return insert(text, hash)
            }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(__always)
    private func isText(_ number: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = ends[number]
        guard ends[number &+ 1] &- start == text.count, let address = text.baseAddress else {
            return ends[number &+ 1] == start && text.isEmpty
        }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return true }
            return memcmp(base + start, address, text.count) == 0
        }
    }

    @inline(never)
    private mutating func insert(_ text: UnsafeRawBufferPointer, _ hash: UInt64) -> Int {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
        if count * 4 > slots.count {
            let before = slots
            slots = [UInt64](repeating: 0, count: before.count * 2)
            for index in stride(from: 0, to: before.count, by: 2) where before[index] != 0 {
                place(before[index], before[index + 1])
            }
        }
        place(hash, UInt64(count - 1))
        return count - 1
    }

    private mutating func place(_ hash: UInt64, _ number: UInt64) {
        let mask = slots.count / 2 - 1
        var slot = Int(truncatingIfNeeded: hash >> 7) & mask
        while slots[slot * 2] != 0 { slot = (slot + 1) & mask }
        slots[slot * 2] = hash
        slots[slot * 2 + 1] = number
    }

    /// Never 0.
    @inline(__always)
    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: text.count) &* 0x9E37_79B9_7F4A_7C15
        guard text.count >= 8 else {
            for byte in text { mix(&hash, UInt64(byte)) }
            return hash | 1
        }
        var offset = 0
        while offset &+ 8 < text.count {
            mix(&hash, text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        mix(&hash, text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self))
        return hash | 1
    }

    @inline(__always)
    private static func mix(_ hash: inout UInt64, _ word: UInt64) {
        hash = (hash ^ word) &* 0x9FB2_1C65_1E98_DF25
        hash ^= hash &>> 32
    }
}
