package import TachoLog

/// Hour and weekday of a time stamp *as it is written*: no zone is converted.
///
/// Reads what Python 3.11's `datetime.fromisoformat` reads: extended and basic dates, ISO weeks,
/// and a time down to the hour alone.
///
/// Source: semantics §4.8, golden `temporal_fields`.
package struct LocalTime: Hashable, Sendable {
    /// 0 to 23.
    package let hour: Int64
    /// Monday is 0, Sunday 6.
    package let weekday: Int64

    package init?(iso8601 text: UnsafeRawBufferPointer) {
        var scanner = ByteScanner(text)
        guard let days = scanner.date() else { return nil }
        // Python is given `+00:00` for `Z`, and takes the sign for what parts date and time.
        if scanner.isAtEnd || scanner.skip("Z") {
            guard scanner.isAtEnd else { return nil }
            hour = 0
        } else {
            guard scanner.skipAny(), let hour = scanner.timeOfDay() else { return nil }
            self.hour = hour
        }
        weekday = Self.weekday(daysSince1970: days)
    }

    package init(_ moment: Timestamp) {
        let (seconds, _) = moment.microseconds.flooredQuotient(by: 1_000_000)
        let (days, secondOfDay) = seconds.flooredQuotient(by: 86_400)
        hour = secondOfDay / 3600
        weekday = Self.weekday(daysSince1970: days)
    }

    /// 1970-01-01 was a Thursday.
    static func weekday(daysSince1970 days: Int64) -> Int64 {
        (days + 3).flooredQuotient(by: 7).remainder
    }
}

private struct ByteScanner {
    private let text: UnsafeRawBufferPointer
    private var offset = 0

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    var isAtEnd: Bool { offset == text.count }

    private mutating func digits(_ count: Int) -> Int64? {
        guard offset + count <= text.count else { return nil }
        var value: Int64 = 0
        for index in offset..<offset + count {
            guard text[index] &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(text[index] &- 0x30)
        }
        offset += count
        return value
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard offset < text.count, text[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    /// Any one character stands between date and time.
    mutating func skipAny() -> Bool {
        guard offset < text.count else { return false }
        offset += 1
        while offset < text.count, text[offset] & 0xC0 == 0x80 { offset += 1 }
        return true
    }

    /// Days since 1970.
    mutating func date() -> Int64? {
        guard let year = digits(4), year > 0 else { return nil }
        let isExtended = skip("-")
        if skip("W") { return weekDate(year: year, isExtended: isExtended) }
        guard let month = digits(2), !isExtended || skip("-"), let day = digits(2) else {
            return nil
        }
        return CivilDate(year: year, month: month, day: day)?.daysSince1970
    }

    private mutating func weekDate(year: Int64, isExtended: Bool) -> Int64? {
        guard let week = digits(2), (1...53).contains(week) else { return nil }
        var weekday: Int64 = 1
        if isExtended ? skip("-") : !isAtEnd && text[offset] &- 0x30 < 10 {
            guard let day = digits(1), (1...7).contains(day) else { return nil }
            weekday = day
        }
        // The first week is the one with the year's first Thursday, and so with 4 January.
        guard let fourth = CivilDate(year: year, month: 1, day: 4)?.daysSince1970 else {
            return nil
        }
        let monday = fourth - LocalTime.weekday(daysSince1970: fourth) + (week - 1) * 7
        // A 53rd week is this year's if its Thursday is.
        guard CivilDate(daysSince1970: monday + 3).year == year else { return nil }
        return monday + weekday - 1
    }

    /// The hour; minutes, seconds, fraction, and zone are only checked.
    mutating func timeOfDay() -> Int64? {
        guard let hour = clock(), hour < 24 else { return nil }
        if isAtEnd { return hour }
        if skip("Z") { return isAtEnd ? hour : nil }
        guard skip("+") || skip("-"), let zoneHour = clock(), zoneHour < 24, isAtEnd else {
            return nil
        }
        return hour
    }

    private mutating func clock() -> Int64? {
        guard let hour = digits(2) else { return nil }
        let isExtended = skip(":")
        guard isExtended || !isAtEnd && text[offset] &- 0x30 < 10 else { return hour }
        guard let minute = digits(2), minute < 60 else { return nil }
        guard isExtended ? skip(":") : !isAtEnd && text[offset] &- 0x30 < 10 else { return hour }
        guard let second = digits(2), second < 60 else { return nil }
        if skip(".") || skip(",") {
            guard digits(1) != nil else { return nil }
            while digits(1) != nil {}
        }
        return hour
    }
}
