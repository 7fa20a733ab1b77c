package import TachoJSON
package import TachoLog

/// What a record of an agent's session says, in words that all agents have in common.
///
/// Projectors read the sessions of Codex, Copilot, Gemini, pi, SWE-agent, and Aider through this
/// alone: what a format looks like is known to its ``AgentFormat`` and nowhere else.
package enum AgentActivity {
    /// Facts about the session.
    case session(AgentSession)
    /// What follows is the history of another session, copied into this one when it began.
    case history
    /// Somebody asked for something.
    case prompt(AgentPrompt)
    /// A tool was called.
    case call(AgentCall)
    /// A call of a tool is over.
    case result(AgentCallResult)
    /// A model answered, and of that call alone no tokens are told; the id names the answer.
    case answer(id: ByteString)
    /// Tokens of one call of a model.
    case usage(AgentUsage)
    /// Tokens by the agent's own count.
    case total(AgentTotal)
    /// The context was made shorter.
    case compaction
    /// The session is over, with what it says of why.
    case ended(reason: JSONView?)
    /// The session goes on, after it was over or not.
    case resumed
}

/// What a record says of its session; `nil` is not said.
package struct AgentSession {
    package var workingDirectory: JSONView?
    package var gitBranch: JSONView?
    package var version: JSONView?
    /// The one that is asked from here on, or only selected: see ``isContextOfUsage``.
    package var model: JSONView?
    package var provider: JSONView?
    /// The session whose history this one begins with, as a fork or as a subagent.
    package var parentID: ByteString?
    /// Whether that history keeps the times it had, all before the moment of this record.
    package var isHistoryDated = false
    /// Whether model and provider hold for the usage behind it, which does not name its own.
    package var isContextOfUsage = false

    package init() {}
}

/// A request of a person, or of a program in a person's place.
package struct AgentPrompt {
    /// Names the prompt in its session; `nil` where a prompt is never told twice.
    package var id: ByteString?
    /// What was asked for; `nil` where the agent keeps it to itself.
    package var text: JSONView?
}

/// A call of a tool that begins.
package struct AgentCall {
    /// Names the call, as the agent does.
    package let id: ByteString
    package var name: ByteString?
    /// The input as one JSON value.
    package var arguments: JSONView?
    /// The command, where the arguments do not have it under a name that tells.
    package var command: ByteString?
    /// The path, likewise.
    package var path: ByteString?
    package var time: Timestamp?

    package init(id: ByteString, time: Timestamp?) {
        self.id = id
        self.time = time
    }
}

/// How a call of a tool ended.
package struct AgentCallResult {
    package enum Outcome: Sendable {
        case completed, failed, interrupted, denied
    }

    package let id: ByteString
    package var outcome = Outcome.completed
    package var exitCode: Int64?
    /// Milliseconds, as the agent measured them.
    package var duration: Int64?
    /// What the model was given.
    package var output: JSONView?
    /// Of a call that did not go well, its beginning.
    package var error: ByteString?
    package var time: Timestamp?

    /// Bytes of an error that are kept.
    package static let errorByteLimit = 500

    package init(id: ByteString, time: Timestamp?) {
        self.id = id
        self.time = time
    }
}

/// Tokens of one call of a model.
package struct AgentUsage {
    /// Names the call of the model, so that a record that is repeated counts once; `nil` where none
    /// is.
    package var id: ByteString?
    /// `nil` is what the session said last, else the agent's own.
    package var provider: [UInt8]?
    /// `nil` is what the session said last.
    package var model: JSONView?
    /// Input, output, and the cache without each other.
    package var counts: MessageUsage
    /// Dollars, as the agent reckoned.
    package var cost: JSONView?

    package init(_ counts: MessageUsage) { self.counts = counts }
}

/// Tokens of a session, or of one model in it, as the agent itself added them up.
package struct AgentTotal {
    package enum Role: Sendable {
        /// It takes the place of the messages, which say less.
        case instead
        /// The same of the messages since the session was begun or entered again, or of all: agents
        /// differ in whether they begin to count anew.
        case sinceEntered
        /// The messages say all; it is to check them by.
        case check
    }

    package let role: Role
    package var model: JSONView?
    package var counts: MessageUsage
    /// Dollars, as the agent reckoned.
    package var cost: JSONView?

    package init(_ role: Role, _ counts: MessageUsage) {
        self.role = role
        self.counts = counts
    }
}
