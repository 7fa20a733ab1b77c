/// A `Double` rounded to a number of decimals, as Python's `round(x, n)` and `%.nf` do it.
///
/// The exact binary value decides, and half goes to even: 2.675 is below its half and becomes
/// 2.67, 0.125 is its half and becomes 0.12. Multiplying by 100 first would round twice.
///
/// Source: semantics §0.
package struct DecimalRounding: Sendable {
    /// The magnitude in units of the last decimal; `nil` where it has no such digits to lose.
    private let units: UInt128?
    private let scale: UInt128
    private let source: Double
    private let places: Int

    /// - Precondition: `places` is in 0...4, so that 128 bits hold the product.
    package init(_ value: Double, places: Int) {
        precondition(0...4 ~= places, "a product of 53 bits and four digits is exact")
        source = value
        self.places = places
        scale = (0..<places).reduce(1) { power, _ in power * 10 }
        units = Self.units(of: value.magnitude, scale: scale)
    }

    /// The nearest `Double` to the rounded decimal.
    package var value: Double {
        guard let units else { return source }
        let rounded = Double(units) / Double(scale)
        return source.sign == .minus ? -rounded : rounded
    }

    /// With all its decimals: `12.30`; `inf` and `nan` for what is no number.
    ///
    /// Exact for numbers below 2⁵³, which all of ours are.
    package var text: String {
        guard source.isFinite else { return "\(source)" }
        let digits = units ?? UInt128(min(source.magnitude, 0x1p63)) * scale
        let (whole, fraction) = digits.quotientAndRemainder(dividingBy: scale)
        let sign = source.sign == .minus ? "-" : ""
        guard places > 0 else { return "\(sign)\(whole)" }
        let decimals = String(fraction)
        let zeros = String(repeating: "0", count: places - decimals.utf8.count)
        return "\(sign)\(whole).\(zeros)\(decimals)"
    }

    /// - Returns: `nil` for what is no number or has no digits after the point.
    private static func units(of magnitude: Double, scale: UInt128) -> UInt128? {
        guard magnitude.isFinite, magnitude < 0x1p53 else { return nil }
        guard magnitude >= 0x1p-60 else { return 0 }
        // magnitude = significand × 2^-shift, exactly.
        let shift = 52 - Int(magnitude.exponent)
        let significand = UInt128(magnitude.significand * 0x1p52)
        let product = significand * scale
        guard shift > 0 else { return product << UInt128(-shift) }
        let quotient = product >> UInt128(shift)
        let rest = product - quotient << UInt128(shift)
        let half = UInt128(1) << UInt128(shift - 1)
        let isUp = rest > half || rest == half && quotient % 2 == 1
        return quotient + (isUp ? 1 : 0)
    }
}

extension Double {
    /// Rounded to decimals, half of the exact value to even.
    package func rounded(places: Int) -> Double {
        DecimalRounding(self, places: places).value
    }
}
