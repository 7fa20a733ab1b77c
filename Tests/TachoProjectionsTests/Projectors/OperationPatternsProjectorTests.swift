import TachoLog
import TachoProjections
import Testing

struct OperationPatternsProjectorTests {
    private func state(_ workflow: String, _ members: String, _ log: inout MemoryLog) {
        log.append(stream: workflow, type: "state.snapshot", source: "adw/state", data: members)
    }

    private func result(_ workflow: String, cost: String, _ log: inout MemoryLog) {
        log.append(
            stream: workflow, type: "output.result", source: "adw/output/planner",
            data:
                #"{"session_id":"s","total_cost_usd":\#(cost),"duration_ms":60000,"usage":{"input_tokens":900,"output_tokens":100}}"#
        )
    }

    @Test func `workflows that ask for the same are one pattern, each counted once`() throws {
        var log = MemoryLog()
        for workflow in ["a", "b", "wf-a", "c"] {
            state(workflow, #"{"nl_input":"Run pytest for the api"}"#, &log)
            result(workflow, cost: "0.10", &log)
        }

        let row = try TableReader(folding: OperationPatternsProjector.self, log)
            .row("test:pytest:backend")

        #expect(row.text("pattern_type") == "test")
        #expect(row.integer("occurrence_count") == 3)
        #expect(row.integer("detection_count") == 4)
        // Workflow a ran twice, for 20 cents.
        #expect(row.money("avg_cost_with_llm") == 133_333_333_333)
        #expect(row.money("avg_cost_with_tool") == 6_666_666_666)
        #expect(row.money("potential_monthly_savings") == 380_000_000_001)
        #expect(row.integer("avg_tokens_with_llm") == 1333)
        #expect(row.text("automation_status") == "detected")
        // Three workflows 20, times 28 seconds apart 20, no error 30.
        #expect(row.real("confidence_score") == 70)
    }

    @Test func `one with an unknown cost is left out of the average`() throws {
        var log = MemoryLog()
        for workflow in ["a", "b"] { state(workflow, #"{"nl_input":"npm install"}"#, &log) }
        result("a", cost: "0.5", &log)

        let row = try TableReader(folding: OperationPatternsProjector.self, log)
            .row("deps:npm:update")

        #expect(row.money("avg_cost_with_llm") == 500_000_000_000)
        #expect(row.money("potential_monthly_savings") == 950_000_000_000)
    }

    @Test func `errors and templates show patterns, a phase's template does not`() throws {
        var log = MemoryLog()
        state("a", #"{"workflow_template":"adw_review"}"#, &log)
        log.append(
            stream: "a", type: "phase.failed", source: "x",
            data: #"{"workflow_template":"adw_test","error_message":"tsc: 3 type errors"}"#)

        let table = try TableReader(folding: OperationPatternsProjector.self, log)

        #expect(table.count == 2)
        #expect(try table.row("review:code:all").integer("occurrence_count") == 1)
        #expect(try table.row("build:typecheck:backend").integer("occurrence_count") == 1)
    }

    @Test func `prompts of sessions count, what the agent wrote in their name does not`() throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "hook.UserPromptSubmit", source: "x",
            data: #"{"session_id":"s1","prompt":"fix the eslint findings"}"#)
        for (session, content) in [
            ("s1", #""fix the eslint findings""#),
            ("s2", #"[{"type":"text","text":"eslint again"}]"#),
            ("s3", #""<command-name>/lint</command-name>""#),
            ("s4", #"[{"type":"tool_result","content":"eslint"}]"#), ("s5", "7"),
        ] {
            log.append(
                stream: session, type: "transcript.user", source: "x",
                data: #"{"message":{"role":"user","content":\#(content)}}"#)
        }

        let table = try TableReader(folding: OperationPatternsProjector.self, log)

        #expect(table.count == 1)
        #expect(try table.row("format:eslint:all").integer("occurrence_count") == 2)
    }

    /// Real records say that they are the agent's own behind the message.
    @Test(arguments: ["isMeta", "isCompactSummary", "isSidechain"])
    func `a text that a transcript marks as the agent's own is no prompt`(mark: String) throws {
        var log = MemoryLog()
        log.append(
            stream: "s1", type: "transcript.user", source: "x",
            data: #"{"message":{"role":"user","content":"run eslint"},"\#(mark)":true}"#)

        #expect(try TableReader(folding: OperationPatternsProjector.self, log).count == 0)
        #expect(try TableReader(folding: PatternOccurrencesProjector.self, log).count == 0)
    }

    @Test func `every state can be reached from every other`() throws {
        let steps = [
            (#""action":"submitted""#, "in_review"), (#""action":"approved""#, "approved"),
            (#""action":"rejected","reason":"too rare""#, "rejected"),
            (#""status":"candidate""#, "candidate"), (#""status":"active""#, "active"),
            (#""action":"nonsense""#, "active"), (#""action":"deprecated""#, "deprecated"),
            (#""action":"approved","status":"implemented""#, "implemented"),
        ]
        var log = MemoryLog()
        for (data, status) in steps {
            log.append(
                stream: "default", type: "pattern.reviewed", source: "x",
                data: #"{"pattern_id":"p","reviewer":"ada",\#(data)}"#)
            let row = try TableReader(folding: OperationPatternsProjector.self, log).row("p")
            #expect(row.text("automation_status") == status)
        }
        let row = try TableReader(folding: OperationPatternsProjector.self, log).row("p")
        #expect(row.text("reviewed_by") == "ada")
        #expect(row.text("review_notes") == "REJECTED: too rare")
    }

    @Test func `an occurrence is a pair, and grows with its workflow`() throws {
        var log = MemoryLog()
        state("a", #"{"nl_input":"Run pytest"}"#, &log)
        state("a", #"{"nl_input":"Run pytest","error_message":"x"}"#, &log)
        result("a", cost: "0.25", &log)

        let table = try TableReader(folding: PatternOccurrencesProjector.self, log)

        #expect(table.count == 1)
        let row = try table.row("test:pytest:all|a")
        #expect(row.integer("error_count") == 1)
        #expect(row.money("cost_usd") == 250_000_000_000)
        #expect(row.integer("duration_ms") == 60000)
        #expect(row.text("detected_from") == "state.snapshot")
    }

    @Test func `a thousand workflows of a pattern are found again by a fold that begins anew`()
        throws
    {
        var log = MemoryLog()
        for number in 0..<1000 { state("w\(number)", #"{"nl_input":"Run jest"}"#, &log) }
        for number in 0..<1000 { result("w\(number)", cost: "0.01", &log) }

        try ProjectorLaws(
            of: OperationPatternsProjector.self, on: log, checkpointLimit: 4
        ).check()
        let row = try TableReader(folding: OperationPatternsProjector.self, log)
            .row("test:jest:all")
        #expect(row.integer("occurrence_count") == 1000)
        #expect(row.money("avg_cost_with_llm") == 10_000_000_000)
    }
}
