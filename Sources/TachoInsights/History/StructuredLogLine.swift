import TachoJSON

/// A line of a workflow's structured log, as the original workflows write it.
///
/// Without `event_id` and `timestamp`, which belong to the moment; what is unknown is left out, and
/// `context` is always there.
///
/// Source: semantics §2.3, golden `structured_log_line`.
package struct StructuredLogLine: Sendable {
    package enum Subject: Sendable {
        case phase(name: String, number: Int, status: String)
        case workflow(status: String)
    }

    package let subject: Subject
    package let workflowID: String
    package let message: String
    package var issueNumber: Int?
    package var template: String?
    package var startedAt: String?
    package var completedAt: String?
    package var durationSeconds: Double?
    package var tokens: Int?
    /// Dollars.
    package var cost: Double?
    package var errorMessage: String?
    /// A JSON object.
    package var context: [UInt8] = Array("{}".utf8)

    package init(_ subject: Subject, workflowID: String, message: String) {
        self.subject = subject
        self.workflowID = workflowID
        self.message = message
    }

    package var fileName: String { "workflow_\(workflowID).jsonl" }

    package var level: String {
        switch subject {
        case .phase(_, _, "failed"), .workflow("failed"): "error"
        case .phase, .workflow: "info"
        }
    }

    /// The members of the line, without its newline.
    package var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("level", level)
        writer.member("source", "adw_workflow")
        switch subject {
        case .phase: writer.member("event_type", "phase")
        case .workflow: writer.member("event_type", "workflow")
        }
        writer.member("message", message)
        writer.member("adw_id", workflowID)
        writer.member("issue_number", issueNumber)
        writer.member("workflow_template", template)
        writeSubject(to: &writer)
        writer.member("error_message", errorMessage)
        writer.key("context")
        writer.rawValue(context)
        writer.endObject()
        return writer.bytes
    }

    private func writeSubject(to writer: inout JSONWriter) {
        switch subject {
        case .phase(let name, let number, let status):
            writer.member("phase_name", name)
            writer.member("phase_number", number)
            writer.member("phase_status", status)
            writer.member("started_at", startedAt)
            writer.member("completed_at", completedAt)
            writer.member("duration_seconds", durationSeconds)
            writer.member("tokens_used", tokens)
            writer.member("cost_usd", cost)
        case .workflow(let status):
            writer.member("workflow_status", status)
            writer.member("duration_seconds", durationSeconds)
            writer.member("total_tokens", tokens)
            writer.member("total_cost_usd", cost)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ text: String?) {
        guard let text else { return }
        key(name)
        value(text)
    }

    fileprivate mutating func member(_ name: String, _ number: Int?) {
        guard let number else { return }
        key(name)
        value(number)
    }

    fileprivate mutating func member(_ name: String, _ number: Double?) {
        guard let number else { return }
        key(name)
        value(number)
    }
}
