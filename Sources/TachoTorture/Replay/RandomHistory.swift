internal import TachoLog
internal import TachoProjections
internal import TachoSimulation

/// Random events of the types that projectors ask for, of which many meet in the same rows.
///
/// What a member holds is mostly of its kind, and sometimes anything: nothing, another kind, a
/// number that no type holds, a moment that is none. A projector is covered from the day on which it
/// declares its inputs and its members are among those here.
struct RandomHistory {
    private var random: SimulatedRandom
    private let types: [String]
    private let workflowCount: Int
    private let sessionCount: Int
    private var milliseconds: Int64 = 1_766_052_000_000

    /// The same lines for the same seed, on every machine.
    static func lines(_ count: Int, seed: UInt64) -> EventLines {
        var history = RandomHistory(count, seed: seed)
        var lines = EventLines()
        for position in 1...max(1, count) { lines.append(history.line(at: position)) }
        return lines
    }

    private init(_ count: Int, seed: UInt64) {
        random = SimulatedRandom(seed: seed)
        types = Self.types
        // Rows that are changed often, and not so long that a trial takes minutes.
        workflowCount = max(3, count / 150)
        sessionCount = max(4, count / 100)
    }

    /// Every type that is asked for; of a family those that are known and one that is not.
    private static let types: [String] = {
        let families: [String: [String]] = [
            "hook.": [
                "PreToolUse", "PreToolUse", "PostToolUse", "PostToolUse", "PostToolUseFailure",
                "PermissionDenied", "Stop", "SessionStart", "SessionEnd", "UserPromptSubmit",
                "SubagentStart", "SubagentStop", "PreCompact", "Notification",
            ],
            "transcript.": ["assistant", "assistant", "user", "system", "progress", "summary"],
            "output.": ["system", "assistant", "user", "result"],
            "phase.": ["started", "completed", "failed", "skipped"],
            "workflow.": ["started", "completed", "failed"],
            "codex.": [
                "turn_context", "event_msg.token_count", "response_item.function_call",
                "response_item.function_call_output",
            ],
            "copilot.": ["assistant.message", "tool.execution_complete", "session.shutdown"],
            "gemini.": ["user", "gemini"],
            "pi.": ["message"],
            "swe-agent.": ["step", "info"],
            "aider.": ["message_send"],
        ]
        var types = [String]()
        for projector in allProjectors {
            for input in projector.inputs.map({ "\($0)" }) where !types.contains(input) {
                guard input.hasSuffix("*") else {
                    types.append(input)
                    continue
                }
                let prefix = String(input.dropLast())
                types += (families[prefix] ?? []).map { prefix + $0 } + [prefix + "unheard_of"]
            }
        }
        return types + ["nobody.asks"]
    }()

    // MARK: Lines

    private mutating func line(at position: Int) -> String {
        let type = pick(types)
        milliseconds += Int64(below(400))
        let recorded = Timestamp(milliseconds: milliseconds)
        let isAgent = type.hasPrefix("hook.") || type.hasPrefix("transcript.")
        let stream = isAgent ? session : once(in: 40) ? "general" : workflow
        var line = "{\"position\":\(position),\"recorded\":\"\(recorded)\",\"id\":\"e\(position)\","
        line += "\"stream\":\"\(stream)\",\"type\":\"\(type)\",\"source\":\"\(source(of: type))\","
        line += "\"version\":1"
        if !once(in: 3) { line += ",\"time\":\"\(moment)\"" }
        return line + ",\"data\":\(data(of: type))}\n"
    }

    private mutating func source(of type: String) -> String {
        if type.hasPrefix("hook.") { return pick(["claude-code/hook", "claude-code/hook-log"]) }
        if type.hasPrefix("transcript.") { return "claude-code/transcript" }
        if type.hasPrefix("output.") { return "adw/output/" + pick(["planner", "tester", "x"]) }
        return pick(["adw/state", "adw/structured-log", "test"])
    }

    private mutating func data(of type: String) -> String {
        var members = [String]()
        for _ in 0..<below(9) {
            let (key, kind) = pick(Self.members)
            members.append("\"\(key)\":\(value(kind))")
        }
        if type.hasPrefix("transcript.") || type.hasPrefix("output.") {
            members.append("\"message\":\(once(in: 30) ? anything : message)")
        }
        if type.hasPrefix("hook."), !once(in: 10) {
            members.append("\"session_id\":\"\(session)\"")
            members.append("\"tool_name\":\"\(tool)\"")
            if !once(in: 3) { members.append("\"tool_use_id\":\"\(call)\"") }
        }
        if let member = Self.agentMembers[String(type.prefix { $0 != "." })] {
            members.append(member.isEmpty ? agentMembers : "\"\(member)\":{\(agentMembers)}")
        }
        if type.hasPrefix("phase."), !once(in: 20) {
            members.append("\"phase_name\":\(value(.phase))")
            if once(in: 5) { members.append("\"tool_calls\":[\(calls)]") }
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// The member in which a record of another agent's session has what it says.
    private static let agentMembers = [
        "codex": "payload", "copilot": "data", "gemini": "", "pi": "message", "swe-agent": "info",
        "aider": "properties",
    ]

    /// What the formats of other agents' sessions read, of all of them.
    private var agentMembers: String {
        mutating get {
            let counts =
                "{\"input_tokens\":\(number),\"cached_input_tokens\":\(number),"
                + "\"output_tokens\":\(number),\"input\":\(number),\"output\":\(number)}"
            return "\"call_id\":\"\(call)\",\"toolCallId\":\"\(call)\",\"id\":\"\(call)\","
                + "\"role\":\"\(pick(["user", "assistant", "toolResult"]))\","
                + "\"messageId\":\"m\(below(9))\",\"model\":\(text),\"outputTokens\":\(number),"
                + "\"usage\":\(counts),\"tokens\":\(counts),\"output\":\(text),"
                + "\"info\":{\"total_token_usage\":\(counts),\"last_token_usage\":\(counts)},"
                + "\"modelMetrics\":{\"m\":{\"usage\":{\"inputTokens\":\(number)}}},"
                + "\"toolCalls\":[\(calls)],\"content\":\(anything)"
        }
    }

    private var calls: String {
        mutating get {
            (0..<below(4)).map { _ in
                once(in: 9)
                    ? anything
                    : "{\"tool_name\":\"\(tool)\",\"tool_use_id\":\"\(call)\","
                        + "\"duration_ms\":\(number)}"
            }.joined(separator: ",")
        }
    }

    private var message: String {
        mutating get {
            let blocks = (0..<below(3)).map { _ in
                switch below(4) {
                case 0: "{\"type\":\"text\",\"text\":\(text)}"
                case 1:
                    "{\"type\":\"tool_use\",\"id\":\"\(call)\",\"name\":\"\(tool)\",\"input\":\(input)}"
                case 2:
                    "{\"type\":\"tool_result\",\"tool_use_id\":\"\(call)\",\"is_error\":\(flag),"
                        + "\"content\":\"Exit code \(below(3))\"}"
                default: anything
                }
            }
            return "{\"id\":\"m\(below(40 * sessionCount))\",\"model\":\"model-\(below(4))\","
                + "\"content\":[\(blocks.joined(separator: ","))],"
                + "\"stop_reason\":\(pick(["null", "\"end_turn\""])),\"usage\":\(usage)}"
        }
    }

    // MARK: Members

    private enum Kind: CaseIterable {
        case workflow, session, call, phase, status, number, money, time, text, flag, tool
        case object, list, usage
    }

    private static let members: [(String, Kind)] = {
        let kinds: [(Kind, [String])] = [
            (.workflow, ["adw_id", "workflow_id", "parent_adw_id", "depends_on", "parent_id"]),
            (.session, ["session_id", "sessionId"]),
            (.call, ["tool_use_id", "tool_call_id", "id", "event_id", "request_id"]),
            (.phase, ["phase_name", "phase", "current_phase", "step"]),
            (.status, ["status", "phase_status", "subtype", "outcome", "state", "action"]),
            (
                .number,
                [
                    "issue_number", "phase_number", "duration_seconds", "duration_ms",
                    "tokens_used", "retry_count", "exit_code", "backend_port", "steps_total",
                    "steps_completed", "input_tokens", "output_tokens", "cpu_percent", "rss_bytes",
                    "disk_free_bytes", "priority", "confidence_score", "number", "count",
                ]
            ),
            (.money, ["total_cost_usd", "cost_usd", "estimated_cost_total", "cost_saved_usd"]),
            (
                .time,
                [
                    "started_at", "completed_at", "start_time", "end_time", "timestamp",
                    "created_at", "updated_at", "called_at", "sampled_at", "state_modified",
                ]
            ),
            (
                .text,
                [
                    "error_message", "log_message", "message", "nl_input", "branch_name",
                    "plan_file", "cwd", "model", "model_used", "workflow_template", "worktree_path",
                    "reason", "prompt", "summary", "title", "name", "updated_by", "actor",
                    "reviewer", "agent_id", "version", "source_app",
                ]
            ),
            (.flag, ["is_error", "success", "isMeta", "is_interrupt", "worktree_reused"]),
            (.tool, ["tool_name", "tool"]),
            (.object, ["tool_input", "tool_response", "payload", "context", "parameters"]),
            (.list, ["directories", "completed", "labels", "available_options", "tool_sequence"]),
            (.usage, ["usage"]),
        ]
        return kinds.flatMap { kind, names in names.map { ($0, kind) } }
    }()

    private mutating func value(_ kind: Kind) -> String {
        guard !once(in: 25) else { return anything }
        return switch kind {
        case .workflow: "\"\(once(in: 6) ? "wf-" : "")\(workflow)\""
        case .session: "\"\(session)\""
        case .call: "\"\(call)\""
        case .phase: "\"\(pick(["Plan", "Build", "build", "Test", "Ship", "é", "e\u{301}"]))\""
        case .status:
            "\"\(pick(["started", "running", "completed", "failed", "pending", "init", "x"]))\""
        case .number: number
        case .money: pick(["0.0\(below(999))", "12.5", "0", "1e-7", "1e300", "-3", "\"0.25\""])
        case .time: "\"\(once(in: 12) ? "yesterday" : moment)\""
        case .text: text
        case .flag: flag
        case .tool: "\"\(tool)\""
        case .object: input
        case .list: "[\"adw_a\",\(text),\(number)]"
        case .usage: usage
        }
    }

    private var workflow: String { mutating get { "w\(below(workflowCount))" } }
    private var session: String { mutating get { "s\(below(sessionCount))" } }
    private var call: String { mutating get { "toolu_\(below(12 * sessionCount))" } }
    private var tool: String { mutating get { pick(["Bash", "Read", "Edit", "Task", "mcp__x"]) } }
    private var flag: String { mutating get { pick(["true", "false"]) } }

    private var input: String {
        mutating get { "{\"command\":\"c\(below(5))\",\"file_path\":\"/f\(below(9))\"}" }
    }

    private var usage: String {
        mutating get {
            "{\"input_tokens\":\(below(500)),\"output_tokens\":\(below(90)),"
                + "\"cache_read_input_tokens\":\(number),\"cache_creation_input_tokens\":\(below(9))}"
        }
    }

    private var number: String {
        mutating get {
            guard once(in: 12) else { return "\(below(5000))" }
            return pick([
                "-1", "0.5", "1e308", "-1e308", "9223372036854775807", "9223372036854775808", "-0",
                "1e-400", "123456789012345678901234567890",
            ])
        }
    }

    private var text: String {
        mutating get {
            pick([
                "\"\"", "\"timeout\"", "\"a \(below(50))\"", "\"\\u00e9\"", "\"e\\u0301\"",
                "\"/t/\(below(6))\"", "\"Exit code 2\"", "\"\\ud83d\\ude80 \\\"q\\\"\"",
            ])
        }
    }

    private var anything: String {
        mutating get {
            pick([
                "null", "true", "[]", "{}", "\"\"", "7", "-1e308", "[[1,{\"a\":null}]]", "\"text\"",
                "{\"id\":5,\"content\":3}",
            ])
        }
    }

    private var moment: String {
        mutating get {
            let shift = Int64(below(7_200_000)) - 3_600_000
            return "\(Timestamp(milliseconds: milliseconds + shift))"
        }
    }

    // MARK: Chance

    private mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
    private mutating func once(in count: Int) -> Bool { random.once(in: count) }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}
