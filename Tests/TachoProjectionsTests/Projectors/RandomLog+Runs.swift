import TachoLog
import TestSupport

extension RandomLog {
    /// Decisions, phases that need others, GitHub's events, and samples of resources, with few different ids.
    static func appendRun(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }

        let workflow = pick(["w0", "w1", "w2", "00000000", "00000001"])
        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(100_000)) * 100)
        let time = number(3) == 0 ? nil : stamp
        switch number(4) {
        case 0:
            let id = pick([#""decision_id":"d\#(number(9))","#, "", #""decision_id":5,"#])
            log.append(
                stream: pick([workflow, "s1", "general"]),
                type: pick(["decision.recorded", "decision.outcome", "decision.x"]), time: time,
                data:
                    #"{\#(id)"session_id":"s1","decision_type":"retry","available_options":\#(pick(["[1,2]", "7"])),"chosen_option":"\#(number(3))","outcome":\#(pick(["null", "\"good\"", "\"bad\""])),"time_to_decide_ms":\#(number(90)).5}"#
            )
        case 1:
            let status = pick(["started", "completed", "failed", "skipped", "odd"])
            let name = pick(["Plan", "build", "Test", "a/b", "C%", "webhook_x"])
            let needs = pick([
                "", #","depends_on":["build","Plan"]"#, #","depends_on":[]"#,
                #","depends_on":[1,"TEST","a/b"]"#, #","depends_on":"2""#, #","depends_on":{}"#,
            ])
            let start = pick(["", #","started_at":"\#(stamp)""#])
            log.append(
                stream: workflow, type: "phase.\(status)", time: time,
                data:
                    #"{"phase_name":"\#(name)","phase_number":\#(number(4)),"duration_seconds":\#(number(9)).5\#(start)\#(needs)}"#
            )
        case 2:
            let at = #""updated_at":"\#(stamp)","created_at":"2026-01-02T08:00:00Z""#
            let pull =
                #""pull_request":{"number":\#(number(3)),"state":"\#(pick(["open", "CLOSED", "MERGED"]))","merged_at":\#(pick(["null", "\"2026-01-02T20:00:00Z\""])),"head":{"ref":"feature-issue-\#(number(9))-adw-0000000\#(number(3))","sha":"abc"},\#(at)}"#
            log.append(
                stream: "o/n", type: "github.\(pick(["pull_request", "x"]))", time: time,
                data: pick([
                    #"{"repository":{"full_name":"o/n"},"action":"closed",\#(pull)}"#,
                    #"{"repository":{"full_name":"o/n"},"review":{"id":\#(number(9)),"state":"\#(pick(["approved", "changes_requested"]))"},\#(pull)}"#,
                    #"{"repository":{"full_name":"o/n"},"issue":{"number":\#(number(9)),"state":"\#(pick(["open", "closed"]))",\#(at)}}"#,
                    #"{"repository":{"full_name":"o/n"},"check_run":{"id":\#(number(9)),"status":"completed","conclusion":"\#(pick(["success", "failure", "skipped"]))","check_suite":{"head_branch":"x-adw-0000000\#(number(3))"}}}"#,
                    #"{"repository":5,"issue":[]}"#,
                ]))
        default:
            log.append(
                stream: workflow, type: "resource.sampled", source: "tacho/run", time: time,
                data:
                    #"{"phase":"Build","cpu_percent":\#(number(200)).25,"rss_bytes":\#(pick(["5", "-5", "\"5\"", "5e3"])),"process_count":\#(number(5))}"#
            )
        }
    }
}
