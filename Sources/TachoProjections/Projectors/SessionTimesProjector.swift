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
/// Source: issue 5 point 4; ecosystem §3.1, §3.6.
package struct SessionTimesProjector: Projector {
    package static let version = 1
    package static let inputs: [TypePattern] = [
        "hook.*", "transcript.assistant", "transcript.user", "otel.*",
    ]

    /// Copies, for adding to them, of what the table's hidden cells say; by row.
    private var timelines: [Int: SessionTimeline] = [:]
    private static let timelineLimit = 64

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

    private func begin(
        _ session: UnsafeRawBufferPointer, _ moment: Timestamp, _ event: Event,
        _ table: inout Table
    ) -> Int? {
        // Beyond a hundred thousand years there is no clock, and differences would not fit.
        guard Self.span.contains(moment.microseconds) else { return nil }
        let (row, _) = table.rowToChange(ByteString(session), at: event)
        cover(moment.microseconds, row, &table)
        return row
    }

    private static let span: ClosedRange<Int64> = -(1 << 61)...(1 << 61)

    /// The session lasted at least until then, and from then on.
    private func cover(_ moment: Int64, _ row: Int, _ table: inout Table) {
        let moment = Timestamp(microseconds: moment)
        let isEarlier = table.lower(Column.startedAt, of: row, to: moment)
        let isLater = table.raise(Column.endedAt, of: row, to: moment)
        guard isEarlier || isLater else { return }
        setWhole(row, &table)
    }

    private func setWhole(_ row: Int, _ table: inout Table) {
        guard let start = table.timestamp(Column.startedAt, row),
            let end = table.timestamp(Column.endedAt, row)
        else { return }
        let wall = end.microseconds - start.microseconds
        table.set(Column.wallMs, of: row, integer: wall / 1000)
        let spent = table.integer(Column.spentMicroseconds, row) ?? 0
        table.set(Column.otherMs, of: row, integer: (wall - spent) / 1000)
    }

    private mutating func add(
        _ kind: SessionTimeline.Kind, from start: Int64?, to end: Int64, _ row: Int,
        _ table: inout Table
    ) {
        guard let start, start < end, Self.span.contains(start) else { return }
        cover(start, row, &table)
        if timelines[row] == nil {
            if timelines.count == Self.timelineLimit { timelines.removeAll() }
            let cells: [Column] = [.older, .middle, .recent]
            timelines[row] = SessionTimeline(
                cells: cells.map { column in table.withText(column, row) { Array($0) } ?? [] })
        }
        timelines[row]?.add(start..<end, kind)
        table.append(
            SessionTimeline.entry(start..<end, kind), to: row, recent: Column.recent,
            middle: .middle, older: .older)
        table.add(1, to: Column.intervalCount, of: row)
        guard let timeline = timelines[row] else { return }
        show(timeline, kind, row, &table)
    }

    private func show(
        _ timeline: SessionTimeline, _ kind: SessionTimeline.Kind, _ row: Int,
        _ table: inout Table
    ) {
        func set(_ column: Column, _ kinds: [SessionTimeline.Kind]) {
            // A part is unknown until something is known of it, and may shrink in favour of another.
            guard kinds.contains(kind) || !table.isUnknown(column, row) else { return }
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
        setWhole(row, &table)
    }

    // MARK: Beginnings and ends

    private func open(
        _ kind: OpenMoments.Kind, _ name: Int64, at moment: Timestamp, _ row: Int,
        _ table: inout Table
    ) {
        var moments = OpenMoments(table.withText(Column.open, row) { Array($0) } ?? [])
        guard moments.open(kind, name, at: moment.microseconds) else { return }
        table.set(Column.open, of: row, text: moments.bytes)
    }

    private func close(
        _ kind: OpenMoments.Kind, _ name: Int64, _ row: Int, _ table: inout Table
    ) -> Int64? {
        var moments = OpenMoments(table.withText(Column.open, row) { Array($0) } ?? [])
        guard let moment = moments.close(kind, name) else { return nil }
        table.set(Column.open, of: row, text: moments.bytes)
        return moment
    }

    // MARK: Hooks

    private mutating func applyHook(_ event: Event, _ table: inout Table) {
        // A hook that is recorded live is recorded when it happens.
        let live = event.source.equals("claude-code/hook") ? event.recorded : nil
        guard let moment = event.time ?? live, let name = event.name(after: EventType.hookPrefix)
        else { return }
        let payload = HookPayload(event.members)
        let row =
            payload.sessionID?.withText { begin($0, moment, event, &table) }
            ?? begin(event.stream, moment, event, &table)
        guard let row = row ?? nil else { return }
        if name.equals("PreToolUse") {
            open(.call, Self.name(of: payload), at: moment, row, &table)
        } else if name.equals("PermissionRequest") {
            open(.permission, Self.question(of: payload), at: moment, row, &table)
        } else if name.equals("PostToolUse") || name.equals("PostToolUseFailure")
            || name.equals("PermissionDenied")
        {
            takeEnd(of: payload, wasMade: !name.equals("PermissionDenied"), moment, row, &table)
        } else if name.equals("Notification") {
            guard Self.saysIdle(event.data, payload) else { return }
            open(.idle, 0, at: moment, row, &table)
        } else if name.equals("UserPromptSubmit") || name.equals("SessionEnd") {
            add(
                .idle, from: close(.idle, 0, row, &table), to: moment.microseconds, row, &table)
        }
    }

    /// A question lasts until the tool begins, which is known where its duration is.
    private mutating func takeEnd(
        of payload: HookPayload, wasMade: Bool, _ moment: Timestamp, _ row: Int,
        _ table: inout Table
    ) {
        let end = moment.microseconds
        let duration = payload.reportedDuration.flatMap { Self.microseconds($0) }
        let asked = close(.permission, Self.question(of: payload), row, &table)
        let called = close(.call, Self.name(of: payload), row, &table)
        guard wasMade else { return add(.permission, from: asked, to: end, row, &table) }
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
        guard let moment = event.time, let row = begin(event.stream, moment, event, &table)
        else { return }
        let record = AgentRecord(event.members, reading: .throughMessage)
        guard let message = record.message,
            let content = AgentMessage(message, stopsAtContent: true).content
        else { return }
        content.forEachElement { element in
            let block = ToolBlock(element)
            guard let kind = block.kind, let name = block.id?.withText({ ContentHash.hash($0) })
            else { return true }
            switch kind {
            case .use: open(.callByTranscript, name, at: moment, row, &table)
            case .result:
                add(
                    .toolByTranscript, from: close(.callByTranscript, name, row, &table),
                    to: moment.microseconds, row, &table)
            }
            return true
        }
    }

    // MARK: Telemetry

    private mutating func applyTelemetry(_ event: Event, _ table: inout Table) {
        let record = TelemetryRecord(event.data)
        guard record.isLog || record.isSpan, let moment = event.time,
            let name = event.name(after: EventType.telemetryPrefix),
            let row = record.sessionID?.withText({ begin($0, moment, event, &table) }) ?? nil
        else { return }
        if record.isSpan {
            guard let times = record.spanNanoseconds, let kind = Self.kind(ofSpan: name) else {
                return
            }
            add(kind, from: times.start / 1000, to: times.end / 1000, row, &table)
            cover(times.end / 1000, row, &table)
        } else if event.producer.equals("claude-code") {
            takeLog(record, named: name, moment.microseconds, row, &table)
        }
    }

    private mutating func takeLog(
        _ record: TelemetryRecord, named name: UnsafeRawBufferPointer, _ end: Int64, _ row: Int,
        _ table: inout Table
    ) {
        if name.equals("user_prompt") {
            return add(.idle, from: close(.idle, 0, row, &table), to: end, row, &table)
        }
        let kind: SessionTimeline.Kind
        if name.equals("api_request") || name.equals("api_error") {
            kind = .model
        } else if name.equals("tool_result") {
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

    private static func kind(ofSpan name: UnsafeRawBufferPointer) -> SessionTimeline.Kind? {
        if name.equals("span.chat") || name.equals("span.llm_request") { return .model }
        if name.equals("span.execute_tool") || name.equals("span.tool.execution") {
            return .tool
        }
        if name.equals("span.tool.blocked_on_user") { return .permission }
        return name.equals("span.hook") ? .hook : nil
    }
}
