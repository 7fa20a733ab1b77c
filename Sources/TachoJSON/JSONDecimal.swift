/// A decimal number taken apart: its digits without zeros at both ends, and a power of ten.
///
/// `-012.50e3` is sign minus, digits `125`, exponent 2. In this form a number is an integer
/// exactly if its exponent is not negative.
struct JSONDecimal {
    private let text: UnsafeRawBufferPointer
    private var isNegative = false
    /// The digits as a number; `nil` if they do not fit into 64 bits.
    private var significand: UInt64? = 0
    private var exponent = 0

    /// - Returns: `nil` if `text` is no number from its first to its last byte. More zeros in front
    ///   than JSON allows are accepted.
    init?(_ text: UnsafeRawBufferPointer) {
        self.text = text
        var offset = 0
        if offset < text.count, text[offset] == UInt8(ascii: "-") {
            isNegative = true
            offset &+= 1
        }

        var digitCount = 0
        var zeroCount = 0
        var hasPoint = false
        while offset < text.count {
            let byte = text[offset]
            if byte == UInt8(ascii: "."), !hasPoint, digitCount > 0 {
                hasPoint = true
                digitCount = 0
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                digitCount &+= 1
                if hasPoint { exponent &-= 1 }
                append(digit, after: &zeroCount)
            }
            offset &+= 1
        }
        guard digitCount > 0 else { return nil }
        exponent &+= zeroCount

        guard offset < text.count else { return }
        guard text[offset] | 0x20 == UInt8(ascii: "e"),
            let written = Self.exponent(text[(offset &+ 1)...])
        else { return nil }
        exponent &+= written
    }

    /// Zeros wait until another digit follows: those at the end belong to the exponent.
    private mutating func append(_ digit: UInt8, after zeroCount: inout Int) {
        guard digit != 0 else {
            if significand != 0 { zeroCount &+= 1 }
            return
        }
        for _ in 0..<min(zeroCount, 20) { scale(adding: 0) }
        scale(adding: digit)
        zeroCount = 0
    }

    private mutating func scale(adding digit: UInt8) {
        guard let value = significand else { return }
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        significand = overflow || carry ? nil : sum
    }

    /// `[+-]? [0-9]+`, saturating far beyond what any count of digits could make up for.
    private static func exponent(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        var digits = text
        let sign = text.first
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            if value < 1 << 56 { value = value &* 10 &+ Int(digit) }
        }
        return sign == UInt8(ascii: "-") ? -value : value
    }
}

extension JSONDecimal {
    /// The value as an integer; `nil` if it is none, or has no room in 64 bits.
    ///
    /// Digits that overflow 64 bits end in a digit other than 0: with an exponent below 0 that is
    /// no integer, with another one too large. So they are `nil` in either case.
    var integer: Int64? {
        guard var magnitude = significand else { return nil }
        guard magnitude != 0 else { return 0 }
        guard exponent >= 0, exponent < 20 else { return nil }
        for _ in 0..<exponent {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            magnitude = product
        }
        if isNegative, magnitude == 1 << 63 { return .min }
        guard let value = Int64(exactly: magnitude) else { return nil }
        return isNegative ? -value : value
    }

    /// The nearest `Double`, ties to even; `nil` above the largest finite one.
    var double: Double? {
        if let significand, significand <= 1 << 53, abs(exponent) <= 22 {
            // Both are exact, so the one operation rounds once (Clinger 1990, "fast path").
            let exact = Double(significand)
            let power = Self.powersOfTen[abs(exponent)]
            let magnitude = exponent < 0 ? exact / power : exact * power
            return isNegative ? -magnitude : magnitude
        }
        guard significand != 0 else { return isNegative ? -0.0 : 0 }
        let magnitude = Double(boundedText)
        guard let magnitude, magnitude.isFinite else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The magnitude in at most 830 bytes that round to the same `Double`.
    ///
    /// No two neighbours need more than 767 digits to be told from the point between them; of the
    /// digits behind it only counts whether there is one (the last digit is never 0, so there is).
    private var boundedText: String {
        let digitLimit = 800
        var digits: [UInt8] = []
        var digitCount = 0
        var zeroCount = 0
        for byte in text {
            if byte | 0x20 == UInt8(ascii: "e") { break }
            guard byte &- UInt8(ascii: "0") < 10 else { continue }
            guard byte != UInt8(ascii: "0") else {
                if digitCount > 0 { zeroCount &+= 1 }
                continue
            }
            digitCount &+= zeroCount &+ 1
            let room = max(0, digitLimit &- digits.count)
            digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: min(zeroCount, room)))
            if digits.count < digitLimit { digits.append(byte) }
            zeroCount = 0
        }
        var power = exponent
        if digitCount > digits.count {
            digits.append(UInt8(ascii: "1"))
            power &+= digitCount &- digits.count
        }
        // Far outside the range of `Double` in both directions, whatever the digits.
        let bounded = max(-100_000, min(100_000, power))
        return String(decoding: digits, as: UTF8.self) + "e" + String(bounded)
    }
}
