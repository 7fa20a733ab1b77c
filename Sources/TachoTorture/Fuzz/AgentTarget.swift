internal import TachoEvents
internal import TachoLog
internal import TachoProjections

/// Records of other agents' sessions: whatever one holds, it is a row like any other or none.
///
/// The record is folded twice, as a repeat of itself in one batch and in two: nothing is put into
/// quarantine (readers are lenient), no count is negative, and both folds agree.
struct AgentTarget: FuzzTarget {
    let name = "agent"

    /// Type, and a record of it.
    private static let samples: [(type: String, data: String)] = [
        (
            "codex.event_msg.token_count",
            #"{"payload":{"info":{"total_token_usage":{"input_tokens":9,"cached_input_tokens":4,"output_tokens":2},"last_token_usage":{"input_tokens":9,"cached_input_tokens":4,"output_tokens":2}}}}"#
        ),
        (
            "codex.response_item.function_call",
            #"{"payload":{"call_id":"c","name":"shell","arguments":"{\"command\":[\"bash\",\"ls\"]}"}}"#
        ),
        (
            "codex.response_item.function_call_output",
            #"{"payload":{"call_id":"c","output":"Exit code: 1\nWall time: 0.5 seconds\nOutput:\nx"}}"#
        ),
        (
            "codex.event_msg.mcp_tool_call_end",
            #"{"payload":{"call_id":"c","duration":{"secs":4,"nanos":240616103},"result":{"Err":"x"}}}"#
        ),
        (
            "copilot.tool.execution_complete",
            #"{"data":{"toolCallId":"c","success":true,"result":{"content":"x <shellId: 1 completed with exit code 2>"}}}"#
        ),
        (
            "copilot.session.shutdown",
            #"{"data":{"shutdownType":"routine","modelMetrics":{"m":{"usage":{"inputTokens":9,"outputTokens":2,"cacheReadTokens":4}}}}}"#
        ),
        (
            "gemini.gemini",
            #"{"id":"m","model":"g","tokens":{"input":9,"output":2,"cached":4,"thoughts":1,"tool":0},"toolCalls":[{"id":"c","name":"x","args":{"path":"/f"},"status":"success","result":[{"functionResponse":{"response":{"output":"Exit Code: 1"}}}]}]}"#
        ),
        (
            "pi.message",
            #"{"message":{"role":"assistant","model":"m","timestamp":7,"usage":{"input":9,"output":2,"cacheRead":4,"cost":{"total":0.000025}},"content":[{"type":"toolCall","id":"c","name":"x","arguments":{"command":"ls"}}]}}"#
        ),
        (
            "pi.message",
            #"{"message":{"role":"toolResult","toolCallId":"c","isError":true,"content":[{"type":"text","text":"x\nCommand exited with code 1"}]}}"#
        ),
        ("swe-agent.step", #"{"action":"ls -F\n","observation":"x","execution_time":0.5}"#),
        (
            "swe-agent.info",
            #"{"info":{"exit_status":"x","model_stats":{"instance_cost":1.5,"tokens_sent":9,"tokens_received":2}}}"#
        ),
        (
            "aider.message_send",
            #"{"properties":{"main_model":"a/b","prompt_tokens":9,"completion_tokens":2,"cost":0.5}}"#
        ),
    ]

    /// The first byte picks the type.
    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        let number = random.below(Self.samples.count)
        var data = Array(Self.samples[number].data.utf8)
        if !random.once(in: 10) { random.mutate(&data) }
        return [UInt8(number)] + data
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        guard let first = input.first else { return .refused }
        let type = Self.samples[Int(first) % Self.samples.count].type
        let data = Array(input.dropFirst())
        let event = NewEvent(
            id: "e", stream: "s", type: ByteString(type), source: "agent/session", data: data)
        do throws(LogError) {
            try event.validate()
        } catch {
            return .refused
        }
        do {
            let line = { (position: Int) in
                Array(
                    ("{\"position\":\(position),\"recorded\":\"2026-01-02T03:04:05.000Z\",\"id\":\"e/\(position):0\","
                        + "\"stream\":\"s\",\"type\":\"\(type)\",\"source\":\"agent/session\",\"version\":1,\"data\":")
                        .utf8) + data + Array("}\n".utf8)
            }
            let whole = try fold([line(1) + line(2)])
            let parts = try fold([line(1), line(planted == nil ? 2 : 3)])
            if let fault = Self.fault(whole) { return .fault("\(fault): \(type)") }
            return Self.bytes(whole) == Self.bytes(parts)
                ? .accepted : .fault("folds otherwise in two batches: \(type)")
        } catch {
            return .fault("\(error)")
        }
    }

    private static let projectors: [any Projector.Type] = [
        SessionsProjector.self, ToolCallsProjector.self, ModelUsageProjector.self,
    ]

    private func fold(_ batches: [[UInt8]]) throws -> [Projection] {
        var projections = Projections(Self.projectors)
        for bytes in batches { try projections.fold(RecordBatch(bytes: bytes)) }
        return Self.projectors.compactMap { projections[$0.name] }
    }

    private static func fault(_ projections: [Projection]) -> String? {
        for projection in projections {
            let table = projection.table
            if projection.quarantined.count > 0 { return "\(projection.type.name) quarantined it" }
            for (index, column) in table.schema.columns.enumerated()
            where column.type == .integer && column.name.hasSuffix("_tokens") {
                for row in 0..<table.rowCount {
                    if case .integer(let count) = table.value(index, row), count < 0 {
                        return "\(column.name) is \(count)"
                    }
                }
            }
        }
        return nil
    }

    private static func bytes(_ projections: [Projection]) -> [[UInt8]] {
        projections.map { projection in
            var bytes: [UInt8] = []
            projection.table.encode(into: &bytes)
            return bytes
        }
    }
}
