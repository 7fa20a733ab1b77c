import TachoCapture
import TachoEvents
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections
import TachoSources

/// What is read off a run directory, an agent's output, or a hook.
let enrichmentChecks: GoldenChecks = [
    "api_call_cost": { example in
        let input = example.input
        let usage = TokenUsage(
            input: Int64(input["input_tokens"].integer ?? 0),
            output: Int64(input["output_tokens"].integer ?? 0),
            cacheWrite: Int64(input["cache_creation_tokens"].integer ?? 0),
            cacheRead: Int64(input["cache_read_tokens"].integer ?? 0))
        let cost = (input["model"].text ?? "").withBytes {
            TokenPrice.reference(model: $0).cost(of: usage)
        }
        return example.agrees(GoldenValue(cost.map { Double($0) / 1e12 }))
    },
    "cost_infer_phase": { example in
        let phase = (example.input["agent_dir"].text ?? "").withBytes {
            PhaseName.reference(agentDirectory: $0)
        }
        return example.agrees(.text(phase.description))
    },
    "error_category": { example in
        let category = (example.input["error_message"].text ?? "").withBytes {
            ErrorCategory(message: $0)
        }
        return example.agrees(.text("\(category.name)"))
    },
    "issue_number_validation": { example in
        let number = issueNumber(example.input)
        return example.agrees([
            "issue_number": GoldenValue(number.value), "skip": .bool(number == .rejected),
        ])
    },
    "temporal_fields": { example in
        let local = example.input["timestamp"].text.flatMap { text in
            text.withBytes { LocalTime(iso8601: $0) }
        }
        return example.agrees([
            "hour": GoldenValue(local?.hour ?? -1),
            "day_of_week": GoldenValue(local?.weekday ?? -1),
        ])
    },
    "phase_metrics": { example in
        let stamped = example.input["phases"].list.compactMap {
            phase -> (name: ByteString, stamp: Timestamp)? in
            guard let name = phase["phase"].text,
                let stamp = phase["timestamp"].text.flatMap({ Timestamp(iso8601: $0) })
            else { return nil }
            return (ByteString(name), stamp)
        }
        let metrics = PhaseMetrics(reference: stamped)
        let durations = metrics.map { metrics in
            GoldenValue.object(
                metrics.durations.map { ($0.phase.description, GoldenValue($0.seconds)) })
        }
        return example.agrees([
            "phase_durations": durations ?? nil,
            "bottleneck_phase": GoldenValue(metrics?.bottleneck?.description),
            "idle_time_seconds": GoldenValue(metrics?.idleSeconds),
        ])
    },
    "cost_parse_jsonl": { example in
        let content = example.input["content"].text ?? ""
        let entry = AgentResults(output: content).entries.last
        if example.expected.isNull { return entry == nil }
        return example.agrees([
            // Missing is `unknown`, and `null` is itself: to us both are not known.
            "model": entry?.model.map { .text($0.description) }
                ?? (example.expected["model"].text == "unknown" ? "unknown" : nil),
            "input_tokens": GoldenValue(entry?.usage.input),
            "cache_creation_tokens": GoldenValue(entry?.usage.cacheWrite),
            "cache_read_tokens": GoldenValue(entry?.usage.cacheRead),
            "output_tokens": GoldenValue(entry?.usage.output),
        ])
    },
    "status_inference": { example in
        try [true, false].allSatisfy { try statusAgrees(example, stateFirst: $0) }
    },
    "hook_capture": { example in
        let environment = example.input["env"]
        let derived = WorkflowID.derive(
            workflowID: environment["WORKFLOW_ID"].text.map { Array($0.utf8) },
            adwID: environment["ADW_ID"].text.map { Array($0.utf8) },
            currentDirectory: Array("/scratch/\(example.input["cwd"].text ?? "")".utf8))
        let workflow = derived.map { String(decoding: $0, as: UTF8.self) }
        return example.agrees(capturedEvent(example.input, workflow: workflow))
    },
]

private func issueNumber(_ record: GoldenValue) -> IssueNumber {
    Array(record["issue_number"].json.utf8).withUnsafeBytes {
        IssueNumber(JSONView(validated: $0), excluding: IssueNumber.referenceExclusions)
    }
}

private func capturedEvent(_ input: GoldenValue, workflow: String?) -> GoldenValue {
    let data = input["data"]
    let hook = CapturedHook(
        event: input["event_type"].text ?? "", session: data["session_id"].text,
        workflow: workflow)
    func member(_ key: String, or other: GoldenValue) -> (key: String, value: GoldenValue) {
        (key, data.has(key) ? data[key] : other)
    }
    let common: [(key: String, value: GoldenValue)] = [
        member("tool_name", or: "unknown"), ("session_id", .text(hook.session)),
        ("context", ["cwd": input["cwd"]]),
    ]
    let payload: GoldenValue =
        switch hook.payload {
        case .beforeTool: .object(common + [member("tool_input", or: [:])])
        case .afterTool:
            .object(
                common + [
                    member("tool_result", or: [:]), member("duration_ms", or: 0),
                    member("success", or: true),
                ])
        case .whole: data
        }
    return [
        "event_type": input["event_type"], "source_app": .text(hook.source),
        "session_id": .text(hook.session), "workflow_id": GoldenValue(workflow),
        "payload": payload, "tool_name": data["tool_name"], "chat_history": nil,
    ]
}

/// Through the projector, with the state before the directory or after it.
private func statusAgrees(_ example: GoldenSet.Case, stateFirst: Bool) throws -> Bool {
    // A number that is rejected drops the whole workflow there; here the row stays (B18).
    if example.expected.isNull { return issueNumber(example.input["state"]) == .rejected }
    let state = example.input["state"].members.isEmpty ? "{}" : example.input["state"].json
    let directories = GoldenValue(example.input["dirs"].texts.sorted()).json
    let errorLog =
        example.input["error_log"].bool == true
        ? #","error_log_modified":"2025-03-01T00:00:00Z""# : ""
    let directory =
        #"{"directory":"abc","directories":\#(directories),"state_modified":"2025-02-01T00:00:00Z"\#(errorLog)}"#
    var lines = [String]()
    for isState in [stateFirst, !stateFirst] {
        let position = lines.count + 1
        lines.append(
            #"{"position":\#(position),"recorded":"2025-12-18T10:00:0\#(position).000Z","#
                + #""id":"e\#(position)","stream":"abc","#
                + #""type":"state.\#(isState ? "snapshot" : "directory")","source":"adw/state","#
                + #""version":1,"# + (isState ? #""time":"2025-02-01T00:00:00.000Z","# : "")
                + #""data":\#(isState ? state : directory)}"# + "\n")
    }
    var projections = Projections([WorkflowHistoryProjector.self])
    try projections.fold(RecordBatch(bytes: Array(lines.joined().utf8)))
    guard let table = projections[WorkflowHistoryProjector.name]?.table,
        let row = table.row(forKey: ByteString("abc"))
    else { return false }
    func column(_ name: String) -> Int { table.schema.column(named: name) ?? -1 }
    func text(_ name: String) -> String? { table.text(column(name), row)?.description }

    let expected = example.expected
    let columns = [
        "status", "nl_input", "github_url", "branch_name", "plan_file", "issue_class", "model_used",
    ]
    guard columns.allSatisfy({ text($0) == expected[$0].text }),
        text("workflow_template") == expected["workflow_template"].text ?? "sdlc"
    else { return false }
    let end = table.timestamp(column("end_time"), row).map { "\($0)".prefix(7) }
    switch expected["end_time_source"].text {
    case "error_log_mtime": return end == "2025-03"
    case "state_file_mtime": return end == "2025-02"
    case "state": return end == example.input["state"]["end_time"].text?.prefix(7)
    // An ended workflow always has an end here (B12).
    default: return end == (text("status") == "running" ? nil : "2025-02")
    }
}

extension AgentResults {
    /// The last result of a file is the one that counts, as it is when its lines are folded.
    init(output content: String, agent: String = "a") {
        self.init()
        // Of the line ends of Unicode, only these end a line of a file.
        let lines = content.split { ["\n", "\r", "\r\n"].contains($0) }
        // The reference reads from the end, and gives up at a value that is no object, and at a
        // result whose `usage` is none. The first are not events and never reach a projector; the
        // second tell it nothing, and what it knows of an earlier result stays.
        let values = lines.reversed().lazy.compactMap { GoldenValue(json: Array($0.utf8)) }
        guard let last = values.first(where: { !$0.isObject || $0["type"].text == "result" }),
            last.isObject, !last.has("usage") || last["usage"].isObject
        else { return }
        for line in lines {
            let bytes = Array(line.utf8)
            guard (try? JSON.validate(bytes)) == .object else { continue }
            bytes.withUnsafeBytes { bytes in
                let data = JSONView(validated: bytes)
                guard data["type"]?.equals("result") == true else { return }
                let entry = Entry(
                    AgentRecord(JSONMembers(data)), of: data, agent: ByteString(agent))
                if let entry { record(entry) }
            }
        }
    }
}

extension String {
    /// Lends the text as bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Array(utf8).withUnsafeBytes(body)
    }
}
