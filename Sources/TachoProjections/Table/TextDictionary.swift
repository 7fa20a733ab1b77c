import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Different byte strings, numbered 0, 1, 2, … in the order in which they came.
///
/// The bytes lie one after the other in one array, and are found by a ``NumberHashTable``; as long as
/// each was greater than the one before, as ids made of the time are, by halves: in a table of a
/// million keys each new one would wait for memory. A dictionary that was read from a file has
/// neither until ``prepare()``; until then it looks at every string, which for a few look-ups takes
/// less.
struct TextDictionary: Sendable {
    private(set) var arena: [UInt8] = []
    /// Strings that were interned again lately, each where its ends and its size say.
    ///
    /// Rows that follow each other say the same things, who told it for one, and comparing takes less
    /// than hashing. Most that are new are keys, which do not come again.
    private var recent: [Recent] = []
    private(set) var starts = TextStarts()
    private var table = NumberHashTable()
    /// Whether each string is known to be greater than the one before; then none is in the table.
    private var isAscending = true
    private let seed: UInt64
    private static let recentCount = 64

    /// A string that was interned lately, and where in the arena it lies.
    private struct Recent {
        var number: Int32 = 0
        /// No string's, before there is one.
        var byteCount: Int32 = -1
        var start = 0
    }

    init(seed: UInt64 = ByteHash.defaultSeed) {
        self.seed = seed
    }

    /// - Precondition: `starts` ends with the size of the arena; the strings are different.
    init(arena: [UInt8], starts: TextStarts, seed: UInt64) {
        self.arena = arena
        self.starts = starts
        self.seed = seed
        isAscending = starts.count == 1
    }

    var count: Int { starts.count - 1 }
    private var isHashed: Bool { table.count == count }

    var memoryByteCount: Int {
        arena.heldByteCount + starts.memoryByteCount + table.memoryByteCount
    }

    // MARK: Reading

    func byteCount(of number: Int) -> Int { starts[number + 1] - starts[number] }

    /// Where in the arena a string lies.
    @inline(__always)
    func range(of number: Int) -> Range<Int> { starts.range(of: number) }

    @inline(__always)
    func withBytes<Result>(
        of number: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let range = range(of: number)
        return try arena.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// - Complexity: O(1); O(log `count`) where all ascend; O(`count`) before ``prepare()``.
    func number(of bytes: UnsafeRawBufferPointer) -> Int? {
        if isAscending { return search(bytes) }
        guard isHashed else { return scan(bytes) }
        return table.number(forHash: ByteHash.hash(bytes, seed: seed)) {
            isEqual(number: $0, bytes)
        }
    }

    /// By halves; one that is greater than all, as new keys are, by a single comparison.
    ///
    /// - Precondition: The strings ascend.
    private func search(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard count > 0, order(of: bytes, to: count - 1) <= 0 else { return nil }
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let order = order(of: bytes, to: middle)
            if order == 0 { return middle }
            if order < 0 { high = middle } else { low = middle + 1 }
        }
        return nil
    }

    /// Less than 0 if the bytes are less than those of a string, more if they are greater.
    @inline(__always)
    private func order(of bytes: UnsafeRawBufferPointer, to number: Int) -> Int {
        let range = starts.range(of: number)
        guard let left = bytes.baseAddress, !bytes.isEmpty, !range.isEmpty else {
            return bytes.count - range.count
        }
        let order = arena.withUnsafeBytes {
            memcmp(
                left, $0.baseAddress.unsafelyUnwrapped + range.lowerBound,
                min(bytes.count, range.count))
        }
        return order != 0 ? Int(order) : bytes.count - range.count
    }

    /// Compares sizes and first bytes in a tight loop, the rest only where these agree.
    private func scan(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let first = bytes.first else {
            return (0..<count).first { byteCount(of: $0) == 0 }
        }
        return arena.withUnsafeBufferPointer { arena in
            starts.firstNumber(byteCount: bytes.count) { number, start in
                arena[start] == first && isEqual(start, bytes)
            }
        }
    }

    @inline(__always)
    private func isEqual(number: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let range = starts.range(of: number)
        return range.count == bytes.count && isEqual(range.lowerBound, bytes)
    }

    /// Whether the string of that size that begins at `start` has these bytes.
    @inline(__always)
    private func isEqual(_ start: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let other = bytes.baseAddress, !bytes.isEmpty else { return true }
        return arena.withUnsafeBytes { arena in
            guard let base = arena.baseAddress else { return false }
            return Self.isEqual(base + start, other, bytes.count)
        }
    }

    /// Words that overlap at the end; `memcmp` is a call for two dozen bytes.
    @inline(__always)
    private static func isEqual(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int
    ) -> Bool {
        @inline(__always)
        func differs<Word: FixedWidthInteger & BitwiseCopyable>(_ word: Word.Type, _ offset: Int)
            -> Bool
        {
            left.loadUnaligned(fromByteOffset: offset, as: word)
                != right.loadUnaligned(fromByteOffset: offset, as: word)
        }
        if count > 64 { return memcmp(left, right, count) == 0 }
        if count >= 8 {
            var offset = 0
            while offset &+ 8 < count {
                if differs(UInt64.self, offset) { return false }
                offset &+= 8
            }
            return !differs(UInt64.self, count &- 8)
        }
        if count >= 4 {
            return !differs(UInt32.self, 0) && !differs(UInt32.self, count &- 4)
        }
        for offset in 0..<count where differs(UInt8.self, offset) { return false }
        return true
    }

    // MARK: Adding

    /// The number of these bytes, which are added if they are new.
    mutating func intern(_ bytes: UnsafeRawBufferPointer) -> (number: Int, isNew: Bool) {
        let place = Self.recentPlace(of: bytes)
        // None are kept of a dictionary that has no hash table.
        if place < recent.count {
            let known = recent[place]
            if Int(known.byteCount) == bytes.count, isEqual(known.start, bytes) {
                return (Int(known.number), false)
            }
        }
        if isAscending, let number = internAscending(bytes) { return number }
        return isHashed ? find(bytes, place) : findUnhashed(bytes)
    }

    /// - Returns: `nil` for bytes that are not the greatest; then there is a hash table from now on.
    @inline(never)
    private mutating func internAscending(
        _ bytes: UnsafeRawBufferPointer
    ) -> (number: Int, isNew: Bool)? {
        if count > 0 {
            let order = order(of: bytes, to: count - 1)
            if order == 0 { return (count - 1, false) }
            if order < 0 {
                buildHashTable()
                return nil
            }
        }
        return (append(bytes), true)
    }

    private mutating func findUnhashed(
        _ bytes: UnsafeRawBufferPointer
    ) -> (number: Int, isNew: Bool) {
        if let known = scan(bytes) { return (known, false) }
        return (append(bytes), true)
    }

    /// Whether these are the bytes of the string with that number, which there need not be.
    @inline(__always)
    func holds(_ bytes: UnsafeRawBufferPointer, as number: Int) -> Bool {
        (0..<count).contains(number) && isEqual(number: number, bytes)
    }

    private static func recentPlace(of bytes: UnsafeRawBufferPointer) -> Int {
        guard let first = bytes.first, let last = bytes.last else { return 0 }
        return (Int(first) &* 3 &+ Int(last) &+ bytes.count) & (recentCount - 1)
    }

    @inline(never)
    private mutating func find(
        _ bytes: UnsafeRawBufferPointer, _ place: Int
    ) -> (number: Int, isNew: Bool) {
        let hash = ByteHash.hash(bytes, seed: seed)
        if let known = table.number(forHash: hash, where: { isEqual(number: $0, bytes) }) {
            remember(known, place)
            return (known, false)
        }
        let number = append(bytes)
        if table.isFull { growTable() }
        table.insert(number, hash: hash)
        return (number, true)
    }

    private mutating func remember(_ number: Int, _ place: Int) {
        if recent.isEmpty { recent = [Recent](repeating: Recent(), count: Self.recentCount) }
        let range = starts.range(of: number)
        guard let byteCount = Int32(exactly: range.count) else { return }
        recent[place] = Recent(
            number: Int32(truncatingIfNeeded: number), byteCount: byteCount,
            start: range.lowerBound)
    }

    /// Adds bytes that are known to be new to a dictionary that is not prepared.
    mutating func appendNew(_ bytes: UnsafeRawBufferPointer) {
        precondition(count == 0 || !isHashed, "a hashed dictionary is told by interning")
        isAscending = isAscending && (count == 0 || order(of: bytes, to: count - 1) > 0)
        _ = append(bytes)
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        arena.makeRoom(for: bytes.count)
        arena.append(contentsOf: bytes)
        starts.append(arena.count)
        return count - 1
    }

    /// Lets the strings of a dictionary that was read from a file be found quickly.
    ///
    /// - Complexity: O(bytes) the first time.
    mutating func prepare() {
        guard !isHashed, !isAscending else { return }
        isAscending = (1..<count).allSatisfy { number in
            withBytes(of: number) { order(of: $0, to: number - 1) > 0 }
        }
        if !isAscending { buildHashTable() }
    }

    private mutating func buildHashTable() {
        isAscending = false
        fillTable(count, capacity: count)
    }

    /// Makes a hash table of four times the size, a large one of twice.
    private mutating func growTable() {
        fillTable(table.count, capacity: (table.count < 1 << 17 ? 4 : 2) * table.count)
    }

    /// Makes a hash table of the first strings.
    ///
    /// By the first bits of their hashes: filling a large table in the order of the strings
    /// misses the cache with nearly each of them (a million keys: 75 ms, this way 25), and so does
    /// reading them in the order of the table before.
    private mutating func fillTable(_ hashedCount: Int, capacity: Int) {
        let hashes = arena.withUnsafeBytes { arena in
            (0..<hashedCount).map {
                ByteHash.hash(
                    UnsafeRawBufferPointer(rebasing: arena[starts.range(of: $0)]), seed: seed)
            }
        }
        var ends = [Int](repeating: 0, count: 257)
        for hash in hashes { ends[Int(hash >> 56) + 1] += 1 }
        for bucket in 1...256 { ends[bucket] += ends[bucket - 1] }
        var sorted = [UInt32](repeating: 0, count: hashedCount)
        for (number, hash) in hashes.enumerated() {
            let bucket = Int(hash >> 56)
            sorted[ends[bucket]] = UInt32(truncatingIfNeeded: number)
            ends[bucket] += 1
        }
        table = NumberHashTable(capacityFor: capacity)
        for number in sorted { table.insert(Int(number), hash: hashes[Int(number)]) }
    }

    // MARK: Invariants

    /// Traps if the parts do not fit each other; O(bytes).
    func checkInvariants() {
        precondition(starts[count] == arena.count, "arena is covered")
        precondition((0..<count).allSatisfy { starts[$0] <= starts[$0 + 1] }, "starts ascend")
        guard isHashed || isAscending else { return }
        for number in 0..<count {
            let found = withBytes(of: number) { self.number(of: $0) }
            precondition(found == number, "every string is found under its number")
        }
    }
}
