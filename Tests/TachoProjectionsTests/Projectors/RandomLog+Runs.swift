import TachoLog

extension RandomLog {
    /// Decisions, phases that need others, and samples of resources, with few different ids.
    static func appendRun(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }

        let workflow = "w\(number(3))"
        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(100_000)) * 100)
        let time = number(3) == 0 ? nil : stamp
        switch number(3) {
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
        default:
            log.append(
                stream: workflow, type: "resource.sampled", source: "tacho/run", time: time,
                data:
                    #"{"phase":"Build","cpu_percent":\#(number(200)).25,"rss_bytes":\#(pick(["5", "-5", "\"5\"", "5e3"])),"process_count":\#(number(5))}"#
            )
        }
    }
}
