/// Where each of many texts begins that lie one after the other, in four bytes each; in eight, where
/// they have more than four GiB together.
struct TextStarts: Sendable {
    // One of them is in use. One more than there are texts: the last ends there.
    private var short: [UInt32] = [0]
    private var long: [UInt64] = []

    init() {}

    /// Starts of texts of these sizes.
    init(sizes: [UInt32]) {
        var total = 0
        for size in sizes { total += Int(size) }
        if total <= Int(UInt32.max) {
            short = Self.starts(sizes)
        } else {
            short = []
            long = Self.starts(sizes)
        }
    }

    private static func starts<Start: FixedWidthInteger>(_ sizes: [UInt32]) -> [Start] {
        var starts = [Start]()
        starts.reserveCapacity(sizes.count + sizes.count / 32 + 64)
        starts.append(0)
        var start: Start = 0
        for size in sizes {
            start += Start(size)
            starts.append(start)
        }
        return starts
    }

    var count: Int { max(short.count, long.count) }

    var memoryByteCount: Int { short.heldByteCount + long.heldByteCount }

    /// Where the starts lie, for ``ColumnScan``.
    var scan: StartScan {
        StartScan(short: short.addressOfFirst, long: long.addressOfFirst)
    }

    @inline(__always)
    subscript(number: Int) -> Int {
        long.isEmpty ? Int(short[number]) : Int(long[number])
    }

    /// Where a text lies.
    @inline(__always)
    func range(of number: Int) -> Range<Int> {
        guard long.isEmpty else { return Self.range(long, number) }
        return Self.range(short, number)
    }

    @inline(__always)
    private static func range<Start: FixedWidthInteger>(
        _ starts: [Start], _ number: Int
    ) -> Range<Int> {
        let end = Int(truncatingIfNeeded: starts[number &+ 1])
        // Starts ascend, and the one before an element that is there is there.
        return Range(uncheckedBounds: (Int(truncatingIfNeeded: starts[number]), end))
    }

    /// Adds a text that ends at `end`.
    @inline(__always)
    mutating func append(_ end: Int) {
        if long.isEmpty, let end = UInt32(exactly: end) {
            short.makeRoom(for: 1)
            return short.append(end)
        }
        if long.isEmpty {
            long = short.map { UInt64($0) }
            short = []
        }
        long.makeRoom(for: 1)
        long.append(UInt64(end))
    }

    /// The first text of this size for which `isWanted` holds, given its number and where it begins.
    func firstNumber(byteCount: Int, where isWanted: (Int, Int) -> Bool) -> Int? {
        long.isEmpty
            ? Self.first(short, byteCount, isWanted) : Self.first(long, byteCount, isWanted)
    }

    @inline(__always)
    private static func first<Start: FixedWidthInteger>(
        _ starts: [Start], _ byteCount: Int, _ isWanted: (Int, Int) -> Bool
    ) -> Int? {
        guard let size = Start(exactly: byteCount) else { return nil }
        return starts.withUnsafeBufferPointer { starts in
            for number in 0..<starts.count - 1
            where starts[number + 1] &- starts[number] == size
                && isWanted(number, Int(starts[number]))
            {
                return number
            }
            return nil
        }
    }
}
