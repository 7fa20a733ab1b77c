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
}
