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
        while limit - cursor >= 8 {
            let marks = JSONWord(at: cursor).quotesAndBackslashes
            if marks != 0 { return cursor + JSONWord.byteCount(below: marks) }
            cursor += 8
        }
        while cursor < limit {
            let byte = cursor.load(as: UInt8.self)
            if byte == 0x22 || byte == 0x5C { return cursor }
            cursor += 1
        }
        return nil
    }

    /// The first quote from `start` on, escaped or not.
    @inlinable @inline(__always)
    static func quote(
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
    @usableFromInline
    static func farQuote(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        memchr(start, 0x22, limit - start).map { UnsafeRawPointer($0) }
    }

    /// The quote that closes the string whose content begins at `start`.
    ///
    /// Looks for quotes only, and back from each for the backslashes before it: an odd number
    /// escapes it. The look back ends at the quote before at the latest, so the time is linear.
    @inlinable @inline(__always)
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

    /// The end of the value that begins at `start`.
    @inlinable @inline(__always)
    static func endOfValue(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        switch byte(at: start, limit) {
        case 0x22: closingQuote(start + 1, limit).map { $0 + 1 }
        case 0x7B, 0x5B: endOfContainer(start, limit)
        default: endOfScalar(start, limit)
        }
    }

    /// The end of the object or array that begins at `start`.
    ///
    /// Brackets of both kinds are counted together: valid bytes pair them, and of others only the
    /// bounds matter.
    @inlinable
    static func endOfContainer(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UnsafeRawPointer? {
        var cursor = start
        var depth = 0
        while cursor < limit {
            let byte = cursor.load(as: UInt8.self)
            cursor += 1
            if byte == 0x22 {
                guard let quote = closingQuote(cursor, limit) else { return nil }
                cursor = quote + 1
            } else if byte | 0x20 == 0x7B {
                depth &+= 1
            } else if byte | 0x20 == 0x7D {
                depth &-= 1
                if depth == 0 { return cursor }
            }
        }
        return nil
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
