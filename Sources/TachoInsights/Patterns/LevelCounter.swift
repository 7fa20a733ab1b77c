/// All calls one behind the other, with an end between two sequences.
struct Calls: Sendable {
    /// Tool + 1; 0 is an end.
    private(set) var codes: [UInt16] = []
    /// Where each sequence begins in `codes`, ascending.
    private(set) var starts: [Int32] = []

    init(_ sequences: [[UInt16]]) {
        codes.reserveCapacity(sequences.reduce(0) { $0 + $1.count + 1 })
        for sequence in sequences {
            starts.append(Int32(clamping: codes.count))
            for tool in sequence { codes.append(tool == .max ? .max : tool + 1) }
            codes.append(0)
        }
    }

    /// The sequence that a place belongs to.
    func sequence(at place: Int) -> Int {
        var (low, high) = (0, starts.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if Int(starts[middle]) <= place { low = middle } else { high = middle }
        }
        return low
    }
}

/// Counts the frequent runs of one length, then those of the next.
///
/// A run ending at a place is the number of the run without its last call, which ends before, and
/// the tool there: 48 bits, the key of a flat hash table.
struct LevelCounter: Sendable {
    struct Found: Sendable {
        let tools: [Int]
        let count: Int
        let examples: [Int]
    }

    /// A run that ends at a place, and where it begins.
    private struct Ending {
        var run: Int32
        var start: Int32
    }

    private let calls: Calls
    private let minimumCount: Int
    private let gap: Int
    private(set) var runs: [Found] = []
    /// Without gaps: the frequent run that ends at each place, −1 for none.
    private var endings: [Int32]
    /// With gaps: those that end at each place, from `offsets[place]` on.
    private var lists: [Ending] = []
    private var offsets: [Int32] = []

    /// The first level is the tools themselves, however rare.
    init(_ calls: Calls, minimumCount: Int, gap: Int) {
        self.calls = calls
        self.minimumCount = max(1, minimumCount)
        self.gap = gap
        endings = calls.codes.map { Int32($0) - 1 }
        var counts = [Int](repeating: 0, count: Int(UInt16.max) + 1)
        for code in calls.codes where code > 0 { counts[Int(code) - 1] += 1 }
        let last = counts.lastIndex { $0 > 0 } ?? -1
        runs = (0..<(last + 1)).map { Found(tools: [$0], count: counts[$0], examples: []) }
        guard gap > 0 else { return }
        for (place, ending) in endings.enumerated() {
            offsets.append(Int32(lists.count))
            if ending >= 0 { lists.append(Ending(run: ending, start: Int32(place))) }
        }
        offsets.append(Int32(lists.count))
    }

    /// Goes on to runs that are one call longer.
    mutating func advance() {
        if gap > 0 { advanceWithGaps() } else { advanceWithout() }
    }

    private static func key(_ run: Int32, _ code: UInt16) -> UInt64 {
        UInt64(UInt32(bitPattern: run)) << 16 | UInt64(code)
    }

    private mutating func advanceWithout() {
        var table = CountTable()
        let codes = calls.codes
        guard codes.count > 1 else { return runs = [] }
        // Slot of the run that would end at each place, so that nothing is looked up twice.
        var slots = [Int32](repeating: -1, count: codes.count)
        for place in 1..<codes.count {
            let before = endings[place - 1]
            guard before >= 0, endings[place] >= 0 else { continue }
            slots[place] = Int32(table.add(Self.key(before, codes[place]), end: place))
        }
        let numbers = keep(table)
        for place in 0..<codes.count {
            endings[place] = slots[place] < 0 ? -1 : numbers[Int(slots[place])]
        }
        collectExamples()
    }

    private mutating func advanceWithGaps() {
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
        var kept: [Found] = []
        for (slot, entry) in table.entries.enumerated() where entry.count >= minimumCount {
            numbers[slot] = Int32(kept.count)
            let prefix = runs[Int(entry.key >> 16)].tools
            kept.append(
                Found(
                    tools: prefix + [Int(entry.key & 0xFFFF) - 1], count: Int(entry.count),
                    examples: [calls.sequence(at: Int(entry.firstEnd))]))
        }
        runs = kept
        return numbers
    }

    private mutating func collectExamples() {
        var examples = runs.map(\.examples)
        for place in calls.codes.indices {
            let run = Int(endings[place])
            guard run >= 0, examples[run].count < 10 else { continue }
            let sequence = calls.sequence(at: place)
            if examples[run].last.map({ $0 < sequence }) ?? true { examples[run].append(sequence) }
        }
        runs = runs.indices.map {
            Found(tools: runs[$0].tools, count: runs[$0].count, examples: examples[$0])
        }
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

    /// Counts an occurrence.
    ///
    /// - Returns: The entry's index.
    @inline(__always)
    mutating func add(_ key: UInt64, end: Int) -> Int {
        let index = slot(key, end: end)
        entries[index].count += 1
        return index
    }

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
