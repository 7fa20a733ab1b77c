import TachoLog
import TestSupport

extension RandomLog {
    /// Messages, results, and prices with few different ids, and some counts that are none.
    static func appendUsage(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }
        func count() -> String {
            pick(["\(number(99))", "\(number(9999))", "-1", "1.5", "\"7\"", "9223372036854775808"])
        }

        let session = "s\(number(3))"
        let model = pick(["claude-opus-4-5", "claude-haiku-5-5", "m", "<synthetic>"])
        let usage =
            #"{"input_tokens":\#(count()),"output_tokens":\#(count()),"cache_creation_input_tokens":\#(count()),"cache_creation":{"ephemeral_5m_input_tokens":\#(count())},"cache_read_input_tokens":\#(count()),"speed":"\#(pick(["fast", "standard"]))"}"#
        let id = pick([#""id":"msg\#(number(12))","#, #""id":"a/%\#(number(2))","#, ""])
        let message =
            #"{\#(id)"model":"\#(model)","usage":\#(usage),"stop_reason":\#(pick(["null", "\"x\""]))}"#
        let request = pick([#","requestId":"r\#(number(2))""#, ""])
        switch number(6) {
        case 0, 1:
            log.append(
                stream: session, type: "transcript.assistant", source: "claude-code/transcript",
                data:
                    #"{"version":"2.\#(number(2)).\#(number(20))","isSidechain":\#(pick(["true", "false"])),"message":\#(message)\#(request)\#(pick(["", #","forkedFrom":{"sessionId":"s9"}"#]))\#(pick(["", #","uuid":"u\#(number(4))""#]))}"#
            )
        case 2:
            log.append(
                stream: session, type: "transcript.progress", source: "claude-code/transcript",
                data:
                    #"{"data":{"message":{"type":"assistant","message":\#(message)\#(request)},"agentId":"a1"}}"#
            )
        case 3:
            let share = #"{"inputTokens":\#(count()),"outputTokens":\#(count()),"costUSD":0.5}"#
            let type = pick(["assistant", "result"])
            log.append(
                stream: pick(["w1", "unknown"]), type: "output.\(type)",
                source: pick(["adw/output/planner", "claude-code/output"]),
                data:
                    #"{"session_id":"\#(session)","message":\#(message),"usage":\#(usage),"modelUsage":\#(pick(["{}", "3", "{\"m\":\(share)}"]))}"#
            )
        case 4:
            // What one session copies of another, and goes on from.
            let type = pick(["user", "system"])
            log.append(
                stream: session, type: "transcript.\(type)", source: "claude-code/transcript",
                time: moment("1\(number(2)):00:0\(number(10))"),
                data:
                    #"{"subtype":"\#(pick(["compact_boundary", "info"]))","message":{"content":"do"},"uuid":"u\#(number(4))"}"#
            )
        default:
            log.append(
                stream: "prices", type: "price.set",
                data:
                    #"{"model":\#(pick(["\"m\"", "\"claude-opus-4-5\"", "5"])),"provider":"anthropic","valid_from":\#(pick(["null", "\"2026-01-01T00:00:00Z\"", "\"x\""])),"input":\#(pick(["\"0.000005\"", "3e-6", "-1"])),"fast_multiplier":\#(pick(["2.5", "\"6\"", "\"x\""]))}"#
            )
        }
    }
}
