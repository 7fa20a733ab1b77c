import TachoInsights
import TachoLog
import Testing

struct CostReportTests {
    @Test func `unknown models are told with their tokens and are in no cost`() throws {
        var log = UsageLog()
        log.message("claude-haiku-4-5", #""input_tokens":10"#)
        log.message("x", #""input_tokens":100,"output_tokens":20"#)
        log.message("x", #""input_tokens":3"#)

        let report = try log.report()

        #expect(report.total.cost == millionths(10))
        #expect(report.total.unpricedCount == 2)
        #expect(report.unpriced.map(\.model) == ["x"])
        #expect(report.unpriced.map(\.tokens) == [123])
        #expect(report.groups.map { $0.sum.pricedCount } == [1, 0])
    }

    @Test func `what agents report stands beside our price of the same rows`() throws {
        var log = UsageLog()
        log.message("claude-haiku-4-5", #""input_tokens":10"#)
        log.append(
            "output.result", source: "adw/output/x",
            #"{"session_id":"s","modelUsage":{"claude-haiku-4-5":{"inputTokens":30,"costUSD":0.00005},"x":{"inputTokens":1,"costUSD":1}}}"#
        )

        let total = try log.report().total

        #expect(total.reportedCount == 2)
        #expect(total.reportedCost == 1_000_050_000_000)
        #expect(total.costOfReported == millionths(30))
    }

    @Test func `messages that a result holds are not counted again`() throws {
        var log = UsageLog()
        log.message("claude-haiku-4-5", #""input_tokens":10"#, session: "s")
        log.append(
            "output.result", source: "adw/output/x",
            #"{"session_id":"s","modelUsage":{"claude-haiku-4-5":{"inputTokens":30}}}"#)

        let report = try log.report()

        #expect(report.total.tokens(.input) == 30)
        #expect(report.supersededCount == 1)
    }

    @Test func `every way of grouping has the same sum, and unknown groups are kept`() throws {
        var log = UsageLog()
        log.message("claude-haiku-4-5", #""input_tokens":1"#, time: "2026-01-10T23:59:59Z")
        log.message(
            "claude-opus-5", #""input_tokens":2"#, session: "s2", time: "2026-01-11T00:00:00Z",
            more: #","isSidechain":true,"agentId":"ag""#)
        log.append(
            "output.result", stream: "w1", source: "adw/output/sdlc_planner", time: nil,
            #"{"session_id":"s3","cwd":"/w","modelUsage":{"claude-opus-5":{"inputTokens":4}}}"#)
        let expected: [CostReport.Dimension: [ByteString?]] = [
            .model: ["claude-opus-5", "claude-haiku-4-5"],
            .day: ["2026-01-10", "2026-01-11", nil], .session: ["s3", "s2", "s1"],
            .workflow: ["w1", nil], .phase: ["plan", nil], .project: ["/w", "/p/s2", "/p/s1"],
            .agent: ["sdlc_planner", "ag", nil],
        ]

        for dimension in CostReport.Dimension.allCases {
            let report = try log.report(by: dimension)
            #expect(report.groups.map(\.key) == expected[dimension])
            #expect(report.total.cost == millionths(31))
            #expect(report.groups.reduce(Int128(0)) { $0 + $1.sum.cost } == millionths(31))
        }
    }

    @Test func `the reference has two prices, whatever the model`() throws {
        var log = UsageLog()
        log.message(
            "Claude-OPUS-x",
            #""input_tokens":1,"output_tokens":1,"cache_creation_input_tokens":1,"cache_read_input_tokens":1"#
        )
        log.message("gpt", #""input_tokens":1,"output_tokens":1"#)

        let report = try log.report(reference: true)

        #expect(report.groups.map { $0.sum.cost } == [110.25, 18].map { millionths($0) })
        #expect(report.unpriced.isEmpty)
    }

    @Test func `terms add up to the amount, added up or each`() throws {
        var log = UsageLog()
        for count in 1...3 {
            log.message(
                "claude-opus-5", #""input_tokens":\#(count),"output_tokens":\#(count * 10)"#)
        }
        let priced = try log.priced()

        let sums = Explanation.terms(priced, isEach: false)
        let each = Explanation.terms(priced, isEach: true)

        #expect(sums.map(\.count) == [6, 60])
        #expect(each.count == 6)
        for terms in [sums, each] {
            #expect(
                terms.reduce(Int128(0)) { $0 + ($1.amount ?? 0) } == millionths(6 * 5 + 60 * 25))
        }
    }
}
