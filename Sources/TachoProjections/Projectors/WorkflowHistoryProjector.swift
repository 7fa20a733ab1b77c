package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds a workflow's state file, run directory, agent runs, phase events, and logs into one row.
///
/// The reference copied what it found at each scan and never looked back; here every row follows
/// from all events so far. So an end is known as soon as a workflow has ended (B12), a duration is
/// the end minus the start (B08), the worktree is the worktree (B13), branch, plan, and class are
/// kept (B14), phases have times (B09), and a retried agent's first run still costs (B11).
///
/// Of an agent's run only the `result` record counts for money and tokens: the records before it
/// say a twenty-sixth of the output.
///
/// What the fold needs to go on is in hidden columns; `WorkflowHistoryProjector+Derived.swift`
/// computes the visible ones from them.
///
/// Source: semantics §1.1, §3.1, §4; goldens `status_inference`, `cost_parse_jsonl`.
package struct WorkflowHistoryProjector: Projector {
    package static let version = 7
    /// Versions 4 to 6 lack only when the list of finished phases was written, 4 and 5 also when the
    /// merge was that the row tells of.
    ///
    /// Both are unknown as before the first of them. 4 and 5 made other sums of the same records of
    /// phases, which are made again when the workflow logs another phase.
    package static let continuedVersions = [4, 5, 6]
    package static let inputs: [TypePattern] = [
        "state.snapshot", "state.directory", "state.phases", "output.system", "output.result",
        "phase.*", "workflow.*", "log.line", "github.*",
    ]

    package static let errorByteLimit = 500
    package static let inputByteLimit = 4096

    /// What waits for ``settle(_:)``, by row.
    var drafts = RowDrafts<WorkflowDraft>()
    /// Copies, for going on from them, of hidden cells; by row.
    var records = RowDrafts<WorkflowRecords>()
    var recordCount = 0
    /// Copies, for comparing with them, of rows that have ended.
    var peerMemory: [Int: Peer] = [:]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let type = event.type
        if type.equals("log.line") {
            applyLine(event, &table)
        } else if type.equals("output.result") {
            applyResult(event, &table)
        } else if type.equals("output.system") {
            applySystem(event, &table)
        } else if type.equals("state.snapshot") {
            applySnapshot(event, &table)
        } else if type.equals("state.directory") {
            applyDirectory(event, &table)
        } else if type.hasPrefix("github.") {
            applyGitHub(event, &table)
        } else if type.equals("state.phases") {
            applyFinishedPhases(event, &table)
        } else {
            try applyRecord(event, &table)
        }
    }

    /// The row of the workflow that the stream names.
    func row(_ event: Event, _ table: inout Table) -> Int {
        row(forKey: event.stream.dropping(prefix: "wf-"), event, &table)
    }

    func row(
        forKey key: UnsafeRawBufferPointer, _ event: Event, _ table: inout Table
    ) -> Int {
        let (row, isNew) = table.rowOrInsert(key: key, at: event)
        if isNew {
            table.set(Column.workflowTemplate, of: row, text: "sdlc")
            table.set(Column.status, of: row, text: "running")
            table.set(Column.retryCount, of: row, integer: 0)
            table.set(Column.createdAt, of: row, timestamp: event.recorded)
            table.set(Column.updatedAt, of: row, timestamp: event.recorded)
            adoptChildren(key, row, &table)
        }
        return row
    }

    /// Notes an event about a workflow.
    ///
    /// One that has ended is settled at once, because it is compared with others then.
    mutating func touch(_ row: Int, _ event: Event, _ table: inout Table) {
        peerMemory[row] = nil
        if table.text(Column.status, row, equals: "completed")
            || table.text(Column.status, row, equals: "failed")
        {
            refreshComparison(settle(row, &table), row, &table)
        } else {
            drafts[row, default: WorkflowDraft()].isTouched = true
        }
        table.touch(row, at: event)
        table.set(Column.updatedAt, of: row, timestamp: event.recorded)
    }

    // MARK: Log lines

    /// Lines are many, and tell nothing but that the workflow was at work.
    private mutating func applyLine(_ event: Event, _ table: inout Table) {
        guard let time = event.time else { return }
        let row = row(event, &table)
        let isFirst = table.lower(Column.firstTime, of: row, to: time)
        let isLast = table.raise(Column.lastTime, of: row, to: time)
        if isFirst || isLast && !table.text(Column.status, row, equals: "running") {
            refreshTimes(row, &table)
            touch(row, event, &table)
        }
    }

    // MARK: Agent runs

    private mutating func applySystem(_ event: Event, _ table: inout Table) {
        let record = event.agentReading.record
        guard record.subtype?.equals("init") == true, record.model?.isFilledText == true else {
            return
        }
        let row = row(event, &table)
        guard table.isUnknown(Column.modelUsed, row) else { return }
        table.set(Column.modelUsed, of: row, text: record.model)
        touch(row, event, &table)
    }

    private mutating func applyResult(_ event: Event, _ table: inout Table) {
        let record = event.agentReading.record
        let agent = ByteString(event.source.dropping(prefix: "adw/output/"))
        guard let entry = AgentResults.Entry(record, of: event.data, agent: agent) else { return }
        let row = row(event, &table)
        take(entry, of: row, table)
        if record.model?.isFilledText == true {
            table.fill(Column.modelUsed, of: row, text: record.model)
        }
        if record.isError?.boolean() == true {
            setError(record.result ?? record.subtype, row, &table)
        }
        refreshTimes(row, &table)
        touch(row, event, &table)
    }

    /// The last error stays, also when the workflow recovers: it says what was overcome.
    func setError(_ message: JSONView?, _ row: Int, _ table: inout Table) {
        guard let message, message.isFilledText else { return }
        table.set(Column.errorMessage, of: row, text: message, limit: Self.errorByteLimit)
        message.withText {
            table.set(Column.errorCategory, of: row, text: ErrorCategory(message: $0).name)
        }
    }
}
