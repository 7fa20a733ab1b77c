import TachoLog
import TestSupport

/// Patterns, and the workflows and sessions that show them.
extension RandomLog {
    static func appendPattern(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }

        let pattern = pick([
            #""pattern_id":"test:pytest:backend""#, #""pattern_signature":"p\#(number(3))""#,
            #""pattern_name":\#(number(3))"#, #""pattern_id":null"#, "",
        ])
        let prompt = pick([
            "run pytest on app/api/x.py", "build the client", "hello", "npm install",
        ])
        let members = [
            pattern, #""workflow_id":"wf-w\#(number(3))""#, #""reviewer":"ada""#,
            #""action":"\#(pick(["approved", "rejected", "submitted", "auto-approved", "x"]))""#,
            #""reason":"because""#, #""confidence_score":\#(pick(["0.5", "90", "\"x\""]))"#,
            #""success":\#(pick(["true", "false", "null"]))"#,
            #""actual_cost":\#(pick(["0.\(number(99))", "1e300", "-1", "[]"]))"#,
            #""estimated_cost":0.\#(number(99))"#, #""execution_time_seconds":\#(number(99)).5"#,
            #""estimated_time_seconds":\#(pick(["60", "1e300", "null"]))"#,
            #""request_id":"\#(pick(["wf-w1", "w1", "r"]))""#, #""reasoning":"says test""#,
            #""was_correct":\#(pick(["true", "false", "1"]))"#,
        ].filter { !$0.isEmpty && number(5) > 0 }
        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(1000)) * 100)
        switch number(10) {
        case 0:
            log.append(
                stream: "s\(number(4))", type: "hook.UserPromptSubmit", time: stamp,
                data: #"{"session_id":"s\#(number(4))","prompt":"\#(prompt)"}"#)
        case 1:
            log.append(
                stream: "w\(number(3))", type: "state.snapshot", time: stamp,
                data:
                    #"{"nl_input":"\#(prompt)","workflow_template":"\#(pick(["adw_test", "x"]))","error_message":"\#(pick(["", "tsc: type error"]))","start_time":"2026-01-02T00:00:00Z","end_time":"2026-01-02T00:0\#(number(9)):00Z"}"#
            )
        default:
            let type = pick([
                "detected", "reviewed", "commented", "implemented", "executed", "executed",
                "predicted", "validated",
            ])
            log.append(
                stream: "default", type: "pattern.\(type)", time: stamp,
                data: "{\(members.joined(separator: ","))}")
        }
    }
}
