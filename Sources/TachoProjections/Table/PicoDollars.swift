package import TachoJSON

/// Money in whole pico-dollars: exact for the per-token prices in use, and for their sums.
///
/// Decimal text goes in and comes out; no `Double` is between.
package enum PicoDollars {
    /// 10¹²: an `Int64` of them holds nine million dollars.
    package static let perDollar: Int64 = 1_000_000_000_000

    /// The amount a JSON number, or a string that holds a number, says in dollars.
    ///
    /// - Returns: `nil` for other kinds, and for amounts that 64 bits do not hold (nine million).
    package static func parse(_ dollars: JSONView) -> Int64? {
        if let number = dollars.number { return parse(number) }
        return dollars.withText { parse($0) } ?? nil
    }

    /// The amount that decimal text says in dollars; what is finer than a pico-dollar is rounded
    /// to the nearest one, half to even.
    ///
    /// `0.06936674999999999` is 69366749999.99999 pico-dollars, and so 69366750000.
    package static func parse(_ dollars: UnsafeRawBufferPointer) -> Int64? {
        guard let decimal = Decimal(dollars) else { return nil }
        return decimal.scaled(byPowerOfTen: 12)
    }

    /// The amount that decimal text says in dollars, if it says it exactly: what this program writes.
    ///
    /// - Returns: `nil` for anything else, for more than twelve digits behind the point that are
    ///   not zeros, and beyond nine million dollars.
    package static func exact(_ dollars: some Collection<UInt8>) -> Int64? {
        var rest = dollars[...]
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

    /// Whether decimal text says whole pico-dollars, so that ``parse(_:)`` rounds nothing.
    package static func isExact(_ dollars: UnsafeRawBufferPointer) -> Bool {
        Decimal(dollars)?.isWhole(scaledByPowerOfTen: 12) ?? false
    }

    /// Decimal text in dollars, without zeros at the end: `0.06936675`, `3`, `-0.5`.
    package static func text(_ amount: Int64) -> [UInt8] {
        // From the last digit to the first.
        var text: [UInt8] = []
        text.reserveCapacity(24)
        var (rest, fraction) = amount.magnitude.quotientAndRemainder(
            dividingBy: UInt64(perDollar))
        func append(_ digit: UInt64) { text.append(UInt8(truncatingIfNeeded: digit) + 0x30) }
        if fraction != 0 {
            var placeCount = 12
            while fraction % 10 == 0 {
                fraction /= 10
                placeCount -= 1
            }
            for _ in 0..<placeCount {
                append(fraction % 10)
                fraction /= 10
            }
            text.append(UInt8(ascii: "."))
        }
        repeat {
            append(rest % 10)
            rest /= 10
        } while rest > 0
        if amount < 0 { text.append(UInt8(ascii: "-")) }
        text.reverse()
        return text
    }

    /// - Returns: `nil`, unknown, if 64 bits do not hold the sum.
    static func sum(_ left: Int64, _ right: Int64) -> Int64? {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : sum
    }

    static func sum(_ amounts: [Int64]) -> Int64? {
        var total: Int64 = 0
        for amount in amounts {
            guard let next = sum(total, amount) else { return nil }
            total = next
        }
        return total
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

/// A decimal number as it is written: `digits` × 10^`exponent`.
private struct Decimal {
    private var digits: UInt128 = 0
    private var exponent = 0
    private var isNegative = false
    /// Whether digits other than 0 were left out at the end.
    private var isAbove = false

    /// More digits than this cannot change a rounded amount.
    private static let digitLimit: UInt128 = 10_000_000_000_000_000_000_000_000_000_000_000

    init?(_ text: UnsafeRawBufferPointer) {
        var offset = 0
        func byte() -> UInt8? { offset < text.count ? text[offset] : nil }
        if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
            isNegative = text[offset] == UInt8(ascii: "-")
            offset += 1
        }
        var digitCount = 0
        var isFraction = false
        while let next = byte() {
            if next == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if next &- 0x30 < 10 {
                append(next &- 0x30, isFraction: isFraction)
                digitCount += 1
            } else {
                break
            }
            offset += 1
        }
        guard digitCount > 0 else { return nil }
        if let next = byte() {
            guard next | 0x20 == UInt8(ascii: "e") else { return nil }
            let rest = String(
                decoding: UnsafeRawBufferPointer(rebasing: text[(offset + 1)...]), as: UTF8.self)
            guard let written = Int(rest), abs(written) < 1_000_000 else { return nil }
            exponent += written
        }
    }

    private mutating func append(_ digit: UInt8, isFraction: Bool) {
        if digits < Self.digitLimit {
            digits = digits * 10 + UInt128(digit)
            if isFraction { exponent -= 1 }
        } else {
            isAbove = isAbove || digit != 0
            if !isFraction { exponent += 1 }
        }
    }

    func isWhole(scaledByPowerOfTen power: Int) -> Bool {
        guard digits != 0 else { return true }
        guard !isAbove else { return false }
        var rest = digits
        for _ in 0..<max(0, -(exponent + power)) {
            guard rest % 10 == 0 else { return false }
            rest /= 10
        }
        return true
    }

    /// The nearest integer to this × 10^`power`, half to even.
    func scaled(byPowerOfTen power: Int) -> Int64? {
        var value = digits
        var exponent = exponent + power
        guard value != 0 else { return 0 }
        while exponent > 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
            exponent -= 1
        }
        if exponent < 0 {
            guard exponent > -38 else { return 0 }
            var divisor: UInt128 = 1
            for _ in exponent..<0 { divisor *= 10 }
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
            let half = divisor / 2
            let isUp =
                remainder > half || remainder == half && (isAbove || quotient % 2 == 1)
            value = quotient + (isUp ? 1 : 0)
        }
        guard value <= UInt128(Int64.max) else { return nil }
        return isNegative ? -Int64(value) : Int64(value)
    }
}
