/// Counts the frequent runs of one length, then those of the next, with other calls between.
///
/// A run ending at a place is the number of the run without its last call, which ends before, and
/// the tool there: 48 bits, the key of a flat hash table. A run can only be frequent if the run
/// without its last call is, so only those are looked at that go on from a frequent one (the Apriori
/// principle), and no count is estimated or lost.
///
/// Source: Agrawal and Srikant 1995 (levels); Laxman 2007 (occurrences that do not overlap).
struct LevelCounter: Sendable {
    /// A run that ends at a place, and where it begins.
    private struct Ending {
        var run: Int32
        var start: Int32
    }

    private let calls: Calls
    private let minimumCount: Int
    private let gap: Int
    /// In the order in which their first occurrences end.
    private(set) var runs: [CountedRun] = []
    /// The frequent runs that end at each place, from `offsets[place]` on.
    private var lists: [Ending] = []
    private var offsets: [Int32] = []

    /// The first level is the tools themselves, however rare.
    init(_ calls: Calls, minimumCount: Int, gap: Int) {
        self.calls = calls
        self.minimumCount = max(1, minimumCount)
        self.gap = gap
        let last = calls.toolCounts.lastIndex { $0 > 0 } ?? 0
        runs = (0..<last).map {
            CountedRun(key: RunKey(tools: [$0]), count: calls.toolCounts[$0 + 1])
        }
        for (place, code) in calls.codes.enumerated() {
            offsets.append(Int32(lists.count))
            if code > 0 { lists.append(Ending(run: Int32(code) - 1, start: Int32(place))) }
        }
        offsets.append(Int32(lists.count))
    }

    private static func key(_ run: Int32, _ code: UInt16) -> UInt64 {
        UInt64(UInt32(bitPattern: run)) << 16 | UInt64(code)
    }

    /// Goes on to runs that are one call longer.
    mutating func advance() {
        var table = CountTable()
        let codes = calls.codes
        var found: [(entry: Int, start: Int32)] = []
        var next: [Ending] = []
        var nextOffsets: [Int32] = []
        for place in 0..<codes.count {
            nextOffsets.append(Int32(next.count))
            guard codes[place] > 0 else { continue }
            found.removeAll(keepingCapacity: true)
            var before = place - 1
            while before >= 0, before >= place - 1 - gap, codes[before] > 0 {
                for index in Int(offsets[before])..<Int(offsets[before + 1]) {
                    let ending = lists[index]
                    let entry = table.slot(Self.key(ending.run, codes[place]), end: place)
                    if let same = found.firstIndex(where: { $0.entry == entry }) {
                        found[same].start = max(found[same].start, ending.start)
                    } else {
                        found.append((entry, ending.start))
                    }
                }
                before -= 1
            }
            for (entry, start) in found {
                table.addApart(entry, start: start, end: place)
                next.append(Ending(run: Int32(entry), start: start))
            }
        }
        nextOffsets.append(Int32(next.count))
        let numbers = keep(table)
        lists.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        for place in 0..<codes.count {
            offsets.append(Int32(lists.count))
            for index in Int(nextOffsets[place])..<Int(nextOffsets[place + 1]) {
                let number = numbers[Int(next[index].run)]
                if number >= 0 { lists.append(Ending(run: number, start: next[index].start)) }
            }
        }
        offsets.append(Int32(lists.count))
    }

    /// Numbers the frequent runs in the order of their first end.
    ///
    /// - Returns: The number of each slot's run, −1 for a rare one.
    private mutating func keep(_ table: CountTable) -> [Int32] {
        var numbers = [Int32](repeating: -1, count: table.entries.count)
        var kept: [CountedRun] = []
        for (slot, entry) in table.entries.enumerated() where entry.count >= minimumCount {
            numbers[slot] = Int32(kept.count)
            let tools = runs[Int(entry.key >> 16)].key.tools + [Int(entry.key & 0xFFFF) - 1]
            kept.append(
                CountedRun(
                    key: RunKey(tools: tools), count: Int(entry.count),
                    example: calls.sequence(at: Int(entry.firstEnd))))
        }
        runs = kept
        return numbers
    }
}

/// A flat hash table of counts; entries keep the order in which they came.
struct CountTable: Sendable {
    struct Entry: Sendable {
        let key: UInt64
        var count: Int32
        let firstEnd: Int32
        var lastEnd: Int32
    }

    private(set) var entries: [Entry] = []
    /// Indices into `entries`, each + 1, with 0 for a free slot.
    ///
    /// Their number is a power of two; at most half are taken.
    private var slots = [Int32](repeating: 0, count: 1 << 12)

    init() {}

    /// Counts an occurrence that begins behind the last one counted.
    mutating func addApart(_ index: Int, start: Int32, end: Int) {
        guard start > entries[index].lastEnd else { return }
        entries[index].count += 1
        entries[index].lastEnd = Int32(end)
    }

    @inline(__always)
    mutating func slot(_ key: UInt64, end: Int) -> Int {
        var place = Self.hash(key) & (slots.count - 1)
        while slots[place] != 0 {
            let index = Int(slots[place]) - 1
            if entries[index].key == key { return index }
            place = (place + 1) & (slots.count - 1)
        }
        entries.append(Entry(key: key, count: 0, firstEnd: Int32(end), lastEnd: -1))
        slots[place] = Int32(entries.count)
        if entries.count * 2 > slots.count { grow() }
        return entries.count - 1
    }

    private mutating func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for (index, entry) in entries.enumerated() {
            var place = Self.hash(entry.key) & (slots.count - 1)
            while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
            slots[place] = Int32(index + 1)
        }
    }

    /// Fibonacci hashing, the upper bits.
    @inline(__always)
    private static func hash(_ key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20)
    }
}
