package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds hooks, transcripts, and outputs of runs into one row a session of an agent.
///
/// Two sources may tell of the same session. Their counts of the same thing are kept apart, and the
/// larger one is shown: a hook that is registered for a part of the session, or a transcript that
/// begins later, makes nothing twice.
///
/// Tokens count once a message, each kind as the largest number that a record of the message gives
/// (adding up records overstates them two to three times). Most transcripts say the output only as
/// it was guessed at the start of the message: a lower bound, and marked so. The `result` record of
/// a run has the final numbers.
///
/// What a fork has copied of the session it comes from is that session's: here it is counted as an
/// event and in nothing else, see ``isCopied(_:_:_:)``.
///
/// Source: ecosystem §3.3, §3.4; `shared/data/SHAPES.md`.
package struct SessionsProjector: Projector {
    package static let version = 11
    /// Version 10 did not look behind a record's message, nor count calls of which hooks tell the end
    /// alone; 9, of the same columns, took no tokens told for none used.
    ///
    /// Version 7, of the columns of 8, took counts of tokens that no message can have; 8 did not keep
    /// what a session's totals had told: the next one is taken for one that has it all.
    ///
    /// Before them, sessions did not say whether they are past what they have copied: the next record
    /// would be taken for their first.
    package static let continuedVersions = [7, 8, 9, 10]
    package static let inputs: [TypePattern] =
        ["hook.*", "transcript.*", "output.*", "otel.*", "statusline.*"] + AgentFormats.inputs

    /// A copy, for finding messages, of what the table's hidden cells say; by row.
    private var ledgers = RowDrafts<Ledger>()
    private static let ledgerLimit = 64

    private struct Ledger {
        var messages: MessageLedger
        /// Which of its cells have to be written.
        var hasNewOlder = false
        var hasNewRecent = false
    }

    /// What each event changes of a row; by row, until it is settled.
    private var extents = RowDrafts<Extent>()

    private struct Extent {
        var eventCount: Int64
        var start: Timestamp?
        var end: Timestamp?

        init(_ row: Int, _ table: Table) {
            eventCount = table.integer(Column.eventCount, row) ?? 0
            start = table.timestamp(Column.startedAt, row)
            end = table.timestamp(Column.endedAt, row)
        }
    }

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        switch event.type[0] {
        case _ where event.isOfAgentSession: applyActivities(event, &table)
        case UInt8(ascii: "h"): applyHook(event, &table)
        case UInt8(ascii: "t"): applyTranscript(event, &table)
        case UInt8(ascii: "s"): applyStatusLine(event, &table)
        case UInt8(ascii: "o") where event.type.hasPrefix("otel."): applyTelemetry(event, &table)
        default: applyOutput(event, &table)
        }
    }

    package mutating func settle(_ table: inout Table) {
        for row in extents.rows {
            extents.read(row) { extent in
                table.set(Column.eventCount, of: row, integer: extent.eventCount)
                table.set(Column.startedAt, of: row, timestamp: extent.start)
                table.set(Column.endedAt, of: row, timestamp: extent.end)
            }
        }
        extents.removeAll()
        writeLedgers(&table)
    }

    private mutating func writeLedgers(_ table: inout Table) {
        guard !ledgers.isEmpty else { return }
        let rows = ledgers.rows
        for row in rows {
            ledgers.change(row) { ledger in
                if ledger.hasNewOlder {
                    ledger.messages.older.withUnsafeBytes {
                        table.set(Column.olderMessages, of: row, text: $0)
                    }
                }
                if ledger.hasNewRecent {
                    ledger.messages.recent.withUnsafeBytes {
                        table.set(Column.recentMessages, of: row, text: $0)
                    }
                }
                ledger.hasNewOlder = false
                ledger.hasNewRecent = false
            }
        }
        if rows.count > Self.ledgerLimit { ledgers.removeAll() }
    }

    // MARK: The row

    mutating func begin(
        _ session: UnsafeRawBufferPointer, _ event: Event, _ table: inout Table,
        isTimed: Bool = true
    ) -> Int {
        let (row, isNew) = table.rowOrInsert(key: session, at: event)
        if isNew {
            let producer = event.producer
            if producer.equals("adw") {
                table.set(Column.agent, of: row, text: "claude-code")
            } else if event.type.hasPrefix("otel.codex.") {
                // Telemetry names the program, of which Codex has several.
                table.set(Column.agent, of: row, text: "codex")
            } else if event.type.hasPrefix("otel.gemini_cli.") {
                table.set(Column.agent, of: row, text: "gemini")
            } else {
                table.set(Column.agent, of: row, text: producer)
            }
            table.set(Column.status, of: row, text: "active")
            for column in Self.counts { table.set(column, of: row, integer: 0) }
        } else {
            table.touch(row, at: event)
        }
        changeExtent(of: row, table) {
            let (count, overflow) = $0.eventCount.addingReportingOverflow(1)
            $0.eventCount = overflow ? .max : count
        }
        if isTimed { span(row, event, table) }
        return row
    }

    /// The session lasts at least from and to the event.
    mutating func span(_ row: Int, _ event: Event, _ table: Table) {
        if let time = event.time { span(row, through: time, table) }
    }

    mutating func span(_ row: Int, through time: Timestamp, _ table: Table) {
        changeExtent(of: row, table) {
            $0.start = min($0.start ?? time, time)
            $0.end = max($0.end ?? time, time)
        }
    }

    /// What stands in front of a copied root, and is not looked at, was copied with it.
    mutating func forgetTimes(through time: Timestamp?, _ row: Int, _ table: Table) {
        guard let time else { return }
        changeExtent(of: row, table) {
            if let start = $0.start, start <= time { $0.start = nil }
            if let end = $0.end, end <= time { $0.end = nil }
        }
    }

    private mutating func changeExtent(
        of row: Int, _ table: Table, _ body: (inout Extent) -> Void
    ) {
        if extents.change(row, body) != nil { return }
        var extent = Extent(row, table)
        body(&extent)
        extents[row, default: extent] = extent
    }

    private static let counts: [Column] = [
        .eventCount, .promptCount, .messageCount, .toolCallCount, .errorCount, .compactionCount,
        .subagentCount, .apiErrorCount,
    ]

    private static let tokenCounts: [Column] = [
        .inputTokens, .outputTokens, .cacheReadTokens, .cacheWriteTokens,
    ]

    /// Notes that somebody tells of tokens, of which hooks say nothing.
    func beginTokens(_ row: Int, _ table: inout Table) {
        guard table.isUnknown(Column.outputTokens, row) else { return }
        for column in Self.tokenCounts where table.isUnknown(column, row) {
            table.set(column, of: row, integer: 0)
        }
    }

    /// Counts for one source; what is shown is the largest count of any.
    func count(
        _ amount: Int64, _ column: Column, in shown: Column, _ row: Int, _ table: inout Table
    ) {
        guard amount > 0 else { return }
        let (sum, overflow) = (table.integer(column, row) ?? 0).addingReportingOverflow(amount)
        let count = overflow ? .max : sum
        table.set(column, of: row, integer: count)
        show(count, shown, row, &table)
    }

    func show(_ number: Int64, _ column: Column, _ row: Int, _ table: inout Table) {
        if number > table.integer(column, row) ?? 0 {
            table.set(column, of: row, integer: number)
        }
    }

    // MARK: Hooks

    private mutating func applyHook(_ event: Event, _ table: inout Table) {
        let payload = event.hookPayload
        let row =
            payload.sessionID?.withText { begin($0, event, &table) }
            ?? begin(event.stream, event, &table)
        table.fill(
            Column.adwID, of: row, text: event.hookWorkflow(session: payload.sessionID))
        table.fill(Column.cwd, of: row, text: payload.workingDirectory)
        let type = event.type
        if type.equals("hook.PreToolUse") {
            count(1, .hookCalls, in: .toolCallCount, row, &table)
        } else if type.equals("hook.PostToolUse") {
            count(1, .hookResults, in: .toolCallCount, row, &table)
        } else if type.equals("hook.PostToolUseFailure") {
            count(1, .hookResults, in: .toolCallCount, row, &table)
            count(1, .hookErrors, in: .errorCount, row, &table)
        } else if type.equals("hook.StopFailure") {
            count(1, .hookErrors, in: .errorCount, row, &table)
        } else if type.equals("hook.UserPromptSubmit") {
            count(1, .hookPrompts, in: .promptCount, row, &table)
        } else if type.equals("hook.PreCompact") {
            count(1, .hookCompactions, in: .compactionCount, row, &table)
        } else if type.equals("hook.SubagentStart") {
            count(1, .startedSubagents, in: .subagentCount, row, &table)
        } else if type.equals("hook.SubagentStop") {
            count(1, .stoppedSubagents, in: .subagentCount, row, &table)
        } else if type.equals("hook.SessionStart") {
            table.set(Column.status, of: row, text: "active")
            table.setUnknown(Column.endReason, of: row)
            setModel(payload.model, row, &table)
        } else if type.equals("hook.SessionEnd") {
            table.set(Column.status, of: row, text: "ended")
            table.set(Column.endReason, of: row, text: payload.reason)
        }
    }

    // MARK: Status lines

    /// The agent's own sum for the session so far; a run's result has the last word.
    private mutating func applyStatusLine(_ event: Event, _ table: inout Table) {
        let row = begin(event.stream, event, &table)
        let shown = event.data["input_data"] ?? event.data
        table.fill(Column.cwd, of: row, text: shown["cwd"])
        table.renew(Column.version, of: row, text: shown["version"])
        setModel(shown.field("model", "id"), row, &table)
        guard let cost = shown.field("cost", "total_cost_usd")?.number,
            let amount = PicoDollars.parse(cost), table.boolean(Column.hasResult, row) != true,
            amount > table.money(Column.reportedCostTotal, row) ?? -1
        else { return }
        table.set(Column.reportedCostTotal, of: row, money: amount)
    }

    // MARK: Transcripts

    private mutating func applyTranscript(_ event: Event, _ table: inout Table) {
        let row = begin(event.stream, event, &table, isTimed: false)
        let isAssistant = event.type.equals("transcript.assistant")
        let isUser = event.type.equals("transcript.user")
        // A third of all records is progress for the screen: counted, and not read.
        let isRead = isAssistant || isUser || event.type.equals("transcript.system")
        guard isRead, !isCopied(event, row, &table) else {
            if !isReplaying(row, table) { span(row, event, table) }
            return
        }
        span(row, event, table)
        let reading = event.agentReading
        let record = reading.record
        table.fill(Column.cwd, of: row, text: record.workingDirectory)
        if record.gitBranch?.isFilledText == true {
            table.renew(Column.gitBranch, of: row, text: record.gitBranch)
        }
        table.renew(Column.version, of: row, text: record.version)
        if isAssistant {
            takeMessage(reading, .transcript, event, row, &table)
        } else if isUser {
            takeUser(reading, .transcript, event, row, &table)
        } else if record.subtype?.equals("compact_boundary") == true {
            count(1, .transcriptCompactions, in: .compactionCount, row, &table)
            table.noteCompaction(event, of: row, last: Column.lastRoot)
        }
    }

    // MARK: Outputs of runs

    private mutating func applyOutput(_ event: Event, _ table: inout Table) {
        let reading = event.agentReading
        let record = reading.record
        guard let session = record.sessionID,
            let row = session.withText({ begin($0, event, &table) })
        else { return }
        table.fill(Column.adwID, of: row, text: event.stream)
        table.fill(Column.cwd, of: row, text: record.workingDirectory)
        table.renew(Column.version, of: row, text: record.version)
        if event.type.equals("output.assistant") {
            takeMessage(reading, .output, event, row, &table)
        } else if event.type.equals("output.user") {
            takeUser(reading, .output, event, row, &table)
        } else if event.type.equals("output.system") {
            if record.subtype?.equals("compact_boundary") == true {
                count(1, .outputCompactions, in: .compactionCount, row, &table)
            } else if record.subtype?.equals("init") == true {
                setModel(record.model, row, &table)
            }
        } else if event.type.equals("output.result") {
            takeResult(record, row, &table)
        }
    }

    private func takeResult(_ record: AgentRecord, _ row: Int, _ table: inout Table) {
        table.set(Column.status, of: row, text: "ended")
        table.set(Column.endReason, of: row, text: record.subtype)
        if let cost = record.totalCostUSD.flatMap({ PicoDollars.parse($0) }) {
            table.set(Column.reportedCostTotal, of: row, money: cost)
        }
        guard let usage = record.usage.map({ TokenUsage($0) }) else { return }
        beginTokens(row, &table)
        show(usage.input, .inputTokens, row, &table)
        show(usage.output, .outputTokens, row, &table)
        show(usage.cacheRead, .cacheReadTokens, row, &table)
        show(usage.cacheWrite, .cacheWriteTokens, row, &table)
        table.set(Column.hasResult, of: row, boolean: true)
        table.set(Column.outputTokensIsLowerBound, of: row, boolean: false)
    }

    // MARK: Messages

    private enum Source {
        case transcript
        case output
    }

    private mutating func takeMessage(
        _ reading: AgentReading, _ source: Source, _ event: Event, _ row: Int,
        _ table: inout Table
    ) {
        guard let message = reading.message else { return }
        let repeatsCalls = event.isOfIFlow
        var calls: Int64 = 0
        var subagents: Int64 = 0
        reading.forEachBlock { block in
            guard block.kind == .use else { return }
            let id = repeatsCalls ? block.id?.withText { ByteString($0) } : nil
            guard isNews("call:", id, row, &table) else { return }
            calls += 1
            if block.name?.equals("Task") == true || block.name?.equals("Agent") == true {
                subagents += 1
            }
        }
        let isOutput = source == .output
        count(calls, isOutput ? .outputCalls : .transcriptCalls, in: .toolCallCount, row, &table)
        count(
            subagents, isOutput ? .outputSubagents : .transcriptSubagents, in: .subagentCount,
            row, &table)
        // Written by the agent itself, without a call of the model.
        guard message.model?.equals("<synthetic>") != true else { return }
        setModel(message.model, row, &table)
        countTokens(message, row, &table)
    }

    private mutating func countTokens(
        _ message: AgentMessage, _ row: Int, _ table: inout Table
    ) {
        let usage = message.usage.map { TokenUsage($0) } ?? TokenUsage()
        if message.usage != nil { beginTokens(row, &table) }
        let isFinal = message.stopReason != nil
        let change: MessageLedger.Change
        if let hash = message.id?.withText({ UInt64(bitPattern: ContentHash.hash($0)) }) {
            change = remember(hash, usage, isFinal: isFinal, row, &table)
        } else {
            // A message without an id is never taken for another.
            change = MessageLedger.Change(usage: usage, isNew: true, open: isFinal ? 0 : 1)
        }
        take(change, row, &table)
    }

    /// Adds what a record of a message changes.
    func take(_ change: MessageLedger.Change, _ row: Int, _ table: inout Table) {
        guard change != MessageLedger.Change() else { return }
        if change.isNew { count(1, .ledgerMessages, in: .messageCount, row, &table) }
        let usageChange = change.usage
        count(usageChange.input, .messageInput, in: .inputTokens, row, &table)
        count(usageChange.output, .messageOutput, in: .outputTokens, row, &table)
        count(usageChange.cacheRead, .messageCacheRead, in: .cacheReadTokens, row, &table)
        count(usageChange.cacheWrite, .messageCacheWrite, in: .cacheWriteTokens, row, &table)
        table.add(change.open, to: Column.openMessages, of: row)
        setLowerBound(row, &table)
    }

    mutating func remember(
        _ hash: UInt64, _ usage: TokenUsage, isFinal: Bool, _ row: Int, _ table: inout Table
    ) -> MessageLedger.Change {
        let row = ledgerRow(of: row, table)
        readLedger(of: row, table)
        let change = ledgers.change(row) { ledger in
            let change = ledger.messages.record(hash, usage, isFinal: isFinal)
            if change.isOlderChanged { ledger.hasNewOlder = true }
            if change.isRecentChanged { ledger.hasNewRecent = true }
            return change
        }
        guard let change else { preconditionFailure("the row's ledger was read above") }
        return change
    }

    mutating func isRemembered(_ hash: UInt64, _ row: Int, _ table: Table) -> Bool {
        let row = ledgerRow(of: row, table)
        readLedger(of: row, table)
        return ledgers.read(row) { $0.messages.contains(hash) } == true
    }

    /// The row that keeps the ledger: the session's own, but for one that goes on from another.
    func ledgerRow(of row: Int, _ table: Table) -> Int {
        table.integer(Column.ledgerRow, row).map { Int($0) } ?? row
    }

    private mutating func readLedger(of row: Int, _ table: Table) {
        guard !ledgers.contains(row) else { return }
        let ledger = Ledger(
            messages: MessageLedger(
                older: table.text(Column.olderMessages, row)?.bytes,
                recent: table.text(Column.recentMessages, row)?.bytes))
        ledgers[row, default: ledger] = ledger
    }

    // MARK: Users

    private mutating func takeUser(
        _ reading: AgentReading, _ source: Source, _ event: Event, _ row: Int,
        _ table: inout Table
    ) {
        guard reading.content != nil else { return }
        let isOutput = source == .output
        var isResult = false
        var errors: Int64 = 0
        reading.forEachBlock { block in
            isResult = isResult || block.kind == .result
            if block.kind == .result, block.isError { errors += 1 }
        }
        count(errors, isOutput ? .outputErrors : .transcriptErrors, in: .errorCount, row, &table)
        guard !isResult, reading.record.isOfPerson else { return }
        count(1, isOutput ? .outputPrompts : .transcriptPrompts, in: .promptCount, row, &table)
        guard !isOutput else { return }
        // For those who copy this conversation.
        let hash = UInt64(bitPattern: ConversationRecord(event).hash)
        if hash != 0 { _ = remember(hash, TokenUsage(), isFinal: true, row, &table) }
    }

    // MARK: Models

    /// A model that a person has selected is the session's until one is used: who looks for one in
    /// a list has selected many.
    func selectModel(_ model: JSONView?, _ row: Int, _ table: inout Table) {
        guard table.isUnknown(Column.models, row), model?.isFilledText == true else { return }
        table.set(Column.model, of: row, text: model)
    }

    /// A model that was used.
    func setModel(_ model: JSONView?, _ row: Int, _ table: inout Table) {
        model?.withText { model in
            let isLast = table.withText(Column.model, row, { $0.equals(model) }) == true
            guard !model.isEmpty, !isLast || table.isUnknown(Column.models, row) else { return }
            table.set(Column.model, of: row, text: model)
            var writer = JSONWriter()
            writer.beginArray()
            var isListed = false
            table.withJSON(Column.models, row) { models in
                JSONView(validated: models).forEachElement { listed in
                    writer.rawValue(listed.bytes)
                    isListed = isListed || listed.withText { $0.elementsEqual(model) } == true
                    return true
                }
            }
            guard !isListed else { return }
            writer.value(model)
            writer.endArray()
            table.set(Column.models, of: row, json: writer.bytes)
        }
    }
}
