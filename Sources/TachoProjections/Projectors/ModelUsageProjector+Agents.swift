import TachoEvents
import TachoJSON
import TachoLog

// Tokens in the sessions of other agents than Claude Code.

extension ModelUsageProjector {
    mutating func takeActivities(_ event: Event, _ table: inout Table) {
        guard event.mayTellTokens else { return }
        var hasRunTotal = false
        AgentFormats.forEachActivity(in: event) { activity in
            switch activity {
            case .session(let session):
                if session.isContextOfUsage { keep(session, event, &table) }
            case .usage(let usage): take(usage, event, &table)
            case .total(let total):
                switch total.role {
                case .check: keep(total, event, &table)
                case .instead: takeInstead(total, event, &table)
                case .sinceEntered:
                    takeSinceEntered(total, event, &table)
                    hasRunTotal = true
                }
            default: break
            }
        }
        if hasRunTotal { coverMessages(of: ByteString(event.stream), event, &table) }
    }

    private mutating func take(_ usage: AgentUsage, _ event: Event, _ table: inout Table) {
        let context = table.row(forKey: Self.contextKey(event))
        var usage = usage
        if let context, let copied = original(of: usage, context, event, &table) {
            usage.id = copied
        } else if let id = usage.id {
            takeBack(id, event, &table)
        }
        let said = usage.model?.text() ?? context.flatMap { table.text(Column.model, $0)?.bytes }
        var line = UsageLine(usage, model: said)
        if line.provider == nil {
            line.provider = context.flatMap { table.text(Column.provider, $0)?.bytes }
        }
        line.session = ByteString(event.stream)
        take(line, event, &table)
    }

    /// Tokens that the agent itself adds up where its messages do not say all.
    private mutating func takeInstead(
        _ total: AgentTotal, _ event: Event, _ table: inout Table
    ) {
        let session = ByteString(event.stream)
        let wasFinished = isFinished(session, table)
        takeShare(
            total.model?.text(), total.counts, cost: total.cost, session, event, &table)
        if !wasFinished { finish(session, event, &table) }
    }

    // MARK: Totals of one run of a session

    // Copilot says its total whenever the session is left, and the session may be entered again. Each
    // total is a row for each model, with what is not in the rows before it; messages after it count
    // until the next.

    private mutating func takeSinceEntered(
        _ total: AgentTotal, _ event: Event, _ table: inout Table
    ) {
        let session = ByteString(event.stream)
        let model = total.model?.text() ?? []
        var told: [Int64?] = [nil, nil, nil, nil]
        var written: Int64 = 0
        for row in table.rows(where: Column.sessionID, equals: session)
        where table.text(Column.model, row)?.bytes ?? [] == model {
            if table.text(Column.inputSource, row, equals: "result") {
                for (index, column) in Self.totalled.enumerated() {
                    let count = table.integer(column, row)
                    told[index] = told[index].map { $0 + (count ?? 0) } ?? count
                }
            } else if table.boolean(Column.isCounted, row) == true {
                written += table.integer(Column.outputTokens, row) ?? 0
            }
        }
        let counts = [
            total.counts.input, total.counts.output, total.counts.cacheRead,
            total.counts.cacheWrite,
        ]
        let run = RunTotal(told: told, now: counts.map { $0 ?? 0 }, output: 1, written: written)
        let news = zip(counts, told).map { count, before in
            count.map { $0 - (run.hasAllBefore ? before ?? 0 : 0) }
        }
        let isFirst = told.allSatisfy { $0 == nil }
        if isFirst || news.contains(where: { $0 ?? 0 > 0 }) {
            takeShare(
                total.model?.text(),
                MessageUsage(
                    input: news[0], output: news[1], cacheRead: news[2], cacheWrite: news[3]),
                cost: total.cost, session, ofRun: Array(event.id), event, &table)
        }
    }

    private static let totalled: [Column] = [
        .inputTokens, .outputTokens, .cacheReadTokens, .cacheCreationTokens,
    ]

    // MARK: The session's own row

    // Codex names model and provider once a turn and not beside the tokens, and adds up a total. A
    // row of source `session`, which is not counted, keeps both.

    private static func contextKey(_ event: Event) -> ByteString {
        contextKey(event, session: Array(event.stream))
    }

    static func contextKey(_ event: Event, session: [UInt8]) -> ByteString {
        UsageKey.make([Array(event.producer), Array("session".utf8), session])
    }

    private func contextRow(_ event: Event, _ table: inout Table) -> Int {
        let (row, isNew) = table.rowToChange(Self.contextKey(event), at: event)
        guard isNew else { return row }
        beginAny(row, event, &table)
        table.set(Column.isCounted, of: row, boolean: false)
        table.set(Column.isSidechain, of: row, boolean: false)
        table.set(Column.sessionID, of: row, text: event.stream)
        table.set(Column.inputSource, of: row, text: "session")
        table.fill(Column.occurredAt, of: row, timestamp: event.time)
        return row
    }

    private func keep(_ session: AgentSession, _ event: Event, _ table: inout Table) {
        let row = contextRow(event, &table)
        if session.model?.isFilledText == true {
            table.renew(Column.model, of: row, text: session.model)
        }
        if session.provider?.isFilledText == true {
            table.renew(Column.provider, of: row, text: session.provider)
        }
        table.renew(Column.agentVersion, of: row, text: session.version)
        if let parent = session.parentID { beginReplay(of: parent, row, &table) }
    }

    private func keep(_ total: AgentTotal, _ event: Event, _ table: inout Table) {
        let row = contextRow(event, &table)
        table.add(1, to: Column.lineCount, of: row)
        setCounts(total.counts, isFinal: true, row, &table)
        table.set(Column.outputSource, of: row, text: "session")
        table.set(
            Column.outputIsLowerBound, of: row,
            boolean: table.isUnknown(Column.outputTokens, row))
    }
}
