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

    /// Thresholds, services, and both, in the spellings that the table has.
    private let tiered =
        #""t":{"litellm_provider":"openai","input_cost_per_token":4e-06,"output_cost_per_token":2e-05,"cache_read_input_token_cost":4e-07,"input_cost_per_token_above_128k_tokens":5e-06,"input_cost_per_token_above_272k_tokens":8e-06,"output_cost_per_token_above_272k_tokens":3e-05,"input_cost_per_token_flex":2e-06,"output_cost_per_token_flex":1e-05,"input_cost_per_token_priority":8e-06,"input_cost_per_token_above_128k_tokens_priority":1.1e-05,"input_cost_per_token_batches":1e-06,"output_cost_per_token_batches":1e-05,"output_cost_per_reasoning_token":2e-05,"input_cost_per_audio_token":1e-05,"output_cost_per_image":0.1}"#

    @Test func `every threshold and every service has its rates`() throws {
        let read = read("{\(tiered)}")
        let price = try #require(read.prices.first)

        #expect(price.thresholdTokens == 128_000)
        #expect(price.longRates == .init(input: 5_000_000))
        #expect(price.longTiers.map(\.aboveTokens) == [272_000])
        #expect(price.longTiers.first?.rates == .init(input: 8_000_000, output: 30_000_000))
        #expect(price.serviceTiers.map(\.name) == ["batch", "flex", "priority"])
        // Not half of all it says, so no multiplier.
        #expect(price.batchMultiplier == nil)
        #expect(price.service("priority")?.longRates == .init(input: 11_000_000))
        // The same as of any output.
        #expect(price.reasoningOutput == nil)
        #expect(read.unread == ["input_cost_per_audio_token": 1, "output_cost_per_image": 1])
    }

    @Test func `a rate is the nearest that is known, by length and service`() throws {
        let price = try #require(read("{\(tiered)}").prices.first)
        func rate(_ kind: TokenKind, _ prompt: Int64, _ service: ByteString? = nil) -> Int64? {
            price.rate(kind, promptTokens: prompt, service: service.flatMap { price.service($0) })
        }

        #expect(rate(.input, 128_000) == 4_000_000 && rate(.input, 128_001) == 5_000_000)
        #expect(rate(.input, 272_001) == 8_000_000 && rate(.output, 272_001) == 30_000_000)
        #expect(rate(.output, 200_000) == 20_000_000 && rate(.cacheRead, 300_000) == 400_000)
        #expect(rate(.input, 5, "flex") == 2_000_000 && rate(.cacheRead, 5, "flex") == 400_000)
        #expect(rate(.input, 200_000, "priority") == 11_000_000)
        #expect(rate(.input, 200_000, "flex") == 5_000_000)
        #expect(rate(.cacheWrite5m, 5) == nil && rate(.cacheWrite5m, 5, "flex") == nil)
    }

    @Test func `prices by ranges alone begin with the shortest`() throws {
        let price = try #require(
            read(
                #"{"q":{"tiered_pricing":[{"range":[256000.0,1e6],"input_cost_per_token":3e-06,"output_cost_per_token":6e-06},{"range":[0,32000],"input_cost_per_token":1e-06,"output_cost_per_token":2e-06},{"range":[32000,256000],"input_cost_per_token":2e-06,"output_cost_per_token":4e-06}]}}"#
            ).prices.first)

        #expect(price.rates == .init(input: 1_000_000, output: 2_000_000))
        #expect(price.thresholdTokens == 32_000 && price.longRates.input == 2_000_000)
        #expect(price.rate(.output, promptTokens: 256_001) == 6_000_000)
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

    @Test func `a price with thresholds and services comes out of the log the same`() throws {
        var price = try #require(read("{\(tiered)}").prices.first)
        price.reasoningOutput = 3
        var log = UsageLog()
        log.price(String(decoding: price.event.data, as: UTF8.self))

        let recorded = try #require(try log.book().recorded.first)

        #expect(recorded.hasSameAmounts(as: price))
        price.serviceTiers[1].rates.input = 1
        #expect(!recorded.hasSameAmounts(as: price))
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
