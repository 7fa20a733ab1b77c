import TachoLog
import TestSupport

/// Requests, the work log, webhooks, locks, the queue, the tool registry, savings.
extension RandomLog {
    static func appendCoordination(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }

        let type = pick(coordinationTypes)
        var members: [String] = []
        for name in coordinationMembers where number(3) > 0 {
            let value = pick([
                "\"\(name) \(number(3))\"", "\(number(4))", "\(number(4))", "\"\(number(4))\"",
                "null", "[\(number(4))]", pick(["true", "false"]), "\(number(100)).5", "1e300",
                "\"2026-01-02T10:00:\(10 + number(50))Z\"", "{\"adw_id\":\"w\(number(3))\"}",
            ])
            members.append("\"\(name)\":\(value)")
        }
        // Ids that meet; behind what may have been said of them, which then counts.
        members += [
            #""request_id":"r\#(number(4))""#, #""session_id":"s\#(number(4))""#,
            #""entry_id":"w\#(number(6))""#, #""queue_id":"q\#(number(6))""#,
            #""issue_number":\#(number(4))"#, #""adw_id":"w\#(number(3))""#,
            #""tool_name":"t\#(number(3))""#, #""tool_call_id":"tc\#(number(40))""#,
            #""success":\#(pick(["true", "false"]))"#, #""paused":\#(pick(["true", "false"]))"#,
        ]
        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(1000)) * 100)
        log.append(
            stream: "default", type: type, time: number(2) == 0 ? nil : stamp,
            data: "{\(members.joined(separator: ","))}")
    }

    private static let coordinationTypes = [
        "prompt.submitted", "prompt.posted", "work_log.entry", "work_log.deleted",
        "webhook.received", "lock.acquired", "lock.updated", "lock.released",
        "lock.force_released", "lock.expired", "queue.enqueued", "queue.ready", "queue.started",
        "queue.phase_changed", "queue.completed", "queue.failed", "queue.blocked",
        "queue.requeued", "queue.configured", "tool.registered", "tool.updated",
        "tool.deprecated", "tool.call", "savings.recorded",
    ]

    /// More often absent or of the wrong kind than not.
    private static let coordinationMembers = [
        "entry_id", "queue_id", "webhook_id", "summary", "status", "tags", "timestamp",
        "issue_number", "github_issue_number", "posted_at", "issue_title", "estimated_cost_usd",
        "phase_status", "webhook_type", "received_at", "processed", "phase_number", "priority",
        "queue_position", "depends_on_phases", "current_phase", "phase_data", "description",
        "input_patterns", "duration_seconds", "tokens_used", "cost_usd", "baseline_tokens",
        "actual_tokens", "optimization_type", "config_key", "config_value",
    ]
}
