/// Byte strings by row, each stored for itself: JSON values and long texts.
///
/// A new value goes to the end of the arena and leaves the old one as garbage, which is collected
/// when it is more than half. Nothing written depends on where in the arena a value lies.
struct ByteColumn: Sendable {
    private(set) var arena: [UInt8] = []
    private var starts: [UInt64] = []
    /// `unknown` marks a cell without a value.
    private var byteCounts: [UInt32] = []
    private var liveByteCount = 0

    static let unknown = UInt32.max

    init() {}

    /// - Precondition: Values lie in row order; their sizes add up to the arena's.
    init(arena: [UInt8], byteCounts: [UInt32]) {
        self.arena = arena
        self.byteCounts = byteCounts
        starts = []
        starts.reserveCapacity(byteCounts.count)
        var offset: UInt64 = 0
        for byteCount in byteCounts {
            starts.append(offset)
            if byteCount != Self.unknown { offset += UInt64(byteCount) }
        }
        liveByteCount = arena.count
    }

    var memoryByteCount: Int {
        arena.capacity + 8 * starts.capacity + 4 * byteCounts.capacity
    }

    mutating func grow(to rowCapacity: Int) {
        starts.grow(to: rowCapacity, with: 0)
        byteCounts.grow(to: rowCapacity, with: Self.unknown)
    }

    /// `nil` for a cell without a value.
    func byteCount(of row: Int) -> Int? {
        byteCounts[row] == Self.unknown ? nil : Int(byteCounts[row])
    }

    func withBytes<Result>(
        of row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result? {
        guard let byteCount = byteCount(of: row) else { return nil }
        let start = Int(starts[row])
        return try arena.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start..<start + byteCount]))
        }
    }

    mutating func set(_ row: Int, to bytes: UnsafeRawBufferPointer?) {
        liveByteCount -= byteCount(of: row) ?? 0
        guard let bytes else {
            byteCounts[row] = Self.unknown
            starts[row] = 0
            return
        }
        // A record is far smaller than this; a column's value is a part of a record.
        precondition(bytes.count < Int(Self.unknown), "a value is smaller than 4 GiB")
        starts[row] = UInt64(arena.count)
        byteCounts[row] = UInt32(bytes.count)
        arena.makeRoom(for: bytes.count)
        arena.append(contentsOf: bytes)
        liveByteCount += bytes.count
        if arena.count > 2 * liveByteCount + 65_536 { collectGarbage() }
    }

    private mutating func collectGarbage() {
        var kept = [UInt8]()
        kept.reserveCapacity(liveByteCount + liveByteCount / 4)
        for row in starts.indices {
            guard let byteCount = byteCount(of: row) else { continue }
            let start = Int(starts[row])
            starts[row] = UInt64(kept.count)
            kept.append(contentsOf: arena[start..<start + byteCount])
        }
        arena = kept
    }

    /// Traps if the parts do not fit each other.
    func checkInvariants() {
        var live = 0
        for row in starts.indices {
            guard let byteCount = byteCount(of: row) else { continue }
            precondition(Int(starts[row]) + byteCount <= arena.count, "values lie in the arena")
            live += byteCount
        }
        precondition(live == liveByteCount, "live bytes are counted")
    }
}

extension Array {
    /// Makes room for more elements, with a quarter in reserve.
    ///
    /// An array by itself doubles: of a table's texts a third was reserve.
    @inline(__always)
    mutating func makeRoom(for addedCount: Int) {
        if count + addedCount > capacity { reserveCapacity(count + count / 4 + addedCount + 64) }
    }

    /// Makes room for `capacity` elements, the new ones equal to `filler`.
    mutating func grow(to capacity: Int, with filler: Element) {
        guard count < capacity else { return }
        reserveCapacity(capacity)
        append(contentsOf: repeatElement(filler, count: capacity - count))
    }
}
