package import TachoEvents

/// Price of a token by kind, in pico-dollars, by the reference's table of two rows.
///
/// A model whose text contains `opus`, in any case, has Opus' prices; everything else, also Haiku
/// and an unknown model, has Sonnet's. Kept for parity: the price of the day is another column's
/// matter.
///
/// Source: semantics §4.1, golden `api_call_cost`.
package struct TokenPrice: Hashable, Sendable {
    package let input: Int64
    package let cacheWrite: Int64
    package let cacheRead: Int64
    package let output: Int64

    /// 15, 18.75, 1.50, and 75 dollars for a million tokens.
    static let opus = TokenPrice(
        input: 15_000_000, cacheWrite: 18_750_000, cacheRead: 1_500_000, output: 75_000_000)
    /// 3, 3.75, 0.30, and 15 dollars for a million tokens.
    static let sonnet = TokenPrice(
        input: 3_000_000, cacheWrite: 3_750_000, cacheRead: 300_000, output: 15_000_000)

    /// The reference's price for a model; `nil` is unknown and priced as Sonnet (B10).
    package static func reference(model: UnsafeRawBufferPointer?) -> TokenPrice {
        model?.containsIgnoringCase("opus") == true ? opus : sonnet
    }

    /// - Returns: Pico-dollars; `nil` if 64 bits do not hold them.
    package func cost(of usage: TokenUsage) -> Int64? {
        var total: Int64 = 0
        for (tokens, price) in [
            (usage.input, input), (usage.cacheWrite, cacheWrite), (usage.cacheRead, cacheRead),
            (usage.output, output),
        ] {
            let (product, isTooLarge) = tokens.multipliedReportingOverflow(by: price)
            guard !isTooLarge, let sum = PicoDollars.sum(total, product) else { return nil }
            total = sum
        }
        return total
    }
}

extension UnsafeRawBufferPointer {
    /// Whether `needle`, which is in lower case, is somewhere in here in any case (ASCII).
    func containsIgnoringCase(_ needle: StaticString) -> Bool {
        let byteCount = needle.utf8CodeUnitCount
        guard byteCount > 0 else { return true }
        guard count >= byteCount else { return false }
        return needle.withUTF8Buffer { needle in
            for start in 0...(count - byteCount) where self[start].smallLetter == needle[0] {
                if (1..<byteCount).allSatisfy({ self[start + $0].smallLetter == needle[$0] }) {
                    return true
                }
            }
            return false
        }
    }
}
