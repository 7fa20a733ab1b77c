import TachoLog

/// Numbers as options take them: with a letter behind them that says of what.
enum UnitNumber {
    private static let secondUnits: [Character: Int64] = [
        "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800,
    ]
    private static let byteUnits: [Character: Int64] = [
        "k": 1000, "K": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
    ]

    /// `90d`, `12h`, or seconds; `nil` for anything else, and for what is beyond all time.
    static func seconds(_ text: String) -> Int64? { number(text, secondUnits) }

    /// As ``seconds(_:)``, but a number has to say of what it is.
    ///
    /// Where events are let go, who means days must not get seconds.
    static func age(_ text: String) -> Int64? {
        guard let last = text.last, secondUnits[last] != nil || text == "0" else { return nil }
        return seconds(text)
    }

    /// What is said of an ``age(_:)`` that is none.
    static let ageRule = "--older-than is a number with s, m, h, d, or w behind it."

    /// The moment that was so long ago: see ``age(_:)``.
    static func moment(ago text: String) -> Timestamp? {
        age(text).map { Timestamp(microseconds: Timestamp.now.microseconds - $0 * 1_000_000) }
    }

    /// `500M`, `10G`, or bytes.
    static func bytes(_ text: String) -> Int? { number(text, byteUnits).map { Int($0) } }

    private static func number(_ text: String, _ units: [Character: Int64]) -> Int64? {
        let unit = text.last.flatMap { units[$0] }
        guard let value = Int64(unit == nil ? text : String(text.dropLast())), value >= 0 else {
            return nil
        }
        let (product, isTooMuch) = value.multipliedReportingOverflow(by: unit ?? 1)
        return isTooMuch || product > Int64.max / 1_000_000 ? nil : product
    }
}
