import TachoEvents
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections
import Testing

struct LiteLLMPricesTests {
    private func read(_ text: String) -> LiteLLMPrices {
        Array(text.utf8).withUnsafeBytes { LiteLLMPrices(JSONView(validated: $0)) }
    }

    private let sonnet =
        #""s":{"litellm_provider":"anthropic","input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,"cache_creation_input_token_cost":3.75e-06,"cache_creation_input_token_cost_above_1hr":6e-06,"cache_read_input_token_cost":3e-07,"input_cost_per_token_above_200k_tokens":6e-06,"output_cost_per_token_above_200k_tokens":2.25e-05,"cache_read_input_token_cost_above_200k_tokens":6e-07,"input_cost_per_token_batches":1.5e-06,"provider_specific_entry":{"fast":6.0},"search_context_cost_per_query":{"search_context_size_medium":0.01}}"#

    @Test func `an entry's prices are read as they are written`() throws {
        let price = try #require(read("{\(sonnet)}").prices.first)

        #expect(
            price.rates
                == .init(
                    input: 3_000_000, output: 15_000_000, cacheWrite5m: 3_750_000,
                    cacheWrite1h: 6_000_000, cacheRead: 300_000))
        #expect(price.thresholdTokens == 200_000)
        #expect(
            price.longRates == .init(input: 6_000_000, output: 22_500_000, cacheRead: 600_000))
        #expect(price.fastMultiplier == 6_000_000_000_000)
        #expect(price.batchMultiplier == 500_000_000_000)
        #expect(price.webSearch == 10_000_000_000)
        #expect(price.provider == "anthropic")
    }

    @Test func `noise is rounded and counted, nonsense refused, the sample passed over`() {
        let prices = read(
            #"{"sample_spec":{"input_cost_per_token":1,"output_cost_per_token":1},"a":{"input_cost_per_token":0.0000029999900000000002,"output_cost_per_token":1e-06},"b":{"input_cost_per_token":-1,"output_cost_per_token":1},"c":{"mode":"image"},"d":7,"e":{"input_cost_per_token":"x","output_cost_per_token":0}}"#
        )

        #expect(prices.prices.map(\.model) == ["a"])
        #expect(prices.prices.first?.rates.input == 2_999_990)
        #expect(prices.rounded.map(\.text) == ["0.0000029999900000000002"])
        #expect(prices.refused.map(\.text) == ["-1", #""x""#])
        #expect(prices.skippedCount == 5)
    }

    @Test func `a price goes into the log and comes out the same`() throws {
        var price = try #require(read("{\(sonnet)}").prices.first)
        price.validFrom = Timestamp(iso8601: "2026-02-01T00:00:00Z")
        var log = UsageLog()
        log.price(String(decoding: price.event.data, as: UTF8.self))

        let recorded = try #require(try log.book().recorded.first)

        #expect(recorded.hasSameAmounts(as: price))
        #expect(recorded.validFrom == price.validFrom)
        #expect(recorded.model == "s")
    }

    @Test func `an id is by content, whenever it was read`() throws {
        var price = try #require(read("{\(sonnet)}").prices.first)
        price.retrievedAt = Timestamp(microseconds: 1)
        let first = price.event
        price.retrievedAt = Timestamp(microseconds: 2)
        #expect(price.event.id == first.id)
        price.rates.input = 1
        #expect(price.event.id != first.id)
    }

    @Test func `a price holds from the beginning if there was none, and from now on if it changed`()
        throws
    {
        let now = try #require(Timestamp(iso8601: "2026-03-01T00:00:00Z"))
        var price = try #require(read("{\(sonnet)}").prices.first)
        var log = UsageLog()
        #expect(try log.book().change(to: price, from: now) == .holds(from: nil))

        log.price(String(decoding: price.event.data, as: UTF8.self))
        #expect(try log.book().change(to: price, from: now) == PriceBook.Change.none)

        price.rates.output = 1
        #expect(try log.book().change(to: price, from: now) == .holds(from: now))
    }

    @Test func `a price that differs from an embedded one leaves the past to that`() throws {
        let now = try #require(Timestamp(iso8601: "2026-03-01T00:00:00Z"))
        var price = try #require(EmbeddedPrices.all.first { $0.model == "claude-opus-5" })
        #expect(PriceBook().change(to: price, from: now) == .holds(from: nil))
        price.rates.input = 4_000_000
        #expect(PriceBook().change(to: price, from: now) == .holds(from: now))
    }
}
