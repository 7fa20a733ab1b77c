/// Undoes the escapes of strings.
///
/// Reads inside the buffer it is given and nowhere else. An escape that does not exist, which only
/// damaged bytes hold, makes the whole string unreadable: `nil`.
@usableFromInline
enum JSONEscape {
    /// The text of a string's content (between the quotes) as UTF-8.
    ///
    /// What stands between escapes is copied eight bytes at a time: outputs of tools have an escape
    /// in each line, and five projectors read them.
    @usableFromInline
    static func decode(_ raw: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let source = raw.baseAddress else { return [] }
        var isReadable = true
        let text = [UInt8](unsafeUninitializedCapacity: raw.count) { text, count in
            guard let text = text.baseAddress else { return }
            // Never more bytes written than read, because an escape is longer than what it says:
            // `count <= offset <= raw.count`, and where eight bytes are left to read, eight are left
            // to write.
            let target = UnsafeMutableRawPointer(text)
            var offset = 0
            while offset < raw.count {
                if raw.count &- offset >= 8 {
                    let word = JSONWord(at: source + offset)
                    (target + count).storeBytes(of: word.bits.littleEndian, as: UInt64.self)
                    let marks = word.backslashes
                    let length = marks == 0 ? 8 : JSONWord.byteCount(below: marks)
                    offset &+= length
                    count &+= length
                    if marks == 0 { continue }
                } else if raw[offset] != 0x5C {
                    target.storeBytes(of: raw[offset], toByteOffset: count, as: UInt8.self)
                    offset &+= 1
                    count &+= 1
                    continue
                }
                guard let escape = read(raw, at: offset) else {
                    isReadable = false
                    return
                }
                withUTF8(of: escape.scalar) {
                    (target + count).copyMemory(from: $0.baseAddress ?? source, byteCount: $0.count)
                    count &+= $0.count
                }
                offset = escape.end
            }
        }
        return isReadable ? text : nil
    }

    /// Whether a string's content, unescaped, is exactly `text`; without a copy.
    @usableFromInline
    static func isEqual(_ raw: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var matched = 0
        while offset < raw.count {
            guard raw[offset] == 0x5C else {
                guard matched < text.count, text[matched] == raw[offset] else { return false }
                offset &+= 1
                matched &+= 1
                continue
            }
            guard let escape = read(raw, at: offset) else { return false }
            let isSame = withUTF8(of: escape.scalar) { bytes in
                text.count &- matched >= bytes.count
                    && bytes.elementsEqual(text[matched..<matched &+ bytes.count])
            }
            guard isSame else { return false }
            matched &+= UTF8.width(escape.scalar)
            offset = escape.end
        }
        return matched == text.count
    }

    /// The scalar of the escape whose backslash is at `offset`, and the offset behind it.
    private static func read(
        _ raw: UnsafeRawBufferPointer, at offset: Int
    ) -> (scalar: Unicode.Scalar, end: Int)? {
        guard offset &+ 1 < raw.count else { return nil }
        let letter = raw[offset &+ 1]
        guard letter == UInt8(ascii: "u") else {
            return simple(letter).map { (Unicode.Scalar($0), offset &+ 2) }
        }
        guard let unit = codeUnit(raw, at: offset) else { return nil }
        guard unit & 0xFC00 == 0xD800 else {
            return Unicode.Scalar(unit).map { ($0, offset &+ 6) }
        }
        guard let low = codeUnit(raw, at: offset &+ 6), low & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 &+ ((unit & 0x3FF) << 10 | low & 0x3FF))
        else { return nil }
        return (scalar, offset &+ 12)
    }

    private static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private static func codeUnit(_ raw: UnsafeRawBufferPointer, at offset: Int) -> UInt32? {
        guard raw.count &- offset >= 6, raw[offset] == 0x5C, raw[offset &+ 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt32 = 0
        for index in (offset &+ 2)..<(offset &+ 6) {
            guard let digit = JSONScan.hexDigit(raw[index]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func withUTF8<R>(
        of scalar: Unicode.Scalar, _ body: (UnsafeRawBufferPointer) -> R
    ) -> R {
        var bytes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        let byteCount = UTF8.width(scalar)
        return withUnsafeMutableBytes(of: &bytes) { buffer in
            // Most escapes are ends of lines, quotes, and backslashes.
            if byteCount == 1 {
                buffer[0] = UInt8(truncatingIfNeeded: scalar.value)
                return body(UnsafeRawBufferPointer(rebasing: buffer[..<1]))
            }
            // A scalar has one to four code units: they fit.
            for (index, unit) in UTF8.encode(scalar).unsafelyUnwrapped.enumerated() {
                buffer[index] = unit
            }
            return body(UnsafeRawBufferPointer(rebasing: buffer[..<byteCount]))
        }
    }
}
