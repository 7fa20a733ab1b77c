/// Values by text, found by bytes: a lookup of a known text allocates nothing.
struct TextTable<Value: Sendable>: Sendable {
    private(set) var keys: [[UInt8]] = []
    private var values: [Value] = []
    private var hashes: [UInt64] = []
    // The number of the entry plus one; 0 is free. Their count is a power of two.
    private var slots = [UInt32](repeating: 0, count: 64)

    var count: Int { keys.count }

    @inline(__always)
    mutating func update<Result>(
        _ text: UnsafeRawBufferPointer, orInsert value: @autoclosure () -> Value,
        _ body: (inout Value) -> Result
    ) -> Result {
        let index = index(of: text) ?? insert(text, value())
        return body(&values[index])
    }

    func forEach(_ body: ([UInt8], Value) throws -> Void) rethrows {
        for (key, value) in zip(keys, values) { try body(key, value) }
    }

    @inline(__always)
    private func index(of text: UnsafeRawBufferPointer) -> Int? {
        let hash = Self.hash(text)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot] - 1)
            if hashes[index] == hash, keys[index].elementsEqual(text) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private mutating func insert(_ text: UnsafeRawBufferPointer, _ value: Value) -> Int {
        if (keys.count + 1) * 2 > slots.count { grow() }
        keys.append(Array(text))
        values.append(value)
        hashes.append(Self.hash(text))
        place(keys.count - 1)
        return keys.count - 1
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for index in keys.indices { place(index) }
    }

    private mutating func place(_ index: Int) {
        var slot = Int(truncatingIfNeeded: hashes[index]) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(index + 1)
    }

    @inline(__always)
    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(text.count)
        var offset = 0
        while offset + 8 <= text.count {
            mix(&hash, text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        while offset < text.count {
            mix(&hash, UInt64(text[offset]))
            offset += 1
        }
        return hash
    }

    @inline(__always)
    private static func mix(_ hash: inout UInt64, _ word: UInt64) {
        hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
        hash ^= hash >> 32
    }
}
