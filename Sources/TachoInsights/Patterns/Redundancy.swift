import TachoJSON
package import TachoLog
package import TachoProjections

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
/// - Complexity: One pass over the calls; a second one over sessions with a large result.
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
        package let session: ByteString
        /// The file or the command.
        package let subject: ByteString
        /// How often it was for nothing.
        package fileprivate(set) var count = 0
        /// Tokens read for nothing.
        package fileprivate(set) var tokens: Int64 = 0
        /// Requests of the model for nothing; of *carried*, those that carried it.
        package fileprivate(set) var requests = 0
        /// Of *carried*: tokens times the requests that carried them.
        package fileprivate(set) var carriedTokens: Int64 = 0
        /// Rows of the first call and of those for nothing, ascending, at most 50.
        package fileprivate(set) var rows: [Int] = []
        /// Pico-dollars; `nil` is unknown.
        package var price: Int64?
        package fileprivate(set) var called: Timestamp?
    }

    package static let carriedByteLimit: Int64 = 40_000
    private static let evidenceLimit = 50
    /// The table keeps no more of a command.
    private static let commandByteLimit = ToolCallsProjector.argumentByteLimit

    package private(set) var findings: [Finding] = []
    private let calls: CallColumns

    // Of the session at hand.
    private var previousRow: Int?
    /// The newest read by path, agent, and input.
    private var reads = RowMemory()
    /// The only read so far by path and agent, and the only edit by path; ``isLookedAt`` once there are
    /// more.
    private var firstReads = RowMemory()
    private var firstEdits = RowMemory()
    private static let isLookedAt = Int(Int32.max)
    /// The newest edit by path.
    private var edits = RowMemory()
    /// The newest failure by command.
    private var failures = RowMemory()
    /// The newest edit that is not taken back, by path, old, and new text.
    private var changes = RowMemory()
    /// By row of a change: the one before with the same texts.
    private var changesBefore: [Int: Int] = [:]
    private var indices = RowMemory()

    /// - Parameter table: The table `tool_calls`.
    package init(_ table: Table) {
        let calls = CallColumns(table)
        self.calls = calls
        calls.forEachSession { look(at: $0) }
    }

    private mutating func look(at rows: ArraySlice<Int32>) {
        reads.removeAll()
        firstReads.removeAll()
        firstEdits.removeAll()
        edits.removeAll()
        failures.removeAll()
        changes.removeAll()
        changesBefore.removeAll(keepingCapacity: true)
        indices.removeAll()
        var hasLargeRead = false
        previousRow = nil
        for row in rows {
            let row = Int(row)
            defer { previousRow = row }
            switch calls.kind(row) {
            case .read:
                lookForReread(row)
                hasLargeRead = hasLargeRead || isLargeRead(row)
            case .edit:
                failures.removeAll()
                lookForReversion(row)
            case .shell: lookForRepeatedFailure(row)
            case .other: break
            }
        }
        if hasLargeRead { lookForCarried(rows) }
    }

    private func tokens(_ row: Int) -> Int64 { (calls.resultByteCount(row) ?? 0) / 4 }

    // MARK: Rules

    private mutating func lookForReread(_ row: Int) {
        let path = calls.path(row)
        guard path != 0, calls.isSuccess(row) == true else { return }
        // An agent does not see what another one read.
        let agent = calls.agent(row)
        // Most files are read once, and nobody asks for that read's input.
        let file = RowKey.hash(UInt64(path), agent)
        guard let first = firstReads[file] else {
            firstReads[file] = row
            return
        }
        if first != Self.isLookedAt {
            firstReads[file] = Self.isLookedAt
            lookForSameRead(first, path, agent)
        }
        lookForSameRead(row, path, agent)
    }

    private mutating func lookForSameRead(_ row: Int, _ path: Int, _ agent: UInt64) {
        guard let input = calls.withInput(row, { RowKey.hash($0) }) else { return }
        let key = RowKey.hash(UInt64(path), agent, input)
        if let first = reads[key], edits[UInt64(path)] ?? -1 < first, calls.path(first) == path,
            calls.agent(first) == agent,
            calls.resultByteCount(first) == calls.resultByteCount(row),
            calls.haveEqualInputs(first, row), !isSaidAgain(first, row)
        {
            note(.reread, first: first, again: row, tokens: tokens(row), requests: 0)
        }
        reads[key] = row
    }

    /// Whether two equal calls are more likely one: side by side, and no agent gave them ids.
    ///
    /// A log of hooks has a call as often as there are hooks that write it, and has subagents side by
    /// side.
    private func isSaidAgain(_ first: Int, _ row: Int) -> Bool {
        let prefix: ByteString = "hook:"
        let id = calls.table.text(CallColumns.Column.toolCallID, row)
        return first == previousRow && id?.bytes.starts(with: prefix.bytes) == true
    }

    private mutating func lookForReversion(_ row: Int) {
        let path = calls.path(row)
        guard path != 0 else { return }
        edits[UInt64(path)] = row
        guard calls.isSuccess(row) == true else { return }
        // As with reads: what is edited once is not taken back.
        guard let first = firstEdits[UInt64(path)] else {
            firstEdits[UInt64(path)] = row
            return
        }
        if first != Self.isLookedAt {
            firstEdits[UInt64(path)] = Self.isLookedAt
            lookForReversion(row: first, path)
        }
        lookForReversion(row: row, path)
    }

    private mutating func lookForReversion(row: Int, _ path: Int) {
        guard
            let (old, new) = withTexts(row, { (RowKey.hash($0), RowKey.hash($1)) }), old != new
        else { return }
        let reverse = RowKey.hash(UInt64(path), new, old)
        if let first = changes[reverse], isReversion(of: first, row) {
            changes[reverse] = changesBefore[first]
            let byteCount = calls.withInput(row) { $0.count } ?? 0
            note(
                .revertedEdit, first: first, again: row, tokens: Int64(byteCount / 2), requests: 2)
        } else {
            let key = RowKey.hash(UInt64(path), old, new)
            changesBefore[row] = changes[key]
            changes[key] = row
        }
    }

    private func isReversion(of first: Int, _ row: Int) -> Bool {
        let isSame = withTexts(row) { old, new in
            withTexts(first) { $0.elementsEqual(new) && $1.elementsEqual(old) } ?? false
        }
        return calls.path(first) == calls.path(row) && isSame == true
    }

    /// Lends the old and the new text of an edit.
    private func withTexts<Result>(
        _ row: Int, _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        let result = calls.withInput(row) { bytes -> Result? in
            var (old, new): (JSONView?, JSONView?)
            JSONView(validated: bytes).forEachMember { key, value in
                if key.equals("old_string") { old = old ?? value }
                if key.equals("new_string") { new = new ?? value }
                return old == nil || new == nil
            }
            guard let old, let new else { return nil }
            let both = old.withText { old in new.withText { new in body(old, new) } }
            return both ?? nil
        }
        return result ?? nil
    }

    private mutating func lookForRepeatedFailure(_ row: Int) {
        let isSuccess = calls.isSuccess(row)
        // Most commands go well, and nothing waits for them.
        if isSuccess == nil || isSuccess == true && failures.isEmpty { return }
        guard let key = calls.withCommand(row, { RowKey.hash($0) }) else { return }
        guard isSuccess == false else {
            let mayChange = calls.withCommand(row) {
                Self.mayChange(String(decoding: $0, as: UTF8.self))
            }
            if mayChange == true { failures.removeAll() }
            failures[key] = nil
            return
        }
        if let first = failures[key], isSameCommand(first, row) {
            note(.repeatedFailure, first: first, again: row, tokens: tokens(row), requests: 1)
        }
        failures[key] = row
    }

    /// A cut command may go on in another way; beside it stands what it is for, in words that differ.
    private func isSameCommand(_ first: Int, _ row: Int) -> Bool {
        let isSame = calls.withCommand(row) { command in
            let isEqual = calls.withCommand(first) { command.elementsEqual($0) } ?? false
            return isEqual
                && (command.count < Self.commandByteLimit || calls.haveEqualInputs(first, row))
        }
        return isSame == true
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

    private func isLargeRead(_ row: Int) -> Bool {
        calls.resultByteCount(row) ?? 0 >= Self.carriedByteLimit && calls.agent(row) == 0
            && calls.isSuccess(row) == true && calls.path(row) != 0
    }

    private mutating func lookForCarried(_ rows: ArraySlice<Int32>) {
        let large = rows.filter { calls.kind(Int($0)) == .read && isLargeRead(Int($0)) }
        // The last call that names a file, by the file's name.
        var lastNamed: [ByteString: Int] = [:]
        for row in large { lastNamed[name(Int(row))] = -1 }
        let lengths = Set(lastNamed.keys.map(\.bytes.count))
        var later = 0
        for row in rows {
            let row = Int(row)
            // Only the session's own agent carries what it read.
            if calls.agent(row) == 0 { later += 1 }
            func note(_ text: UnsafeRawBufferPointer) {
                Self.forEachPart(of: text) { part in
                    guard lengths.contains(part.count) else { return }
                    let name = ByteString(part)
                    if lastNamed[name] != nil { lastNamed[name] = row }
                }
            }
            calls.withPath(row, note)
            calls.withCommand(row, note)
        }
        for row in rows {
            let row = Int(row)
            if calls.agent(row) == 0 { later -= 1 }
            guard later > 0, calls.kind(row) == .read, isLargeRead(row) else { continue }
            if let last = lastNamed[name(row)], last > row { continue }
            note(.carried, first: row, again: nil, tokens: tokens(row), requests: later)
        }
    }

    private static let isSeparator: [Bool] = {
        let separators = Array("/ \"'=,:;()".utf8)
        return (0...UInt8.max).map { separators.contains($0) }
    }()

    /// The file's name without its directories.
    private func name(_ row: Int) -> ByteString {
        let name = calls.withPath(row) { path -> ByteString? in
            let name = path.split(separator: UInt8(ascii: "/")).last
            return name.map { ByteString(UnsafeRawBufferPointer(rebasing: $0)) }
        }
        return (name ?? nil) ?? ""
    }

    private static func forEachPart(
        of text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        var start = 0
        isSeparator.withUnsafeBufferPointer { isSeparator in
            for end in 0...text.count
            where end == text.count || isSeparator[Int(text[end])] {
                if end > start { body(UnsafeRawBufferPointer(rebasing: text[start..<end])) }
                start = end + 1
            }
        }
    }

    // MARK: Findings

    private mutating func note(
        _ kind: Kind, first: Int, again: Int?, tokens: Int64, requests: Int
    ) {
        let subject =
            kind == .repeatedFailure
            ? calls.table.text(CallColumns.Column.command, first)
            : calls.table.text(CallColumns.Column.filePath, first)
        let text = subject ?? ""
        let key = text.bytes.withUnsafeBytes { RowKey.hash(UInt64(kind.index), RowKey.hash($0)) }
        let index = indices[key] ?? findings.count
        if index == findings.count {
            indices[key] = index
            let session = calls.table.text(CallColumns.Column.sessionID, first)
            findings.append(Finding(kind: kind, session: session ?? "", subject: text))
            findings[index].called = calls.table.timestamp(CallColumns.Column.calledAt, first)
        }
        findings[index].count += 1
        findings[index].tokens += tokens
        findings[index].requests += requests
        if kind == .carried { findings[index].carriedTokens += tokens * Int64(requests) }
        for row in [first, again].compactMap(\.self)
        where findings[index].rows.count < Self.evidenceLimit
            && !findings[index].rows.contains(row)
        {
            findings[index].rows.append(row)
        }
    }
}

extension Redundancy.Kind {
    fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
