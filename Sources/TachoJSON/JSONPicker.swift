/// Picks several members of an object in one pass, and stops when it has them all.
///
/// The keys are prepared once; make a picker a `static let`.
@usableFromInline
package struct JSONPicker: Sendable {
    @usableFromInline let keys: [Key]
    /// The keys' bytes, one after the other.
    @usableFromInline let names: [UInt8]
    /// A bit for each key's length and first byte: most members are none of the keys, and one look
    /// here tells.
    @usableFromInline let filter: UInt64

    /// Where a key's bytes are in `names`.
    @usableFromInline
    struct Key: Sendable {
        @usableFromInline let offset: Int
        @usableFromInline let byteCount: Int

        @usableFromInline
        init(offset: Int, byteCount: Int) {
            self.offset = offset
            self.byteCount = byteCount
        }
    }

    package init(_ keys: [StaticString]) {
        var compiled: [Key] = []
        var names: [UInt8] = []
        for key in keys {
            compiled.append(Key(offset: names.count, byteCount: key.utf8CodeUnitCount))
            key.withUTF8Buffer { names.append(contentsOf: $0) }
        }
        self.keys = compiled
        self.names = names
        filter = compiled.reduce(0) { filter, key in
            let first = key.byteCount > 0 ? names[key.offset] : 0
            return filter | Self.filterBit(count: key.byteCount, firstByte: first)
        }
    }

    @inlinable @inline(__always)
    static func filterBit(count: Int, firstByte: UInt8) -> UInt64 {
        1 &<< UInt64(truncatingIfNeeded: count &* 11 &+ Int(firstByte))
    }

    /// Puts into each slot what `object[key]` would give for the key of the same index.
    ///
    /// - Parameters:
    ///   - object: Where it is no object, all slots become `nil`.
    ///   - slots: Made as long as there are keys; what it held before is gone. Reuse one array.
    @inlinable
    package func pick(_ object: JSONView, into slots: inout [JSONView?]) {
        if slots.count == keys.count {
            for index in slots.indices { slots[index] = nil }
        } else {
            slots = Array(repeating: nil, count: keys.count)
        }
        guard !keys.isEmpty, var cursor = JSONMemberCursor(object), cursor.first() else { return }
        var missing = keys.count
        // The three buffers are of arrays that stay as they are meanwhile; each has been measured
        // above, and `names` at the offsets and counts in `keys`.
        names.withUnsafeBytes { names in
            keys.withUnsafeBufferPointer { keys in
                slots.withUnsafeMutableBufferPointer { slots in
                    let base = names.baseAddress ?? JSONScan.nowhere
                    repeat {
                        guard mayBeKey(cursor) else { continue }
                        for index in keys.indices where slots[index] == nil {
                            let key = keys[index]
                            if cursor.keyEquals(base + key.offset, count: key.byteCount) {
                                slots[index] = cursor.value
                                missing &-= 1
                            }
                        }
                    } while missing > 0 && cursor.next()
                }
            }
        }
    }

    /// Whether the member's key can be one of ours; `false` is certain.
    @inlinable @inline(__always)
    func mayBeKey(_ cursor: JSONMemberCursor) -> Bool {
        // Before its escapes are undone, a key's length and first byte say nothing.
        if cursor.keyHasEscape { return true }
        let count = cursor.keyEnd - cursor.keyStart
        let first = count > 0 ? cursor.keyStart.load(as: UInt8.self) : 0
        return filter & Self.filterBit(count: count, firstByte: first) != 0
    }
}
