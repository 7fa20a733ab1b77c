/// The rule for ids, streams, types, and sources: what may stand in an envelope unescaped.
///
/// Well-formed UTF-8 of 1 to 512 bytes without control characters, quotes, and backslashes. The
/// envelope is then read by position, and its bytes are the text itself.
public enum EnvelopeText {
    public static let maximumByteCount = 512

    public static func isValid(_ text: ByteString) -> Bool {
        let count = text.bytes.count
        guard count > 0, count <= maximumByteCount else { return false }
        // Nearly all texts are plain ASCII; only what is not, or is short, is looked at by byte.
        let isPlain = text.bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset &+ 8 <= count {
                let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                if isSpecial(word) { return false }
                offset &+= 8
            }
            if offset < count, count >= 8 {
                // The last eight bytes, some of them a second time.
                return !isSpecial(raw.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
            }
            while offset < count {
                if isForbidden(raw[offset]) || raw[offset] >= 0x80 { return false }
                offset &+= 1
            }
            return true
        }
        if isPlain { return true }
        return !text.bytes.contains(where: isForbidden)
            && String(validating: text.bytes, as: UTF8.self) != nil
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
    }

    /// Whether any of eight bytes is forbidden or not ASCII.
    ///
    /// With all bytes below 0x80 no sum carries into the next byte: adding 0x7F sets the high bit
    /// of every byte but 0, adding 0x60 that of every byte from 0x20, adding 1 that of 0x7F.
    @inline(__always)
    private static func isSpecial(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = word & (0x7F &* ones)
        let isNoQuote = (low ^ (0x22 &* ones)) &+ (0x7F &* ones)
        let isNoBackslash = (low ^ (0x5C &* ones)) &+ (0x7F &* ones)
        let isNoControl = low &+ (0x60 &* ones)
        let isDelete = low &+ ones
        return (word | isDelete | ~(isNoQuote & isNoBackslash & isNoControl)) & (0x80 &* ones) != 0
    }

    /// The text itself if it is valid; else with every byte that may not stand there as `%XX`,
    /// cut off at the greatest length; `fallback` for nothing.
    public static func encoded(_ bytes: [UInt8], fallback: ByteString = "unknown") -> ByteString {
        let text = ByteString(bytes)
        if isValid(text) { return text }
        guard !bytes.isEmpty else { return fallback }
        var encoded = [UInt8]()
        for byte in bytes {
            if byte > 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C, byte != UInt8(ascii: "%") {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                encoded.append(hexDigit(byte >> 4))
                encoded.append(hexDigit(byte & 15))
            }
            if encoded.count > maximumByteCount - 3 { break }
        }
        return ByteString(encoded)
    }

    package static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x57 + value
    }
}
