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
    /// Members with prices of tokens that are not counted apart here, and how many models have each.
    package private(set) var unread: [String: Int] = [:]

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
        let ranges = ranges(entry, model)
        // Where prices go by ranges alone, the first is for short requests.
        let base = rates(entry, "", model).filled(by: ranges.first?.rates)
        guard base.input != nil, base.output != nil else { return nil }
        var price = ModelPrice(model: model, rates: base)
        price.provider = entry["litellm_provider"]?.text().map { ByteString($0) }
        takeThresholds(entry, ranges, &price)
        takeServices(entry, &price)
        price.fastMultiplier = entry.field("provider_specific_entry", "fast")
            .flatMap { PicoDollars.parse($0) }
        price.webSearch = amount(
            entry.field("search_context_cost_per_query", "search_context_size_medium"), model)
        price.reasoningOutput = amount(entry["output_cost_per_reasoning_token"], model)
        if price.reasoningOutput == base.output { price.reasoningOutput = nil }
        noteUnread(entry)
        return price
    }

    /// The amounts whose names end in `suffix`; of a threshold that stands before a service's name.
    private mutating func rates(
        _ entry: JSONView, _ suffix: String, _ model: ByteString
    ) -> ModelPrice.Rates {
        let hour =
            entry.member("cache_creation_input_token_cost_above_1hr" + suffix)
            ?? entry.member("cache_creation_input_token_cost_above_12hr" + suffix)
        return ModelPrice.Rates(
            input: amount(entry.member("input_cost_per_token" + suffix), model),
            output: amount(entry.member("output_cost_per_token" + suffix), model),
            cacheWrite5m: amount(
                entry.member("cache_creation_input_token_cost" + suffix), model),
            cacheWrite1h: amount(hour, model),
            cacheRead: amount(entry.member("cache_read_input_token_cost" + suffix), model))
    }

    private static let thresholds = [32, 100, 128, 200, 256, 272, 512]
    /// As the table names services, and as usage does.
    private static let services = [
        ("_batches", "batch"), ("_flex", "flex"), ("_priority", "priority"),
    ]

    /// `tiered_pricing`: rates by the size of a prompt, the smallest first.
    private mutating func ranges(
        _ entry: JSONView, _ model: ByteString
    ) -> [(above: Int64, rates: ModelPrice.Rates)] {
        var ranges: [(above: Int64, rates: ModelPrice.Rates)] = []
        entry["tiered_pricing"]?.forEachElement { tier in
            var above: Int64?
            tier["range"]?.forEachElement { bound in
                above = bound.integer() ?? bound.double().flatMap { Int64(exactly: $0) }
                return false
            }
            if let above, above >= 0 { ranges.append((above, rates(tier, "", model))) }
            return true
        }
        return ranges.sorted { $0.above < $1.above }
    }

    /// All thresholds that are named, and those of the ranges.
    private mutating func takeThresholds(
        _ entry: JSONView, _ ranges: [(above: Int64, rates: ModelPrice.Rates)],
        _ price: inout ModelPrice
    ) {
        var tiers = Self.thresholds.compactMap { thousands -> ModelPrice.LongTier? in
            let rates = rates(entry, "_above_\(thousands)k_tokens", price.model)
            return rates.isEmpty
                ? nil : ModelPrice.LongTier(aboveTokens: Int64(thousands) * 1000, rates: rates)
        }
        for (above, rates) in ranges.dropFirst()
        where !rates.isEmpty && !tiers.contains(where: { $0.aboveTokens == above }) {
            tiers.append(ModelPrice.LongTier(aboveTokens: above, rates: rates))
        }
        tiers.sort { $0.aboveTokens < $1.aboveTokens }
        guard let first = tiers.first else { return }
        price.thresholdTokens = first.aboveTokens
        price.longRates = first.rates
        price.longTiers = Array(tiers.dropFirst())
    }

    /// A batch at half the price in all it says is one number; all else is rates.
    private mutating func takeServices(_ entry: JSONView, _ price: inout ModelPrice) {
        for (suffix, name) in Self.services {
            let rates = rates(entry, suffix, price.model)
            var long = ModelPrice.Rates()
            if let threshold = price.thresholdTokens {
                long = self.rates(
                    entry, "_above_\(threshold / 1000)k_tokens" + suffix, price.model
                ).filled(
                    by: self.rates(
                        entry, suffix + "_above_\(threshold / 1000)k_tokens", price.model))
            }
            if name == "batch", rates.isHalf(of: price.rates), long.isHalf(of: price.longRates) {
                if !rates.isEmpty { price.batchMultiplier = PicoDollars.perDollar / 2 }
            } else if !rates.isEmpty || !long.isEmpty {
                price.serviceTiers.append(
                    ModelPrice.ServiceTier(
                        name: ByteString(name), rates: rates, longRates: long))
            }
        }
    }

    // MARK: What is not read

    /// Prices of tokens that nothing here counts apart: audio, images, characters, and whatever a
    /// later table has.
    private mutating func noteUnread(_ entry: JSONView) {
        entry.forEachMember { key, value in
            let name = String(decoding: key.text() ?? [], as: UTF8.self)
            if value.kind == .number, name.contains("cost"), !Self.isRead(name) {
                unread[name, default: 0] += 1
            }
            return true
        }
    }

    private static func isRead(_ name: String) -> Bool {
        var name = Substring(name)
        for (suffix, _) in services where name.hasSuffix(suffix) {
            name = name.dropLast(suffix.count)
        }
        for thousands in thresholds where name.hasSuffix("_above_\(thousands)k_tokens") {
            name = name.dropLast("_above_\(thousands)k_tokens".count)
        }
        for (suffix, _) in services where name.hasSuffix(suffix) {
            name = name.dropLast(suffix.count)
        }
        return [
            "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
            "cache_creation_input_token_cost", "cache_creation_input_token_cost_above_1hr",
            "cache_creation_input_token_cost_above_12hr", "output_cost_per_reasoning_token",
        ].contains { name == $0 }
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

extension ModelPrice.Rates {
    /// With another's amounts where these are unknown.
    fileprivate func filled(by other: ModelPrice.Rates?) -> ModelPrice.Rates {
        ModelPrice.Rates(
            input: input ?? other?.input, output: output ?? other?.output,
            cacheWrite5m: cacheWrite5m ?? other?.cacheWrite5m,
            cacheWrite1h: cacheWrite1h ?? other?.cacheWrite1h,
            cacheRead: cacheRead ?? other?.cacheRead)
    }

    /// Whether every amount that is known is half of the other's.
    fileprivate func isHalf(of other: ModelPrice.Rates) -> Bool {
        TokenKind.allCases.allSatisfy { kind in
            guard let amount = self[kind] else { return true }
            guard let whole = other[kind] else { return false }
            return amount.multipliedReportingOverflow(by: 2) == (whole, false)
        }
    }
}
