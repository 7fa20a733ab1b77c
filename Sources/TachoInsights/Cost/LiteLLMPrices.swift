package import TachoJSON
package import TachoLog
import TachoProjections

/// Prices out of LiteLLM's `model_prices_and_context_window.json`.
///
/// Numbers are read as the decimal text that stands there; what is no whole pico-dollar (binary
/// noise such as `0.0000029999900000000002`) is rounded and counted. Entries without a price for
/// input and output tokens (images, embeddings by the second) and the sample are passed over.
///
/// Source: ecosystem §3.5.
package struct LiteLLMPrices: Sendable {
    package private(set) var prices: [ModelPrice] = []
    /// Entries that hold no price of ours.
    package private(set) var skippedCount = 0
    /// Amounts that were no whole pico-dollars, as they are written.
    package private(set) var rounded: [(model: ByteString, text: String)] = []
    /// Amounts that are none: negative, text that is no number, beyond 64 bits.
    package private(set) var refused: [(model: ByteString, text: String)] = []

    /// - Parameter document: One JSON object of entries by model, validated.
    package init(_ document: JSONView) {
        document.forEachMember { name, entry in
            let model = ByteString(name.text() ?? [])
            if name.equals("sample_spec") || model.isEmpty || entry.kind != .object {
                skippedCount += 1
            } else if let price = price(model, entry) {
                prices.append(price)
            } else {
                skippedCount += 1
            }
            return true
        }
    }

    private mutating func price(_ model: ByteString, _ entry: JSONView) -> ModelPrice? {
        guard let input = amount(entry["input_cost_per_token"], model),
            let output = amount(entry["output_cost_per_token"], model)
        else { return nil }
        var price = ModelPrice(
            model: model,
            rates: ModelPrice.Rates(
                input: input, output: output,
                cacheWrite5m: amount(entry["cache_creation_input_token_cost"], model),
                cacheWrite1h: amount(
                    entry["cache_creation_input_token_cost_above_1hr"]
                        ?? entry["cache_creation_input_token_cost_above_12hr"], model),
                cacheRead: amount(entry["cache_read_input_token_cost"], model)))
        price.provider = entry["litellm_provider"]?.text().map { ByteString($0) }
        takeThreshold(entry, &price)
        price.fastMultiplier = entry.field("provider_specific_entry", "fast")
            .flatMap { PicoDollars.parse($0) }
        if let batch = amount(entry["input_cost_per_token_batches"], model), input > 0,
            batch == input / 2, batch * 2 == input
        {
            price.batchMultiplier = Money.picoDollarsPerDollar / 2
        }
        price.webSearch = amount(
            entry.field("search_context_cost_per_query", "search_context_size_medium"), model)
        return price
    }

    /// The lowest threshold, the sizes that LiteLLM has.
    private mutating func takeThreshold(_ entry: JSONView, _ price: inout ModelPrice) {
        for thousands in [32, 100, 128, 200, 256, 272, 512] {
            let suffix = "_above_\(thousands)k_tokens"
            let input = amount(entry.member("input_cost_per_token" + suffix), price.model)
            let output = amount(entry.member("output_cost_per_token" + suffix), price.model)
            guard input != nil || output != nil else { continue }
            price.thresholdTokens = Int64(thousands) * 1000
            price.longRates = ModelPrice.Rates(
                input: input, output: output,
                cacheWrite5m: amount(
                    entry.member("cache_creation_input_token_cost" + suffix), price.model),
                cacheWrite1h: amount(
                    entry.member("cache_creation_input_token_cost_above_1hr" + suffix),
                    price.model),
                cacheRead: amount(
                    entry.member("cache_read_input_token_cost" + suffix), price.model))
            return
        }
    }

    private mutating func amount(_ value: JSONView?, _ model: ByteString) -> Int64? {
        guard let value, !value.isNull else { return nil }
        let text = String(decoding: value.bytes, as: UTF8.self)
        guard let amount = PicoDollars.parse(value), amount >= 0 else {
            refused.append((model, text))
            return nil
        }
        let isExact = value.number.map { PicoDollars.isExact($0) } ?? true
        if !isExact { rounded.append((model, text)) }
        return amount
    }
}

extension JSONView {
    /// The first member with a name that is made at run time.
    fileprivate func member(_ name: String) -> JSONView? {
        var found: JSONView?
        forEachMember { key, value in
            if key.withText({ $0.elementsEqual(name.utf8) }) == true { found = value }
            return found == nil
        }
        return found
    }
}
