import TachoInsights
import TachoLog
import TachoProjections
import TestSupport
import Testing

struct SessionCostsTests {
    @Test func `sessions cost what the report says that they do`() throws {
        var random = SeededRandom(testSeed())
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }
        var log = UsageLog()
        for month in 1...3 {
            log.price(
                #"{"model":"m0","valid_from":"2026-0\#(month)-01T00:00:00Z","input":"0.00000\#(month)","output":"0.00001","cache_read":"0.0000001","threshold_tokens":300,"long_input":"0.00001","batch_multiplier":"0.5","long_tiers":[{"above_tokens":400,"input":"0.00002"},{"above_tokens":450,"input":"0.00003","cache_read":"0.0000002"}],"service_tiers":{"flex":{"input":"0.0000005","long_input":"0.0000007"}}}"#
            )
        }
        // Reasoning with a price of its own: nobody knows how much of the output it was.
        log.price(
            #"{"model":"m1","input":"0.000001","output":"0.00001","reasoning_output":"0.00002"}"#)
        for _ in 0..<600 {
            let usage =
                #""input_tokens":\#(number(200)),"output_tokens":\#(number(9)),"cache_read_input_tokens":\#(number(300)),"cache_creation_input_tokens":\#(pick(["0", "5"])),"service_tier":\#(pick(["null", "\"standard\"", "\"batch\"", "\"flex\"", "\"odd\""])),"speed":\#(pick(["null", "\"fast\""]))"#
            log.message(
                pick(["m0", "m0", "m1", "claude-sonnet-4-5-20250929", "nobody"]), usage,
                session: "s\(number(9))", time: "2026-0\(1 + number(4))-10T00:00:00Z")
        }

        let report = try log.report(by: .session)
        let costs = SessionCosts(try log.table("model_usage"), try log.book())

        #expect(report.total.pricedCount > 50 && report.total.unpricedCount > 50)
        for group in report.groups {
            let key = try #require(group.key)
            let session = try #require(costs[key])
            #expect(session.cost == group.sum.cost)
            #expect(session.requestCount == group.sum.messageCount)
        }
        #expect(
            costs.meanRequest
                == Int64(report.total.cost / Int128(report.total.pricedCount)))
        #expect(costs["not there"] == nil)
    }
}
