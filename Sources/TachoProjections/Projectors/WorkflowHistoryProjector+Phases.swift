import TachoEvents
import TachoJSON
import TachoLog

// Phase and workflow events: structured logs and what was posted.

extension WorkflowHistoryProjector {
    mutating func applyRecord(_ event: Event, _ table: inout Table) throws(ProjectionError) {
        let record = event.phaseRecord
        let isPhase = event.name(after: EventType.phasePrefix) != nil
        guard !isPhase || record.phaseName?.isFilledText == true else {
            throw .missing("phase_name")
        }
        // A record of no workflow is the server's own.
        guard let row = row(of: record, event, &table) else { return }
        setIdentity(record, event, row, &table)
        noteTimes(record, event, row, &table)
        if isPhase {
            applyPhase(record, event, row, &table)
        } else {
            applyWorkflow(record, event, row, &table)
        }
        refreshStatus(row, &table)
        touch(row, event, &table)
    }

    private mutating func row(
        of record: PhaseRecord, _ event: Event, _ table: inout Table
    ) -> Int? {
        if let workflow = record.workflow, workflow.isFilledText {
            return workflow.withText { row(forKey: $0.dropping(prefix: "wf-"), event, &table) }
        }
        return event.stream.equals("general") ? nil : row(event, &table)
    }

    private func setIdentity(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        if table.isUnknown(Column.issueNumber, row),
            let number = IssueNumber(record.issueNumber).value
        {
            setIssueNumber(number, row, &table)
        }
        table.fill(Column.modelUsed, of: row, text: record.model)
        setParent(record.parent, event, row, &table)
    }

    private func noteTimes(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        for moment in [record.startedAt?.moment, record.completedAt?.moment, event.time] {
            guard let moment else { continue }
            _ = table.lower(Column.firstTime, of: row, to: moment)
            _ = table.raise(Column.lastTime, of: row, to: moment)
        }
    }

    // MARK: Phases

    private mutating func applyPhase(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        guard let entry = Self.entry(record, event) else { return }
        append(entry, to: row, table)
        table.set(Column.currentPhase, of: row, text: record.phaseName)
        if entry.status == .failed {
            table.set(Column.phaseStatus, of: row, text: "failed")
            setError(record.errorMessage ?? record.message, row, &table)
        } else {
            table.set(Column.phaseStatus, of: row, text: "running")
        }
    }

    /// `nil` for what is logged as a phase and is none: webhooks and notes of the queue.
    static func entry(_ record: PhaseRecord, _ event: Event) -> PhaseHistory.Entry? {
        guard let name = record.phaseName?.text(), let status = status(record, event) else {
            return nil
        }
        let lowercased = name.map(\.smallLetter)
        let isPseudo = lowercased.withUnsafeBytes {
            $0.hasPrefix("webhook_")
                || $0.hasPrefix("phase_") && lowercased.suffix(9).elementsEqual("_complete".utf8)
        }
        guard !isPseudo else { return nil }

        var entry = PhaseHistory.Entry(name: ByteString(lowercased), status: status)
        entry.start = record.startedAt?.moment ?? (status == .started ? event.time : nil)
        entry.end = status == .started ? nil : record.completedAt?.moment ?? event.time
        entry.duration = record.durationSeconds?.double().flatMap {
            $0 < 0 ? nil : Int64(exactly: ($0 * 1_000_000).rounded(.towardZero))
        }
        // Nothing is tried again a thousand million times: that is not known.
        entry.attempts =
            (record.retryCount?.integer()).flatMap { 0..<1_000_000_000 ~= $0 ? 1 + $0 : nil } ?? 1
        if status == .failed {
            let message = record.errorMessage ?? record.message
            entry.category = message?.withText { ErrorCategory(message: $0) } ?? .unknown
        }
        return entry
    }

    private static func status(_ record: PhaseRecord, _ event: Event) -> PhaseHistory.Status? {
        func named(_ text: UnsafeRawBufferPointer) -> PhaseHistory.Status? {
            if text.equals("started") || text.equals("in_progress") { return .started }
            if text.equals("completed") { return .completed }
            if text.equals("failed") { return .failed }
            return text.equals("skipped") ? .skipped : nil
        }
        let inRecord = record.phaseStatus?.withText { named($0) } ?? nil
        return inRecord ?? event.name(after: EventType.phasePrefix).flatMap { named($0) }
    }

    // MARK: Workflows

    private mutating func applyWorkflow(
        _ record: PhaseRecord, _ event: Event, _ row: Int, _ table: inout Table
    ) {
        // Real phase logs put a script's name into the template; a workflow's is its own (B21).
        if record.template?.isFilledText == true {
            table.renew(Column.workflowTemplate, of: row, text: record.template)
        }
        if let cost = record.costUSD.flatMap({ PicoDollars.parse($0) }) {
            table.set(Column.loggedCost, of: row, money: cost)
            markCosts(of: row)
        }
        let typeStatus = event.name(after: EventType.workflowPrefix)
        let inRecord = record.workflowStatus?.withText { Self.word($0) } ?? nil
        guard let word = inRecord ?? typeStatus.flatMap({ Self.word($0) }) else { return }
        let isEnd = word.isEqual(to: "failed") || word.isEqual(to: "completed")
        // What had begun before the end is told late.
        if !isEnd, let said = table.timestamp(Column.saidEnd, row), let moment = event.time,
            moment < said
        {
            return
        }
        table.set(Column.saidStatus, of: row, text: word)
        table.set(Column.isSaidByState, of: row, boolean: false)
        table.setUnknown(Column.saidEnd, of: row)
        if word.isEqual(to: "failed") { setError(record.errorMessage, row, &table) }
        if isEnd {
            table.set(
                Column.saidEnd, of: row, timestamp: record.completedAt?.moment ?? event.time)
        } else {
            // It begins (again): an earlier failure is over.
            table.setUnknown(Column.phaseStatus, of: row)
        }
    }

    /// The row's word for a status as workflows spell it.
    private static func word(_ status: UnsafeRawBufferPointer) -> StaticString? {
        if status.equals("completed") { return "completed" }
        if status.equals("failed") || status.equals("cancelled") { return "failed" }
        if status.equals("pending") || status.equals("queued") { return "pending" }
        let running: [StaticString] = ["started", "running", "in_progress"]
        return running.contains { status.equals($0) } ? "running" : nil
    }
}

extension StaticString {
    func isEqual(to other: StaticString) -> Bool {
        withUTF8Buffer { UnsafeRawBufferPointer($0).equals(other) }
    }
}
