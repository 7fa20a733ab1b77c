/// Byte strings by row, each stored for itself: JSON values and long texts.
///
/// A new value goes to the end of the arena and leaves the old one as garbage, which is collected
/// when it is more than half. Nothing written depends on where in the arena a value lies.
struct ByteColumn: Sendable {
    private(set) var arena: [UInt8] = []
    private var starts = NumberCells()
    /// One more than the value has bytes; 0 for a cell without a value.
    private var sizes = NumberCells()
    private var liveByteCount = 0

    init() {}

    /// - Parameters:
    ///   - arena: The values in row order.
    ///   - sizes: One more than each has bytes, 0 for none; they add up to the arena's.
    init(arena: [UInt8], sizes: NumberCells) {
        self.arena = arena
        self.sizes = sizes
        liveByteCount = arena.count
        starts = NumberCells(startsOf: sizes, total: arena.count)
    }

    var memoryByteCount: Int {
        arena.capacity + starts.memoryByteCount + sizes.memoryByteCount
    }

    mutating func grow(to rowCapacity: Int) {
        starts.grow(to: rowCapacity)
        sizes.grow(to: rowCapacity)
    }

    /// `nil` for a cell without a value.
    func byteCount(of row: Int) -> Int? {
        let size = sizes[row]
        return size == 0 ? nil : Int(size) - 1
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
            sizes[row] = 0
            starts[row] = 0
            return
        }
        starts[row] = Int64(arena.count)
        sizes[row] = Int64(bytes.count) + 1
        arena.makeRoom(for: bytes.count)
        arena.append(contentsOf: bytes)
        liveByteCount += bytes.count
        if arena.count > 2 * liveByteCount + 65_536 { collectGarbage() }
    }

    private mutating func collectGarbage() {
        var kept = [UInt8]()
        kept.reserveCapacity(liveByteCount + liveByteCount / 4)
        for row in 0..<starts.count {
            guard let byteCount = byteCount(of: row) else { continue }
            let start = Int(starts[row])
            starts[row] = Int64(kept.count)
            kept.append(contentsOf: arena[start..<start + byteCount])
        }
        arena = kept
    }

    /// Traps if the parts do not fit each other.
    func checkInvariants() {
        var live = 0
        for row in 0..<starts.count {
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
