/// A value inside bytes that were validated before; nothing is parsed until it is asked for.
///
/// A view borrows the bytes: it is valid only while the buffer is. It begins at the value's first
/// byte and knows a limit behind its end; where exactly the value ends is found when needed, so
/// that walking into a nested object reads it once and not twice.
///
/// On bytes that are *not* valid (a disk changed them) answers are `nil` or empty, and nothing is
/// read outside the buffer (``JSONScan``).
@usableFromInline
package struct JSONView {
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline let limit: UnsafeRawPointer

    /// Views the value in `bytes`, which may have whitespace around it.
    @inlinable
    package init(validated bytes: UnsafeRawBufferPointer) {
        let base = bytes.baseAddress ?? JSONScan.nowhere
        limit = base + bytes.count
        start = JSONScan.skipWhitespace(base, limit)
    }

    @inlinable @inline(__always)
    init(start: UnsafeRawPointer, limit: UnsafeRawPointer) {
        self.start = start
        self.limit = limit
    }

    @inlinable
    package var kind: JSONKind {
        JSONKind(firstByte: JSONScan.byte(at: start, limit)) ?? .null
    }

    @inlinable @inline(__always)
    package var isNull: Bool { JSONScan.byte(at: start, limit) != 0x22 && kind == .null }

    /// The value as it is written, without whitespace around it.
    ///
    /// - Complexity: O(`bytes.count`).
    @inlinable
    package var bytes: UnsafeRawBufferPointer {
        let end = JSONScan.endOfValue(start, limit) ?? limit
        return UnsafeRawBufferPointer(start: start, count: end - start)
    }

    @inlinable
    package func boolean() -> Bool? {
        if isLiteral("true") { return true }
        return isLiteral("false") ? false : nil
    }

    @inlinable @inline(__always)
    func isLiteral(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        return limit - start >= count
            && JSONScan.isEqual(start, UnsafeRawPointer(literal.utf8Start), count: count)
    }
}

extension JSONView {
    /// How many bytes behind this value's beginning one inside of it begins.
    @inlinable @inline(__always)
    package func offset(of value: JSONView) -> UInt32 {
        UInt32(truncatingIfNeeded: value.start - start)
    }

    /// The value inside of this one that begins so far behind its beginning.
    @inlinable @inline(__always)
    package func value(at offset: UInt32) -> JSONView {
        precondition(Int(offset) <= limit - start, "a value inside lies before the limit")
        return JSONView(start: start + Int(offset), limit: limit)
    }

    /// The first member with that key; `nil` if there is none, or this is not an object.
    ///
    /// A member that is `null` is a view of kind `null`. Of several members with the same key the
    /// first one counts. Several keys of one object: ``JSONPicker``.
    @inlinable
    package subscript(_ key: StaticString) -> JSONView? {
        let name = UnsafeRawPointer(key.utf8Start)
        let count = key.utf8CodeUnitCount
        guard var cursor = JSONMemberCursor(self), cursor.first() else { return nil }
        repeat {
            if cursor.keyEquals(name, count: count) { return cursor.value }
        } while cursor.next()
        return nil
    }

    @inlinable
    package func field(_ outer: StaticString, _ inner: StaticString) -> JSONView? {
        self[outer]?[inner]
    }

    /// Visits the members in the order in which they are written, duplicates too.
    ///
    /// - Parameter body: Gets the key as a view of a string, and the value; `false` stops.
    @inlinable
    package func forEachMember(
        _ body: (_ key: JSONView, _ value: JSONView) throws -> Bool
    ) rethrows {
        guard var cursor = JSONMemberCursor(self), cursor.first() else { return }
        repeat {
            guard try body(cursor.key, cursor.value) else { return }
        } while cursor.next()
    }

    /// Visits the elements of an array.
    ///
    /// - Parameter body: Gets the element; `false` stops.
    @inlinable
    package func forEachElement(_ body: (JSONView) throws -> Bool) rethrows {
        guard JSONScan.byte(at: start, limit) == 0x5B else { return }
        var element = JSONScan.skipWhitespace(start + 1, limit)
        while JSONKind(firstByte: JSONScan.byte(at: element, limit)) != nil {
            guard try body(JSONView(start: element, limit: limit)) else { return }
            guard let end = JSONScan.endOfValue(element, limit) else { return }
            let comma = JSONScan.skipWhitespace(end, limit)
            guard JSONScan.byte(at: comma, limit) == 0x2C else { return }
            element = JSONScan.skipWhitespace(comma + 1, limit)
        }
    }
}
