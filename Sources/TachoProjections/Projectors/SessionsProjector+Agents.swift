import TachoEvents
import TachoJSON
import TachoLog

// Sessions of other agents than Claude Code.

extension SessionsProjector {
    mutating func applyActivities(_ event: Event, _ table: inout Table) {
        let row = begin(event.stream, event, &table, isTimed: false)
        let isCopy = isCopy(event, row, &table)
        let isHistory = isCopy && saysWhatFollows(row, table)
        var totals: [AgentTotal] = []
        AgentFormats.forEachActivity(in: event) { activity in
            switch activity {
            case .session(let session):
                take(session, row, &table)
                if let parent = session.parentID {
                    beginReplay(of: parent, session, event, row, &table)
                }
            case .history: followHistory(row, &table)
            case .prompt where isHistory: break
            case .call where isCopy: break
            case .result where isCopy: break
            case .answer where isCopy: break
            case .usage where isCopy: break
            case .compaction where isCopy: break
            case .prompt(let prompt):
                if isNews("prompt:", prompt.id, row, &table) {
                    count(1, .transcriptPrompts, in: .promptCount, row, &table)
                }
            case .call(let call):
                if isNews("call:", call.id, row, &table) {
                    count(1, .transcriptCalls, in: .toolCallCount, row, &table)
                }
            case .result(let result):
                if result.outcome == .failed, isNews("error:", result.id, row, &table) {
                    count(1, .transcriptErrors, in: .errorCount, row, &table)
                }
            case .answer(let id):
                if isNews("message:", id, row, &table) {
                    count(1, .ledgerMessages, in: .messageCount, row, &table)
                }
            case .usage(let usage): take(usage, row, &table)
            case .total(let total):
                if total.role != .check { totals.append(total) }
            case .compaction: count(1, .transcriptCompactions, in: .compactionCount, row, &table)
            case .ended(let reason):
                table.set(Column.status, of: row, text: "ended")
                table.set(Column.endReason, of: row, text: reason)
            case .resumed:
                table.set(Column.status, of: row, text: "active")
                table.setUnknown(Column.endReason, of: row)
            }
        }
        // Asked again: the record that says whose history follows is of it, too.
        if !isCopy || !saysWhatFollows(row, table) { span(row, event, table) }
        if !totals.isEmpty { take(totals, row, &table) }
    }

    /// Whether a copy is known for one by more than its moment.
    private func saysWhatFollows(_ row: Int, _ table: Table) -> Bool {
        let replay = replay(row, table)
        return replay == .history || replay == .dated
    }

    private func take(_ session: AgentSession, _ row: Int, _ table: inout Table) {
        table.fill(Column.cwd, of: row, text: session.workingDirectory)
        if session.gitBranch?.isFilledText == true {
            table.renew(Column.gitBranch, of: row, text: session.gitBranch)
        }
        table.renew(Column.version, of: row, text: session.version)
        if session.isContextOfUsage {
            setModel(session.model, row, &table)
        } else {
            selectModel(session.model, row, &table)
        }
    }

    private mutating func take(_ usage: AgentUsage, _ row: Int, _ table: inout Table) {
        setModel(usage.model, row, &table)
        beginTokens(row, &table)
        let counts = Self.tokens(usage.counts)
        if let id = usage.id {
            let hash = Self.hash("message:", id)
            take(remember(hash, counts, isFinal: true, row, &table), row, &table)
        } else {
            take(MessageLedger.Change(usage: counts, isNew: true), row, &table)
        }
        // What was written after the last total is in none.
        guard let told = table.integer(Column.totalOutput, row) else { return }
        let later =
            (table.integer(Column.messageOutput, row) ?? 0)
            - (table.integer(Column.outputAtTotal, row) ?? 0)
        show(Self.sum(told, later) ?? told, .outputTokens, row, &table)
    }

    /// What an agent adds up by itself where its messages say less.
    private func take(_ totals: [AgentTotal], _ row: Int, _ table: inout Table) {
        func sum(_ count: KeyPath<MessageUsage, Int64?>) -> Int64 {
            totals.reduce(0) { Self.sum($0, $1.counts[keyPath: count]) ?? 0 }
        }
        let columns: [(told: Column, shown: Column, count: Int64)] = [
            (.totalInput, .inputTokens, sum(\.input)),
            (.totalOutput, .outputTokens, sum(\.output)),
            (.totalCacheRead, .cacheReadTokens, sum(\.cacheRead)),
            (.totalCacheWrite, .cacheWriteTokens, sum(\.cacheWrite)),
        ]
        beginTokens(row, &table)
        let written = table.integer(Column.messageOutput, row) ?? 0
        var isAdded = false
        if totals.contains(where: { $0.role == .sinceEntered }) {
            let later = RunTotal(
                told: columns.map { table.integer($0.told, row) }, now: columns.map(\.count),
                output: 1, written: written - (table.integer(Column.outputAtTotal, row) ?? 0))
            isAdded = !later.hasAllBefore
            table.set(Column.outputAtTotal, of: row, integer: written)
        }
        for (told, shown, count) in columns {
            let before = isAdded ? table.integer(told, row) : nil
            let all = Self.sum(before, count) ?? count
            table.set(told, of: row, integer: all)
            show(all, shown, row, &table)
        }
        table.set(Column.hasResult, of: row, boolean: true)
        table.set(Column.outputTokensIsLowerBound, of: row, boolean: false)
        let cost = totals.reduce(nil) { cost, total in
            Self.sum(cost, total.cost.flatMap { PicoDollars.parse($0) })
        }
        if let cost { table.set(Column.reportedCostTotal, of: row, money: cost) }
    }

    /// Whether something is told for the first time.
    ///
    /// Documents are written again with more in them, and histories are copied; what has no id is
    /// told once.
    mutating func isNews(
        _ kind: StaticString, _ id: ByteString?, _ row: Int, _ table: inout Table
    ) -> Bool {
        guard let id else { return true }
        return remember(Self.hash(kind, id), TokenUsage(), isFinal: true, row, &table).isNew
    }

    private static func hash(_ kind: StaticString, _ id: ByteString) -> UInt64 {
        let bytes = kind.withUTF8Buffer { Array($0) } + id.bytes
        return UInt64(bitPattern: bytes.withUnsafeBytes { ContentHash.hash($0) })
    }

    private static func tokens(_ counts: MessageUsage) -> TokenUsage {
        TokenUsage(
            input: counts.input ?? 0, output: counts.output ?? 0,
            cacheWrite: counts.cacheWrite ?? 0, cacheRead: counts.cacheRead ?? 0)
    }

    /// Stops at the largest number.
    private static func sum(_ left: Int64?, _ right: Int64?) -> Int64? {
        guard let left, let right else { return left ?? right }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
