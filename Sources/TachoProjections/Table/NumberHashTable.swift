/// Numbers found by the hash of what they stand for, in five bytes a slot.
///
/// Open addressing with linear probing. Of each slot there is a byte, 0 when it is empty, else
/// seven bits of the hash, so that eight slots are looked at as one word and nearly every miss is
/// seen without touching what is compared; and, in an array of its own, the number. The hash is not
/// kept: growing asks for it again.
struct NumberHashTable: Sendable {
    private(set) var count = 0
    /// Of the slots, and of the first seven again, so that a word may begin at each.
    private var tags: [UInt8] = []
    private var numbers: [UInt32] = []
    /// Slots minus one; they are a power of two.
    private var mask = -1

    init() {}

    /// Makes an empty table with room for `count` numbers.
    init(capacityFor count: Int) {
        precondition(count < 1 << 31, "a column has fewer than 2³¹ different texts")
        var slotCount = 16
        while Self.limit(slotCount) < count { slotCount *= 2 }
        mask = slotCount - 1
        tags = [UInt8](repeating: 0, count: slotCount + 7)
        numbers = [UInt32](repeating: 0, count: slotCount)
    }

    /// Seven slots of eight are taken at most: words of eight make long runs cheap.
    private static func limit(_ slotCount: Int) -> Int { slotCount / 8 * 7 }

    var isFull: Bool { count >= Self.limit(mask + 1) }

    var memoryByteCount: Int { tags.heldByteCount + numbers.heldByteCount }

    /// Seven bits that have no part in choosing the slot, and one that says it is taken.
    @inline(__always)
    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash) | 0x80 }

    /// By the uppermost bits, which is the order that building a table fills it in.
    @inline(__always)
    private func firstSlot(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> UInt64(mask.leadingZeroBitCount))
    }

    /// The number under this hash for which `isWanted` holds.
    @inline(__always)
    func number(forHash hash: UInt64, where isWanted: (Int) -> Bool) -> Int? {
        guard count > 0 else { return nil }
        let wanted = UInt64(Self.tag(hash)) &* Self.ones
        return tags.withUnsafeBytes { tags in
            numbers.withUnsafeBufferPointer { numbers in
                var slot = firstSlot(hash)
                while true {
                    // In bounds: `slot` is at most `mask`, and seven tags follow the last slot.
                    let word = UInt64(
                        littleEndian: tags.loadUnaligned(fromByteOffset: slot, as: UInt64.self))
                    var matches = Self.zeroBytes(word ^ wanted)
                    while matches != 0 {
                        let place = (slot &+ matches.trailingZeroBitCount >> 3) & mask
                        let number = Int(numbers[place])
                        if isWanted(number) { return number }
                        matches &= matches &- 1
                    }
                    if ~word & Self.highBits != 0 { return nil }
                    slot = (slot &+ 8) & mask
                }
            }
        }
    }

    /// - Precondition: The table is not full and does not hold the number.
    mutating func insert(_ number: Int, hash: UInt64) {
        precondition(!isFull, "a table grows before it is full")
        let slot = emptySlot(from: firstSlot(hash))
        tags[slot] = Self.tag(hash)
        if slot < 7 { tags[slot + mask + 1] = Self.tag(hash) }
        numbers[slot] = UInt32(truncatingIfNeeded: number)
        count += 1
    }

    /// The first slot that is not taken.
    @inline(__always)
    private func emptySlot(from first: Int) -> Int {
        tags.withUnsafeBytes { tags in
            var slot = first
            while true {
                // In bounds, as above.
                let word = UInt64(
                    littleEndian: tags.loadUnaligned(fromByteOffset: slot, as: UInt64.self))
                let empty = ~word & Self.highBits
                if empty != 0 { return (slot &+ empty.trailingZeroBitCount >> 3) & mask }
                slot = (slot &+ 8) & mask
            }
        }
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The high bit of each byte that is zero, and perhaps of some above it: those are compared
    /// for nothing.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- ones) & ~word & highBits
    }
}
