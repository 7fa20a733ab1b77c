/// Ids for events that bring none: RFC 9562 §5.7, sorted by the time they were made.
public struct UUIDv7Generator: Sendable {
    private var random: (UInt64, UInt64)
    private var count: UInt64 = 0

    public init(seed: UInt64? = nil) {
        if let seed {
            random = (seed, seed &* 0x9E37_79B9_7F4A_7C15)
        } else {
            var generator = SystemRandomNumberGenerator()
            random = (generator.next(), generator.next())
        }
    }

    /// The 36 characters of the next id.
    public mutating func next(at time: Timestamp) -> ByteString {
        var text = [UInt8]()
        text.reserveCapacity(36)
        appendNext(at: time, to: &text)
        return ByteString(text)
    }

    /// Appends the next id.
    ///
    /// One draw from the system serves many ids: a counter is added to it, so that ids of one
    /// generator never repeat, and those of two meet by chance alone (74 random bits).
    mutating func appendNext(at time: Timestamp, to text: inout [UInt8]) {
        count &+= 1
        let milliseconds = UInt64(clamping: time.milliseconds)
        let high = milliseconds << 16 | 0x7000 | random.1 & 0x0FFF
        let low = 0x8000_0000_0000_0000 | (random.0 &+ count) & 0x3FFF_FFFF_FFFF_FFFF
        Self.append(high >> 32, digits: 8, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(high >> 16, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(high, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(low >> 48, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(low, digits: 12, to: &text)
    }

    private static func append(_ value: UInt64, digits: UInt64, to text: inout [UInt8]) {
        for digit in 1...digits {
            text.append(EnvelopeText.hexDigit(UInt8(value >> (4 * (digits - digit)) & 15)))
        }
    }
}
