package import TachoLog
import TachoProjections

/// The prices that are built in, for models that no event prices.
///
/// Dollars a million tokens, as a person reads them; a millionth of a dollar is a million
/// pico-dollars, so nothing is rounded. They have no moment from which they hold: what was true
/// before is not known here, and a `price.set` event says better.
///
/// Source: ecosystem §3.5 (LiteLLM's table, MIT), fast multipliers §3.4; ``retired`` and `gpt-5`
/// from the same table as it was at commit 19a1f62, which priced models of 2024 and 2025.
package enum EmbeddedPrices {
    package static let source: ByteString = "embedded"
    /// When the table was taken over.
    package static let retrievedAt = Timestamp(iso8601: "2026-11-23T00:00:00Z")

    package static let all: [ModelPrice] = claude + retired + others

    private static let claude: [ModelPrice] =
        [
            "claude-opus-4-5", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8",
            "claude-opus-5",
        ]
        .map { name in
            let fast: [String: String] = [
                "claude-opus-4-6": "6", "claude-opus-4-7": "6", "claude-opus-4-8": "2",
            ]
            return anthropic(name, "5", "25", "6.25", "10", "0.50", fast: fast[name])
        } + [
            anthropic("claude-opus-5-5", "4", "20", "5", "8", "0.20"),
            anthropic("claude-sonnet-4-5", "3", "15", "3.75", "6", "0.30"),
            anthropic("claude-sonnet-4-6", "3", "15", "3.75", "6", "0.30"),
            anthropic("claude-sonnet-5", "2", "10", "2.50", "4", "0.20"),
            anthropic("claude-sonnet-5-5", "2", "10", "2.50", "4", "0.10"),
            anthropic("claude-haiku-4-5", "1", "5", "1.25", "2", "0.10"),
            longHaiku,
            anthropic("claude-fable-5", "10", "50", "12.50", "20", "1.00"),
            anthropic("claude-fable-5-1", "10", "50", "12.50", "20", "0.25"),
        ]

    /// Models of 2024 and 2025, which older transcripts are full of.
    ///
    /// Where the table contradicts itself (an hour's cache write of Claude 3 for less than a plain
    /// one) the rate is unknown.
    private static let retired: [ModelPrice] = {
        var sonnet4 = anthropic("claude-sonnet-4", "3", "15", "3.75", "6", "0.30")
        sonnet4.thresholdTokens = 200_000
        sonnet4.longRates = rates("6", "22.50", "7.50", nil, "0.60")
        return [
            sonnet4,
            anthropic("claude-opus-4", "15", "75", "18.75", "30", "1.50"),
            anthropic("claude-opus-4-1", "15", "75", "18.75", "30", "1.50"),
            anthropic("claude-3-7-sonnet", "3", "15", "3.75", "6", "0.30"),
            anthropic("claude-3-5-sonnet", "3", "15", "3.75", "6", "0.30"),
            anthropic("claude-3-opus", "15", "75", "18.75", nil, "1.50"),
            anthropic("claude-3-sonnet", "3", "15", nil, nil, nil),
            anthropic("claude-3-haiku", "0.25", "1.25", "0.30", nil, "0.03"),
        ]
    }()

    /// Five times as much for a prompt above 100,000 tokens.
    private static var longHaiku: ModelPrice {
        var price = anthropic("claude-haiku-5-5", "0.10", "0.50", "0.125", "0.20", "0.01")
        price.thresholdTokens = 100_000
        price.longRates = rates("0.50", "2.50", "0.625", "1", "0.05")
        return price
    }

    private static var others: [ModelPrice] {
        var gpt55 = price("gpt-5.5", "openai", rates("5", "30", nil, nil, "0.50"))
        gpt55.thresholdTokens = 272_000
        gpt55.longRates = rates("10", "45", nil, nil, "1")
        gpt55.fastMultiplier = amount("2.5")
        var gpt56 = price("gpt-5.6", "openai", rates("4", "20", "5", "10", "0.40"))
        gpt56.thresholdTokens = 272_000
        gpt56.longRates = rates("8", "30", nil, nil, nil)
        var codex = price("gpt-5.3-codex", "openai", rates("1.75", "14", nil, nil, "0.175"))
        codex.fastMultiplier = amount("2")
        var gemini = price(
            "gemini-3.1-pro-preview", "google", rates("2", "12", nil, nil, "0.20"))
        gemini.thresholdTokens = 200_000
        gemini.longRates = rates("4", "18", nil, nil, "0.40")
        return [gpt55, gpt56, codex, gemini] + gptOf2025 + geminiOf2025
    }

    /// Input and output of each are what Aider's analytics say that its calls cost
    /// (`shared/data/aider`), but of `gpt-5.1`, which costs as `gpt-5`.
    private static var gptOf2025: [ModelPrice] {
        let ofOldest = ["gpt-5", "gpt-5-codex", "gpt-5.1", "gpt-5.1-codex"].map {
            price($0, "openai", rates("1.25", "10", nil, nil, "0.125"))
        }
        let ofNewer = ["gpt-5.2", "gpt-5.2-codex"].map {
            price($0, "openai", rates("1.75", "14", nil, nil, "0.175"))
        }
        return ofOldest + ofNewer + [
            price("gpt-5.4", "openai", rates("2.50", "15", nil, nil, "0.25"))
        ]
    }

    /// As ``gptOf2025``.
    private static var geminiOf2025: [ModelPrice] {
        var pro25 = price("gemini-2.5-pro", "google", rates("1.25", "10", nil, nil, "0.125"))
        pro25.thresholdTokens = 200_000
        pro25.longRates = rates("2.50", "15", nil, nil, "0.25")
        var pro3 = price("gemini-3-pro-preview", "google", rates("2", "12", nil, nil, "0.20"))
        pro3.thresholdTokens = 200_000
        pro3.longRates = rates("4", "18", nil, nil, "0.40")
        return [
            pro25, pro3,
            price("gemini-2.5-flash", "google", rates("0.30", "2.50", nil, nil, "0.03")),
            price("gemini-3-flash-preview", "google", rates("0.50", "3", nil, nil, "0.05")),
        ]
    }

    private static func anthropic(
        _ model: String, _ input: String, _ output: String, _ write5m: String?,
        _ write1h: String?, _ read: String?, fast: String? = nil
    ) -> ModelPrice {
        var price = price(model, "anthropic", rates(input, output, write5m, write1h, read))
        // Half of everything in a batch, a cent a search.
        price.batchMultiplier = amount("0.5")
        price.fastMultiplier = fast.flatMap { amount($0) }
        price.webSearch = amount("0.01")
        return price
    }

    private static func price(
        _ model: String, _ provider: ByteString, _ rates: ModelPrice.Rates
    ) -> ModelPrice {
        var price = ModelPrice(model: ByteString(model), rates: rates)
        price.provider = provider
        price.source = source
        price.retrievedAt = retrievedAt
        return price
    }

    private static func rates(
        _ input: String, _ output: String, _ write5m: String?, _ write1h: String?, _ read: String?
    ) -> ModelPrice.Rates {
        ModelPrice.Rates(
            input: perMillion(input), output: perMillion(output),
            cacheWrite5m: write5m.flatMap { perMillion($0) },
            cacheWrite1h: write1h.flatMap { perMillion($0) },
            cacheRead: read.flatMap { perMillion($0) })
    }

    /// Pico-dollars a token of dollars a million tokens.
    private static func perMillion(_ dollars: String) -> Int64? {
        amount(dollars).map { $0 / 1_000_000 }
    }

    private static func amount(_ dollars: String) -> Int64? {
        PicoDollars.exact(Array(dollars.utf8))
    }
}
