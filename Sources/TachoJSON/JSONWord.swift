/// Eight bytes looked at together ("SIMD within a register").
///
/// `(v - 0x01…) & ~v & 0x80…` marks the zero bytes of `v`. A borrow can mark bytes *above* a zero
/// wrongly, never below it, so the lowest mark is always right, and only that one is used.
/// Source: Hacker's Delight, 6-1.
@usableFromInline
struct JSONWord {
    @usableFromInline let bits: UInt64

    /// - Precondition: Eight bytes are readable at `pointer`.
    @inlinable @inline(__always)
    init(at pointer: UnsafeRawPointer) {
        // The byte at the lowest address has to be the lowest one of the word.
        bits = UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self))
    }

    @inlinable @inline(__always)
    static var ones: UInt64 { 0x0101_0101_0101_0101 }

    @inlinable @inline(__always)
    static var highBits: UInt64 { 0x8080_8080_8080_8080 }

    /// Marks the bytes equal to `byte`.
    ///
    /// The lowest mark is exact; bits other than the high ones are noise.
    @inlinable @inline(__always)
    func unmasked(equalTo byte: UInt8) -> UInt64 {
        let difference = bits ^ (UInt64(byte) &* Self.ones)
        return (difference &- Self.ones) & ~difference
    }

    @inlinable @inline(__always)
    var quotes: UInt64 { unmasked(equalTo: 0x22) & Self.highBits }

    @inlinable @inline(__always)
    var backslashes: UInt64 { unmasked(equalTo: 0x5C) & Self.highBits }

    @inlinable @inline(__always)
    var newlines: UInt64 {
        (unmasked(equalTo: 0x0A) | unmasked(equalTo: 0x0D)) & Self.highBits
    }

    /// What a validator has to look at in a string: quotes, backslashes, controls, non-ASCII.
    @inlinable @inline(__always)
    var stringSpecials: UInt64 {
        let controls = (bits &- (0x20 &* Self.ones)) & ~bits
        return (unmasked(equalTo: 0x22) | unmasked(equalTo: 0x5C) | controls | bits)
            & Self.highBits
    }

    /// Whether bytes stand in a string as they are: ASCII, without controls, quotes, and backslashes.
    static func arePlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        var offset = 0
        while bytes.count &- offset >= 8 {
            if JSONWord(at: start + offset).stringSpecials != 0 { return false }
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte &- 0x20 < 0x60, byte != 0x22, byte != 0x5C else { return false }
            offset &+= 1
        }
        return true
    }

    /// How many bytes lie below the lowest mark.
    ///
    /// - Precondition: `marks` is not zero.
    @inlinable @inline(__always)
    static func byteCount(below marks: UInt64) -> Int {
        marks.trailingZeroBitCount &>> 3
    }
}
