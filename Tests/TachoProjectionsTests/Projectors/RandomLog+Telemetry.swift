import TachoLog
import TestSupport

extension RandomLog {
    /// Telemetry about the same few sessions, calls, and requests, in numbers and in texts.
    static func appendTelemetry(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }
        func count() -> String {
            pick([
                "\(number(9999))", "\"\(number(9999))\"", "-1", "1.5", "9223372036854775807",
                "null",
            ])
        }

        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(100_000)) * 100)
        let time = number(5) == 0 ? nil : stamp
        let session = pick([#""session.id":"s\#(number(4))","#, #""session.id":7,"#, ""])
        let call = pick([#""tool_use_id":"toolu_\#(number(20))","#, ""])
        let arguments = pick([
            #""function_args":"{\n  \"path\": \"/f\"\n}","#, #""function_args":"{}","#, "",
        ])
        let other =
            #""call_id":"call\#(number(9))","function_name":"read_file",\#(arguments)"output":"Exit code: \#(number(2))\nOutput:\nx","#
        let nanoseconds = stamp.microseconds * 1000
        let name = pick([
            "api_request", "api_request", "tool_result", "tool_result", "tool_decision",
            "user_prompt", "api_error", "hook_execution_complete", "compaction", "other",
            "span.chat", "span.execute_tool", "span.tool.blocked_on_user",
            "metric.session.count", "codex.sse_event", "gemini_cli.api_response",
            "codex.tool_result", "codex.tool_decision", "codex.user_prompt",
            "gemini_cli.tool_call", "gemini_cli.tool_call", "gemini_cli.chat_compression",
        ])
        let signal = name.hasPrefix("span") ? "span" : name.hasPrefix("metric") ? "metric" : "log"
        log.append(
            stream: pick(["s1", "s2", "w1", "unknown"]), type: "otel.\(name)",
            source: pick(["claude-code/otel", "claude-code/otel", "vs-copilot/otel"]), time: time,
            data:
                #"{"signal":"\#(signal)","trace_id":"t\#(number(2))","span_id":"\#(number(20))","start_time_unix_nano":\#(nanoseconds - Int64(number(60)) * 100_000_000),"end_time_unix_nano":\#(nanoseconds),"status":{"code":\#(number(3))},"attributes":{\#(session)\#(call)\#(other)"gen_ai.tool.call.id":"toolu_\#(number(20))","gen_ai.response.id":"msg\#(number(12))","gen_ai.usage.input_tokens":\#(count()),"gen_ai.usage.output_tokens":\#(count()),"gen_ai.usage.cache_read.input_tokens":\#(count()),"request_id":"r\#(number(4))","event.kind":"response.completed","input_token_count":\#(number(3)),"output_token_count":\#(number(2)),"model":"m","input_tokens":\#(count()),"output_tokens":\#(count()),"cache_read_tokens":\#(count()),"duration_ms":\#(count()),"total_duration_ms":\#(count()),"cost_usd":\#(pick(["0.5", "\"0.25\"", "\"x\"", "-1"])),"success":\#(pick(["true", "\"false\"", "3"])),"decision":"\#(pick(["accept", "reject"]))","tool_input":"\#(pick(["{\\\"command\\\":\\\"ls\\\"}", "cut off {", "3"]))"}}"#
        )
    }
}
