import Synchronization
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
        if event.type.equals("state.snapshot") {
            readState(WorkflowState(event.members))
        } else if event.type.equals("output.result") {
            readResult(event)
        } else if event.type.equals("pattern.detected") {
            if !readDetection(event.data) { return nil }
            return
        } else if event.type.equals("hook.UserPromptSubmit") {
            detect(input: event.hookPayload.prompt)
        } else if event.type.equals("transcript.user") {
            detect(input: TypedPrompt.text(event))
        } else {
            readRecord(event)
        }
        // Most events say nothing here, and of whom need not be known then.
        if signatures.isEmpty, facts.isEmpty { return nil }
        workflow = Self.named(event) ?? Self.stream(event)
    }

    /// Whom an event's data names.
    private static func named(_ event: Event) -> ByteString? {
        if event.type.equals("hook.UserPromptSubmit") {
            let session = event.hookPayload.sessionID
            guard event.hookWorkflow(session: session) == nil,
                let name = session?.text(), !name.isEmpty
            else { return nil }
            return ByteString(name)
        }
        guard event.type.hasPrefix("phase.") || event.type.hasPrefix("workflow."),
            let name = event.phaseRecord.workflow?.text(), !name.isEmpty
        else { return nil }
        return name.withUnsafeBytes { ByteString($0.dropping(prefix: "wf-")) }
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
        let record = event.agentReading.record
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
            detect(error: record.result ?? record.subtype)
        }
    }

    /// A phase's template is the phase's script (B21), and says nothing of the workflow.
    private mutating func readRecord(_ event: Event) {
        let record = event.phaseRecord
        facts.hasFailed = record.errorMessage?.isFilledText == true
        let isPhase = event.type.hasPrefix("phase.")
        if !isPhase, let seconds = record.durationSeconds?.double(), seconds >= 0, seconds < 1e12 {
            facts.statedMilliseconds = Int64(seconds * 1000)
        }
        if let count = record.retryCount?.integer(), count >= 0 {
            facts.retryCount = UInt32(clamping: count)
        }
        detect(
            error: record.errorMessage, template: isPhase ? nil : record.template)
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
        input: JSONView? = nil, error: JSONView? = nil,
        template: JSONView? = nil, seconds: Double = 0
    ) {
        if input == nil, error == nil, template == nil { return }
        var key = DetectionMemory.Key(length: PatternDetection.Length(seconds: seconds))
        input?.withText { key.input = ByteString($0.prefix(characterBytes: Self.inputByteLimit)) }
        error?.withText { key.error = ByteString($0.prefix(characterBytes: Self.errorByteLimit)) }
        template?.withText {
            key.template = ByteString($0.prefix(characterBytes: Self.errorByteLimit))
        }
        if key.isEmpty { return }
        let detection = DetectionMemory.detection(key)
        signatures = detection.signatures
        self.detection = detection
    }
}

/// Detections by what they were made of, for all projectors that look for them.
///
/// Several ask about each request, and a workflow's state is told many times with the same request in
/// it: looking for words in it takes longer than all else that is done with the event. A detection
/// follows from its key alone, so that it makes no difference who asked first.
enum DetectionMemory {
    /// What a detection looks at.
    struct Key: Hashable {
        var input: ByteString = ""
        var error: ByteString = ""
        var template: ByteString = ""
        let length: PatternDetection.Length

        var isEmpty: Bool { input.isEmpty && error.isEmpty && template.isEmpty }

        /// `Hasher` takes several times as long over a request as ``ByteHash``.
        func hash(into hasher: inout Hasher) {
            var hash = input.bytes.withUnsafeBytes { ContentHash.hash($0) }
            hash ^= error.bytes.withUnsafeBytes { ContentHash.hash($0) } &* 3
            hash ^= template.bytes.withUnsafeBytes { ContentHash.hash($0) } &* 5
            hasher.combine(hash)
        }
    }

    private static let detections = Mutex<[Key: PatternDetection]>([:])
    private static let limit = 512

    static func detection(_ key: Key) -> PatternDetection {
        if let known = detections.withLock({ $0[key] }) { return known }
        let detection = PatternDetection(
            input: key.input.description, errorMessage: key.error.description,
            template: key.template.description, length: key.length,
            errorCount: key.error.isEmpty ? 0 : 1)
        detections.withLock { detections in
            if detections.count >= limit { detections.removeAll() }
            detections[key] = detection
        }
        return detection
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
