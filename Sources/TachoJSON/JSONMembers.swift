/// The members of an object, found as they are asked for or known from before.
///
/// Several readers of one object walk over its values' bytes each, which is most of what reading
/// costs. Where ``JSONMemberPlace``s were noted once, all of them go from key to key.
@usableFromInline
package struct JSONMembers {
    @usableFromInline package let object: JSONView
    @usableFromInline let places: UnsafeBufferPointer<JSONMemberPlace>?

    /// The members of a view, which are looked for.
    @inlinable @inline(__always)
    package init(_ object: JSONView) {
        self.object = object
        places = nil
    }

    /// - Parameters:
    ///   - object: The view that the places were noted of, or of the same bytes elsewhere.
    ///   - places: All of them, lent for as long as this is used.
    @inlinable @inline(__always)
    package init(_ object: JSONView, at places: UnsafeBufferPointer<JSONMemberPlace>) {
        self.object = object
        self.places = places
    }

    /// Visits the members in the order in which they are written, duplicates too.
    ///
    /// - Parameter body: Gets the key's UTF-8 without its escapes, and the value; `false` stops. A
    ///   key whose escapes say no text is passed over.
    @inlinable @inline(__always)
    package func forEach(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: JSONView) throws -> Bool
    ) rethrows {
        guard let places else { return try walk(body) }
        var index = 0
        while index < places.count, try visit(places[index], body) { index += 1 }
    }

    @usableFromInline
    func walk(_ body: (UnsafeRawBufferPointer, JSONView) throws -> Bool) rethrows {
        try JSONMemberPlace.walk(object) { place in try visit(place, body) }
    }

    @inlinable @inline(__always)
    func visit(
        _ place: JSONMemberPlace, _ body: (UnsafeRawBufferPointer, JSONView) throws -> Bool
    ) rethrows -> Bool {
        let byteCount = object.limit - object.start
        let (key, keyEnd) = (Int(place.key), Int(place.keyEnd))
        // True of places that were noted of these bytes.
        guard key <= keyEnd, keyEnd < byteCount, Int(place.value) < byteCount else { return false }
        let name = UnsafeRawBufferPointer(start: object.start + key, count: keyEnd - key)
        let value = JSONView(start: object.start + Int(place.value), limit: object.limit)
        return try place.keyHasEscape ? visitEscaped(name, value, body) : body(name, value)
    }

    @usableFromInline
    func visitEscaped(
        _ name: UnsafeRawBufferPointer, _ value: JSONView,
        _ body: (UnsafeRawBufferPointer, JSONView) throws -> Bool
    ) rethrows -> Bool {
        guard let text = JSONEscape.decode(name) else { return true }
        return try text.withUnsafeBytes { try body($0, value) }
    }
}

/// Where a member stands, from the first byte of its object: what a walk found, without a pointer.
@usableFromInline
package struct JSONMemberPlace: Sendable {
    /// Of the key's first byte behind its quote.
    @usableFromInline let key: UInt32
    /// Of the key's closing quote.
    @usableFromInline let keyEnd: UInt32
    @usableFromInline let value: UInt32
    @usableFromInline let keyHasEscape: Bool

    /// Calls `body` with the places of all members of an object; of anything else there are none.
    ///
    /// - Complexity: O(bytes of the object).
    package static func forEach(of object: JSONView, _ body: (JSONMemberPlace) -> Void) {
        walk(object) { place in
            body(place)
            return true
        }
    }

    /// Notes the places of all members of an object, as far as there is room.
    ///
    /// - Parameters:
    ///   - object: Anything else has none.
    ///   - places: Where they are written.
    /// - Returns: How many members there are, which may be more than there is room for.
    package static func note(
        of object: JSONView, in places: UnsafeMutableBufferPointer<JSONMemberPlace>
    ) -> Int {
        var count = 0
        walk(object) { place in
            if count < places.count { places.initializeElement(at: count, to: place) }
            count += 1
            return true
        }
        return count
    }

    /// Calls `body` with one place after the other, until it says `false`.
    @inline(__always)
    fileprivate static func walk(
        _ object: JSONView, _ body: (JSONMemberPlace) throws -> Bool
    ) rethrows {
        let (start, limit) = (object.start, object.limit)
        guard limit - start <= UInt32.max, JSONScan.byte(at: start, limit) == 0x7B else { return }
        var cursor = start
        repeat {
            let key = skipBlanks(cursor + 1, limit)
            guard JSONScan.byte(at: key, limit) == 0x22,
                let (keyEnd, keyHasEscape) = JSONScan.endOfText(key + 1, limit)
            else { return }
            let colon = skipBlanks(keyEnd + 1, limit)
            guard JSONScan.byte(at: colon, limit) == 0x3A else { return }
            let value = skipBlanks(colon + 1, limit)
            guard value < limit else { return }
            let place = JSONMemberPlace(
                key: UInt32(truncatingIfNeeded: key + 1 - start),
                keyEnd: UInt32(truncatingIfNeeded: keyEnd - start),
                value: UInt32(truncatingIfNeeded: value - start),
                keyHasEscape: keyHasEscape)
            guard try body(place), let end = JSONScan.endOfValue(value, limit) else { return }
            cursor = skipBlanks(end, limit)
        } while JSONScan.byte(at: cursor, limit) == 0x2C
    }

    /// Between two tokens there is hardly ever anything.
    @inline(__always)
    private static func skipBlanks(
        _ cursor: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer {
        JSONScan.byte(at: cursor, limit) > 0x20 ? cursor : JSONScan.skipWhitespace(cursor, limit)
    }
}
