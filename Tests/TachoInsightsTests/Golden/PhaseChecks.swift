import Foundation
import TachoInsights
import TachoProjections

/// Phases, their queue, their tools, and what hooks watch.
let phaseChecks: GoldenChecks = [
    "phase_sequence_next": { example in
        let next = PhaseSequence.next(
            after: example.input["current_phase"].text ?? "",
            in: example.input["workflow_template"].text ?? "")
        return example.agrees(GoldenValue(next))
    },
    "phase_continuation_allowed": { example in
        let continues = PhaseSequence.continues(
            after: example.input["current_phase"].text ?? "",
            status: example.input["status"].text ?? "")
        return example.agrees(.bool(continues))
    },
    "queue_ready_phases": { example in
        let queue = PhaseQueue(
            example.input["phases"].list.map { entry in
                PhaseQueue.Entry(
                    id: entry["queue_id"].text ?? "", feature: entry["feature_id"].integer ?? 0,
                    phase: entry["phase_number"].integer ?? 0,
                    status: entry["status"].text ?? "",
                    dependencies: entry["depends_on_phases"].list.compactMap(\.integer))
            })
        return example.agrees([
            "ready": GoldenValue(queue.ready(ofFeature: example.input["feature_id"].integer ?? 0)),
            "running_count": GoldenValue(queue.runningCount),
        ])
    },
    "priority_name": { example in
        let priority = example.input["priority"].integer ?? 0
        return example.agrees(.text("\(QueuePriority.name(of: Int64(priority)))"))
    },
    "workflow_selection": { example in
        let phase = example.input["phase_data"]
        let files = phase["estimated_files"].integer ?? phase["file_estimate"].integer
        let selection = WorkflowSelection(
            title: phase["title"].text ?? "", content: phase["content"].text ?? "",
            classification: phase["classification"].text, labels: phase["labels"].texts,
            complexity: phase["complexity"].text, fileEstimate: files)
        return example.agrees([
            "workflow": .text(selection.template), "model_set": .text(selection.modelSet),
        ])
    },
    "workflow_complete_webhook_id": { example in
        let id = WebhookID.ofCompletion(
            workflow: example.input["adw_id"].text ?? "",
            status: example.input["status"].text ?? "", queue: example.input["queue_id"].text)
        return example.agrees(.text(id))
    },
    "monitor_progress": { example in
        let state = example.input["state"]
        let logs = example.input["task_logs"].list.map { log in
            MonitorProgress.Log(
                phase: log["phase_name"].text ?? "", status: log["phase_status"].text ?? "",
                cost: log["cost_usd"].double)
        }
        let status = state["status"].text
        let progress = MonitorProgress(
            logs: logs, statePhase: state["current_phase"].text,
            isUnfinished: status == "running" || status == "paused")
        let estimate =
            state["estimated_cost_total"].isTruthy
            ? state["estimated_cost_total"] : state["estimated_cost"]
        return example.agrees([
            "current_phase": GoldenValue(progress.currentPhase),
            "phase_progress": .real(progress.percent),
            "phases_completed": GoldenValue(progress.completedPhases),
            "total_phases": GoldenValue(MonitorProgress.phases.count),
            "current_cost": GoldenValue(progress.cost),
            "estimated_cost_total": estimate.isTruthy
                ? GoldenValue(estimate.double ?? estimate.text.flatMap { Double($0) }) : nil,
        ])
    },
    "issue_complexity_estimate": { example in
        let estimate = IssueEstimate(
            title: example.input["title"].text ?? "", body: example.input["body"].text ?? "",
            issueClass: example.input["issue_class"].text ?? "")
        return example.agrees([
            "level": .text(estimate.level.rawValue), "confidence": .real(estimate.confidence),
            "cost_range": [.real(estimate.costRange.low), .real(estimate.costRange.high)],
            "estimated_cost_total": .real(estimate.total),
            "recommended_workflow": .text(estimate.template),
            "breakdown": .object(estimate.breakdown.map { ($0.phase, .real($0.cost)) }),
            "reason_codes": GoldenValue(estimate.reasons),
        ])
    },
    "hook_dangerous_rm": { example in
        let command = example.input["command"].text ?? ""
        return example.agrees(.bool(CommandGuard.isDangerousRemoval(command)))
    },
    "hook_env_access": { example in
        let input = example.input["tool_input"]
        let touches = CommandGuard.touchesSecrets(
            tool: example.input["tool_name"].text ?? "", path: input["file_path"].text ?? "",
            command: input["command"].text ?? "")
        return example.agrees(.bool(touches))
    },
    "tool_call_tracker": { example in try trackerAgrees(example) },
]

private func trackerAgrees(_ example: GoldenSet.Case) throws -> Bool {
    let calls = example.input["calls"].list
    var tracker = ToolCallTracker(
        phase: example.input["phase"].text ?? "", number: example.input["num"].integer)
    for call in calls { tracker.record(call["name"].text ?? "", try outcome(of: call)) }
    if let message = example.input["exception"].text {
        tracker.fail(kind: "RuntimeError", message: message)
    }
    let records = zip(tracker.calls, calls).map { record, call -> GoldenValue in
        // How a program that is not there is reported depends on the host's language.
        let error: GoldenValue =
            record.tool == "missing"
            ? missingMessage(in: example.expected) : GoldenValue(record.errorMessage)
        return [
            "tool_name": .text(record.tool), "success": .bool(record.isSuccess),
            "error_message": error, "parameters": parameters(of: call),
            "result_summary": GoldenValue(record.resultSummary),
        ]
    }
    let (count, successes) = (tracker.calls.count, tracker.successCount)
    return example.agrees([
        "adw_id": "a", "issue_number": 1, "phase_name": .text(tracker.phase),
        "phase_number": GoldenValue(tracker.phaseNumber), "phase_status": .text(tracker.status),
        "workflow_template": nil, "error_message": GoldenValue(tracker.errorMessage),
        "tool_calls": .list(records), "tools_used": GoldenValue(tracker.toolsUsed),
        "counts": [
            GoldenValue(count), GoldenValue(successes), GoldenValue(count - successes),
        ],
    ])
}

private func missingMessage(in expected: GoldenValue) -> GoldenValue {
    expected["tool_calls"].list.first { $0["tool_name"].text == "missing" }?["error_message"] ?? nil
}

private func parameters(of call: GoldenValue) -> GoldenValue {
    guard call["kind"].text == "bash" else {
        return call["parameters"].isNull ? [:] : call["parameters"]
    }
    let command = call["cmd"].text ?? call["cmd"].texts.joined(separator: " ")
    return ["command": .text(command), "cwd": "."]
}

private func pythonText(_ value: GoldenValue) -> String {
    if value.isNull { return "None" }
    if let bool = value.bool { return bool ? "True" : "False" }
    return value.text ?? value.json
}

/// Does what the case says: runs the command, or takes the value.
private func outcome(of call: GoldenValue) throws -> ToolCallTracker.Outcome {
    switch call["kind"].text {
    case "raise":
        return .failure(kind: "ValueError", message: call["msg"].text ?? "")
    case "bash":
        let words =
            call["cmd"].text.map { $0.split(separator: " ").map(String.init) }
            ?? call["cmd"].texts
        guard words.first != "/no/such/bin" else {
            return .failure(kind: "FileNotFoundError", message: words[0])
        }
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return .process(
            exitCode: Int(process.terminationStatus),
            errorOutput: String(decoding: text, as: UTF8.self))
    default:
        return .value(
            pythonText(call["value"]), isCaptured: call["capture"].isTruthy)
    }
}
