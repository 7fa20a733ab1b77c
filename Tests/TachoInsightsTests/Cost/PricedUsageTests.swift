import TachoInsights
import TachoLog
import Testing

/// What usage costs; expected amounts are worked out by hand, in millionths of a dollar.
struct PricedUsageTests {
    private func amount(_ model: String, _ usage: String) throws -> Int128? {
        var log = UsageLog()
        log.message(model, usage)
        return try #require(try log.priced().first).amount
    }

    @Test(arguments: [
        // 13×3 + 281×15 + 1918×3.75 + 59268×0.30
        (
            "claude-sonnet-4-5-20250929",
            #""input_tokens":13,"output_tokens":281,"cache_creation_input_tokens":1918,"cache_read_input_tokens":59268"#,
            29226.9
        ),
        // 100×5 + 10×25 + 1000×10
        (
            "claude-opus-4-5",
            #""input_tokens":100,"output_tokens":10,"cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_1h_input_tokens":1000}"#,
            10750
        ),
        // 300×10 of an hour, and 700×6.25 of five minutes, said or not
        (
            "claude-opus-5",
            #""cache_creation_input_tokens":1000,"cache_creation":{"ephemeral_1h_input_tokens":300}"#,
            7375
        ),
        (
            "claude-opus-5",
            #""cache_creation":{"ephemeral_1h_input_tokens":300,"ephemeral_5m_input_tokens":700}"#,
            7375
        ),
        // Three searches of a cent
        (
            "claude-haiku-4-5", #""input_tokens":1,"server_tool_use":{"web_search_requests":3}"#,
            30001
        ),
        // (10×5 + 10×25)×6, and half of it in a batch
        ("claude-opus-4-6", #""input_tokens":10,"output_tokens":10,"speed":"fast""#, 1800),
        ("claude-opus-4-6", #""input_tokens":10,"output_tokens":10,"service_tier":"batch""#, 150),
        (
            "claude-opus-4-6",
            #""input_tokens":10,"output_tokens":10,"speed":"fast","service_tier":"batch""#, 900
        ),
        ("claude-opus-4-6", #""input_tokens":10,"speed":"standard","service_tier":"standard""#, 50),
        // Read at 0.05 and 0.025 of the input, not at a tenth
        ("claude-opus-5-5", #""cache_read_input_tokens":100"#, 20),
        ("claude-fable-5-1", #""cache_read_input_tokens":100"#, 25),
        ("gpt-5.3-codex", #""input_tokens":8,"cache_read_input_tokens":1000"#, 189),
    ])
    func `a message costs what its tokens do`(
        model: String, usage: String, expected: Double
    ) throws {
        #expect(try amount(model, usage) == millionths(expected))
    }

    @Test(arguments: [
        (#""input_tokens":100000,"output_tokens":100"#, 10050.0),
        (#""input_tokens":100001,"output_tokens":100"#, 50250.5),
        // The cache belongs to the prompt, the output does not.
        (#""input_tokens":1,"cache_read_input_tokens":100000"#, 5000.5),
        (#""input_tokens":1,"cache_creation_input_tokens":100000"#, 62500.5),
        (#""input_tokens":1,"output_tokens":100001"#, 50000.6),
    ])
    func `above the threshold the whole request is long`(usage: String, expected: Double) throws {
        #expect(try amount("claude-haiku-5-5", usage) == millionths(expected))
    }

    @Test func `a run's result is a sum of requests and has the short price`() throws {
        var log = UsageLog()
        log.append(
            "output.result", source: "adw/output/x",
            #"{"session_id":"s","modelUsage":{"claude-haiku-5-5":{"inputTokens":300000}}}"#)

        let priced = try #require(try log.priced().first)

        #expect(priced.amount == millionths(30000))
        #expect(priced.mayBeLong)
        #expect(try log.report().total.mayBeLongCount == 1)
    }

    // MARK: Unknown is not nothing

    @Test(arguments: [
        ("m", #""input_tokens":1"#, "no price is known"),
        ("gpt-5.5", #""cache_creation_input_tokens":1"#, "no price for cache write 5m"),
        ("gpt-5.5", #""input_tokens":1,"service_tier":"batch""#, "no price for batch"),
        ("claude-opus-5", #""input_tokens":1,"speed":"fast""#, "no price for fast"),
        (
            "claude-opus-5", #""input_tokens":1,"service_tier":"priority""#,
            "no price for service tier priority"
        ),
    ])
    func `what has no price makes the amount unknown and says why`(
        model: String, usage: String, gap: String
    ) throws {
        var log = UsageLog()
        log.message(model, usage)

        let priced = try #require(try log.priced().first)

        #expect(priced.amount == nil)
        #expect(priced.gap?.description == gap)
    }

    @Test func `what is not used needs no price`() throws {
        #expect(
            try amount("gpt-5.5", #""input_tokens":2,"cache_creation_input_tokens":0"#)
                == millionths(10))
    }

    @Test func `a price by a multiplier is rounded to a pico-dollar, half to even`() throws {
        var log = UsageLog()
        log.price(
            #"{"model":"m","input":"0.000000000001","output":"0.000000000003","fast_multiplier":2.5}"#
        )
        log.message("m", #""input_tokens":1000,"speed":"fast""#)
        log.message("m", #""output_tokens":1000,"speed":"fast""#)

        #expect(try log.priced().map(\.amount) == [2000, 8000])
    }

    @Test func `the largest counts and prices are summed without loss`() throws {
        var log = UsageLog()
        log.price(#"{"model":"m","input":"9223372"}"#)
        for _ in 0..<3 { log.message("m", #""input_tokens":1000000000000"#) }

        let report = try log.report()

        let each = Int128(1_000_000_000_000) * 9_223_372_000_000_000_000
        #expect(report.total.cost == 3 * each)
        #expect(report.total.tokens(.input) == 3_000_000_000_000)
    }

    // MARK: Which price

    @Test func `the price of the day counts, from its first microsecond`() throws {
        var log = UsageLog()
        log.price(#"{"model":"m","provider":"anthropic","input":"0.000005"}"#)
        log.price(
            #"{"model":"m","provider":"anthropic","valid_from":"2026-02-01T00:00:00Z","input":"0.000004"}"#
        )
        log.price(
            #"{"model":"m","provider":"anthropic","valid_from":"2026-01-15T00:00:00Z","input":"0.000009"}"#
        )
        for time in [
            "2026-01-14T23:59:59.999999Z", "2026-01-15T00:00:00Z", "2026-01-31T23:59:59.999999Z",
            "2026-02-01T00:00:00Z",
        ] {
            log.message("m", #""input_tokens":1"#, time: time)
        }

        #expect(try log.priced().map(\.amount) == [5, 9, 9, 4].map { millionths($0) })
    }

    @Test func `a recorded price comes before an embedded one, once it holds`() throws {
        var log = UsageLog()
        log.price(
            #"{"model":"claude-opus-5","valid_from":"2026-01-15T00:00:00Z","input":"0.000001"}"#)
        log.message("claude-opus-5", #""input_tokens":1"#, time: "2026-01-10T00:00:00Z")
        log.message("claude-opus-5", #""input_tokens":1"#, time: "2026-01-20T00:00:00Z")

        #expect(try log.priced().map(\.amount) == [5, 1].map { millionths($0) })
    }

    @Test(arguments: [
        ("claude-opus-4-5-20251101", 5.0), ("claude-opus-4-5@20251101", 5),
        ("claude-opus-4-5[1m]", 5), ("claude-opus-4-5-20251101[1m]", 5), ("claude-opus-4-5", 5),
        ("claude-opus-4.5", 5), ("anthropic/claude-opus-4.5", 5),
        ("anthropic/claude-opus-4-5-20251101", 5), ("openai/gpt-5.2", 1.75),
    ])
    func `a model's date and brackets do not hide its price`(model: String, price: Double) throws {
        #expect(try amount(model, #""input_tokens":1"#) == millionths(price))
    }

    @Test(arguments: [
        "claude-opus-4-9", "claude-opus-4-5-2025110", "opus", "-20251101", "[", "", "openai/",
        "azure/gpt-5.2",
    ])
    func `a name that is like another has no price of it`(model: String) throws {
        #expect(try amount(model, #""input_tokens":1"#) == nil)
    }

    @Test(arguments: [
        (#""output_tokens":5"#, true), (#""input_tokens":0,"output_tokens":5"#, false),
        (#""input_tokens":-1,"output_tokens":5"#, true),
    ])
    func `what a message cost of which nobody tells the input is a lower bound`(
        usage: String, isLowerBound: Bool
    ) throws {
        var log = UsageLog()
        log.message("claude-opus-4.5", usage)

        let priced = try #require(try log.priced().first)

        #expect(priced.usage.isLowerBound == isLowerBound)
        #expect(priced.amount == millionths(125))
        #expect(try log.report().total.lowerBoundCount == (isLowerBound ? 1 : 0))
    }

    @Test func `a model's own date and provider come first`() throws {
        var log = UsageLog()
        log.price(#"{"model":"m","provider":"anthropic","input":"0.000001"}"#)
        log.price(#"{"model":"m-20250101","provider":"other","input":"0.000002"}"#)
        log.price(#"{"model":"m-20250101","provider":"anthropic","input":"0.000003"}"#)
        log.price(#"{"model":"m-20250101","provider":"third","input":"0.000004"}"#)
        log.message("m-20250101", #""input_tokens":1"#)

        #expect(try log.priced().map(\.amount) == [millionths(3)])
    }

    @Test(arguments: [
        ("standard", 10_000), ("flex", 6_000), ("priority", 24_000), ("batch", 5_000),
    ])
    func `a service costs by its own rates, and what it does not say as usual`(
        tier: String, expected: Int64
    ) throws {
        var log = UsageLog()
        log.price(
            #"{"model":"m","input":"0.000001","output":"0.000009","batch_multiplier":"0.5","service_tiers":{"flex":{"output":"0.000005"},"priority":{"input":"0.000006","output":"0.000018"}}}"#
        )
        log.message(
            "m", #""input_tokens":1000,"output_tokens":1000,"service_tier":"\#(tier)""#)

        #expect(try #require(try log.priced().first).amount == millionths(Double(expected)))
    }

    @Test func `a request has the rates of the highest threshold that it passes`() throws {
        var log = UsageLog()
        log.price(
            #"{"model":"m","input":"0.000001","output":"0.000002","threshold_tokens":1000,"long_input":"0.000003","long_tiers":[{"above_tokens":5000,"output":"0.000007"},{"above_tokens":2000,"input":"0.000005"},{"above_tokens":"x"},7]}"#
        )
        for input in [1000, 1001, 2001, 5001] {
            log.message("m", #""input_tokens":\#(input),"output_tokens":10"#)
        }

        #expect(
            try log.priced().map(\.amount) == [
                millionths(1020), millionths(3023), millionths(10_025), millionths(25_075),
            ])
    }

    @Test func `where reasoning has a price of its own the amount is unknown, and said to be`()
        throws
    {
        var log = UsageLog()
        log.price(
            #"{"model":"m","input":"0.000001","output":"0.000002","reasoning_output":"0.000004"}"#)
        log.message("m", #""input_tokens":10,"output_tokens":10"#)
        log.message("m", #""input_tokens":10"#)

        let priced = try log.priced()

        #expect(priced.map(\.amount) == [nil, millionths(10)])
        #expect(priced[0].gap == .reasoningApart)
    }
}
