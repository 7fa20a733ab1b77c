package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds hooks, transcripts, and telemetry into one row a session: what its time was spent on.
///
/// Every source tells intervals: a call that ran for so long, a model that answered, a person who was
/// asked. They overlap (calls in parallel, subagents, two sources for one call), so they are united and
/// each moment counts once, see ``SessionTimeline``. Nothing is guessed: where a beginning or an end
/// is missing, the time is in `other_ms`.
///
/// Source: ecosystem §3.1, §3.6.
package struct SessionTimesProjector: Projector {
    package static let version = 5
    /// Version 4, of the same columns, did not look at all spans.
    ///
    /// Before it, sessions did not say whether they are past what they have copied.
    package static let continuedVersions = [4]
    package static let inputs: [TypePattern] = [
        "hook.*", "transcript.assistant", "transcript.user", "transcript.system", "otel.*",
    ]

    /// Copies, for adding to them, of what the table's hidden cells say; by row.
    private var timelines = RowDrafts<SessionTimeline>()
    private var timelineCount = 0
    /// Of all timelines.
    private var intervalCount = 0
    /// So many sessions, or intervals if these are of more sessions, are kept from batch to batch:
    /// reading a session's cells again takes longer the longer it is.
    private static let timelineLimit = 64
    private static let intervalLimit = 1 << 17
    /// What waits for ``settle(_:)``, by row.
    private var drafts = RowDrafts<Draft>()

    /// A row's cells, while events are applied.
    private struct Draft {
        /// Microseconds.
        var start: Int64
        var end: Int64
        var moments: OpenMoments
        /// Kinds of which an interval was added: a bit for each.
        var kinds = 0
        /// Of the intervals that were added.
        var entries: [UInt8] = []
        /// Whether the conversation is past what it has copied.
        var isPastCopies: Bool

        /// The session lasted at least until then, and from then on.
        mutating func cover(_ moment: Int64) {
            start = min(start, moment)
            end = max(end, moment)
        }
    }

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        switch event.type[0] {
        case UInt8(ascii: "h"): applyHook(event, &table)
        case UInt8(ascii: "t"): applyTranscript(event, &table)
        default: applyTelemetry(event, &table)
        }
    }

    // MARK: The row

    private mutating func begin(
        _ session: UnsafeRawBufferPointer, _ moment: Timestamp, _ event: Event,
        _ table: inout Table
    ) -> Int? {
        // Beyond a hundred thousand years there is no clock, and differences would not fit.
        guard Self.span.contains(moment.microseconds) else { return nil }
        let (row, _) = table.rowToChange(session, at: event)
        cover(moment, row, table)
        return row
    }

    private mutating func cover(_ moment: Timestamp, _ row: Int, _ table: Table) {
        if drafts.change(row, { $0.cover(moment.microseconds) }) != nil { return }
        // Not made where it is handed over: that would be a copy of the table for each event.
        var draft = Self.draft(row, moment, table)
        draft.cover(moment.microseconds)
        drafts[row, default: draft] = draft
    }

    private static let span: ClosedRange<Int64> = -(1 << 61)...(1 << 61)

    private static func draft(
        _ row: Int, _ moment: Timestamp, _ table: Table
    ) -> Draft {
        let start = table.timestamp(Column.startedAt, row) ?? moment
        let end = table.timestamp(Column.endedAt, row) ?? moment
        return Draft(
            start: start.microseconds, end: end.microseconds,
            moments: OpenMoments(table.withText(Column.open, row) { Array($0) } ?? []),
            isPastCopies: table.integer(Column.copying, row) == Copying.over.rawValue)
    }

    package mutating func settle(_ table: inout Table) {
        guard !drafts.isEmpty else { return }
        for row in drafts.rows {
            if let draft = drafts.read(row, { copy $0 }) { write(draft, to: row, &table) }
        }
        drafts.removeAll()
        if timelineCount > Self.timelineLimit, intervalCount > Self.intervalLimit {
            timelines.removeAll()
            timelineCount = 0
            intervalCount = 0
        }
    }

    private mutating func write(_ draft: Draft, to row: Int, _ table: inout Table) {
        table.set(
            Column.startedAt, of: row, timestamp: Timestamp(microseconds: draft.start))
        table.set(Column.endedAt, of: row, timestamp: Timestamp(microseconds: draft.end))
        if draft.moments.bytes.isEmpty {
            table.setUnknown(Column.open, of: row)
        } else {
            table.set(Column.open, of: row, text: draft.moments.bytes)
        }
        if !draft.entries.isEmpty {
            table.append(
                draft.entries, to: row, recent: Column.recent, middle: .middle, older: .older)
            let count = draft.entries.count / SessionTimeline.entryByteCount
            table.add(Int64(count), to: Column.intervalCount, of: row)
        }
        if draft.kinds != 0 { show(draft.kinds, row, &table) }
        let wall = draft.end - draft.start
        table.set(Column.wallMs, of: row, integer: wall / 1000)
        let spent = table.integer(Column.spentMicroseconds, row) ?? 0
        table.set(Column.otherMs, of: row, integer: (wall - spent) / 1000)
    }

    private mutating func add(
        _ kind: SessionTimeline.Kind, from start: Int64?, to end: Int64, _ row: Int,
        _ table: inout Table
    ) {
        guard let start, start < end, Self.span.contains(start) else { return }
        readTimeline(of: row, table)
        timelines.change(row) { $0.add(start..<end, kind) }
        intervalCount += 1
        drafts.change(row) { draft in
            draft.cover(start)
            draft.kinds |= 1 << Int(kind.rawValue)
            draft.entries.appendInterval(start..<end, kind)
        }
    }

    private mutating func readTimeline(of row: Int, _ table: Table) {
        guard !timelines.contains(row) else { return }
        var timeline = SessionTimeline()
        for column in [Column.older, .middle, .recent] {
            table.withText(column, row) { timeline.add(entries: $0) }
        }
        drafts.read(row) { draft in
            draft.entries.withUnsafeBytes { timeline.add(entries: $0) }
        }
        timelines[row, default: timeline] = timeline
        timelineCount += 1
        intervalCount += timeline.intervalCount
    }

    /// Writes the parts of which something was added, and those that are known.
    private mutating func show(_ added: Int, _ row: Int, _ table: inout Table) {
        readTimeline(of: row, table)
        guard let timeline = timelines.read(row, { copy $0 }) else { return }
        func set(_ column: Column, _ kinds: [SessionTimeline.Kind]) {
            // A part is unknown until something is known of it, and may shrink in favour of another.
            let isAdded = kinds.contains { added & (1 << Int($0.rawValue)) != 0 }
            guard isAdded || !table.isUnknown(column, row) else { return }
            let microseconds = kinds.reduce(0) { $0 + timeline.part($1) }
            table.set(column, of: row, integer: microseconds / 1000)
        }
        set(.permissionWaitMs, [.permission])
        set(.idleMs, [.idle])
        set(.humanWaitMs, [.permission, .idle])
        set(.toolMs, [.tool, .toolByTranscript])
        set(.modelMs, [.model])
        set(.hookMs, [.hook])
        table.set(Column.spentMicroseconds, of: row, integer: timeline.total)
    }

    // MARK: Beginnings and ends

    private mutating func open(
        _ kind: OpenMoments.Kind, _ name: Int64, at moment: Timestamp, _ row: Int
    ) {
        drafts.change(row) { _ = $0.moments.open(kind, name, at: moment.microseconds) }
    }

    private mutating func close(_ kind: OpenMoments.Kind, _ name: Int64, _ row: Int) -> Int64? {
        drafts.change(row) { $0.moments.close(kind, name) } ?? nil
    }

    // MARK: Hooks

    private mutating func applyHook(_ event: Event, _ table: inout Table) {
        // A hook that is recorded live is recorded when it happens.
        let live = event.source.equals("claude-code/hook") ? event.recorded : nil
        guard let moment = event.time ?? live else { return }
        let payload = event.hookPayload
        let row =
            payload.sessionID?.withText { begin($0, moment, event, &table) }
            ?? begin(event.stream, moment, event, &table)
        guard let row = row ?? nil else { return }
        let type = event.type
        if type.equals("hook.PreToolUse") {
            open(.call, Self.name(of: payload), at: moment, row)
        } else if type.equals("hook.PermissionRequest") {
            open(.permission, Self.question(of: payload), at: moment, row)
        } else if type.equals("hook.PostToolUse") || type.equals("hook.PostToolUseFailure") {
            takeEnd(of: payload, wasMade: true, moment, row, &table)
        } else if type.equals("hook.PermissionDenied") {
            takeEnd(of: payload, wasMade: false, moment, row, &table)
        } else if type.equals("hook.Notification") {
            guard Self.saysIdle(event.data, payload) else { return }
            open(.idle, 0, at: moment, row)
        } else if type.equals("hook.UserPromptSubmit") || type.equals("hook.SessionEnd") {
            add(
                .idle, from: close(.idle, 0, row), to: moment.microseconds, row, &table)
        }
    }

    /// A question lasts until the tool begins, which is known where its duration is.
    private mutating func takeEnd(
        of payload: HookPayload, wasMade: Bool, _ moment: Timestamp, _ row: Int,
        _ table: inout Table
    ) {
        let end = moment.microseconds
        // Most calls are never asked about, and their input need not be looked at.
        let hasQuestion = drafts.read(row) { $0.moments.hasOpen(.permission) } == true
        let asked = hasQuestion ? close(.permission, Self.question(of: payload), row) : nil
        let called = close(.call, Self.name(of: payload), row)
        guard wasMade else { return add(.permission, from: asked, to: end, row, &table) }
        let duration = payload.reportedDuration.flatMap { Self.microseconds($0) }
        if let duration {
            add(.permission, from: asked, to: end - duration, row, &table)
            add(.tool, from: end - duration, to: end, row, &table)
        } else if asked == nil {
            add(.tool, from: called, to: end, row, &table)
        }
    }

    private static func name(of payload: HookPayload) -> Int64 {
        payload.toolUseID?.withText { ContentHash.hash($0) } ?? question(of: payload)
    }

    /// A question has no id: it is about the tool and its input.
    private static func question(of payload: HookPayload) -> Int64 {
        ContentHash.combine(
            payload.toolName?.withText { ContentHash.hash($0) } ?? 0,
            payload.toolInput.map { ContentHash.hash($0.bytes) } ?? 0)
    }

    private static func saysIdle(_ data: JSONView, _ payload: HookPayload) -> Bool {
        if let type = data["notification_type"] { return type.equals("idle_prompt") }
        return payload.message?.equals("Claude is waiting for your input") == true
    }

    /// - Returns: `nil` for a duration that is none: below zero, or above a year.
    private static func microseconds(_ milliseconds: Int64) -> Int64? {
        (0...TelemetryRecord.durationLimit).contains(milliseconds) ? milliseconds * 1000 : nil
    }

    // MARK: Transcripts

    private mutating func applyTranscript(_ event: Event, _ table: inout Table) {
        let isSystem = event.type.equals("transcript.system")
        guard let moment = event.time, Self.span.contains(moment.microseconds),
            !isSystem || event.data["subtype"]?.equals("compact_boundary") == true
        else { return }
        let (row, _) = table.rowToChange(event.stream, at: event)
        guard !isCopied(event, moment, row, &table) else { return }
        // Others of the system tell of no interval.
        guard !isSystem else {
            return table.noteCompaction(event, of: row, last: Column.lastRoot)
        }
        cover(moment, row, table)
        event.agentReading.forEachBlock { block in
            guard let kind = block.kind, let name = block.id?.withText({ ContentHash.hash($0) })
            else { return }
            switch kind {
            case .use: open(.callByTranscript, name, at: moment, row)
            case .result:
                add(
                    .toolByTranscript, from: close(.callByTranscript, name, row),
                    to: moment.microseconds, row, &table)
            }
        }
    }

    // MARK: Copies

    /// What is copied at the moment, in a hidden cell; unknown before the conversation's first record.
    private enum Copying: Int64 {
        case over
        /// A fork, which marks its copies.
        case marked
        /// A conversation that other sessions have up to `copied_until`.
        case conversation
    }

    /// Whether a record was copied from another session, see `CopiedHistory.swift`.
    ///
    /// What is unmarked is a copy up to the last moment that the other sessions of the conversation
    /// had when they and this one were first told of.
    private mutating func isCopied(
        _ event: Event, _ moment: Timestamp, _ row: Int, _ table: inout Table
    ) -> Bool {
        if drafts.read(row, { $0.isPastCopies }) == true { return false }
        let copying = table.integer(Column.copying, row).flatMap { Copying(rawValue: $0) }
        if copying == .over { return false }
        let record = ConversationRecord(event)
        guard !record.isSidechain || record.isMarkedAsCopy else { return false }
        if copying == nil, !record.isMarkedAsCopy { findConversation(of: record, row, &table) }
        let until = table.timestamp(Column.copiedUntil, row)
        let isCopied = record.isMarkedAsCopy || until.map { moment <= $0 } ?? false
        let now: Copying = !isCopied ? .over : record.isMarkedAsCopy ? .marked : .conversation
        table.set(Column.copying, of: row, integer: now.rawValue)
        if !isCopied { drafts.change(row) { $0.isPastCopies = true } }
        return isCopied
    }

    /// Takes the conversation over from the session that went on with it before: the next one that
    /// copies it has this one's in it, or is as late.
    private func findConversation(
        of record: ConversationRecord, _ row: Int, _ table: inout Table
    ) {
        guard record.hash != 0 else { return }
        let other = table.session(
            withRoot: record.hash, besides: row, first: Column.firstRoot, last: .lastRoot)
        if let other {
            let end =
                drafts.read(other) { Timestamp(microseconds: $0.end) }
                ?? table.timestamp(Column.endedAt, other)
            let ends = [end, table.timestamp(Column.copiedUntil, other)].compactMap { $0 }
            table.set(Column.copiedUntil, of: row, timestamp: ends.max())
            for column in [Column.firstRoot, .lastRoot]
            where table.integer(column, other) == record.hash {
                table.setUnknown(column, of: other)
            }
        }
        table.set(Column.firstRoot, of: row, integer: record.hash)
    }

    // MARK: Telemetry

    private mutating func applyTelemetry(_ event: Event, _ table: inout Table) {
        let record = TelemetryRecord(event.data)
        guard record.isLog || record.isSpan, let moment = event.time,
            let name = event.name(after: EventType.telemetryPrefix),
            let row = record.sessionID?.withText({ begin($0, moment, event, &table) }) ?? nil
        else { return }
        if record.isSpan {
            if let start = record.spanStart { cover(start, row, table) }
            guard let times = record.spanNanoseconds, let kind = Self.kind(of: record, name) else {
                return
            }
            add(kind, from: times.start / 1000, to: times.end / 1000, row, &table)
            drafts.change(row) { $0.cover(times.end / 1000) }
        } else if event.producer.equals("claude-code") || Self.isOfOtherAgent(name) {
            takeLog(record, named: name, moment.microseconds, row, &table)
        }
    }

    private static func isOfOtherAgent(_ name: UnsafeRawBufferPointer) -> Bool {
        name.hasPrefix("codex.") || name.hasPrefix("gemini_cli.")
    }

    private mutating func takeLog(
        _ record: TelemetryRecord, named name: UnsafeRawBufferPointer, _ end: Int64, _ row: Int,
        _ table: inout Table
    ) {
        if name.equals("user_prompt") {
            return add(.idle, from: close(.idle, 0, row), to: end, row, &table)
        }
        let kind: SessionTimeline.Kind
        if name.equals("api_request") || name.equals("api_error")
            || name.equals("gemini_cli.api_response") || name.equals("gemini_cli.api_error")
        {
            kind = .model
        } else if name.equals("tool_result") || name.equals("codex.tool_result")
            || name.equals("gemini_cli.tool_call")
        {
            kind = .tool
        } else if name.equals("hook_execution_complete") {
            kind = .hook
        } else {
            return
        }
        let duration = record.count(kind == .hook ? "total_duration_ms" : "duration_ms")
        guard let duration = duration.flatMap({ Self.microseconds($0) }) else { return }
        add(kind, from: end - duration, to: end, row, &table)
    }

    private static func kind(
        of span: TelemetryRecord, _ name: UnsafeRawBufferPointer
    ) -> SessionTimeline.Kind? {
        switch span.spanKind(name) {
        case .model: return .model
        case .tool: return .tool
        case .agent: return nil
        case nil: break
        }
        if name.equals("span.llm_request") { return .model }
        if name.equals("span.tool.execution") { return .tool }
        if name.equals("span.tool.blocked_on_user") { return .permission }
        return name.equals("span.hook") ? .hook : nil
    }
}
