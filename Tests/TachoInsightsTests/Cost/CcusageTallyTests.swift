import TachoEvents
import TachoInsights
import TachoLog
import Testing

/// ccusage's rule; expected amounts are worked out by hand, in millionths of a dollar.
struct CcusageTallyTests {
    private func tally(_ log: UsageLog) throws -> CcusageTally {
        var tally = CcusageTally(prices: try log.book())
        try log.batch.forEachRecord { record in
            guard record.type.elementsEqual("transcript.assistant".utf8) else { return true }
            Event.withEvent(of: record) { tally.take($0) }
            return true
        }
        return tally
    }

    @Test func `the line with the larger total is kept whole`() throws {
        var log = UsageLog()
        log.message("m", #""input_tokens":5,"output_tokens":1"#, id: "a")
        log.message("m", #""input_tokens":1,"output_tokens":9"#, id: "a")
        log.message("m", #""input_tokens":2,"output_tokens":2"#, id: "a")

        let entries = try tally(log).entries

        #expect(entries.map(\.input) == [1])
        #expect(entries.map(\.output) == [9])
    }

    @Test func `a subagent's copy loses, also under another request`() throws {
        var log = UsageLog()
        let side = #","isSidechain":true"#
        log.message("m", #""input_tokens":500"#, id: "a", more: side)
        log.message("m", #""input_tokens":1"#, id: "a")
        log.append(
            "transcript.assistant",
            #"{"isSidechain":true,"requestId":"other","message":{"id":"a","usage":{"input_tokens":900}}}"#
        )
        log.append(
            "transcript.assistant",
            #"{"requestId":"other","message":{"id":"a","usage":{"input_tokens":7}}}"#)

        #expect(try tally(log).entries.map(\.input) == [1, 7])
    }

    @Test func `cache prices that are missing come from the input`() throws {
        var log = UsageLog()
        log.price(#"{"model":"m","input":"0.000004","output":"0.000008"}"#)
        log.message(
            "m",
            #""cache_creation_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":20},"cache_read_input_tokens":100"#
        )

        let tally = try tally(log)

        // 10×5 + 20×8 + 100×0.4
        #expect(tally.entries.map { tally.cost(of: $0) } == [millionths(250)])
    }

    @Test func `only the part of a kind above 200,000 is long`() throws {
        var log = UsageLog()
        log.price(
            #"{"model":"m","input":"0.000003","output":"0.000015","cache_read":"0.0000003","threshold_tokens":200000,"long_input":"0.000006"}"#
        )
        log.message("m", #""input_tokens":200010,"cache_read_input_tokens":300000"#)

        let tally = try tally(log)

        // 200000×3 + 10×6 + 300000×0.3
        #expect(tally.entries.map { tally.cost(of: $0) } == [millionths(690_060)])
    }

    @Test func `a model without a price is free there, and costUSD beats a price`() throws {
        var log = UsageLog()
        log.message("x", #""input_tokens":7"#)
        log.message("claude-opus-5", #""input_tokens":7"#, more: #","costUSD":0.5"#)

        let tally = try tally(log)

        #expect(tally.entries.map { tally.cost(of: $0) } == [0, 500_000_000_000])
    }
}
