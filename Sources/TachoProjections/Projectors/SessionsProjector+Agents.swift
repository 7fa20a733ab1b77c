import TachoEvents
import TachoJSON
import TachoLog

// Sessions of other agents than Claude Code.

extension SessionsProjector {
    mutating func applyActivities(_ event: Event, _ table: inout Table) {
        let row = begin(event.stream, event, &table, isTimed: false)
        let isCopy = isCopy(event, row, &table)
        let isHistory = isCopy && replay(row, table) == .history
        var totals: [MessageUsage] = []
        var cost: Int64?
        AgentFormats.forEachActivity(in: event) { activity in
            switch activity {
            case .session(let session):
                take(session, row, &table)
                if session.parentID != nil { beginReplay(event, row, &table) }
            case .history: followHistory(row, &table)
            case .prompt where isHistory: break
            case .call where isCopy: break
            case .result where isCopy: break
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
            case .usage(let usage): take(usage, row, &table)
            case .total(let total):
                guard total.role == .instead else { break }
                totals.append(total.counts)
                let amount = total.cost.flatMap { PicoDollars.parse($0) }
                cost = Self.sum(cost, amount)
            case .compaction: count(1, .transcriptCompactions, in: .compactionCount, row, &table)
            case .ended(let reason):
                table.set(Column.status, of: row, text: "ended")
                table.set(Column.endReason, of: row, text: reason)
            }
        }
        // Asked again: the record that says whose history follows is of it, too.
        if !isCopy || replay(row, table) != .history { span(row, event, table) }
        guard !totals.isEmpty else { return }
        take(totals, row, &table)
        if let cost { table.set(Column.reportedCostTotal, of: row, money: cost) }
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
        let counts = Self.tokens(usage.counts)
        guard let id = usage.id else {
            return take(MessageLedger.Change(usage: counts, isNew: true), row, &table)
        }
        let hash = Self.hash("message:", id)
        take(remember(hash, counts, isFinal: true, row, &table), row, &table)
    }

    /// What an agent adds up by itself where its messages say less.
    private func take(_ totals: [MessageUsage], _ row: Int, _ table: inout Table) {
        func sum(_ count: KeyPath<MessageUsage, Int64?>) -> Int64 {
            totals.reduce(0) { Self.sum($0, $1[keyPath: count]) ?? 0 }
        }
        show(sum(\.input), .inputTokens, row, &table)
        show(sum(\.output), .outputTokens, row, &table)
        show(sum(\.cacheRead), .cacheReadTokens, row, &table)
        show(sum(\.cacheWrite), .cacheWriteTokens, row, &table)
        table.set(Column.hasResult, of: row, boolean: true)
        table.set(Column.outputTokensIsLowerBound, of: row, boolean: false)
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
