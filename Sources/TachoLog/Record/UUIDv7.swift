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
        let id: UUIDv7 = next(at: time)
        return ByteString(
            [UInt8](unsafeUninitializedCapacity: UUIDv7.textByteCount) { text, count in
                // Never empty: room for 36 bytes was asked for.
                guard let start = text.baseAddress else { return }
                id.write(to: UnsafeMutableRawPointer(start))
                count = UUIDv7.textByteCount
            })
    }

    /// The next id.
    ///
    /// One draw from the system serves many ids: a counter is added to it, so that ids of one
    /// generator never repeat, and those of two meet by chance alone (74 random bits).
    mutating func next(at time: Timestamp) -> UUIDv7 {
        count &+= 1
        let milliseconds = UInt64(clamping: time.milliseconds)
        let high = milliseconds << 16 | 0x7000 | random.1 & 0x0FFF
        let low = 0x8000_0000_0000_0000 | (random.0 &+ count) & 0x3FFF_FFFF_FFFF_FFFF
        return UUIDv7(high: high, low: low)
    }
}

/// The 128 bits of an id.
struct UUIDv7 {
    static let textByteCount = 36

    let high: UInt64
    let low: UInt64

    /// Writes the 36 characters, `8-4-4-4-12`.
    ///
    /// - Precondition: Room for ``textByteCount`` bytes at `text`.
    @inline(__always)
    func write(to text: UnsafeMutableRawPointer) {
        let first = UInt32(truncatingIfNeeded: high >> 32).hexadecimalDigits
        let second = UInt32(truncatingIfNeeded: high).hexadecimalDigits.halves
        let third = UInt32(truncatingIfNeeded: low >> 32).hexadecimalDigits.halves
        let fourth = UInt32(truncatingIfNeeded: low).hexadecimalDigits
        let hyphen = UInt8(ascii: "-")
        text.storeBytes(of: first, toByteOffset: 0, as: UInt64.self)
        text.storeBytes(of: hyphen, toByteOffset: 8, as: UInt8.self)
        text.storeBytes(of: second.front, toByteOffset: 9, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 13, as: UInt8.self)
        text.storeBytes(of: second.back, toByteOffset: 14, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 18, as: UInt8.self)
        text.storeBytes(of: third.front, toByteOffset: 19, as: UInt32.self)
        text.storeBytes(of: hyphen, toByteOffset: 23, as: UInt8.self)
        text.storeBytes(of: third.back, toByteOffset: 24, as: UInt32.self)
        text.storeBytes(of: fourth, toByteOffset: 28, as: UInt64.self)
    }
}

extension UInt64 {
    /// The four bytes that stand first in memory, and the four behind them.
    @inline(__always)
    fileprivate var halves: (front: UInt32, back: UInt32) {
        (
            UInt32(truncatingIfNeeded: littleEndian).littleEndian,
            UInt32(truncatingIfNeeded: littleEndian >> 32).littleEndian
        )
    }
}
