public import CScan

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds the ends of things in bytes that were validated once.
///
/// It trusts the grammar but not the bounds: a disk can have changed the bytes since. Every
/// function reads only in `cursor..<limit`, returns a pointer in `cursor...limit`, and moves
/// forward with each step, so that damage leads to `nil` ("absent"), never to a foreign read or an
/// endless loop. Eight bytes are loaded only where `limit - cursor >= 8`.
@usableFromInline
enum JSONScan {
    /// Somewhere to point to when there is nothing; never read.
    @inlinable
    static var nowhere: UnsafeRawPointer { UnsafeRawPointer(("" as StaticString).utf8Start) }

    @inlinable @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
    }

    /// The byte at `cursor`, or 0 at the limit: a byte that nothing outside a string accepts.
    @inlinable @inline(__always)
    static func byte(at cursor: UnsafeRawPointer, _ limit: UnsafeRawPointer) -> UInt8 {
        cursor < limit ? cursor.load(as: UInt8.self) : 0
    }

    @inlinable @inline(__always)
    static func skipWhitespace(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer {
        var cursor = start
        while cursor < limit, isWhitespace(cursor.load(as: UInt8.self)) { cursor += 1 }
        return cursor
    }

    /// The first quote or backslash from `start` on.
    @inlinable @inline(__always)
    static func quoteOrBackslash(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        while limit - cursor >= 16 {
            let marks = tacho_string_marks16(cursor)
            if marks != 0 { return cursor + marks.trailingZeroBitCount }
            cursor += 16
        }
        while cursor < limit {
            let byte = cursor.load(as: UInt8.self)
            if byte == 0x22 || byte == 0x5C { return cursor }
            cursor += 1
        }
        return nil
    }

    /// The first quote from `start` on, escaped or not.
    @inline(__always)
    private static func quote(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        while limit - cursor >= 8 {
            let marks = JSONWord(at: cursor).quotes
            if marks != 0 { return cursor + JSONWord.byteCount(below: marks) }
            cursor += 8
            if cursor - start == 32 { return farQuote(cursor, limit) }
        }
        while cursor < limit {
            if cursor.load(as: UInt8.self) == 0x22 { return cursor }
            cursor += 1
        }
        return nil
    }

    /// The same far from the start: `memchr` looks at dozens of bytes at once, but is a call, and keys
    /// and most values are short.
    private static func farQuote(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        memchr(start, 0x22, limit - start).map { UnsafeRawPointer($0) }
    }

    /// The quote that closes the string whose content begins at `start`.
    ///
    /// Looks for quotes only, and back from each for the backslashes before it: an odd number
    /// escapes it. The look back ends at the quote before at the latest, so the time is linear.
    @usableFromInline
    static func closingQuote(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        while let quote = quote(cursor, limit) {
            var back = quote
            while back > cursor, (back - 1).load(as: UInt8.self) == 0x5C { back -= 1 }
            if (quote - back) & 1 == 0 { return quote }
            cursor = quote + 1
        }
        return nil
    }

    /// Whether one of `count` bytes is a backslash.
    ///
    /// - Precondition: `count` bytes are readable at `start`, and they are 8 or more.
    @inlinable @inline(__always)
    static func holdsBackslash(_ start: UnsafeRawPointer, count: Int) -> Bool {
        // The last word overlaps the one before.
        var marks = JSONWord(at: start + (count &- 8)).unmasked(equalTo: 0x5C)
        var offset = 0
        while count &- offset > 8 {
            marks |= JSONWord(at: start + offset).unmasked(equalTo: 0x5C)
            offset &+= 8
        }
        return marks & JSONWord.highBits != 0
    }

    /// The quote that closes the string whose content begins at `start`, and whether a backslash
    /// stands before it.
    @inlinable @inline(__always)
    static func endOfText(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> (end: UnsafeRawPointer, hasEscape: Bool)? {
        guard let end = quoteOrBackslash(start, limit) else { return nil }
        if end.load(as: UInt8.self) == 0x22 { return (end, false) }
        return closingQuote(end, limit).map { ($0, true) }
    }

    /// The quote that closes the string whose content begins at `start`; nearly all are short, and
    /// have no escapes.
    @inlinable @inline(__always)
    static func endOfString(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        while cursor - start < 64, limit - cursor >= 16 {
            let marks = tacho_string_marks16(cursor)
            cursor += marks == 0 ? 16 : marks.trailingZeroBitCount
            if marks != 0 { break }
        }
        // Before `cursor` there is no backslash that could escape what stands there.
        return byte(at: cursor, limit) == 0x22 ? cursor : closingQuote(cursor, limit)
    }

    /// The end of the value that begins at `start`.
    @inlinable @inline(__always)
    static func endOfValue(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        switch byte(at: start, limit) {
        case 0x22: endOfString(start + 1, limit).map { $0 + 1 }
        case 0x7B, 0x5B: endOfContainer(start, limit)
        default: endOfScalar(start, limit)
        }
    }

    /// The end of the object or array that begins at `start`.
    @usableFromInline
    static func endOfContainer(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var quotes = JSONQuotes(from: start, limit)
        return quotes.endOfContainer(start)
    }

    /// The end of the number or literal that begins at `start`; `nil` if none does.
    @inlinable @inline(__always)
    static func endOfScalar(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        while cursor < limit, isScalarByte(cursor.load(as: UInt8.self)) { cursor += 1 }
        return cursor > start ? cursor : nil
    }

    /// Letters, digits, and `+ - .`: what numbers and literals are made of.
    @inlinable @inline(__always)
    static func isScalarByte(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x2E
            || byte == 0x2B
    }

    @inlinable @inline(__always)
    static func hexDigit(_ byte: UInt8) -> UInt32? {
        if byte &- 0x30 < 10 { return UInt32(byte &- 0x30) }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? UInt32(letter) &+ 10 : nil
    }

    /// Whether `count` bytes at both places are the same; eight at a time, as keys are short.
    ///
    /// - Precondition: `count` bytes are readable at both.
    @inlinable @inline(__always)
    static func isEqual(
        _ left: UnsafeRawPointer, _ right: UnsafeRawPointer, count: Int
    ) -> Bool {
        var offset = 0
        while count &- offset >= 8 {
            if JSONWord(at: left + offset).bits != JSONWord(at: right + offset).bits {
                return false
            }
            offset &+= 8
        }
        while offset < count {
            if left.load(fromByteOffset: offset, as: UInt8.self)
                != right.load(fromByteOffset: offset, as: UInt8.self)
            {
                return false
            }
            offset &+= 1
        }
        return true
    }
}
