import TachoJSON
import TachoProjections

/// Sums of money beyond 64 bits of pico-dollars, for people and for programs.
enum Amount {
    /// Dollars in decimal, exact: `0.0292269`.
    static func exact(_ picoDollars: Int128) -> String {
        if let amount = Int64(exactly: picoDollars) {
            return String(decoding: PicoDollars.text(amount), as: UTF8.self)
        }
        let unit = UInt128(PicoDollars.perDollar)
        let (whole, fraction) = picoDollars.magnitude.quotientAndRemainder(dividingBy: unit)
        let digits = String(fraction)
        var text = "\(picoDollars < 0 ? "-" : "")\(whole)."
        text += String(repeating: "0", count: 12 - digits.count) + digits
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    /// Dollars a million tokens, as price lists say it, of pico-dollars a token.
    static func perMillion(_ picoDollars: Int64) -> String {
        exact(Int128(picoDollars) * 1_000_000)
    }
}

extension Cell {
    static func money(_ picoDollars: Int128) -> Cell {
        guard let amount = Int64(exactly: picoDollars) else {
            return .text("$" + Amount.exact(picoDollars))
        }
        return .money(amount)
    }

    /// Tokens of millions of messages are still an `Int`; of an absurd log as many as one holds.
    static func tokens(_ count: Int128) -> Cell { .count(Int(clamping: count)) }
}
