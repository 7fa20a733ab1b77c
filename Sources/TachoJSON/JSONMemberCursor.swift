/// Walks over the members of an object from left to right.
///
/// All pointers lie in the view's bytes (``JSONScan``). A fault in the bytes ends the walk.
@usableFromInline
struct JSONMemberCursor {
    /// Between the quotes of the current key.
    @usableFromInline private(set) var keyStart: UnsafeRawPointer
    @usableFromInline private(set) var keyEnd: UnsafeRawPointer
    @usableFromInline private(set) var keyHasEscape = false
    @usableFromInline private(set) var valueStart: UnsafeRawPointer
    @usableFromInline let limit: UnsafeRawPointer

    /// Stands before the first member; `nil` if the view is not an object.
    @inlinable @inline(__always)
    init?(_ view: JSONView) {
        guard JSONScan.byte(at: view.start, view.limit) == 0x7B else { return nil }
        limit = view.limit
        keyStart = view.start
        keyEnd = view.start
        valueStart = view.start + 1
    }

    /// Moves to the first member.
    @inlinable @inline(__always)
    mutating func first() -> Bool {
        readMember(JSONScan.skipWhitespace(valueStart, limit))
    }

    /// Passes over the current value to the next member.
    @inlinable @inline(__always)
    mutating func next() -> Bool {
        guard let end = JSONScan.endOfValue(valueStart, limit) else { return false }
        let comma = JSONScan.skipWhitespace(end, limit)
        guard JSONScan.byte(at: comma, limit) == 0x2C else { return false }
        return readMember(JSONScan.skipWhitespace(comma + 1, limit))
    }

    @inlinable @inline(__always)
    mutating func readMember(_ start: UnsafeRawPointer) -> Bool {
        guard JSONScan.byte(at: start, limit) == 0x22 else { return false }
        guard let (end, hasEscape) = JSONScan.endOfText(start + 1, limit) else { return false }
        keyStart = start + 1
        keyHasEscape = hasEscape
        keyEnd = end
        let colon = JSONScan.skipWhitespace(end + 1, limit)
        guard JSONScan.byte(at: colon, limit) == 0x3A else { return false }
        valueStart = JSONScan.skipWhitespace(colon + 1, limit)
        return JSONKind(firstByte: JSONScan.byte(at: valueStart, limit)) != nil
    }

    @inlinable @inline(__always)
    var value: JSONView { JSONView(start: valueStart, limit: limit) }

    /// The key with its quotes.
    @inlinable @inline(__always)
    var key: JSONView { JSONView(start: keyStart - 1, limit: keyEnd + 1) }

    /// Whether the key, unescaped, is exactly these bytes.
    ///
    /// - Precondition: `count` bytes are readable at `name`.
    @inlinable @inline(__always)
    func keyEquals(_ name: UnsafeRawPointer, count: Int) -> Bool {
        guard !keyHasEscape else {
            return JSONEscape.isEqual(
                UnsafeRawBufferPointer(start: keyStart, count: keyEnd - keyStart),
                UnsafeRawBufferPointer(start: name, count: count))
        }
        return keyEnd - keyStart == count && JSONScan.isEqual(keyStart, name, count: count)
    }
}
