public import CScan

/// Finds a few members of an object as fast as the bytes can be looked at.
///
/// The public face of the hot path: keys are prepared once. Where the processor has the instructions
/// (`CScan`), 64 bytes at a time become bits that say which are inside of strings and which end a
/// wanted key; only such keys are looked at, and how deep they are is counted from the brackets
/// before them. Elsewhere, and for keys written in an unusual way, the members are walked over one by
/// one. Nothing is allocated, nothing is counted, and the search ends soon after the last key that is
/// found.
///
/// ```swift
/// let fields = JSONFields(["tool_name", "duration_ms"])
/// fields.forEach(in: data) { index, value in … }
/// ```
///
/// Of several members with the same key the first one counts, as everywhere here. On bytes that are
/// not valid JSON what is found means nothing, and nothing outside of them is read (``JSONScan``).
///
/// It builds nothing and validates nothing; how fast it is beside a parser that does is row R5 of
/// `tools/bench replay`.
public struct JSONFields: Sendable {
    /// As many as there are bits to remember what was found.
    public static let maximumCount = 64

    private let keys: [Key]
    /// The same keys for the search by bits.
    private let wanted: [tacho_key]
    /// The keys' bytes, each behind a quote, and eight more, so that a word can be read at each.
    private let names: [UInt8]
    /// What the last two bytes of the keys are; see `tacho_keys`.
    private let halves: [UInt8]
    /// A bit for each key's length and first byte: most members are none of the keys, and one look
    /// here tells.
    private let filter: UInt64
    /// How many bytes are compared at once, where the processor can; 1 is the walk.
    ///
    /// For tests.
    var width: CInt = 64

    /// A key: its length, its first eight bytes, and where all of them are.
    private struct Key {
        let byteCount: Int
        /// Filled up with zeros.
        let head: UInt64
        let offset: Int
    }

    /// - Precondition: There are at most ``maximumCount`` keys, and none of them twice.
    public init(_ keys: [String]) {
        precondition(keys.count <= Self.maximumCount, "a bit for each field")
        precondition(Set(keys.map { Array($0.utf8) }).count == keys.count, "no field twice")
        var names = [UInt8]()
        var halves = [UInt8](repeating: 0, count: 64)
        var offsets = [Int]()
        for (index, key) in keys.enumerated() {
            names.append(0x22)
            offsets.append(names.count)
            names.append(contentsOf: key.utf8)
            Self.mark(names[(offsets[index] - 1)...], as: 1 &<< UInt8(index & 7), in: &halves)
        }
        names.append(contentsOf: [0, 0, 0, 0, 0, 0, 0, 0])
        self.keys = zip(keys, offsets).map { key, offset in
            let byteCount = key.utf8.count
            return Key(
                byteCount: byteCount,
                head: Self.word(names[offset..<offset + 8]) & Self.mask(byteCount), offset: offset)
        }
        wanted = zip(keys, offsets).map { key, offset in
            let text = names[(offset - 1)..<(offset + key.utf8.count)]
            let shift = UInt64(max(0, 8 - text.count)) * 8
            return tacho_key(
                count: UInt32(text.count), offset: UInt32(offset - 1),
                tail: Self.word(text.suffix(8)) &<< shift, mask: .max &<< shift)
        }
        self.names = names
        self.halves = halves
        filter = self.keys.reduce(0) { $0 | Self.filterBit($1.byteCount, $1.head) }
    }

    /// Marks the halves of a text's last two bytes.
    private static func mark(_ text: ArraySlice<UInt8>, as bit: UInt8, in halves: inout [UInt8]) {
        let bytes = text.suffix(2).reversed()
        for (place, byte) in zip([0, 32], bytes) {
            halves[place + Int(byte & 15)] |= bit
            halves[place + 16 + Int(byte >> 4)] |= bit
        }
        // Whatever is before a text of one byte.
        if bytes.count < 2 {
            for place in 32..<64 { halves[place] |= bit }
        }
    }

    /// Up to eight bytes, the first of them the lowest.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 &<< 8 | UInt64($1) }
    }

    private static func filterBit(_ byteCount: Int, _ head: UInt64) -> UInt64 {
        1 &<< (UInt64(truncatingIfNeeded: byteCount &* 11) &+ (head & 0xFF))
    }

    /// The low `byteCount` bytes of a word.
    @inline(__always)
    private static func mask(_ byteCount: Int) -> UInt64 {
        byteCount >= 8 ? .max : (1 &<< UInt64(truncatingIfNeeded: byteCount &* 8)) &- 1
    }

    /// Calls `body` with each key that the object has, in the order of the object.
    ///
    /// - Parameters:
    ///   - object: The bytes of an object, with whitespace around it or without; below 4 GiB.
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
        // On the stack: 512 bytes.
        withUnsafeTemporaryAllocation(of: tacho_member.self, capacity: Self.maximumCount) { found in
            let count = find(start, limit, found)
            for place in 0..<count {
                let member = found[place]
                // Behind a colon, or at the limit.
                var value = start + Int(member.value)
                if JSONScan.byte(at: value, limit) <= 0x20 {
                    value = JSONScan.skipWhitespace(value, limit)
                }
                guard let end = JSONScan.endOfValue(value, limit) else { return }
                body(Int(member.key), JSONField(start: value, end: end))
            }
        }
    }

    /// Finds the first member of each key.
    ///
    /// - Parameters:
    ///   - start: Of the object's brace.
    ///   - limit: Behind the last byte that may be read.
    ///   - found: Has room for ``maximumCount``, and becomes the members in their order.
    /// - Returns: How many there are.
    @usableFromInline
    func find(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer,
        _ found: UnsafeMutableBufferPointer<tacho_member>
    ) -> Int {
        precondition(limit - start <= UInt32.max, "an object is smaller than 4 GiB")
        // The buffers are of arrays that stay as they are; `wanted` says where in `names` a text is,
        // and there are never more members than keys.
        let count = wanted.withUnsafeBufferPointer { wanted in
            names.withUnsafeBufferPointer { names in
                halves.withUnsafeBufferPointer { halves in
                    var keys = tacho_keys(
                        keys: wanted.baseAddress, count: wanted.count, texts: names.baseAddress,
                        halves: halves.baseAddress)
                    return Int(
                        tacho_find_members(start, limit - start, &keys, found.baseAddress, width))
                }
            }
        }
        return count >= 0 ? count : walk(start, limit, found)
    }

    /// The same, from member to member: keys cost a comparison of eight bytes for each one that is
    /// missing, and nested values are not entered.
    private func walk(
        _ start: UnsafeRawPointer, _ limit: UnsafeRawPointer,
        _ found: UnsafeMutableBufferPointer<tacho_member>
    ) -> Int {
        var cursor = start + 1
        var quotes = JSONQuotes(from: cursor, limit)
        var missing = keys.count == 64 ? UInt64.max : (1 &<< UInt64(keys.count)) &- 1
        var count = 0
        keys.withUnsafeBufferPointer { keys in
            while missing != 0 {
                // Between two members there is hardly ever more than the comma.
                if JSONScan.byte(at: cursor, limit) != 0x22 {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x22 else { return }
                }
                let key = cursor + 1
                guard quotes.next() != nil, let keyEnd = quotes.closing(key) else { return }
                let index = index(of: key, count: keyEnd - key, limit, among: keys)
                cursor = keyEnd + 1
                if JSONScan.byte(at: cursor, limit) != 0x3A {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x3A else { return }
                }
                cursor += 1
                if index >= 0, missing & (1 &<< UInt64(index)) != 0 {
                    missing &= ~(1 &<< UInt64(index))
                    found[count] = tacho_member(
                        key: UInt32(truncatingIfNeeded: index),
                        value: UInt32(truncatingIfNeeded: cursor - start))
                    count &+= 1
                }
                if JSONScan.byte(at: cursor, limit) <= 0x20 {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                }
                guard let end = quotes.endOfValue(cursor) else { return }
                cursor = end
                if JSONScan.byte(at: cursor, limit) != 0x2C {
                    cursor = JSONScan.skipWhitespace(cursor, limit)
                    guard JSONScan.byte(at: cursor, limit) == 0x2C else { return }
                }
                cursor += 1
            }
        }
        return count
    }

    /// Which key these bytes are; −1 if none.
    @inline(__always)
    private func index(
        of key: UnsafeRawPointer, count: Int, _ limit: UnsafeRawPointer,
        among keys: UnsafeBufferPointer<Key>
    ) -> Int {
        // Behind a key come its quote, a colon, and a value: near the end there is no key of ours
        // that a word could not be read at, unless the bytes are cut off.
        guard limit - key >= 8 else { return self.index(ofEscaped: key, count: count, among: keys) }
        let word = JSONWord(at: key)
        let mask = Self.mask(count)
        let backslashes = word.unmasked(equalTo: 0x5C) & JSONWord.highBits & mask
        if backslashes != 0 || (count > 8 && JSONScan.holdsBackslash(key, count: count)) {
            return self.index(ofEscaped: key, count: count, among: keys)
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
    @inline(__always)
    private func isTail(of candidate: Key, _ key: UnsafeRawPointer) -> Bool {
        // `names` holds the whole key, and `key` was found to have as many bytes.
        names.withUnsafeBytes { names in
            guard let base = names.baseAddress else { return false }
            return JSONScan.isEqual(
                key + 8, base + candidate.offset + 8, count: candidate.byteCount &- 8)
        }
    }

    /// Which key these bytes are once their escapes are undone; −1 if none.
    @inline(never)
    private func index(
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
