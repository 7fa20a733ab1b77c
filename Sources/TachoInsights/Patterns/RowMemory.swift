import TachoLog

/// Rows by a key of 64 bits, forgotten all at once.
///
/// A flat hash table whose slots carry the number of the round they were written in: forgetting is
/// counting on, whatever the table's size, so that one large session does not slow down all the small
/// ones behind it. Keys are hashes already.
struct RowMemory: Sendable {
    private struct Slot: Sendable {
        var key: UInt64 = 0
        var row: Int32 = -1
        var round: UInt32 = 0
    }

    private var slots = [Slot](repeating: Slot(), count: 1 << 8)
    private var count = 0
    private var round: UInt32 = 1

    init() {}

    var isEmpty: Bool { count == 0 }

    /// `nil` for a key that has no row, also one that was set to none.
    subscript(key: UInt64) -> Int? {
        get {
            let slot = slots[place(of: key)]
            return slot.round == round && slot.row >= 0 ? Int(slot.row) : nil
        }
        set {
            var place = place(of: key)
            if slots[place].round != round {
                if newValue == nil { return }
                if 2 * (count + 1) > slots.count {
                    grow()
                    place = self.place(of: key)
                }
                count += 1
            }
            slots[place] = Slot(
                key: key, row: newValue.map { Int32(clamping: $0) } ?? -1, round: round)
        }
    }

    mutating func removeAll() {
        count = 0
        round &+= 1
        // Slots of a round long ago would be taken for new ones.
        if round == 0 { self = RowMemory() }
    }

    @inline(__always)
    private func place(of key: UInt64) -> Int {
        var place = Int(truncatingIfNeeded: key) & (slots.count - 1)
        while slots[place].round == round, slots[place].key != key {
            place = (place + 1) & (slots.count - 1)
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: 2 * old.count)
        for slot in old where slot.round == round { slots[place(of: slot.key)] = slot }
    }
}

/// Keys for ``RowMemory``.
enum RowKey {
    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        ByteHash.hash(bytes, seed: ByteHash.defaultSeed)
    }

    static func hash(_ numbers: UInt64...) -> UInt64 {
        numbers.withUnsafeBytes { hash($0) }
    }
}
