/// All calls one behind the other, with an end between two sequences.
struct Calls: Sendable {
    /// Tool + 1; 0 is an end.
    private(set) var codes: [UInt16] = []
    /// Where each sequence begins in `codes`, ascending.
    private(set) var starts: [Int32] = []
    /// By tool + 1.
    private(set) var toolCounts = [Int](repeating: 0, count: Int(UInt16.max) + 1)

    init(_ sequences: [[UInt16]]) {
        codes.reserveCapacity(sequences.reduce(0) { $0 + $1.count + 1 })
        for sequence in sequences {
            begin()
            for tool in sequence { append(tool) }
            end()
        }
    }

    init() {}

    /// Begins a sequence; the one before has ended.
    mutating func begin() { starts.append(Int32(clamping: codes.count)) }

    @inline(__always)
    mutating func append(_ tool: UInt16) {
        let code = tool == .max ? .max : tool + 1
        codes.append(code)
        toolCounts[Int(code)] += 1
    }

    mutating func end() { codes.append(0) }

    var count: Int { codes.count - starts.count }

    /// The sequence that a place belongs to.
    func sequence(at place: Int) -> Int {
        var (low, high) = (0, starts.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if Int(starts[middle]) <= place { low = middle } else { high = middle }
        }
        return low
    }

    /// Where each of some runs begins, ascending; all found in one pass.
    func places(of runs: [RunKey]) -> [[Int]] {
        var places = [[Int]](repeating: [], count: runs.count)
        // Runs by their first two calls, most of which are none's.
        var heads = [Int32](repeating: -1, count: Self.headCount)
        var others = [Int32](repeating: -1, count: runs.count)
        let counts = runs.map(\.count)
        for (index, run) in runs.enumerated() {
            let head = Self.head(run)
            others[index] = heads[head]
            heads[head] = Int32(clamping: index)
        }
        var key = RunKey()
        for place in codes.indices.reversed() {
            guard codes[place] != 0 else {
                key = RunKey()
                continue
            }
            key = key.preceded(by: codes[place])
            var index = Int(heads[Self.head(key)])
            while index >= 0 {
                if key.prefix(counts[index]) == runs[index] { places[index].append(place) }
                index = Int(others[index])
            }
        }
        return places.map { $0.reversed() }
    }

    private static let headCount = 1 << 14

    @inline(__always)
    private static func head(_ key: RunKey) -> Int {
        let calls = UInt32(truncatingIfNeeded: key.bits &>> 96)
        return Int((calls &* 0x9E37_79B9) &>> 18)
    }
}
