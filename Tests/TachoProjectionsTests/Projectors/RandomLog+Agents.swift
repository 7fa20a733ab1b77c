import TachoLog
import TestSupport

extension RandomLog {
    /// Records of other agents' sessions with few different ids, and some values that are none.
    static func appendAgentSession(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }
        func count() -> String {
            pick(["\(number(99))", "\(number(9999))", "-1", "\"7\"", "null"])
        }

        let call = "toolu_\(number(20))"
        let model = pick(["\"gpt-5.5\"", "\"m\"", "null", "7"])
        let counts =
            #"{"input_tokens":\#(count()),"cached_input_tokens":\#(count()),"output_tokens":\#(count())}"#
        let total = #"{"input_tokens":\#(number(5)),"output_tokens":1}"#
        let type = AgentSessionTests.types[number(AgentSessionTests.types.count)]
        let agent = type.prefix { $0 != "." }
        let data: String
        switch agent {
        case "codex":
            data =
                #"{"payload":{"id":"s\#(number(4))","forked_from_id":\#(pick(["\"s0\"", "\"s1\"", "\"s3\"", "null"])),"call_id":"\#(call)","name":"shell","cwd":"/d","model":\#(model),"model_provider":"openai","arguments":"{\"cmd\":\"ls\"}","output":"Exit code: \#(number(3))\nOutput:\nx","info":{"total_token_usage":\#(total),"last_token_usage":\#(counts)}}}"#
        case "pi":
            data =
                #"{"modelId":\#(model),"message":{"role":"\#(pick(["user", "assistant", "toolResult"]))","provider":"anthropic","model":\#(model),"timestamp":\#(number(4)),"usage":{"input":\#(count()),"output":\#(count()),"cost":{"total":\#(count())}},"toolCallId":"\#(call)","isError":\#(pick(["true", "false"])),"content":[{"type":"toolCall","id":"\#(call)","name":"bash","arguments":{"command":"ls"}},{"type":"text","text":"Command exited with code 1"}]}}"#
        case "gemini":
            data =
                #"{"id":"g\#(number(9))","model":\#(model),"tokens":{"input":\#(count()),"output":\#(count()),"cached":\#(count())},"toolCalls":[{"id":"\#(call)","name":"read_file","args":{"path":"/f"},"status":"\#(pick(["success", "error", "cancelled", "x"]))"}]}"#
        case "copilot":
            data =
                #"{"data":{"toolCallId":"\#(call)","messageId":"c\#(number(9))","model":\#(model),"newModel":\#(model),"outputTokens":\#(count()),"success":\#(pick(["true", "false", "1"])),"result":{"kind":"denied","content":"x"},"shutdownType":"routine","modelMetrics":{"gpt":{"usage":{"inputTokens":\#(count()),"outputTokens":\#(count()),"cacheReadTokens":\#(count())}}}}}"#
        case "swe-agent":
            data =
                #"{"role":"user","action":"ls -l\n","observation":"x","info":{"exit_status":"submitted","model_stats":{"instance_cost":\#(count()),"tokens_sent":\#(count()),"tokens_received":\#(count())}}}"#
        default:
            data =
                #"{"properties":{"main_model":\#(model),"prompt_tokens":\#(count()),"completion_tokens":\#(count()),"cost":\#(count())}}"#
        }
        log.append(
            stream: "s\(number(4))", type: type, source: "\(agent)/session",
            time: number(3) == 0
                ? nil : Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(100_000)) * 100),
            data: data)
    }
}
