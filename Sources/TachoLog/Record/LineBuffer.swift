/// Bytes of lines on their way to a file, in one piece of memory that is kept from batch to batch.
///
/// Memory: `start` has `capacity` bytes, is owned by this value alone (it cannot be copied), and
/// is freed with it. Room is made by ``reserve(_:)``; every `put` checks that it has it, so a
/// wrong estimate traps and never writes outside. ``bytes`` is lent until the next mutation.
struct LineBuffer: ~Copyable {
    /// More than this is not kept for the next batch.
    private static let keptByteCount = 4 << 20

    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 1024
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        start.deallocate()
    }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start, count: count)
    }

    func bytes(from offset: Int) -> UnsafeRawBufferPointer {
        precondition(offset >= 0 && offset <= count, "a line begins inside the buffer")
        return UnsafeRawBufferPointer(start: start + offset, count: count - offset)
    }

    mutating func removeAll() {
        count = 0
        if capacity > Self.keptByteCount { reallocate(Self.keptByteCount) }
    }

    /// Makes room for that many bytes more.
    @inline(__always)
    mutating func reserve(_ byteCount: Int) {
        if capacity - count < byteCount { reallocate(max(2 * capacity, count + byteCount)) }
    }

    private mutating func reallocate(_ byteCount: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
        capacity = byteCount
    }

    /// Where the next `byteCount` bytes go, which count as written.
    @inline(__always)
    private mutating func next(_ byteCount: Int) -> UnsafeMutableRawPointer {
        precondition(byteCount <= capacity - count, "room was made before")
        defer { count &+= byteCount }
        return start + count
    }
}

extension LineBuffer {
    @inline(__always)
    mutating func put(_ text: StaticString) {
        let byteCount = text.utf8CodeUnitCount
        next(byteCount).copyMemory(from: text.utf8Start, byteCount: byteCount)
    }

    @inline(__always)
    mutating func put(_ bytes: [UInt8]) {
        let place = next(bytes.count)
        bytes.withUnsafeBytes { raw in
            if let source = raw.baseAddress {
                place.copyMemory(from: source, byteCount: raw.count)
            }
        }
    }

    /// Bytes that stand in the buffer already, once more.
    @inline(__always)
    mutating func putCopy(of range: Range<Int>) {
        precondition(range.upperBound <= count, "only what was put can be copied")
        next(range.count).copyMemory(from: start + range.lowerBound, byteCount: range.count)
    }

    /// A number in decimal.
    @inline(__always)
    mutating func putDigits(_ value: UInt64) {
        var digitCount = 1
        var bound: UInt64 = 10
        while value >= bound {
            digitCount &+= 1
            guard digitCount < 20 else { break }
            bound &*= 10
        }
        let place = next(digitCount)
        var rest = value
        for index in stride(from: digitCount &- 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            place.storeBytes(of: digit, toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
    }

    /// A number below 100, 10,000, … in exactly `width` digits.
    @inline(__always)
    private mutating func putDigits(_ value: Int64, width: Int) {
        let place = next(width)
        var rest = UInt64(truncatingIfNeeded: value)
        for index in stride(from: width &- 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            place.storeBytes(of: digit, toByteOffset: index, as: UInt8.self)
            rest /= 10
        }
    }

    /// As ``Timestamp/iso8601``.
    mutating func put(_ time: Timestamp) {
        let (seconds, fraction) = time.microseconds.flooredQuotient(by: 1_000_000)
        let (days, secondOfDay) = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        guard (0...9999).contains(date.year) else { return put(time.iso8601) }
        putDigits(date.year, width: 4)
        put("-")
        putDigits(date.month, width: 2)
        put("-")
        putDigits(date.day, width: 2)
        put("T")
        putDigits(secondOfDay / 3600, width: 2)
        put(":")
        putDigits(secondOfDay / 60 % 60, width: 2)
        put(":")
        putDigits(secondOfDay % 60, width: 2)
        put(".")
        if fraction % 1000 == 0 {
            putDigits(fraction / 1000, width: 3)
        } else {
            putDigits(fraction, width: 6)
        }
        put("Z")
    }

    /// Eight hexadecimal digits.
    @inline(__always)
    mutating func putHexadecimal(_ value: UInt32) {
        next(8).storeBytes(of: value.hexadecimalDigits, as: UInt64.self)
    }

    @inline(__always)
    mutating func put(_ id: UUIDv7) {
        id.write(to: next(UUIDv7.textByteCount))
    }
}

extension UInt32 {
    /// Its eight hexadecimal digits as they stand in memory, the highest first.
    ///
    /// One digit to a byte, then `0` is added to all and the way from `:` to `a` to those above 9:
    /// adding 6 carries into bit 4 exactly for them.
    @inline(__always)
    var hexadecimalDigits: UInt64 {
        var digits = UInt64(self)
        digits = (digits | digits &<< 16) & 0x0000_FFFF_0000_FFFF
        digits = (digits | digits &<< 8) & 0x00FF_00FF_00FF_00FF
        digits = (digits | digits &<< 4) & 0x0F0F_0F0F_0F0F_0F0F
        let letters = (digits &+ 0x0606_0606_0606_0606) &>> 4 & 0x0101_0101_0101_0101
        return (digits &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).bigEndian
    }
}
