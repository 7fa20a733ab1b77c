internal import CScan

/// The rule for ids, streams, types, and sources: what may stand in an envelope unescaped.
///
/// Well-formed UTF-8 of 1 to 512 bytes without control characters, quotes, and backslashes. The
/// envelope is then read by position, and its bytes are the text itself.
public enum EnvelopeText {
    public static let maximumByteCount = 512

    public static func isValid(_ text: ByteString) -> Bool {
        let count = text.bytes.count
        guard count > 0, count <= maximumByteCount else { return false }
        // Nearly all texts are plain ASCII; only what is not is looked at by byte.
        let isPlain = text.bytes.withUnsafeBytes { tacho_is_plain_text($0.baseAddress, count) != 0 }
        if isPlain { return true }
        return !text.bytes.contains(where: isForbidden)
            && String(validating: text.bytes, as: UTF8.self) != nil
    }

    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F
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
