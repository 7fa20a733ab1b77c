import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Moments as SQL has them: `2025-12-18T10:00:00.091000Z`, always with six digits behind the point.
///
/// So the texts order as the moments do, in an exported file too, where SQLite compares bytes. What
/// people write beside them is compared as a moment by the collation: a day or a minute alone is its
/// beginning, and what SQLite's `datetime()` gives, with a blank in place of the `T`, is understood.
enum MomentText {
    static let collation = "moment"
    static let byteCount = 27

    /// Writes a moment; one outside the years that a record can say is written as the nearest.
    static func write(_ microseconds: Int64, to text: UnsafeMutablePointer<UInt8>) {
        let range = Timestamp.recordable
        let moment = min(
            max(microseconds, range.lowerBound.microseconds), range.upperBound.microseconds)
        let (seconds, fraction) = moment.flooredQuotient(by: 1_000_000)
        let (days, second) = seconds.flooredQuotient(by: 86_400)
        let date = CivilDate(daysSince1970: days)
        put(date.year, 4, text)
        text[4] = UInt8(ascii: "-")
        put(date.month, 2, text + 5)
        text[7] = UInt8(ascii: "-")
        put(date.day, 2, text + 8)
        text[10] = UInt8(ascii: "T")
        put(second / 3600, 2, text + 11)
        text[13] = UInt8(ascii: ":")
        put(second / 60 % 60, 2, text + 14)
        text[16] = UInt8(ascii: ":")
        put(second % 60, 2, text + 17)
        text[19] = UInt8(ascii: ".")
        put(fraction, 6, text + 20)
        text[26] = UInt8(ascii: "Z")
    }

    private static func put(_ number: Int64, _ width: Int, _ text: UnsafeMutablePointer<UInt8>) {
        var rest = UInt64(bitPattern: number)
        for place in stride(from: width - 1, through: 0, by: -1) {
            text[place] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        }
    }

    /// What is missing behind a year, month, day, hour, or minute.
    private static let rest = Array("0001-01-01T00:00:00Z".utf8)

    /// Microseconds of what a person or a function of SQLite wrote; `nil` if it is no moment.
    static func microseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        if let moment = Timestamp(iso8601: text) { return moment.microseconds }
        guard [4, 7, 10, 13, 16].contains(text.count) else { return nil }
        return (Array(text) + rest[text.count...]).withUnsafeBytes {
            Timestamp(iso8601: $0)?.microseconds
        }
    }

    /// The order of the moments; bytes, where one of them is none.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int32 {
        guard let one = microseconds(left), let other = microseconds(right) else {
            return left.order(against: right)
        }
        return one < other ? -1 : one == other ? 0 : 1
    }
}

extension UnsafeRawBufferPointer {
    /// Below zero, zero, or above it, by bytes.
    func order(against other: UnsafeRawBufferPointer) -> Int32 {
        let shorter = Swift.min(count, other.count)
        if shorter > 0, let left = baseAddress, let right = other.baseAddress {
            let order = memcmp(left, right, shorter)
            if order != 0 { return order }
        }
        return count == other.count ? 0 : count < other.count ? -1 : 1
    }
}
