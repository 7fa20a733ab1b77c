import TachoLog
import TachoProjections
import Testing

/// Calls of tools that the telemetry of Codex and Gemini tells of, and the files of the same sessions.
struct ToolTelemetryTests {
    private enum Teller: CaseIterable { case file, telemetry }

    /// The calls told in this order of the tellers, and then in the other.
    private func rows(
        _ tell: (Teller, inout MemoryLog) -> Void, isTelemetryFirst: Bool
    ) throws -> [RowReader] {
        var log = MemoryLog()
        for teller in isTelemetryFirst ? Teller.allCases.reversed() : Teller.allCases {
            tell(teller, &log)
        }
        let table = try TableReader(folding: ToolCallsProjector.self, log)
        #expect(table.quarantinedCount == 0)
        return table.rows
    }

    private func telemetry(
        _ name: String, _ attributes: String, at clock: String, to log: inout MemoryLog
    ) {
        let session = name.hasPrefix("codex") ? "conversation.id" : "session.id"
        log.append(
            stream: "s", type: "otel.\(name)", source: "any/otel", time: moment(clock),
            data: #"{"signal":"log","attributes":{"\#(session)":"s",\#(attributes)}}"#)
    }

    // MARK: Codex

    private func codex(_ teller: Teller, _ log: inout MemoryLog) {
        let output = #""Exit code: 2\nWall time: 0.5 seconds\nOutput:\nno such file""#
        let arguments = #""{\"command\":[\"bash\",\"-lc\",\"ls x\"]}""#
        switch teller {
        case .file:
            log.append(
                stream: "s", type: "codex.response_item.function_call", source: "codex/session",
                time: moment("12:00:01"),
                data: #"{"payload":{"name":"shell","call_id":"c","arguments":\#(arguments)}}"#)
            log.append(
                stream: "s", type: "codex.response_item.function_call_output",
                source: "codex/session", time: moment("12:00:02"),
                data: #"{"payload":{"call_id":"c","output":\#(output)}}"#)
        case .telemetry:
            telemetry(
                "codex.tool_decision",
                #""tool_name":"shell","call_id":"c","decision":"approved","source":"Config""#,
                at: "12:00:01", to: &log)
            telemetry(
                "codex.tool_result",
                #""tool_name":"shell","call_id":"c","arguments":\#(arguments),"duration_ms":"500","success":"false","output":\#(output)"#,
                at: "12:00:02", to: &log)
        }
    }

    @Test(arguments: [true, false])
    func `Codex's telemetry and rollout tell of one call, whichever comes first`(
        isTelemetryFirst: Bool
    ) throws {
        let rows = try rows(codex, isTelemetryFirst: isTelemetryFirst)

        #expect(rows.count == 1)
        let row = try #require(rows.first)
        #expect(row.text("tool_call_id") == "c" && row.text("session_id") == "s")
        #expect(row.text("tool_name") == "shell" && row.text("command") == "ls x")
        #expect(row.text("status") == "failed" && row.integer("exit_code") == 2)
        #expect(row.text("error_message") == "no such file")
        #expect(row.integer("duration_ms") == 500)
        #expect(row.timestamp("completed_at") == moment("12:00:02"))
        #expect(row.text("decision") == "approved" && row.text("decision_source") == "Config")
        #expect(row.text("sources") == "transcript,telemetry")
        #expect(row.integer("telemetry_count") == 2 && row.integer("transcript_count") == 2)
    }

    @Test(arguments: ["denied", "abort"])
    func `what Codex was not allowed to do is denied`(_ decision: String) throws {
        var log = MemoryLog()
        telemetry(
            "codex.tool_decision",
            #""tool_name":"shell","call_id":"c","decision":"\#(decision)","source":"User""#,
            at: "12:00:01", to: &log)

        let row = try TableReader(folding: ToolCallsProjector.self, log).row("c")

        #expect(row.text("status") == "denied" && row.boolean("success") == false)
    }

    // MARK: Gemini

    /// Two calls with the same input, and between them one with another.
    private func gemini(_ teller: Teller, hasArguments: Bool, _ log: inout MemoryLog) {
        let paths = ["/a", "/b c", "/a"]
        for (index, path) in paths.enumerated() {
            switch teller {
            case .file:
                // Written first without how it went, as Gemini does.
                for status in ["validating", "success"] {
                    log.append(
                        stream: "s", type: "gemini.gemini", source: "gemini/session",
                        time: moment("12:00:0\(index)"),
                        data:
                            #"{"id":"m\#(index)","toolCalls":[{"id":"read-\#(index)","name":"read_file","args":{"file_path":"\#(path)"},"status":"\#(status)","timestamp":"2026-01-01T12:00:0\#(index).500Z"}]}"#
                    )
                }
            case .telemetry:
                let input =
                    hasArguments
                    ? #""function_args":"{\n  \"file_path\": \"\#(path)\"\n}","# : ""
                telemetry(
                    "gemini_cli.tool_call",
                    #""function_name":"read_file",\#(input)"duration_ms":\#(100 + index),"success":true,"decision":"auto_accept","prompt_id":"s########\#(index)","content_length":7"#,
                    at: "12:00:0\(index)", to: &log)
            }
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `Gemini's telemetry, which names no call, and its session tell of the same calls`(
        isTelemetryFirst: Bool, hasArguments: Bool
    ) throws {
        let rows = try rows(
            { gemini($0, hasArguments: hasArguments, &$1) }, isTelemetryFirst: isTelemetryFirst)

        #expect(rows.map { $0.text("file_path") } == ["/a", "/b c", "/a"])
        #expect(rows.map { $0.integer("duration_ms") } == [100, 101, 102])
        #expect(rows.map { $0.text("prompt_id") } == (0..<3).map { "s########\($0)" })
        #expect(rows.allSatisfy { $0.text("status") == "completed" })
        #expect(rows.allSatisfy { $0.text("sources") == "transcript,telemetry" })
        #expect(rows.allSatisfy { $0.integer("telemetry_count") == 1 })
        #expect(rows.allSatisfy { $0.text("decision") == "auto_accept" })
    }

    @Test(arguments: [true, false])
    func `another input, another tool, and another session of Gemini are other calls`(
        isTelemetryFirst: Bool
    ) throws {
        let rows = try rows(
            { teller, log in
                guard teller == .telemetry else {
                    return gemini(.file, hasArguments: true, &log)
                }
                telemetry(
                    "gemini_cli.tool_call",
                    #""function_name":"read_file","function_args":"{\"file_path\":\"/bc\"}","success":false,"error":"not there""#,
                    at: "12:00:01", to: &log)
                telemetry(
                    "gemini_cli.tool_call",
                    #""function_name":"write_file","function_args":"{\"file_path\":\"/a\"}","success":true,"decision":"reject""#,
                    at: "12:00:01", to: &log)
            }, isTelemetryFirst: isTelemetryFirst)

        #expect(rows.count == 5)
        #expect(rows.filter { $0.text("sources") == "transcript" }.count == 3)
        let alone = rows.filter { $0.text("sources") == "telemetry" }
        #expect(alone.map { $0.text("status") } == ["failed", "denied"])
        #expect(alone.first?.text("error_message") == "not there")
    }

    // MARK: Sessions

    @Test func `sessions count what telemetry tells of other agents, and time has tools`() throws {
        var log = MemoryLog()
        codex(.telemetry, &log)
        telemetry("codex.user_prompt", #""prompt_length":"3""#, at: "12:00:00", to: &log)

        let session = try TableReader(folding: SessionsProjector.self, log).row("s")
        let times = try TableReader(folding: SessionTimesProjector.self, log).row("s")

        #expect(session.integer("tool_call_count") == 1 && session.integer("error_count") == 1)
        #expect(session.integer("prompt_count") == 1 && session.text("agent") == "codex")
        #expect(times.integer("tool_ms") == 500)
    }
}
