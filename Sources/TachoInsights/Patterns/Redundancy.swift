import TachoJSON
package import TachoLog
import TachoProjections

/// Work of an agent that brought nothing new, with the events that show it.
///
/// - *reread*: the same read of a file (path, range) gave a result of the same size, and no call of
///   the session edited that file in between. A command may have changed it to the same size: then
///   this is wrong, and seldom.
/// - *repeated failure*: a command failed, and failed again in the same words, with no edit and no
///   other command that went well, and may have changed something, in between.
/// - *reverted edit*: an edit of a file was taken back by a later one: old and new text exchanged.
/// - *carried*: a result of at least ``carriedByteLimit`` bytes of a file whose name no later call of
///   the session has, so that every later request carried it along unused.
///
/// A token is taken for four bytes. Calls of a session are looked at in the order in which the log
/// told them; subagents see what the session's other agents edit.
///
/// Source: issue of pattern learning, §3; DESIGN §8.
package struct Redundancy: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case reread
        case repeatedFailure = "repeated_failure"
        case revertedEdit = "reverted_edit"
        case carried

        /// What a person can do about it.
        package var advice: String {
            switch self {
            case .reread: "keep it in context, or read only the lines that are needed"
            case .repeatedFailure: "read the error before trying again; give the agent a rule"
            case .revertedEdit: "decide before editing; a plan or a test first"
            case .carried: "read a part, or let a subagent read it"
            }
        }
    }

    package struct Finding: Sendable {
        package let kind: Kind
        package let session: String
        /// The file or the command.
        package let subject: String
        /// How often it was for nothing.
        package fileprivate(set) var count = 0
        /// Tokens read for nothing.
        package fileprivate(set) var tokens: Int64 = 0
        /// Requests of the model for nothing; of *carried*, those that carried it.
        package fileprivate(set) var requests = 0
        /// Of *carried*: tokens times the requests that carried them.
        package fileprivate(set) var carriedTokens: Int64 = 0
        /// Positions of the first call and of those for nothing, ascending, at most 50.
        package fileprivate(set) var positions: [Int64] = []
        /// The same calls' ids, as `tacho why tool_calls ID` wants them.
        package fileprivate(set) var calls: [String] = []
        /// Pico-dollars; `nil` is unknown.
        package var price: Int64?
        package fileprivate(set) var called: Timestamp?
    }

    package static let carriedByteLimit: Int64 = 40_000
    private static let evidenceLimit = 50
    /// The table keeps no more of a command.
    private static let commandByteLimit = ToolCallsProjector.argumentByteLimit

    package private(set) var findings: [Finding] = []
    private var indexByKey: [String: Int] = [:]

    /// - Parameter calls: In the order of the log.
    package init(_ calls: [RecordedCall]) {
        for (_, calls) in OrderedGroups.grouping(calls, by: { $0.session }).groups {
            findRereads(calls)
            findRepeatedFailures(calls)
            findRevertedEdits(calls)
            findCarried(calls)
        }
    }

    private mutating func note(
        _ kind: Kind, _ subject: String, first: RecordedCall, again: RecordedCall?, tokens: Int64,
        requests: Int
    ) {
        let key = "\(kind.rawValue)\u{0}\(first.session)\u{0}\(subject)"
        let index = indexByKey[key] ?? findings.count
        if index == findings.count {
            indexByKey[key] = index
            findings.append(Finding(kind: kind, session: first.session, subject: subject))
        }
        findings[index].count += 1
        findings[index].tokens += tokens
        findings[index].requests += requests
        if kind == .carried { findings[index].carriedTokens += tokens * Int64(requests) }
        findings[index].called = findings[index].called ?? first.called
        for call in [first, again].compactMap(\.self)
        where findings[index].calls.count < Self.evidenceLimit
            && !findings[index].calls.contains(call.id)
        {
            findings[index].positions.append(call.position)
            findings[index].calls.append(call.id)
        }
    }

    private static func tokens(_ call: RecordedCall) -> Int64 { (call.resultByteCount ?? 0) / 4 }

    // MARK: Rules

    private mutating func findRereads(_ calls: [RecordedCall]) {
        var earlier: [String: [[UInt8]: RecordedCall]] = [:]
        for call in calls {
            guard let path = call.path else { continue }
            if call.isEdit { earlier[path] = nil }
            guard call.isRead, call.isSuccess == true, let input = call.input else { continue }
            // An agent does not see what another one read.
            let key = (call.agent.map { Array($0.utf8) } ?? []) + [0] + input
            if let first = earlier[path]?[key], first.resultByteCount == call.resultByteCount {
                note(
                    .reread, path, first: first, again: call, tokens: Self.tokens(call),
                    requests: 0)
            }
            earlier[path, default: [:]][key] = call
        }
    }

    private mutating func findRepeatedFailures(_ calls: [RecordedCall]) {
        var failed: [String: RecordedCall] = [:]
        for call in calls {
            if call.isEdit {
                failed.removeAll()
            } else if call.isShell, let command = call.command {
                if call.isSuccess == true {
                    if !failed.isEmpty, Self.mayChange(command) { failed.removeAll() }
                    failed[command] = nil
                } else if call.isSuccess == false {
                    // A cut command may go on in another way; beside it stands what it is for, in
                    // words that differ.
                    let isWhole = command.utf8.count < Self.commandByteLimit
                    if let first = failed[command],
                        isWhole || first.input != nil && first.input == call.input
                    {
                        note(
                            .repeatedFailure, command, first: first, again: call,
                            tokens: Self.tokens(call), requests: 1)
                    }
                    failed[command] = call
                }
            }
        }
    }

    /// Whether a command may have changed anything, by its last part.
    ///
    /// `cd x && npx tsc --noEmit` only looks. What is not known to only look may change.
    private static func mayChange(_ command: String) -> Bool {
        var words = command.split(separator: " ")
        if let last = words.lastIndex(of: "&&") { words.removeSubrange(...last) }
        guard let name = words.first else { return false }
        if words.contains("--noEmit") || words.contains("--check") { return false }
        let looks: Set<Substring> = [
            "ls", "cat", "grep", "rg", "find", "head", "tail", "wc", "which", "pwd", "echo", "stat",
        ]
        if looks.contains(name) { return words.contains { $0.hasPrefix(">") } }
        let second = words.dropFirst().first ?? ""
        return !(name == "git" && ["status", "diff", "log", "show"].contains(second))
    }

    private mutating func findRevertedEdits(_ calls: [RecordedCall]) {
        var edits: [String: [(old: [UInt8], new: [UInt8], call: RecordedCall)]] = [:]
        for call in calls where call.isEdit && call.isSuccess == true {
            guard let path = call.path, let (old, new) = Self.exchange(call), old != new else {
                continue
            }
            if let index = edits[path]?.lastIndex(where: { $0.old == new && $0.new == old }),
                let first = edits[path]?.remove(at: index)
            {
                note(
                    .revertedEdit, path, first: first.call, again: call,
                    tokens: Int64((call.input?.count ?? 0) / 2), requests: 2)
            } else {
                edits[path, default: []].append((old, new, call))
            }
        }
    }

    private static func exchange(_ call: RecordedCall) -> (old: [UInt8], new: [UInt8])? {
        call.input?.withUnsafeBytes { bytes in
            let input = JSONView(validated: bytes)
            guard let old = input["old_string"]?.text(), let new = input["new_string"]?.text()
            else { return nil }
            return (Array(old), Array(new))
        } ?? nil
    }

    private static let separators = Array("/ \"'=,:;()".utf8)

    private static func isLargeRead(_ call: RecordedCall) -> Bool {
        call.isRead && call.agent == nil && call.isSuccess == true
            && (call.resultByteCount ?? 0) >= carriedByteLimit
    }

    private mutating func findCarried(_ calls: [RecordedCall]) {
        guard calls.contains(where: Self.isLargeRead) else { return }
        // What later calls name, from the last call back.
        var named = Set<Substring>()
        var carried: [(call: RecordedCall, name: String, later: Int)] = []
        // Only the session's own agent carries what it read.
        var later = 0
        for call in calls.reversed() {
            if Self.isLargeRead(call), let path = call.path {
                let name = path.split(separator: "/").last ?? ""
                if !named.contains(name), later > 0 { carried.append((call, path, later)) }
            }
            if call.agent == nil { later += 1 }
            for text in [call.path, call.command].compactMap(\.self) {
                for part in text.utf8.split(whereSeparator: Self.separators.contains) {
                    named.insert(Substring(part))
                }
            }
        }
        for (call, path, later) in carried.reversed() {
            note(
                .carried, path, first: call, again: nil, tokens: Self.tokens(call),
                requests: later)
        }
    }
}
