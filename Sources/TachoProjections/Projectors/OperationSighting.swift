import TachoEvents
import TachoJSON
import TachoLog

/// What one event says about the operations that a workflow is made of, and about what it took.
///
/// `operation_patterns` and `pattern_occurrences` both fold these, so that they agree.
///
/// Source: semantics §5.2, §5.3.
struct OperationSighting {
    /// Without `wf-`, or the session where no workflow is told; `nil` for a detection that names
    /// neither.
    private(set) var workflow: ByteString?
    /// In the order of their detection, each once.
    private(set) var signatures: [String] = []
    /// `nil` where somebody else detected it.
    private(set) var detection: PatternDetection?
    /// What is to be added to, or to take the place of, what is known of the workflow.
    private(set) var facts = WorkflowCost()

    static let inputs: [TypePattern] = [
        "state.snapshot", "output.result", "phase.*", "workflow.*", "pattern.detected",
        "hook.UserPromptSubmit", "transcript.user",
    ]

    /// More of an input is not looked at, as in `workflow_history`.
    private static let inputByteLimit = 4096
    private static let errorByteLimit = 500

    init?(_ event: Event) {
        workflow = Self.stream(event)
        if event.type.equals("state.snapshot") {
            readState(WorkflowState(event.data))
        } else if event.type.equals("output.result") {
            readResult(event)
        } else if event.type.equals("pattern.detected") {
            guard readDetection(event.data) else { return nil }
        } else if event.type.equals("hook.UserPromptSubmit") {
            let payload = HookPayload(event.data)
            if let session = payload.sessionID?.text(), !session.isEmpty,
                event.hookWorkflow(session: payload.sessionID) == nil
            {
                workflow = ByteString(session)
            }
            detect(input: payload.prompt, error: nil, template: nil, seconds: 0)
        } else if event.type.equals("transcript.user") {
            detect(input: TypedPrompt.text(event), error: nil, template: nil, seconds: 0)
        } else {
            readRecord(event)
        }
        if signatures.isEmpty, facts.isEmpty { return nil }
    }

    private static func stream(_ event: Event) -> ByteString? {
        let name = event.stream.dropping(prefix: "wf-")
        let isNobody = name.isEmpty || name.equals("general") || name.equals("unknown")
        return isNobody ? nil : ByteString(name)
    }

    private mutating func readState(_ state: WorkflowState) {
        let start = state.startTime?.moment
        let end = state.endTime?.moment
        if let start, let end {
            let (elapsed, overflow) = end.microseconds.subtractingReportingOverflow(
                start.microseconds)
            if !overflow, elapsed >= 0 { facts.statedMilliseconds = elapsed / 1000 }
        }
        facts.hasFailed = state.errorMessage?.isFilledText == true
        detect(
            input: state.nlInput, error: state.errorMessage, template: state.template,
            seconds: Double(facts.statedMilliseconds ?? 0) / 1000)
    }

    private mutating func readResult(_ event: Event) {
        let record = AgentRecord(event.data)
        let agent = ByteString(event.source.dropping(prefix: "adw/output/"))
        if let entry = AgentResults.Entry(record, of: event.data, agent: agent) {
            let usage = entry.usage
            facts.tokens = [usage.input, usage.output, usage.cacheWrite, usage.cacheRead]
                .reduce(Int64?(0)) { sum, count in sum.flatMap { PicoDollars.sum($0, count) } }
                .flatMap { $0 < 0 ? nil : $0 }
            facts.cost = (entry.reportedCost ?? entry.referenceCost).flatMap { $0 < 0 ? nil : $0 }
            facts.resultMilliseconds = entry.durationMilliseconds.flatMap { $0 < 0 ? nil : $0 }
        }
        if record.isError?.boolean() == true {
            facts.hasFailed = true
            detect(input: nil, error: record.result ?? record.subtype, template: nil, seconds: 0)
        }
    }

    /// A phase's template is the phase's script (B21), and says nothing of the workflow.
    private mutating func readRecord(_ event: Event) {
        let record = PhaseRecord(event.data)
        if let name = record.workflow?.text(), !name.isEmpty {
            let name = name.withUnsafeBytes { ByteString($0.dropping(prefix: "wf-")) }
            workflow = name
        }
        facts.hasFailed = record.errorMessage?.isFilledText == true
        let isPhase = event.type.hasPrefix("phase.")
        if !isPhase, let seconds = record.durationSeconds?.double(), seconds >= 0, seconds < 1e12 {
            facts.statedMilliseconds = Int64(seconds * 1000)
        }
        if let count = record.retryCount?.integer(), count >= 0 {
            facts.retryCount = UInt32(clamping: count)
        }
        detect(
            input: nil, error: record.errorMessage, template: isPhase ? nil : record.template,
            seconds: 0)
    }

    private mutating func readDetection(_ data: JSONView) -> Bool {
        let name = data["pattern_signature"] ?? data["pattern_id"] ?? data["pattern_name"]
        guard let signature = name?.patternName else { return false }
        signatures = [signature.description]
        let said = data["workflow_id"] ?? data["adw_id"]
        workflow = said?.text().flatMap { text in
            text.isEmpty ? nil : text.withUnsafeBytes { ByteString($0.dropping(prefix: "wf-")) }
        }
        return true
    }

    private mutating func detect(
        input: JSONView?, error: JSONView?, template: JSONView?, seconds: Double
    ) {
        func text(_ value: JSONView?, _ limit: Int) -> String {
            value?.withText { String(decoding: $0.prefix(characterBytes: limit), as: UTF8.self) }
                ?? ""
        }
        let input = text(input, Self.inputByteLimit)
        let error = text(error, Self.errorByteLimit)
        let template = text(template, Self.errorByteLimit)
        if input.isEmpty, error.isEmpty, template.isEmpty { return }
        let detection = PatternDetection(
            input: input, errorMessage: error, template: template, durationSeconds: seconds,
            errorCount: error.isEmpty ? 0 : 1)
        signatures = detection.signatures
        self.detection = detection
    }
}

/// What is known of a workflow as far as patterns go by it.
struct WorkflowCost: Equatable {
    var tokens: Int64?
    /// Pico-dollars.
    var cost: Int64?
    /// By the state file or the workflow's last word.
    var statedMilliseconds: Int64?
    /// Sum over its agents' runs.
    var resultMilliseconds: Int64?
    var retryCount: UInt32 = 0
    var hasFailed = false

    var isEmpty: Bool { self == WorkflowCost() }

    /// What is stated goes before the sum of the agents' runs.
    var milliseconds: Int64? { statedMilliseconds ?? resultMilliseconds }

    /// Runs of agents add up, of all else the newest counts.
    mutating func add(_ other: WorkflowCost) {
        tokens = Self.sum(tokens, other.tokens)
        cost = Self.sum(cost, other.cost)
        resultMilliseconds = Self.sum(resultMilliseconds, other.resultMilliseconds)
        statedMilliseconds = other.statedMilliseconds ?? statedMilliseconds
        retryCount = max(retryCount, other.retryCount)
        hasFailed = hasFailed || other.hasFailed
    }

    private static func sum(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
