#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers texts 0, 1, 2, … as they first appear, found by bytes: a look-up of a known text
/// allocates nothing.
struct TextNumbers: Sendable {
    /// A text by its length, its first and its last eight bytes: all of it, if it has no more than 16.
    private struct Slot {
        var head: UInt64 = 0
        var tail: UInt64 = 0
        var byteCount: UInt32 = 0
        /// −1 is a free slot.
        var number: Int32 = -1
    }

    private var bytes: [UInt8] = []
    /// Where each text ends in `bytes`, behind a 0.
    private var ends: [Int] = [0]
    /// Never more than half full.
    private var slots = [Slot](repeating: Slot(), count: 128)

    var count: Int { ends.count - 1 }

    func withText<Result>(
        _ number: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[ends[number]..<ends[number + 1]]))
        }
    }

    func string(_ number: Int) -> String {
        withText(number) { String(decoding: $0, as: UTF8.self) }
    }

    @inline(__always)
    mutating func number(of text: UnsafeRawBufferPointer) -> Int {
        let (head, tail) = Self.ends(of: text)
        let mask = slots.count - 1
        var place = Self.hash(head, tail, text.count) & mask
        while true {
            let slot = slots[place]
            if slot.head == head, slot.tail == tail, Int(slot.byteCount) == text.count,
                slot.number >= 0, text.count <= 16 || isText(Int(slot.number), text)
            {
                return Int(slot.number)
            }
            if slot.number < 0 { return insert(text) }
            place = (place &+ 1) & mask
        }
    }

    @inline(never)
    private func isText(_ number: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        bytes[ends[number]..<ends[number + 1]].elementsEqual(text)
    }

    @inline(never)
    private mutating func insert(_ text: UnsafeRawBufferPointer) -> Int {
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
        if count * 2 > slots.count {
            let before = slots
            slots = [Slot](repeating: Slot(), count: before.count * 2)
            for slot in before where slot.number >= 0 { place(slot) }
        }
        let (head, tail) = Self.ends(of: text)
        place(
            Slot(
                head: head, tail: tail, byteCount: UInt32(text.count), number: Int32(count - 1)))
        return count - 1
    }

    private mutating func place(_ slot: Slot) {
        let mask = slots.count - 1
        var place = Self.hash(slot.head, slot.tail, Int(slot.byteCount)) & mask
        while slots[place].number >= 0 { place = (place + 1) & mask }
        slots[place] = slot
    }

    /// The first and the last eight bytes; of fewer, all of them and 0.
    @inline(__always)
    private static func ends(of text: UnsafeRawBufferPointer) -> (UInt64, UInt64) {
        guard text.count >= 8 else {
            return (text.reversed().reduce(0) { $0 << 8 | UInt64($1) }, 0)
        }
        return (
            text.loadUnaligned(as: UInt64.self),
            text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self)
        )
    }

    @inline(__always)
    private static func hash(_ head: UInt64, _ tail: UInt64, _ byteCount: Int) -> Int {
        var hash = (head ^ UInt64(truncatingIfNeeded: byteCount)) &* 0x9E37_79B9_7F4A_7C15
        hash = (hash ^ hash &>> 32 ^ tail) &* 0x9FB2_1C65_1E98_DF25
        return Int(truncatingIfNeeded: hash &>> 33)
    }
}
