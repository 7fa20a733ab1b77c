import TachoLog

/// Numbers as people read them.
enum Quantity {
    /// `1,234,567`.
    static func count(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number.magnitude).utf8)
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return text
    }

    /// `1,234 lines`, `1 line`.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// `999 B`, `1.2 kB`, `18 MB`: powers of 1000, two digits that say something.
    static func bytes(_ number: Int) -> String {
        guard number >= 1000 else { return "\(number) B" }
        var value = Double(number)
        for unit in ["kB", "MB", "GB", "TB"] {
            value /= 1000
            if value < 999.5 || unit == "TB" {
                return "\(fixed(value, value < 9.95 ? 1 : 0)) \(unit)"
            }
        }
        return "\(number) B"
    }

    /// `2,345 events/s`, and no division by nothing.
    static func rate(_ number: Int, seconds: Double) -> String {
        seconds > 0.000_001 ? count(Int((Double(number) / seconds).rounded())) : "-"
    }

    /// `350 ms`, `12.5 s`, `3m 12s`, `2h 05m`, `3d 04h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite else { return "-" }
        if seconds < 0 { return "-" + duration(seconds: -seconds) }
        if seconds == 0 { return "0 s" }
        if seconds < 0.9995 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 59.95 { return "\(fixed(seconds, 1)) s" }
        guard let whole = Int(exactly: seconds.rounded()) else { return "-" }
        if whole < 3600 { return "\(whole / 60)m \(twoDigits(whole % 60))s" }
        if whole < 86_400 { return "\(whole / 3600)h \(twoDigits(whole / 60 % 60))m" }
        return "\(whole / 86_400)d \(twoDigits(whole / 3600 % 24))h"
    }

    /// `$12.34`, four digits below a dollar, and below those two that say something:
    /// `$0.00000070`; from pico-dollars, rounded half up.
    static func dollars(picoDollars: Int64) -> String {
        if picoDollars == 0 { return "$0.00" }
        let magnitude = picoDollars.magnitude
        var digits = magnitude < 1_000_000_000_000 ? 4 : 2
        var unit: UInt64 = digits == 4 ? 100_000_000 : 10_000_000_000
        if magnitude < unit {
            while unit > 1, magnitude < unit * 10 {
                unit /= 10
                digits += 1
            }
        }
        let rounded = (magnitude + unit / 2) / unit
        let scale = 1_000_000_000_000 / unit
        let fraction = String(rounded % scale)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(picoDollars < 0 ? "-" : "")$\(count(rounded / scale)).\(zeros)\(fraction)"
    }

    /// `2025-12-18 10:00:00`, UTC, whole seconds.
    static func moment(_ timestamp: Timestamp) -> String {
        let text = Array(timestamp.description.utf8)
        guard text.count >= 19 else { return timestamp.description }
        return String(decoding: text[..<10], as: UTF8.self) + " "
            + String(decoding: text[11..<19], as: UTF8.self)
    }

    /// `2025-12-18 10:00:00.091`, UTC.
    static func preciseMoment(_ timestamp: Timestamp) -> String {
        let text = Array(timestamp.inMilliseconds.description.utf8)
        guard text.count == 24 else { return timestamp.description }
        return String(decoding: text[..<10], as: UTF8.self) + " "
            + String(decoding: text[11..<23], as: UTF8.self)
    }

    /// A number with so many digits behind the point, rounded half away from zero.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        guard value.isFinite, let scaled = Int64(exactly: (value.magnitude * scale).rounded())
        else {
            return String(value)
        }
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0, let whole = Int64(exactly: scale) else { return sign + String(scaled) }
        let fraction = String(scaled % whole)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(sign)\(scaled / whole).\(zeros)\(fraction)"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
