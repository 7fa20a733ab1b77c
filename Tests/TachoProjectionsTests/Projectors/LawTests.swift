import TachoLog
import TachoProjections
import TestSupport
import Testing

private let projectorNames = allProjectors.map { $0.name }

/// What every projector of ours promises, on real records and on random ones.
struct LawTests {
    @Test(arguments: projectorNames)
    func `real records fold alike however they come`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })

        try ProjectorLaws(of: projector, on: SampleLog.everything(), checkpointLimit: 12).check()
    }

    @Test(arguments: projectorNames)
    func `random events fold alike however they come`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let seed = testSeed()

        try ProjectorLaws(of: projector, on: RandomLog.mixed(400, seed: seed)).check()
    }

    /// A column is found by its case in code and by its name elsewhere.
    @Test func `columns are named as they are declared`() {
        expectNames(WorkflowHistoryProjector.self, WorkflowHistoryProjector.Column.self)
        expectNames(TaskLogsProjector.self, TaskLogsProjector.Column.self)
        expectNames(ToolCallsProjector.self, ToolCallsProjector.Column.self)
        expectNames(HookEventsProjector.self, HookEventsProjector.Column.self)
        expectNames(SessionsProjector.self, SessionsProjector.Column.self)
        expectNames(SessionTimesProjector.self, SessionTimesProjector.Column.self)
        expectNames(UserPromptsProjector.self, UserPromptsProjector.Column.self)
        expectNames(WorkLogProjector.self, WorkLogProjector.Column.self)
        expectNames(WebhookEventsProjector.self, WebhookEventsProjector.Column.self)
        expectNames(AdwLocksProjector.self, AdwLocksProjector.Column.self)
        expectNames(PhaseQueueProjector.self, PhaseQueueProjector.Column.self)
        expectNames(QueueConfigProjector.self, QueueConfigProjector.Column.self)
        expectNames(AdwToolsProjector.self, AdwToolsProjector.Column.self)
        expectNames(CostSavingsLogProjector.self, CostSavingsLogProjector.Column.self)
        expectNames(DecisionPointsProjector.self, DecisionPointsProjector.Column.self)
        expectNames(ResourceSnapshotsProjector.self, ResourceSnapshotsProjector.Column.self)
        expectNames(PhaseDependenciesProjector.self, PhaseDependenciesProjector.Column.self)
        expectNames(GitHubArtifactsProjector.self, GitHubArtifactsProjector.Column.self)
        expectNames(ModelUsageProjector.self, ModelUsageProjector.Column.self)
        expectNames(PricesProjector.self, PricesProjector.Column.self)
        expectNames(ToolSequencesProjector.self, ToolSequencesProjector.Column.self)
        expectNames(OperationPatternsProjector.self, OperationPatternsProjector.Column.self)
        expectNames(PatternOccurrencesProjector.self, PatternOccurrencesProjector.Column.self)
        expectNames(PatternApprovalsProjector.self, PatternApprovalsProjector.Column.self)
        expectNames(PatternReviewHistoryProjector.self, PatternReviewHistoryProjector.Column.self)
        expectNames(PatternExecutionsProjector.self, PatternExecutionsProjector.Column.self)
        expectNames(
            PatternConfidenceHistoryProjector.self, PatternConfidenceHistoryProjector.Column.self)
        expectNames(PatternRoiSummaryProjector.self, PatternRoiSummaryProjector.Column.self)
        expectNames(PatternPredictionsProjector.self, PatternPredictionsProjector.Column.self)
    }

    private func expectNames<Column: CaseIterable>(
        _ projector: any Projector.Type, _ columns: Column.Type
    ) {
        let declared = Column.allCases.map { "\($0)".lowercased() }
        let named = projector.schema.columns[projector.schema.declaredColumns].map {
            $0.name.replacing("_", with: "").lowercased()
        }
        #expect(declared == named)
    }
}

/// Events of all kinds with few different ids, so that they meet; some of the wrong shape.
enum RandomLog {
    static func mixed(_ count: Int, seed: UInt64) -> MemoryLog {
        var random = SeededRandom(seed)
        var log = MemoryLog()
        for _ in 0..<count { append(to: &log, using: &random) }
        return log
    }

    private static func append(to log: inout MemoryLog, using random: inout SeededRandom) {
        func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        if number(6) == 0 { return appendAgentSession(to: &log, using: &random) }
        if number(3) == 0 { return appendCoordination(to: &log, using: &random) }
        func pick(_ texts: [String]) -> String { texts[number(texts.count)] }

        let workflow = "w\(number(3))"
        let session = "s\(number(4))"
        let tool = pick(["Bash", "Read", "Task"])
        let call = "toolu_\(number(20))"
        let id = pick([#","tool_use_id":"\#(call)""#, "", #","tool_use_id":7"#])
        let stamp = Timestamp(milliseconds: 1_767_312_000_000 + Int64(number(100_000)) * 100)
        let time = number(3) == 0 ? nil : stamp
        let usage =
            #"{"input_tokens":\#(number(50)),"output_tokens":\#(number(9)),"cache_read_input_tokens":\#(number(99))}"#
        let input = #"{"command":"c\#(number(2))","file_path":"/f\#(number(3))"}"#

        if number(4) == 0 { return RandomLog.appendRun(to: &log, using: &random) }
        if number(5) == 0 { return RandomLog.appendUsage(to: &log, using: &random) }
        if number(4) == 0 { return RandomLog.appendTelemetry(to: &log, using: &random) }
        if number(6) == 0 { return RandomLog.appendPattern(to: &log, using: &random) }
        switch number(9) {
        case 0, 1:
            let name = pick([
                "PreToolUse", "PostToolUse", "PostToolUseFailure", "PermissionDenied", "Stop",
                "SessionStart", "SessionEnd", "UserPromptSubmit", "SubagentStop",
                "PermissionRequest", "Notification",
            ])
            log.append(
                stream: pick([workflow, session]), type: "hook.\(name)",
                source: pick(["claude-code/hook", "claude-code/hook-log"]), time: time,
                data:
                    #"{"session_id":"\#(session)","cwd":"/d","tool_name":"\#(tool)","tool_input":\#(input)\#(id),"notification_type":"idle_prompt","duration_ms":\#(pick(["null", "\(number(90_000))"]))}"#
            )
        case 2, 3:
            log.append(
                stream: session, type: "transcript.assistant", source: "claude-code/transcript",
                time: time,
                data:
                    #"{"cwd":"/d","version":"2.\#(number(3))","message":{"id":"m\#(number(150))","model":"model\#(number(3))","content":[{"type":"text","text":"x"},{"type":"tool_use","id":"\#(call)","name":"\#(tool)","input":\#(input)}],"stop_reason":\#(pick(["null", "\"end\""])),"usage":\#(usage)}}"#
            )
        case 4:
            log.append(
                stream: session, type: "transcript.user", source: "claude-code/transcript",
                time: time,
                data: pick([
                    #"{"message":{"role":"user","content":"hello"}}"#,
                    #"{"message":{"role":"user","content":"hello"},"isMeta":true}"#,
                    #"{"message":{"content":[{"tool_use_id":"\#(call)","type":"tool_result","content":"Exit code \#(number(3))","is_error":true}]},"toolUseResult":{"a":1}}"#,
                    #"{"message":{"content":[{"tool_use_id":"\#(call)","type":"tool_result","content":"ok"}]}}"#,
                    #"{"message":5}"#,
                ]))
        case 5:
            log.append(
                stream: workflow, type: pick(["output.result", "output.system", "output.user"]),
                source: "adw/output/" + pick(["planner", "tester", "x"]),
                data:
                    #"{"subtype":"init","model":"claude-opus","session_id":"\#(session)","usage":\#(usage),"total_cost_usd":0.\#(number(99)),"duration_ms":\#(number(5000)),"is_error":\#(pick(["true", "false"]))}"#
            )
        case 6:
            let name = pick([
                "state.snapshot", "state.directory", "state.phases", "log.line", "log.record",
            ])
            log.append(
                stream: workflow, type: name, source: "adw/state", time: time,
                data:
                    #"{"issue_number":"\#(number(9))","status":"\#(pick(["completed", "x", "failed"]))","plan_file":\#(pick(["null", "\"p\"", "\"\""])),"branch_name":"b","directories":["adw_a","adw_b"\#(pick(["", ",\"adw_c\""]))],"completed":["plan"],"current":"Build","worktree_path":"/t/\#(workflow)","start_time":"2026-01-02T0\#(number(9)):00:00"}"#
            )
        case 7:
            let status = pick(["started", "completed", "failed", "skipped"])
            log.append(
                stream: pick([workflow, "general"]), type: "phase.\(status)",
                source: "adw/structured-log", time: time,
                data:
                    #"{\#(pick(["", #""phase_name":"Build","#, #""phase_name":"Plan","#]))"error_message":"timeout","started_at":"\#(stamp)","completed_at":"\#(Timestamp(microseconds: stamp.microseconds + 5_000_000))","tool_calls":[{"tool_name":"Bash","duration_ms":\#(number(9))},3]}"#
            )
        default:
            log.append(
                stream: workflow, type: pick(["workflow.failed", "workflow.started", "tool.call"]),
                source: "adw/structured-log", time: time,
                data:
                    #"{"tool_call_id":"tc-\#(number(5))","adw_id":"\#(workflow)","tool_name":"\#(tool)","success":\#(pick(["true", "false", "null"])),"cost_saved_usd":0.1}"#
            )
        }
    }
}
