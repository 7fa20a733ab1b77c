/// Finds a few members of an object as fast as the bytes can be walked over.
///
/// The public face of the hot path: keys are prepared once, each member costs one search for the
/// end of its key, a comparison of eight bytes for each key still missing, and the passing over of
/// its value. Nothing is allocated, nothing is counted, nested values are not entered, and the walk
/// ends with the last key that is found.
///
/// ```swift
/// let fields = JSONFields(["tool_name", "duration_ms"])
/// fields.forEach(in: data) { index, value in … }
/// ```
///
/// Of several members with the same key the first one counts, as everywhere here. On bytes that are
/// not valid JSON fewer fields are found, and nothing outside of them is read (``JSONScan``).
///
/// It builds nothing and validates nothing; how fast it is beside a parser that does is row R5 of
/// `tools/bench replay`.
public struct JSONFields: Sendable {
    /// As many as there are bits to remember what was found.
    public static let maximumCount = 64

    @usableFromInline let keys: [Key]
    /// The keys' bytes, one after the other, and eight more, so that a word can be read at each.
    @usableFromInline let names: [UInt8]
    /// A bit for each key's length and first byte: most members are none of the keys, and one look
    /// here tells.
    @usableFromInline let filter: UInt64

    /// A key: its length, its first eight bytes, and where all of them are.
    @usableFromInline
    struct Key: Sendable {
        @usableFromInline let byteCount: Int
        /// Filled up with zeros.
        @usableFromInline let head: UInt64
        @usableFromInline let offset: Int
    }

    /// - Precondition: There are at most ``maximumCount`` keys, and none of them twice.
    public init(_ keys: [String]) {
        precondition(keys.count <= Self.maximumCount, "a bit for each field")
        precondition(Set(keys.map { Array($0.utf8) }).count == keys.count, "no field twice")
        var names = [UInt8]()
        var prepared = [(byteCount: Int, offset: Int)]()
        for key in keys {
            prepared.append((key.utf8.count, names.count))
            names.append(contentsOf: key.utf8)
        }
        names.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        self.names = names
        self.keys = prepared.map { key in
            let head = names.withUnsafeBytes { bytes in
                UInt64(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: key.offset, as: UInt64.self))
                    & Self.mask(key.byteCount)
            }
            return Key(byteCount: key.byteCount, head: head, offset: key.offset)
        }
        filter = self.keys.reduce(0) { $0 | Self.filterBit($1.byteCount, $1.head) }
    }

    @inlinable @inline(__always)
    static func filterBit(_ byteCount: Int, _ head: UInt64) -> UInt64 {
        1 &<< (UInt64(truncatingIfNeeded: byteCount &* 11) &+ (head & 0xFF))
    }

    /// The low `byteCount` bytes of a word.
    @inlinable @inline(__always)
    static func mask(_ byteCount: Int) -> UInt64 {
        byteCount >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: byteCount &* 8)) &- 1
    }

    /// Calls `body` with each key that the object has, in the order of the object.
    ///
    /// - Parameters:
    ///   - object: The bytes of an object, with whitespace around it or without.
    ///   - body: Gets the key's index, and the value as it is written.
    /// - Complexity: O(bytes up to the last field found), no allocation.
    @inlinable @inline(__always)
    public func forEach(
        in object: UnsafeRawBufferPointer, _ body: (_ index: Int, _ value: JSONField) -> Void
    ) {
        guard let base = object.baseAddress else { return }
        let limit = base + object.count
        let start = JSONScan.skipWhitespace(base, limit)
        guard JSONScan.byte(at: start, limit) == 0x7B else { return }
        var cursor = start + 1
        var quotes = JSONQuotes(from: cursor, limit)
        var missing = keys.count == 64 ? UInt64.max : (1 &<< UInt64(keys.count)) &- 1
        keys.withUnsafeBufferPointer { keys in
            while missing != 0 {
                // Between two members there is hardly ever more than the comma.
                if JSONScan.byte(at: cursor, limit) != 0x22 {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x22 else { return }
                }
                let key = cursor + 1
                guard quotes.next() != nil, let keyEnd = quotes.closing(key) else { return }
                let found = index(of: key, count: keyEnd - key, limit, among: keys)
                cursor = keyEnd + 1
                if JSONScan.byte(at: cursor, limit) != 0x3A {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x3A else { return }
                }
                cursor += 1
                if JSONScan.byte(at: cursor, limit) <= 0x20 {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                }
                guard let end = quotes.endOfValue(cursor) else { return }
                if found >= 0, missing & (1 &<< UInt64(found)) != 0 {
                    missing &= ~(1 &<< UInt64(found))
                    body(found, JSONField(start: cursor, end: end))
                }
                cursor = end
                if JSONScan.byte(at: cursor, limit) != 0x2C {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x2C else { return }
                }
                cursor += 1
            }
        }
    }

    /// Which key these bytes are; −1 if none.
    @inlinable @inline(__always)
    func index(
        of key: UnsafeRawPointer, count: Int, _ limit: UnsafeRawPointer,
        among keys: UnsafeBufferPointer<Key>
    ) -> Int {
        // Behind a key come its quote, a colon, and a value: near the end there is no key of ours
        // that a word could not be read at, unless the bytes are cut off.
        guard limit - key >= 8 else { return index(ofEscaped: key, count: count, among: keys) }
        let word = JSONWord(at: key)
        let mask = Self.mask(count)
        let backslashes = word.unmasked(equalTo: 0x5C) & JSONWord.highBits & mask
        if backslashes != 0 || (count > 8 && JSONScan.holdsBackslash(key, count: count)) {
            return index(ofEscaped: key, count: count, among: keys)
        }
        let head = word.bits & mask
        guard filter & Self.filterBit(count, head) != 0 else { return -1 }
        for index in 0..<keys.count {
            let candidate = keys[index]
            if candidate.head == head, candidate.byteCount == count,
                count <= 8 || isTail(of: candidate, key)
            {
                return index
            }
        }
        return -1
    }

    /// Whether the bytes behind the first eight are the key's.
    @inlinable @inline(__always)
    func isTail(of candidate: Key, _ key: UnsafeRawPointer) -> Bool {
        // `names` holds the whole key, and `key` was found to have as many bytes.
        names.withUnsafeBytes { names in
            guard let base = names.baseAddress else { return false }
            return JSONScan.isEqual(
                key + 8, base + candidate.offset + 8, count: candidate.byteCount &- 8)
        }
    }

    /// Which key these bytes are once their escapes are undone; −1 if none.
    @usableFromInline @inline(never)
    func index(
        ofEscaped key: UnsafeRawPointer, count: Int, among keys: UnsafeBufferPointer<Key>
    ) -> Int {
        names.withUnsafeBytes { names in
            keys.firstIndex { candidate in
                JSONEscape.isEqual(
                    UnsafeRawBufferPointer(start: key, count: count),
                    UnsafeRawBufferPointer(
                        rebasing: names[candidate.offset..<candidate.offset + candidate.byteCount]))
            } ?? -1
        }
    }
}

/// The value of a member as it is written; valid only while the bytes are.
@frozen
public struct JSONField {
    @usableFromInline let start: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer

    @inlinable @inline(__always)
    init(start: UnsafeRawPointer, end: UnsafeRawPointer) {
        self.start = start
        self.end = end
    }

    /// From its first byte to its last.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: end - start)
    }

    @inlinable @inline(__always)
    public var isNull: Bool { JSONScan.byte(at: start, end) == 0x6E }

    /// What is between the quotes of a string without escapes; `nil` for everything else.
    @inlinable @inline(__always)
    public var plainText: UnsafeRawBufferPointer? {
        guard end - start >= 2, start.load(as: UInt8.self) == 0x22,
            JSONScan.quoteOrBackslash(start + 1, end) == end - 1
        else { return nil }
        return UnsafeRawBufferPointer(start: start + 1, count: end - start - 2)
    }

    /// A number without fraction, exponent, and `-0` that fits; `nil` for everything else.
    @inlinable @inline(__always)
    public var wholeNumber: Int64? { scaledNumber(digits: 0) }

    /// A number times 10 to the power of `digits`, exactly; `nil` for everything that is not written
    /// as digits with at most so many behind the point, or does not fit.
    @inlinable
    public func scaledNumber(digits: Int) -> Int64? {
        var cursor = start
        let isNegative = JSONScan.byte(at: cursor, end) == 0x2D
        if isNegative { cursor += 1 }
        guard end - cursor > 0, end - cursor <= 19 else { return nil }
        var value: UInt64 = 0
        var fraction = -1
        while cursor < end {
            let byte = cursor.load(as: UInt8.self)
            let digit = byte &- 0x30
            if digit < 10 {
                // 19 digits at most: no overflow.
                value = value &* 10 &+ UInt64(digit)
                if fraction >= 0 { fraction &+= 1 }
            } else if byte == 0x2E, fraction < 0 {
                fraction = 0
            } else {
                return nil
            }
            cursor += 1
        }
        let shift = digits - max(fraction, 0)
        guard shift >= 0 else { return nil }
        for _ in 0..<shift {
            let (product, overflows) = value.multipliedReportingOverflow(by: 10)
            guard !overflows else { return nil }
            value = product
        }
        guard value <= UInt64(Int64.max), !(isNegative && value == 0) else { return nil }
        return isNegative ? -Int64(value) : Int64(value)
    }
}
