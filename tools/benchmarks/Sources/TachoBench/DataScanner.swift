/// Finds a few members of a JSON object that was validated when it was appended.
///
/// Walks over the members of the outer object from left to right, eight bytes at a time inside
/// strings, and enters no nested value. Pointers, because this is the hot loop of the replay;
/// every read is bounded by `end`, or is of eight bytes that lie before it.
struct DataScanner {
    private var cursor: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init?(_ object: UnsafeRawBufferPointer) {
        guard let start = object.baseAddress, object.count >= 2,
            start.load(as: UInt8.self) == UInt8(ascii: "{")
        else { return nil }
        cursor = start + 1
        end = start + object.count
    }

    /// Calls `body` with each key, without its quotes, and each value, until it returns `false`.
    @inline(__always)
    mutating func forEachMember(
        _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Bool
    ) {
        while true {
            skip { $0 <= 0x20 || $0 == UInt8(ascii: ",") }
            guard cursor < end, byte == UInt8(ascii: "\"") else { return }
            let keyStart = cursor + 1
            skipString()
            let key = UnsafeRawBufferPointer(start: keyStart, count: cursor - keyStart - 1)
            skip { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
            guard cursor < end else { return }
            let valueStart = cursor
            skipValue()
            let value = UnsafeRawBufferPointer(start: valueStart, count: cursor - valueStart)
            if !body(key, value) { return }
        }
    }

    private var byte: UInt8 { cursor.load(as: UInt8.self) }

    @inline(__always)
    private mutating func skip(while matches: (UInt8) -> Bool) {
        while cursor < end, matches(byte) { cursor += 1 }
    }

    @inline(__always)
    private mutating func skipValue() {
        switch byte {
        case UInt8(ascii: "\""): skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): skipContainer()
        default:
            skip { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && $0 > 0x20 }
        }
    }

    /// From the opening quote to behind the closing one.
    @inline(__always)
    private mutating func skipString() {
        cursor += 1
        while true {
            while cursor + 8 <= end {
                let word = cursor.loadUnaligned(as: UInt64.self)
                let hits = word.bytes(equalTo: 0x22) | word.bytes(equalTo: 0x5C)
                if hits != 0 {
                    cursor += hits.trailingZeroBitCount / 8
                    break
                }
                cursor += 8
            }
            skip { $0 != 0x22 && $0 != 0x5C }
            guard cursor < end else { return }
            if byte == 0x22 {
                cursor += 1
                return
            }
            cursor = min(cursor + 2, end)
        }
    }

    private mutating func skipContainer() {
        var depth = 0
        while cursor < end {
            switch byte {
            case UInt8(ascii: "\""):
                skipString()
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            cursor += 1
            if depth == 0 { return }
        }
    }
}

extension UInt64 {
    /// The high bit of each byte that is `byte`; exact up to the first one.
    @inline(__always)
    fileprivate func bytes(equalTo byte: UInt8) -> UInt64 {
        let difference = self.littleEndian ^ (0x0101_0101_0101_0101 &* UInt64(byte))
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }
}

extension UnsafeRawBufferPointer {
    @inline(__always)
    func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }

    @inline(__always)
    func hasPrefix(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[index] != text.utf8Start[index] {
            return false
        }
        return true
    }

    /// Digits only, as the generator writes whole numbers.
    var wholeNumber: Int? {
        guard !isEmpty, count < 19 else { return nil }
        var value = 0
        for byte in self {
            guard byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value
    }

    /// Without its quotes.
    var unquoted: UnsafeRawBufferPointer? {
        guard count >= 2, first == 0x22 else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[1..<(count - 1)])
    }
}
