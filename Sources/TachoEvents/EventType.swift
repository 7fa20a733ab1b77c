package import TachoLog

/// The catalogue of event types: what the sources write and the projectors read.
///
/// A type is dotted text, compared as bytes. Types that are not listed here are stored and
/// counted like any other; only no projector of ours asks for them.
package enum EventType {
    // MARK: Whole types

    /// One call of a tool: name, duration, outcome.
    package static let toolCall: ByteString = "tool.call"

    /// An `adw_state.json` as it was at one moment.
    package static let stateSnapshot: ByteString = "state.snapshot"
    /// A `completed_phases.json` as it was at one moment.
    package static let statePhases: ByteString = "state.phases"
    /// Facts of a run directory: its name, sub directories, times of change.
    package static let stateDirectory: ByteString = "state.directory"

    /// A line of an agent's `execution.log`.
    package static let logLine: ByteString = "log.line"
    /// A structured log record that is neither about a phase nor about a workflow.
    package static let logRecord: ByteString = "log.record"

    /// A projector could not take an event in; written when an operator asks for it.
    package static let quarantined: ByteString = "tacho.quarantined"
    /// Sealed segments were merged and recompressed: the plan, the files, and the proof.
    package static let compacted: ByteString = "tacho.compacted"

    /// Somebody asked for events to be erased; names no id.
    package static let eraseRequested: ByteString = "tacho.erase_requested"
    /// Events were erased, and what the proof found.
    package static let erased: ByteString = "tacho.erased"

    /// A policy let go of the front of the log.
    package static let expired: ByteString = "tacho.expired"

    /// Sealed segments were moved to an archive.
    package static let archived: ByteString = "tacho.archived"
    /// Archived segments were brought back.
    package static let thawed: ByteString = "tacho.thawed"

    /// The store was copied to another directory.
    package static let backedUp: ByteString = "tacho.backed_up"
    /// The store was made from a copy.
    package static let restored: ByteString = "tacho.restored"

    /// What somebody decided, among what, and why.
    package static let decisionRecorded: ByteString = "decision.recorded"
    /// How a decision went.
    package static let decisionOutcome: ByteString = "decision.outcome"
    /// What a running phase uses of the machine at one moment.
    package static let resourceSampled: ByteString = "resource.sampled"

    // MARK: Requests, the registry, coordination

    /// A request of a person, with its analysis.
    package static let promptSubmitted: ByteString = "prompt.submitted"
    /// A request became an issue.
    package static let promptPosted: ByteString = "prompt.posted"

    package static let workLogEntry: ByteString = "work_log.entry"
    package static let workLogDeleted: ByteString = "work_log.deleted"

    package static let webhookReceived: ByteString = "webhook.received"

    package static let lockAcquired: ByteString = "lock.acquired"
    package static let lockUpdated: ByteString = "lock.updated"
    package static let lockReleased: ByteString = "lock.released"
    package static let lockForceReleased: ByteString = "lock.force_released"
    package static let lockExpired: ByteString = "lock.expired"

    package static let queueEnqueued: ByteString = "queue.enqueued"
    package static let queueReady: ByteString = "queue.ready"
    package static let queueStarted: ByteString = "queue.started"
    package static let queuePhaseChanged: ByteString = "queue.phase_changed"
    package static let queueCompleted: ByteString = "queue.completed"
    package static let queueFailed: ByteString = "queue.failed"
    package static let queueBlocked: ByteString = "queue.blocked"
    package static let queueRequeued: ByteString = "queue.requeued"
    package static let queueConfigured: ByteString = "queue.configured"

    package static let toolRegistered: ByteString = "tool.registered"
    package static let toolUpdated: ByteString = "tool.updated"
    package static let toolDeprecated: ByteString = "tool.deprecated"

    package static let savingsRecorded: ByteString = "savings.recorded"
    /// Somebody, or a miner, says that an operation repeats.
    package static let patternDetected: ByteString = "pattern.detected"
    /// A pattern was put before a person, approved, rejected, or moved on in its life.
    package static let patternReviewed: ByteString = "pattern.reviewed"
    package static let patternCommented: ByteString = "pattern.commented"
    /// A tool does now what the pattern describes.
    package static let patternImplemented: ByteString = "pattern.implemented"
    /// A known pattern was carried out, with what it took.
    package static let patternExecuted: ByteString = "pattern.executed"
    /// A pattern is expected in a request, and whether it came.
    package static let patternPredicted: ByteString = "pattern.predicted"
    package static let patternValidated: ByteString = "pattern.validated"

    /// What a model's tokens cost from a moment on.
    package static let priceSet: ByteString = "price.set"

    /// What Claude Code gave its status line.
    package static let statusLine: ByteString = "statusline.shown"

    // MARK: Families: the part before the name

    /// `hook.PreToolUse`: a hook call of the agent, with its payload as given.
    package static let hookPrefix: StaticString = "hook."
    /// `phase.<status>`: started, completed, failed, or skipped.
    package static let phasePrefix: StaticString = "phase."
    /// `workflow.<status>`: started, completed, failed, or what a log calls it.
    package static let workflowPrefix: StaticString = "workflow."
    /// `lock.<change>`.
    package static let lockPrefix: StaticString = "lock."
    /// `queue.<change>`.
    package static let queuePrefix: StaticString = "queue."
    /// `transcript.<type>`: a record of the agent's own transcript.
    package static let transcriptPrefix: StaticString = "transcript."
    /// `output.<type>`: a record of a run's `raw_output.jsonl`.
    package static let outputPrefix: StaticString = "output."
    /// `otel.<name>`, `otel.span.<name>`, `otel.metric.<name>`: a record of OpenTelemetry.
    package static let telemetryPrefix: StaticString = "otel."
    /// `github.<event>`: a webhook's payload, or an object as GitHub's API gives it.
    package static let githubPrefix: StaticString = "github."
    /// `codex.<type>`: a record of a session of Codex CLI.
    package static let codexPrefix: StaticString = "codex."
    /// `copilot.<type>`: a record of a session of GitHub Copilot CLI.
    package static let copilotPrefix: StaticString = "copilot."
    /// `gemini.<type>`: a message of a session of Gemini CLI.
    package static let geminiPrefix: StaticString = "gemini."
    /// `pi.<type>`: a record of a session of pi.
    package static let piPrefix: StaticString = "pi."
    /// `swe-agent.<part>`: a part of a trajectory of SWE-agent.
    package static let sweAgentPrefix: StaticString = "swe-agent."
    /// `aider.<event>`: a record of Aider's analytics.
    package static let aiderPrefix: StaticString = "aider."
    /// The store's own history.
    package static let tachoPrefix: StaticString = "tacho."
}
