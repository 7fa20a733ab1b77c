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
    /// Of the moment that was put last; the next one is mostly of the same day.
    private var day = DayText(daysSince1970: 0)

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
            guard let source = raw.baseAddress else { return }
            switch raw.count {
            // Most texts of an envelope: the first and the last of their bytes, which may overlap.
            case 8..<16: Self.copyEnds(from: source, to: place, raw.count, as: UInt64.self)
            case 16...32: Self.copyEnds(from: source, to: place, raw.count, as: SIMD2<UInt64>.self)
            default: place.copyMemory(from: source, byteCount: raw.count)
            }
        }
    }

    /// Copies `count` bytes, one word's to two words', without a call.
    @inline(__always)
    private static func copyEnds<Word: BitwiseCopyable>(
        from source: UnsafeRawPointer, to place: UnsafeMutableRawPointer, _ count: Int,
        as type: Word.Type
    ) {
        let end = count &- MemoryLayout<Word>.size
        place.storeBytes(of: source.loadUnaligned(as: type), as: type)
        place.storeBytes(
            of: source.loadUnaligned(fromByteOffset: end, as: type), toByteOffset: end, as: type)
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
        while digitCount >= 2 {
            digitCount &-= 2
            place.store(twoDigits: rest % 100, at: digitCount)
            rest /= 100
        }
        if digitCount == 1 { place.store(UInt8(truncatingIfNeeded: rest) &+ 0x30, at: 0) }
    }

    /// As ``Timestamp/iso8601``.
    mutating func put(_ time: Timestamp) {
        let (seconds, fraction) = time.microseconds.flooredQuotient(by: 1_000_000)
        let (days, secondOfDay) = seconds.flooredQuotient(by: 86_400)
        if days != day.daysSince1970 { day = DayText(daysSince1970: days) }
        guard day.hasFourDigitYear else { return put(time.iso8601) }
        let second = UInt64(truncatingIfNeeded: secondOfDay)
        let microsecond = UInt64(truncatingIfNeeded: fraction)
        let isWholeMillisecond = microsecond % 1000 == 0
        let place = next(isWholeMillisecond ? 24 : 27)
        place.storeBytes(of: day.yearAndMonth, as: UInt64.self)
        place.store(twoDigits: day.dayOfMonth, at: 8)
        place.store(UInt8(ascii: "T"), at: 10)
        place.store(twoDigits: second / 3600, at: 11)
        place.store(UInt8(ascii: ":"), at: 13)
        place.store(twoDigits: second / 60 % 60, at: 14)
        place.store(UInt8(ascii: ":"), at: 16)
        place.store(twoDigits: second % 60, at: 17)
        place.store(UInt8(ascii: "."), at: 19)
        if isWholeMillisecond {
            let millisecond = microsecond / 1000
            place.store(UInt8(truncatingIfNeeded: millisecond / 100) &+ 0x30, at: 20)
            place.store(twoDigits: millisecond % 100, at: 21)
            place.store(UInt8(ascii: "Z"), at: 23)
        } else {
            place.store(twoDigits: microsecond / 10_000, at: 20)
            place.store(twoDigits: microsecond / 100 % 100, at: 22)
            place.store(twoDigits: microsecond % 100, at: 24)
            place.store(UInt8(ascii: "Z"), at: 26)
        }
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

/// What the text of a moment begins with.
private struct DayText {
    let daysSince1970: Int64
    let hasFourDigitYear: Bool
    /// `2026-01-`, as it stands in memory.
    let yearAndMonth: UInt64
    let dayOfMonth: UInt64

    init(daysSince1970: Int64) {
        self.daysSince1970 = daysSince1970
        let date = CivilDate(daysSince1970: daysSince1970)
        hasFourDigitYear = (0...9999).contains(date.year)
        dayOfMonth = UInt64(truncatingIfNeeded: date.day)
        guard hasFourDigitYear else {
            yearAndMonth = 0
            return
        }
        let (year, month) = (UInt64(date.year), UInt64(date.month))
        var text: UInt64 = 0
        withUnsafeMutableBytes(of: &text) { text in
            // Never nil: it has eight bytes.
            guard let place = text.baseAddress else { return }
            place.store(twoDigits: year / 100, at: 0)
            place.store(twoDigits: year % 100, at: 2)
            place.store(UInt8(ascii: "-"), at: 4)
            place.store(twoDigits: month, at: 5)
            place.store(UInt8(ascii: "-"), at: 7)
        }
        yearAndMonth = text
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    fileprivate func store(_ byte: UInt8, at offset: Int) {
        storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// A number below 100.
    @inline(__always)
    fileprivate func store(twoDigits value: UInt64, at offset: Int) {
        let digits = UInt16(truncatingIfNeeded: value / 10 | (value % 10) &<< 8) &+ 0x3030
        storeBytes(of: digits.littleEndian, toByteOffset: offset, as: UInt16.self)
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
