/// The members of an object, found as they are asked for or known from before.
///
/// Several readers of one object walk over its values' bytes each, which is most of what reading
/// costs. Where ``JSONMemberPlace``s were noted once, all of them go from key to key.
package struct JSONMembers {
    private let object: JSONView
    private let places: UnsafeBufferPointer<JSONMemberPlace>?

    /// The members of a view, which are looked for.
    @inline(__always)
    package init(_ object: JSONView) {
        self.object = object
        places = nil
    }

    /// - Parameters:
    ///   - object: The view that the places were noted of, or of the same bytes elsewhere.
    ///   - places: All of them, lent for as long as this is used.
    @inline(__always)
    package init(_ object: JSONView, at places: UnsafeBufferPointer<JSONMemberPlace>) {
        self.object = object
        self.places = places
    }

    /// Visits the members in the order in which they are written, duplicates too.
    ///
    /// - Parameter body: Gets the key's UTF-8 without its escapes, and the value; `false` stops. A
    ///   key whose escapes say no text is passed over.
    @inline(__always)
    package func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: JSONView) throws -> Bool
    ) rethrows {
        guard let places else { return try walk(body) }
        let byteCount = object.limit - object.start
        for place in places {
            let (key, keyEnd) = (Int(place.key), Int(place.keyEnd))
            // True of places that were noted of these bytes.
            guard key <= keyEnd, keyEnd < byteCount, Int(place.value) < byteCount else { return }
            let name = UnsafeRawBufferPointer(start: object.start + key, count: keyEnd - key)
            let value = JSONView(start: object.start + Int(place.value), limit: object.limit)
            if try !visit(name, hasEscape: place.keyHasEscape, value, body) { return }
        }
    }

    @inline(__always)
    private func walk(_ body: (UnsafeRawBufferPointer, JSONView) throws -> Bool) rethrows {
        guard var cursor = JSONMemberCursor(object), cursor.first() else { return }
        repeat {
            let name = UnsafeRawBufferPointer(
                start: cursor.keyStart, count: cursor.keyEnd - cursor.keyStart)
            guard try visit(name, hasEscape: cursor.keyHasEscape, cursor.value, body) else {
                return
            }
        } while cursor.next()
    }

    @inline(__always)
    private func visit(
        _ name: UnsafeRawBufferPointer, hasEscape: Bool, _ value: JSONView,
        _ body: (UnsafeRawBufferPointer, JSONView) throws -> Bool
    ) rethrows -> Bool {
        guard hasEscape else { return try body(name, value) }
        guard let text = JSONEscape.decode(name) else { return true }
        return try text.withUnsafeBytes { try body($0, value) }
    }
}

/// Where a member stands, from the first byte of its object: what a walk found, without a pointer.
package struct JSONMemberPlace: Sendable {
    /// Of the key's first byte behind its quote.
    let key: UInt32
    /// Of the key's closing quote.
    let keyEnd: UInt32
    let value: UInt32
    let keyHasEscape: Bool

    /// Calls `body` with the places of all members of an object; of anything else there are none.
    ///
    /// - Complexity: O(bytes of the object).
    @inline(__always)
    package static func forEach(of object: JSONView, _ body: (JSONMemberPlace) -> Void) {
        guard object.limit - object.start <= UInt32.max, var cursor = JSONMemberCursor(object),
            cursor.first()
        else { return }
        repeat {
            body(
                JSONMemberPlace(
                    key: UInt32(truncatingIfNeeded: cursor.keyStart - object.start),
                    keyEnd: UInt32(truncatingIfNeeded: cursor.keyEnd - object.start),
                    value: UInt32(truncatingIfNeeded: cursor.valueStart - object.start),
                    keyHasEscape: cursor.keyHasEscape))
        } while cursor.next()
    }
}
