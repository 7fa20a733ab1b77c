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
        arena.heldByteCount + starts.memoryByteCount + sizes.memoryByteCount
    }

    /// Where the values lie, for ``ColumnScan``.
    var scan: (bytes: UnsafePointer<UInt8>?, starts: NumberScan, sizes: NumberScan) {
        (arena.addressOfFirst, starts.scan, sizes.scan)
    }

    mutating func grow(to rowCapacity: Int) {
        starts.grow(to: rowCapacity)
        sizes.grow(to: rowCapacity)
    }

    /// `nil` for a cell without a value.
    @inline(__always)
    func byteCount(of row: Int) -> Int? {
        let size = sizes[row]
        return size == 0 ? nil : Int(size) - 1
    }

    /// Where in the arena a value lies; `nil` for a cell without one.
    @inline(__always)
    func range(of row: Int) -> Range<Int>? {
        guard let byteCount = byteCount(of: row) else { return nil }
        let start = Int(starts[row])
        return start..<start + byteCount
    }

    @inline(__always)
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

/// Arrays from this size on have pages of their own, of which the last ones may stay untouched.
private let untouchedByteCount = 1 << 20

extension Array {
    /// Makes room for more elements, with some in reserve.
    @inline(__always)
    mutating func makeRoom(for addedCount: Int) {
        if count + addedCount > capacity { reserve(count + addedCount) }
    }

    /// Makes room for at least so many elements, and more later.
    ///
    /// Memory that was never touched is none: a large array reserves three times as much again, so
    /// that it is seldom copied, which needs new pages for all of it. A small one lies between
    /// others, and gets a quarter.
    private mutating func reserve(_ needed: Int) {
        let isLarge = needed * MemoryLayout<Element>.stride >= untouchedByteCount
        reserveCapacity(isLarge ? 4 * needed : needed + needed / 4 + 64)
    }

    /// Bytes of memory that the array holds: of a large one, without what was never touched.
    var heldByteCount: Int {
        let stride = MemoryLayout<Element>.stride
        return capacity * stride < untouchedByteCount ? capacity * stride : count * stride
    }

    /// Makes room for `capacity` elements, the new ones equal to `filler`.
    mutating func grow(to capacity: Int, with filler: Element) {
        guard count < capacity else { return }
        if capacity > self.capacity { reserve(capacity) }
        append(contentsOf: repeatElement(filler, count: capacity - count))
    }
}
