import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

extension PriceBook {
    package enum Change: Equatable, Sendable {
        /// The log says so already.
        case none
        /// `nil` is from the beginning.
        case holds(from: Timestamp?)
    }

    /// From when on a price that was read now has to hold, for the book to say it.
    ///
    /// A model that nothing prices yet has it from the beginning, for want of anything better; a
    /// price that differs from the one in force holds from `moment` on.
    ///
    package func change(to price: ModelPrice, from moment: Timestamp) -> Change {
        let own = recorded.filter { $0.model == price.model && $0.provider == price.provider }
        let current = PriceBook(recorded: own, embedded: [])
            .price(model: price.model, provider: price.provider, at: moment)
        if let current { return current.hasSameAmounts(as: price) ? .none : .holds(from: moment) }
        let embedded = PriceBook(recorded: [], embedded: embedded)
            .price(model: price.model, provider: price.provider, at: moment)
        guard let embedded, embedded.model == price.model else { return .holds(from: nil) }
        return .holds(from: embedded.rates == price.rates ? nil : moment)
    }
}

extension ModelPrice {
    /// `price.set`, with an id by what it says; when it was read is no part of that.
    package var event: NewEvent {
        var identity = data(retrievedAt: nil)
        identity.append(0)
        return NewEvent(
            id: ByteString("price:" + SHA256.hash(identity).hex.prefix(32)), stream: "prices",
            type: EventType.priceSet, source: "tacho/prices", time: retrievedAt,
            data: data(retrievedAt: retrievedAt))
    }

    private func data(retrievedAt: Timestamp?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        func add(_ key: StaticString, _ text: [UInt8]?) {
            guard let text else { return }
            writer.key(key)
            writer.value(text)
        }
        func add(_ key: StaticString, _ amount: Int64?) {
            add(key, amount.map { PicoDollars.text($0) })
        }
        add("model", model.bytes)
        add("provider", provider?.bytes)
        add("valid_from", validFrom.map { $0.iso8601 })
        add("input", rates.input)
        add("output", rates.output)
        add("cache_write_5m", rates.cacheWrite5m)
        add("cache_write_1h", rates.cacheWrite1h)
        add("cache_read", rates.cacheRead)
        if let thresholdTokens {
            writer.key("threshold_tokens")
            writer.value(thresholdTokens)
        }
        add("long_input", longRates.input)
        add("long_output", longRates.output)
        add("long_cache_write_5m", longRates.cacheWrite5m)
        add("long_cache_write_1h", longRates.cacheWrite1h)
        add("long_cache_read", longRates.cacheRead)
        add("batch_multiplier", batchMultiplier)
        add("fast_multiplier", fastMultiplier)
        add("web_search", webSearch)
        add("reasoning_output", reasoningOutput)
        if let tiers = PriceTiers.json(longTiers) {
            writer.key("long_tiers")
            writer.rawValue(tiers)
        }
        if let tiers = PriceTiers.json(serviceTiers) {
            writer.key("service_tiers")
            writer.rawValue(tiers)
        }
        add("source", source?.bytes)
        add("retrieved_at", retrievedAt.map { $0.iso8601 })
        writer.endObject()
        return writer.bytes
    }

    /// As in the event; `nil` for none.
    package var longTiersText: String? {
        PriceTiers.json(longTiers).map { String(decoding: $0, as: UTF8.self) }
    }

    package var serviceTiersText: String? {
        PriceTiers.json(serviceTiers).map { String(decoding: $0, as: UTF8.self) }
    }
}
