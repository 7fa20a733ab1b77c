/// A moment: whole microseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The log records moments in UTC. A text without a zone is read as UTC, because that is what the
/// systems we read from mean (semantics §0), and a finer fraction than a microsecond is cut off.
public struct Timestamp: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    @inlinable
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    @inlinable
    public init(milliseconds: Int64) {
        microseconds = milliseconds * 1000
    }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Whole milliseconds, rounded down.
    @inlinable
    public var milliseconds: Int64 {
        microseconds >= 0 ? microseconds / 1000 : (microseconds - 999) / 1000
    }

    /// The same moment without what is finer than a millisecond.
    @inlinable
    public var inMilliseconds: Timestamp { Timestamp(milliseconds: milliseconds) }
}

// MARK: - Text

extension Timestamp: CustomStringConvertible {
    public var description: String { String(decoding: iso8601, as: UTF8.self) }

    /// `2025-12-18T10:00:00.091Z`: milliseconds, or microseconds if there are any.
    public var iso8601: [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(27)
        appendISO8601(to: &text)
        return text
    }

    package func appendISO8601(to text: inout [UInt8]) {
        let (seconds, fraction) = microseconds.flooredQuotient(by: 1_000_000)
        let (days, secondOfDay) = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        text.appendDigits(date.year, width: 4)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(date.month, width: 2)
        text.append(UInt8(ascii: "-"))
        text.appendDigits(date.day, width: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDigits(secondOfDay / 3600, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(secondOfDay / 60 % 60, width: 2)
        text.append(UInt8(ascii: ":"))
        text.appendDigits(secondOfDay % 60, width: 2)
        text.append(UInt8(ascii: "."))
        if fraction % 1000 == 0 {
            text.appendDigits(fraction / 1000, width: 3)
        } else {
            text.appendDigits(fraction, width: 6)
        }
        text.append(UInt8(ascii: "Z"))
    }

    /// Reads ISO 8601 date and time: `T` or a blank between them, any number of fraction digits,
    /// and `Z`, `±hh:mm`, `±hhmm` or nothing (UTC) at the end; `nil` for anything else, also for a
    /// 30th of February, and for moments that are not in ``recordable``.
    public init?(iso8601 text: [UInt8]) {
        let parsed = text.withUnsafeBytes { Timestamp(iso8601: $0) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// As `init(iso8601:)` of an array.
    public init?(iso8601 text: String) {
        self.init(iso8601: Array(text.utf8))
    }

    /// As `init(iso8601:)` of an array; not generic, because projectors call it for every event.
    public init?(iso8601 text: UnsafeRawBufferPointer) {
        self.init(iso8601: text, takesShort: false)
    }

    /// As `init(iso8601:)`, and what leaves out seconds, minutes, or the time.
    ///
    /// `2026-01-05T10:06`, `2026-01-05T10+01:00`, and `2026-01-05` are the beginnings of what they name.
    /// Programs write such stamps into their data (Python's `isoformat` with a `timespec`, dates);
    /// the time of an event itself is whole (CloudEvents, RFC 3339).
    package init?(shortISO8601 text: UnsafeRawBufferPointer) {
        self.init(iso8601: text, takesShort: true)
    }

    private init?(iso8601 text: UnsafeRawBufferPointer, takesShort: Bool) {
        if let canonical = Timestamp(canonical: text), Self.recordable.contains(canonical) {
            self = canonical
            return
        }
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"),
            let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2)
        else { return nil }
        let time = takesShort && scanner.isAtEnd ? 0 : scanner.time(takesShort: takesShort)
        guard let time, (1...12).contains(month),
            let days = CivilDate(year: year, month: month, day: day)?.daysSince1970
        else { return nil }
        microseconds = days * 86_400_000_000 + time
        guard Self.recordable.contains(self) else { return nil }
    }

    /// The years 1 to 9999 in UTC: what a record can say, with four digits for the year.
    ///
    /// A zone can lead out of them: the last evening of 9999 in New York is in the year 10000.
    package static let recordable =
        Timestamp(
            microseconds: -62_135_596_800_000_000)...Timestamp(
            microseconds: 253_402_300_799_999_999)
}

/// A day of the proleptic Gregorian calendar.
///
/// Both directions are the day-count algorithms of H. Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms": eras of 400 years, years that begin in March.
package struct CivilDate: Equatable, Sendable {
    package let year: Int64
    package let month: Int64
    package let day: Int64

    package init(daysSince1970: Int64) {
        let (era, dayOfEra) = (daysSince1970 + 719_468).flooredQuotient(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        self.year = year
        self.month = month
        self.day = day
        guard CivilDate(daysSince1970: daysSince1970) == self else { return nil }
    }

    package var daysSince1970: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shiftedYear.flooredQuotient(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package static func == (left: CivilDate, right: CivilDate) -> Bool {
        left.year == right.year && left.month == right.month && left.day == right.day
    }
}

/// Reads fixed-width decimal fields one after the other.
private struct DigitScanner {
    private let text: UnsafeRawBufferPointer
    private var offset = 0

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    var isAtEnd: Bool { offset == text.count }

    private var next: UInt8? { offset < text.count ? text[offset] : nil }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<count {
            guard let byte = next, byte &- 0x30 < 10 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
            offset += 1
        }
        return value
    }

    /// Microseconds of the digits after the point; digits beyond the sixth are passed over.
    private mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let byte = next, byte &- 0x30 < 10 {
            if count < 6 { value = value * 10 + Int64(byte - 0x30) }
            count += 1
            offset += 1
        }
        guard count > 0 else { return nil }
        for _ in 0..<max(0, 6 - count) { value *= 10 }
        return value
    }

    /// Microseconds since the day began in UTC, of all that follows its date.
    mutating func time(takesShort: Bool) -> Int64? {
        guard skip("T") || skip(" ") || skip("t"), let hour = digits(2) else { return nil }
        var (minute, second, fraction): (Int64, Int64, Int64) = (0, 0, 0)
        if skip(":") {
            guard let read = digits(2) else { return nil }
            minute = read
            if skip(":") {
                guard let read = digits(2) else { return nil }
                second = read
                if skip(".") || skip(",") {
                    guard let read = self.fraction() else { return nil }
                    fraction = read
                }
            } else if !takesShort {
                return nil
            }
        } else if !takesShort {
            return nil
        }
        guard let offset = zoneOffsetSeconds(), isAtEnd, hour < 24, minute < 60, second <= 60
        else { return nil }
        return (hour * 3600 + minute * 60 + second - offset) * 1_000_000 + fraction
    }

    private mutating func zoneOffsetSeconds() -> Int64? {
        if isAtEnd || skip("Z") || skip("z") { return 0 }
        let sign: Int64
        if skip("+") {
            sign = 1
        } else if skip("-") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = digits(2) else { return nil }
        if isAtEnd { return sign * hours * 3600 }
        _ = skip(":")
        guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

extension Int64 {
    /// Quotient rounded down, and the remainder that is then never negative.
    package func flooredQuotient(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        var (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        if remainder < 0 {
            quotient -= 1
            remainder += divisor
        }
        return (quotient, remainder)
    }
}

extension [UInt8] {
    /// Appends a number in decimal, filled with zeros on the left to `width` digits.
    package mutating func appendDigits(_ value: some BinaryInteger, width: Int = 1) {
        let start = count
        var rest = UInt64(value)
        repeat {
            append(UInt8(truncatingIfNeeded: rest % 10) + 0x30)
            rest /= 10
        } while rest > 0
        while count - start < width { append(0x30) }
        self[start...].reverse()
    }
}
