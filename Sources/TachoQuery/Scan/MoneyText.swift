import TachoProjections

/// Dollars as SQL has them: decimal text without zeros at the end, `0.0123`.
///
/// The collation orders them by amount, so that `ORDER BY cost_usd` and `cost_usd > 5` say what they
/// seem to; SQLite turns a number beside a column of text into text first. Sums belong to the
/// column's pico-dollars, which are whole numbers.
enum MoneyText {
    static let collation = "decimal"

    /// An amount against whole pico-dollars: the largest whole number that is not above it.
    static func amount(_ text: UnsafeRawBufferPointer) -> WholeOperand? {
        if let exact = PicoDollars.exact(text) { return WholeOperand(exact) }
        // Exponents and more than twelve digits: whatever SQLite makes of a number.
        guard let number = Double(String(decoding: text, as: UTF8.self)), number.isFinite else {
            return nil
        }
        let picoDollars = number * Double(PicoDollars.perDollar)
        // A double is exact up to here only.
        guard picoDollars.magnitude < 9e15 else { return nil }
        return WholeOperand(picoDollars)
    }

    /// The order of the amounts; bytes, where one of them is none.
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int32 {
        if let one = PicoDollars.exact(left), let other = PicoDollars.exact(right) {
            return one < other ? -1 : one == other ? 0 : 1
        }
        guard let one = amount(left), let other = amount(right) else {
            return left.order(against: right)
        }
        return one.order(against: other)
    }
}
