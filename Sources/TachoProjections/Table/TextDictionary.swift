import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Different byte strings, numbered 0, 1, 2, … in the order in which they came.
///
/// The bytes lie one after the other in one array. The hash table is open addressing with linear
/// probing; a slot is 0 when empty, else the upper half of the hash beside the number plus one,
/// so that nearly every miss is seen without touching the bytes, and growing needs no rehashing.
/// A dictionary that was read from a file has no hash table until ``buildHashTable()``; until then
/// it looks at every string, which for a few look-ups takes less than building the table.
struct TextDictionary: Sendable {
    private(set) var arena: [UInt8] = []
    /// Where each string begins in the arena; one more than there are strings.
    private(set) var starts: [UInt64] = [0]
    private var slots: [UInt64] = []
    /// The string that was interned last.
    private var latest = 0
    private let seed: UInt64

    init(seed: UInt64 = ByteHash.defaultSeed) {
        self.seed = seed
    }

    /// - Precondition: `starts` begins with 0, ascends, and ends with the size of the arena; the
    ///   strings are different.
    init(arena: [UInt8], starts: [UInt64], seed: UInt64) {
        self.arena = arena
        self.starts = starts
        self.seed = seed
    }

    var count: Int { starts.count - 1 }
    var isHashed: Bool { !slots.isEmpty || count == 0 }

    var memoryByteCount: Int { arena.heldByteCount + starts.heldByteCount + slots.heldByteCount }

    // MARK: Reading

    func byteCount(of number: Int) -> Int {
        Int(starts[number + 1] - starts[number])
    }

    @inline(__always)
    func withBytes<Result>(
        of number: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let range = Int(starts[number])..<Int(starts[number + 1])
        return try arena.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// - Complexity: O(1); O(`count`) before the hash table is there.
    func number(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard isHashed else { return scan(bytes) }
        guard count > 0 else { return nil }
        return probe(bytes, hash: ByteHash.hash(bytes, seed: seed)).number
    }

    /// Compares sizes and first bytes in a tight loop, the rest only where these agree.
    private func scan(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let first = bytes.first else {
            return (0..<count).first { byteCount(of: $0) == 0 }
        }
        let size = UInt64(bytes.count)
        return starts.withUnsafeBufferPointer { starts in
            arena.withUnsafeBufferPointer { arena in
                for number in 0..<starts.count - 1
                where starts[number + 1] - starts[number] == size
                    && arena[Int(starts[number])] == first && isEqual(number, bytes)
                {
                    return number
                }
                return nil
            }
        }
    }

    private func isEqual(_ number: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = Int(starts[number])
        guard Int(starts[number + 1]) - start == bytes.count else { return false }
        guard let other = bytes.baseAddress, !bytes.isEmpty else { return true }
        return arena.withUnsafeBytes { arena in
            guard let base = arena.baseAddress else { return false }
            return memcmp(base + start, other, bytes.count) == 0
        }
    }

    // MARK: Adding

    /// The number of these bytes, which are added if they are new.
    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        guard isHashed else {
            if let known = scan(bytes) { return (known, false) }
            arena.makeRoom(for: bytes.count)
            arena.append(contentsOf: bytes)
            starts.makeRoom(for: 1)
            starts.append(UInt64(arena.count))
            return (count - 1, true)
        }
        // Rows that follow each other often say the same: who told it, for one.
        if latest < count, isEqual(latest, bytes) { return (latest, false) }
        if 4 * (count + 1) > 3 * slots.count { growSlots() }
        let hash = ByteHash.hash(bytes, seed: seed)
        let (known, slot) = probe(bytes, hash: hash)
        if let known {
            latest = known
            return (known, false)
        }
        let number = count
        latest = number
        arena.makeRoom(for: bytes.count)
        arena.append(contentsOf: bytes)
        starts.makeRoom(for: 1)
        starts.append(UInt64(arena.count))
        slots[slot] = Self.slot(hash: hash, number: number)
        return (number, true)
    }

    /// Builds the hash table of a dictionary that was read from a file.
    mutating func buildHashTable() {
        if !isHashed { growSlots() }
    }

    /// The slot of these bytes, or the empty one where they belong.
    private func probe(
        _ bytes: UnsafeRawBufferPointer, hash: UInt64
    ) -> (number: Int?, slot: Int) {
        let mask = slots.count - 1
        var slot = firstSlot(of: hash)
        while true {
            let value = slots[slot]
            if value == 0 { return (nil, slot) }
            if (value ^ hash) >> 32 == 0 {
                let number = Int(value & 0xFFFF_FFFF) - 1
                if isEqual(number, bytes) { return (number, slot) }
            }
            slot = (slot + 1) & mask
        }
    }

    private static func slot(hash: UInt64, number: Int) -> UInt64 {
        hash & 0xFFFF_FFFF_0000_0000 | UInt64(UInt32(number + 1))
    }

    /// By the uppermost bits: they are what a slot remembers of the hash.
    private func firstSlot(of hash: UInt64) -> Int {
        Int(hash >> UInt64(64 - slots.count.trailingZeroBitCount))
    }

    /// At most half full afterwards.
    private mutating func growSlots() {
        let old = slots
        var capacity = max(16, old.count)
        while capacity < 2 * (count + 1) { capacity *= 2 }
        precondition(capacity <= 1 << 32, "a column has fewer than 2³¹ different texts")
        slots = [UInt64](repeating: 0, count: capacity)
        if old.isEmpty {
            for value in slotsInOrder() { insert(value) }
        } else {
            for value in old where value != 0 { insert(value) }
        }
    }

    /// The slots of all strings, near each other when they will be in the table.
    ///
    /// A counting sort by the hash's first byte: filling a large table in the order of the strings
    /// misses the cache with nearly each of them (a million keys: 75 ms, this way 25).
    private func slotsInOrder() -> [UInt64] {
        let values = (0..<count).map { number in
            let hash = withBytes(of: number) { ByteHash.hash($0, seed: seed) }
            return Self.slot(hash: hash, number: number)
        }
        guard count > 65_536 else { return values }
        var ends = [Int](repeating: 0, count: 257)
        for value in values { ends[Int(value >> 56) + 1] += 1 }
        for bucket in 1...256 { ends[bucket] += ends[bucket - 1] }
        var sorted = [UInt64](repeating: 0, count: count)
        for value in values {
            let bucket = Int(value >> 56)
            sorted[ends[bucket]] = value
            ends[bucket] += 1
        }
        return sorted
    }

    private mutating func insert(_ value: UInt64) {
        let mask = slots.count - 1
        var slot = firstSlot(of: value)
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = value
    }

    // MARK: Invariants

    /// Traps if the parts do not fit each other; O(bytes).
    func checkInvariants() {
        precondition(starts.first == 0 && starts.last == UInt64(arena.count), "arena is covered")
        precondition(zip(starts, starts.dropFirst()).allSatisfy(<=), "starts ascend")
        guard isHashed else { return }
        precondition(slots.count { $0 != 0 } == count, "one slot for each string")
        for number in 0..<count {
            let found = withBytes(of: number) { self.number(of: $0) }
            precondition(found == number, "every string is found under its number")
        }
    }
}
