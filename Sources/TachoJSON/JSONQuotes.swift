private import CScan

/// The quotes of some bytes, one after the other, found 64 bytes at a time.
///
/// A search that starts anew at each string mispredicts its own end twice a string; here the quotes
/// of a block are bits of a word, and the next one is two instructions away. All pointers given out
/// lie in the bytes.
struct JSONQuotes {
    /// What the bits of ``marks`` count from.
    var block: UnsafeRawPointer
    /// A bit for each quote of the block that was not given out yet.
    var marks: UInt64
    let first: UnsafeRawPointer
    let limit: UnsafeRawPointer

    @inline(__always)
    init(from start: UnsafeRawPointer, _ limit: UnsafeRawPointer) {
        first = start
        block = start
        self.limit = limit
        marks = Self.quotes(at: start, first: start, limit)
    }

    /// The quotes among the 64 bytes at `start`, or among those that are left.
    ///
    /// A call of its own, once in 64 bytes: the places that need it stay small.
    @inline(never)
    static func quotes(
        at start: UnsafeRawPointer, first: UnsafeRawPointer, _ limit: UnsafeRawPointer
    ) -> UInt64 {
        let count = limit - start
        if count >= 64 { return tacho_marks64(start, 0x22) }
        if count <= 0 { return 0 }
        // The last 64 bytes, of which those before `start` are shifted out.
        if limit - first >= 64 {
            return tacho_marks64(limit - 64, 0x22) &>> UInt64(64 &- count)
        }
        return fewQuotes(at: start, count)
    }

    static func fewQuotes(at start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var marks: UInt64 = 0
        for offset in 0..<count
        where start.load(fromByteOffset: offset, as: UInt8.self) == 0x22 {
            marks |= 1 &<< UInt64(offset)
        }
        return marks
    }

    /// The next quote, which stays the next one; `limit` if there is none.
    @inline(__always)
    mutating func peek() -> UnsafeRawPointer {
        while marks == 0 {
            guard limit - block > 64 else { return limit }
            block += 64
            marks = Self.quotes(at: block, first: first, limit)
        }
        return block + marks.trailingZeroBitCount
    }

    /// Passes over the next quote.
    @inline(__always)
    mutating func next() -> UnsafeRawPointer? {
        let quote = peek()
        guard quote < limit else { return nil }
        marks &= marks &- 1
        return quote
    }

    /// The quote that closes the string whose content begins at `start`, and passes over it.
    @inline(__always)
    mutating func closing(_ start: UnsafeRawPointer) -> UnsafeRawPointer? {
        while let quote = next() {
            guard quote > start, (quote - 1).load(as: UInt8.self) == 0x5C else { return quote }
            // An odd number of backslashes before it escapes a quote.
            var back = quote - 1
            while back > start, (back - 1).load(as: UInt8.self) == 0x5C { back -= 1 }
            if (quote - back) & 1 == 0 { return quote }
        }
        return nil
    }

    /// The end of the value that begins at `start`, with all its quotes passed over.
    @inline(__always)
    mutating func endOfValue(_ start: UnsafeRawPointer) -> UnsafeRawPointer? {
        let byte = JSONScan.byte(at: start, limit)
        if byte == 0x22 {
            guard next() != nil else { return nil }
            return closing(start + 1).map { $0 + 1 }
        }
        return byte | 0x20 == 0x7B ? endOfContainer(start) : JSONScan.endOfScalar(start, limit)
    }

    /// The end of the object or array that begins at `start`.
    ///
    /// Brackets of both kinds are counted together: valid bytes pair them, and of others only the
    /// bounds matter.
    @inline(__always)
    mutating func endOfContainer(_ start: UnsafeRawPointer) -> UnsafeRawPointer? {
        var cursor = start
        var depth = 0
        while true {
            let quote = peek()
            while cursor < quote {
                let byte = cursor.load(as: UInt8.self) | 0x20
                cursor += 1
                if byte == 0x7B {
                    depth &+= 1
                } else if byte == 0x7D {
                    depth &-= 1
                    if depth == 0 { return cursor }
                }
            }
            guard next() != nil, let end = closing(quote + 1) else { return nil }
            cursor = end + 1
        }
    }
}
