import TachoLog

/// Amounts in pico-dollars as text, and back, without ever being a `Double`.
package enum Money {
    /// 10¹²: an `Int64` of them holds nine million dollars.
    package static let picoDollarsPerDollar: Int64 = 1_000_000_000_000

    /// Dollars in decimal, without zeros at the end: `0.0123`, `-3`, `12.5`.
    package static func dollars(_ picoDollars: Int64) -> [UInt8] {
        var text = [UInt8]()
        if picoDollars < 0 { text.append(UInt8(ascii: "-")) }
        let unit = UInt64(picoDollarsPerDollar)
        text.appendDigits(picoDollars.magnitude / unit)
        let fraction = picoDollars.magnitude % unit
        guard fraction > 0 else { return text }
        text.append(UInt8(ascii: "."))
        text.appendDigits(fraction, width: 12)
        while text.last == UInt8(ascii: "0") { text.removeLast() }
        return text
    }

    /// Reads dollars in decimal.
    ///
    /// - Returns: `nil` for anything else, for more than twelve digits behind the point that are
    ///   not zeros, and beyond nine million dollars.
    package static func picoDollars(_ text: some Collection<UInt8>) -> Int64? {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        var value: UInt64 = 0
        var digitCount = 0
        var fractionCount: Int?
        for byte in rest {
            if byte == UInt8(ascii: "."), fractionCount == nil, digitCount > 0 {
                fractionCount = 0
                continue
            }
            guard byte &- 0x30 < 10 else { return nil }
            digitCount += 1
            if let count = fractionCount {
                if count == 12 {
                    guard byte == 0x30 else { return nil }
                    continue
                }
                fractionCount = count + 1
            }
            guard let next = value.appending(digit: UInt64(byte - 0x30)) else { return nil }
            value = next
        }
        guard digitCount > 0, fractionCount != 0 else { return nil }
        for _ in (fractionCount ?? 0)..<12 {
            guard let next = value.appending(digit: 0) else { return nil }
            value = next
        }
        guard let magnitude = Int64(exactly: value) else { return nil }
        return isNegative ? -magnitude : magnitude
    }
}

extension UInt64 {
    /// Ten times this plus the digit; `nil` beyond the type.
    fileprivate func appending(digit: UInt64) -> UInt64? {
        let (tens, isTooLarge) = multipliedReportingOverflow(by: 10)
        let (sum, overflows) = tens.addingReportingOverflow(digit)
        return isTooLarge || overflows ? nil : sum
    }
}
