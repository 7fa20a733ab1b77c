import TachoJSON
import TachoLog
import TachoProjections

/// Rates of longer requests and of other services, as they stand in an event and a table's cell.
///
/// ```
/// "long_tiers":[{"above_tokens":256000,"input":"0.0000024","output":"0.000012"}]
/// "service_tiers":{"flex":{"input":"0.0000025","output":"0.000015","long_input":"0.000005"}}
/// ```
///
/// Amounts are decimal dollars a token. What is none is unknown; a tier without any is left out.
enum PriceTiers {
    /// In the order of the thresholds, whatever order they are written in.
    static func longTiers(_ json: [UInt8]) -> [ModelPrice.LongTier] {
        var tiers: [ModelPrice.LongTier] = []
        json.withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachElement { tier in
                let rates = rates(tier, "")
                if let above = tier["above_tokens"]?.integerLenient(), above > 0, !rates.isEmpty {
                    tiers.append(ModelPrice.LongTier(aboveTokens: above, rates: rates))
                }
                return true
            }
        }
        return tiers.sorted { $0.aboveTokens < $1.aboveTokens }
    }

    static func serviceTiers(_ json: [UInt8]) -> [ModelPrice.ServiceTier] {
        var tiers: [ModelPrice.ServiceTier] = []
        json.withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachMember { name, tier in
                let found = ModelPrice.ServiceTier(
                    name: ByteString(name.text() ?? []), rates: rates(tier, ""),
                    longRates: rates(tier, "long_"))
                if !found.rates.isEmpty || !found.longRates.isEmpty { tiers.append(found) }
                return true
            }
        }
        return tiers.sorted { $0.name < $1.name }
    }

    private static func rates(_ tier: JSONView, _ prefix: String) -> ModelPrice.Rates {
        func amount(_ name: String) -> Int64? {
            var found: Int64?
            tier.forEachMember { key, value in
                let isIt = key.withText { $0.elementsEqual((prefix + name).utf8) } ?? false
                if isIt { found = PicoDollars.parse(value).flatMap { $0 < 0 ? nil : $0 } }
                return !isIt
            }
            return found
        }
        return ModelPrice.Rates(
            input: amount("input"), output: amount("output"),
            cacheWrite5m: amount("cache_write_5m"), cacheWrite1h: amount("cache_write_1h"),
            cacheRead: amount("cache_read"))
    }

    static func json(_ tiers: [ModelPrice.LongTier]) -> [UInt8]? {
        guard !tiers.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginArray()
        for tier in tiers {
            writer.beginObject()
            writer.key("above_tokens")
            writer.value(tier.aboveTokens)
            write(tier.rates, "", to: &writer)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    static func json(_ tiers: [ModelPrice.ServiceTier]) -> [UInt8]? {
        guard !tiers.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        for tier in tiers {
            writer.key(tier.name.bytes)
            writer.beginObject()
            write(tier.rates, "", to: &writer)
            write(tier.longRates, "long_", to: &writer)
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }

    private static func write(
        _ rates: ModelPrice.Rates, _ prefix: String, to writer: inout JSONWriter
    ) {
        let amounts: [(String, Int64?)] = [
            ("input", rates.input), ("output", rates.output),
            ("cache_write_5m", rates.cacheWrite5m), ("cache_write_1h", rates.cacheWrite1h),
            ("cache_read", rates.cacheRead),
        ]
        for case (let name, let amount?) in amounts {
            writer.key(Array((prefix + name).utf8))
            writer.value(PicoDollars.text(amount))
        }
    }
}
