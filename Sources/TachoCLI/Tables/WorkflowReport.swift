import TachoJSON
import TachoLog
import TachoProjections

/// Everything `tacho show` says about one workflow.
struct WorkflowReport {
    struct Phase {
        let name: String
        let seconds: Double
        var status: String?
        var end: Timestamp?
        var cost: Int64?
    }

    struct Tool {
        let name: String
        var callCount = 0
        var failureCount = 0
        var milliseconds: Int64 = 0
        var timedCount = 0
    }

    static let tables = ["workflow_history", "sessions", "task_logs", "tool_calls"]

    let id: String
    let row: Int
    let history: Table
    private(set) var phases: [Phase] = []
    private(set) var costByPhase: [(phase: String, cost: Int64)] = []
    let tools: [Tool]
    let sessionRows: [Int]
    let sessions: Table

    init(_ id: String, row: Int, _ tables: OpenTables) throws(Failure) {
        self.id = id
        self.row = row
        history = try tables.table("workflow_history")
        sessions = try tables.table("sessions")
        sessionRows = sessions.rows(where: "adw_id", equals: id)
        tools = Tool.tally(try tables.table("tool_calls"), where: "adw_id", equals: id)
        costByPhase = costs()
        phases = timeline(try tables.table("task_logs"))
    }

    /// The durations that the fold computed, placed by when the log says that each phase ended.
    private func timeline(_ log: Table) -> [Phase] {
        let rows = log.rows(where: "adw_id", equals: id)
        return members("phase_durations").map { name, value in
            var phase = Phase(name: name, seconds: value.double() ?? 0)
            for row in rows
            where log.text(named: "phase_name", row)?.lowercased() == name.lowercased() {
                phase.status = log.text(named: "phase_status", row) ?? phase.status
                let end =
                    log.moment(named: "completed_at", row) ?? log.moment(named: "created_at", row)
                if phase.status != "started" { phase.end = end ?? phase.end }
            }
            phase.cost = costByPhase.first { $0.phase.lowercased() == name.lowercased() }?.cost
            return phase
        }
    }

    private func costs() -> [(phase: String, cost: Int64)] {
        var costs: [(phase: String, cost: Int64)] = []
        guard let column = history.schema.column(named: "cost_breakdown") else { return [] }
        _ = history.withJSON(column, row) { bytes in
            JSONView(validated: bytes)["by_phase"]?.forEachMember { key, value in
                if let amount = PicoDollars.exact(value.bytes) {
                    costs.append((key.string() ?? "", amount))
                }
                return true
            }
        }
        return costs
    }

    private func members(_ column: String) -> [(String, JSONValueCopy)] {
        var members: [(String, JSONValueCopy)] = []
        guard let column = history.schema.column(named: column) else { return [] }
        _ = history.withJSON(column, row) { bytes in
            JSONView(validated: bytes).forEachMember { key, value in
                members.append((key.string() ?? "", JSONValueCopy(value)))
                return true
            }
        }
        return members
    }
}

/// A number that outlives the bytes it was read from.
struct JSONValueCopy {
    private let number: Double?

    init(_ value: JSONView) {
        number = value.double()
    }

    func double() -> Double? { number }
}

extension WorkflowReport.Tool {
    /// The tools of one workflow or session, the busiest first.
    static func tally(
        _ toolCalls: Table, where column: String, equals id: String
    ) -> [WorkflowReport.Tool] {
        var tools: [WorkflowReport.Tool] = []
        var placeByName: [String: Int] = [:]
        for row in toolCalls.rows(where: column, equals: id) {
            let name = toolCalls.text(named: "tool_name", row) ?? "unknown"
            let place = placeByName[name] ?? tools.count
            if place == tools.count {
                tools.append(WorkflowReport.Tool(name: name))
                placeByName[name] = place
            }
            tools[place].callCount += 1
            if toolCalls.text(named: "status", row) == "failed" { tools[place].failureCount += 1 }
            if let milliseconds = toolCalls.integer(named: "duration_ms", row) {
                let (sum, overflows) = tools[place].milliseconds.addingReportingOverflow(
                    milliseconds)
                tools[place].milliseconds = overflows ? .max : sum
                tools[place].timedCount += 1
            }
        }
        return tools.sorted { ($0.callCount, $1.name) > ($1.callCount, $0.name) }
    }
}
