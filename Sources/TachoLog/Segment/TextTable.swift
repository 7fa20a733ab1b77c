#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Numbers distinct texts 0, 1, 2, … in the order in which they first appear.
///
/// A dictionary keyed by ``ByteString`` would allocate for each look-up of a text that is only
/// borrowed, and every record looks up two.
struct TextTable {
    private(set) var hashes: [UInt64] = []
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Open addressing with linear probing: an index plus one, 0 for free; a power of two long
    /// and never more than half full, so that a search ends.
    private var slots = [UInt32](repeating: 0, count: 32)

    var count: Int { ends.count }

    var texts: [ByteString] { (0..<count).map { ByteString(Array(bytes[range(of: $0)])) } }

    /// The number of `text`, given one if it is new.
    mutating func index(of text: UnsafeRawBufferPointer, hash: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if hashes[index] == hash, equals(text, index) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        bytes.append(contentsOf: text)
        ends.append(bytes.count)
        hashes.append(hash)
        slots[slot] = UInt32(count)
        if count * 2 > slots.count { grow() }
        return count - 1
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
        for slot in slots.indices { slots[slot] = 0 }
    }

    private func range(of index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    private func equals(_ text: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        let range = range(of: index)
        guard range.count == text.count, let address = text.baseAddress else {
            return range.count == text.count
        }
        // `range` lies inside `bytes` and is as long as `text`.
        return bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return memcmp(start + range.lowerBound, address, text.count) == 0
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        for (index, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }
}
