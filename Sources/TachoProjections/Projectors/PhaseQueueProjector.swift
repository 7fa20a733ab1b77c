package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds what happens to queued phases into one row a phase in the queue.
///
/// A row says what its own events say: that a completed phase makes the next one ready, and a
/// failed one blocks those behind it, is for the coordinator to decide and to record
/// (`queue.ready`, `queue.blocked`), because it also knows of pauses and of limits. Only what
/// queueing itself decides is done here: phase 1 is ready at once, and the position is one above
/// the highest.
///
/// The status is that of the last event; one that by the producer's clock happened before the
/// status in force adds its time and changes no status, so that changes may come in any order. So
/// it is with the current phase.
///
/// Source: semantics §1.10, §7.6.
package struct PhaseQueueProjector: Projector {
    package static let version = 3
    /// Versions 1 and 2 lack only the moment that the current phase was told of, 1 also that of the
    /// last `queue.requeued`.
    ///
    /// They are unknown as in a row that was told neither. So one `queue.requeued` from before the
    /// cut that is told again behind it counts once more, and the first phase that is told behind
    /// the cut is taken, as before.
    package static let continuedVersions = [1, 2]
    package static let inputs: [TypePattern] = [
        "queue.enqueued", "queue.ready", "queue.started", "queue.phase_changed",
        "queue.completed", "queue.failed", "queue.blocked", "queue.requeued",
    ]

    enum Status: CaseIterable {
        case queued, ready, running, completed, blocked, failed

        var name: StaticString {
            switch self {
            case .queued: "queued"
            case .ready: "ready"
            case .running: "running"
            case .completed: "completed"
            case .blocked: "blocked"
            case .failed: "failed"
            }
        }
    }

    private static let names = MemberNames<Column>(
        schema,
        aliases: [
            "parent_issue": .featureID, "depends_on_phase": .dependsOnPhases,
            "workflow_id": .adwID, "reason": .errorMessage, "error": .errorMessage,
        ])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        guard let change = event.name(after: EventType.queuePrefix) else {
            throw .unexpected("type")
        }
        let members = RecordedMembers(event.data, named: Self.names)
        let isEnqueued = change.equals("enqueued")
        // The body that queues a phase leaves its id to the server.
        let key =
            isEnqueued && members[.queueID] == nil
            ? ByteString(event.id) : try members.key(.queueID, Self.schema)
        let (row, isNew) = table.rowToChange(key, at: event)
        if isNew {
            table.set(Column.attemptCount, of: row, integer: 0)
            table.set(Column.requeueCount, of: row, integer: 0)
        }
        setFacts(members, row, &table)
        setCurrentPhase(members, event.occurred, row, &table)
        let isNews =
            isEnqueued
            ? enqueue(members, event, row, &table) : setStatus(change, event, row, &table)
        if isNews { table.renew([.errorMessage], of: row, from: members) }
        setDurations(row, &table)
    }

    // MARK: What is said

    private func setFacts(
        _ members: RecordedMembers<Column>, _ row: Int, _ table: inout Table
    ) {
        table.renew(
            [
                .featureID, .phaseNumber, .phaseData, .prNumber, .priority, .queuePosition,
            ], of: row, from: members)
        table.renew(Column.issueNumber, of: row, issue: members[.issueNumber])
        table.renew(
            Column.adwID, of: row, workflow: members[.adwID] ?? members[.phaseData]?["adw_id"])
        table.renew(Column.dependsOnPhases, of: row, list: members[.dependsOnPhases])
        // Version 1 had at most one.
        if let phase = members[.dependsOnPhases]?.integer() {
            table.set(Column.dependsOnPhases, of: row, json: Array("[\(phase)]".utf8))
        }
        if let priority = table.integer(Column.priority, row) { setPriority(priority, row, &table) }
        if members[.queuePosition] != nil { notePosition(row, &table) }
    }

    /// Of two phases that are told, the later by the producers' clocks; of two at once the last told.
    private func setCurrentPhase(
        _ members: RecordedMembers<Column>, _ moment: Timestamp, _ row: Int, _ table: inout Table
    ) {
        guard let phase = members[.currentPhase], phase.kind == .string,
            table.timestamp(Column.phaseToldAt, row).map({ $0 <= moment }) ?? true
        else { return }
        table.renew(Column.currentPhase, of: row, text: phase)
        table.set(Column.phaseToldAt, of: row, timestamp: moment)
    }

    private func setPriority(_ priority: Int64, _ row: Int, _ table: inout Table) {
        table.set(Column.priority, of: row, integer: priority)
        table.set(Column.priorityName, of: row, text: QueuePriority.name(of: priority))
    }

    // MARK: Queueing

    /// - Returns: Whether the row has its status from this event.
    private func enqueue(
        _ members: RecordedMembers<Column>, _ event: Event, _ row: Int, _ table: inout Table
    ) -> Bool {
        if table.isUnknown(Column.priority, row) {
            setPriority(QueuePriority.normal, row, &table)
        }
        if table.isUnknown(Column.currentPhase, row) {
            table.set(Column.currentPhase, of: row, text: "init")
        }
        if table.isUnknown(Column.dependsOnPhases, row) {
            table.set(Column.dependsOnPhases, of: row, json: Array("[]".utf8))
        }
        if table.isUnknown(Column.queuePosition, row) { setNextPosition(row, &table) }
        table.fill([.createdAt], of: row, from: members)
        table.fill(Column.createdAt, of: row, timestamp: event.occurred)

        let isFirst = table.integer(Column.phaseNumber, row) == 1
        let said = Status.allCases.first { members[.status]?.equals($0.name) == true }
        let status = said ?? (isFirst ? .ready : .queued)
        guard table.isUnknown(Column.status, row) else {
            // Whatever was told of it before happened after it was queued.
            if status == .ready, isLate(event.occurred, row, table) {
                table.fill(Column.readyTimestamp, of: row, timestamp: event.occurred)
            }
            return false
        }
        return set(status, event.occurred, row, &table)
    }

    /// One above the highest in the table; unknown above the highest there is.
    private func setNextPosition(_ row: Int, _ table: inout Table) {
        let (next, overflow) = (table.integer(Column.highestPosition, 0) ?? 0)
            .addingReportingOverflow(1)
        guard !overflow else { return }
        table.set(Column.queuePosition, of: row, integer: next)
        notePosition(row, &table)
    }

    /// The table's first row holds the highest position of all, for the next to be queued.
    private func notePosition(_ row: Int, _ table: inout Table) {
        guard let position = table.integer(Column.queuePosition, row) else { return }
        let highest = max(position, table.integer(Column.highestPosition, 0) ?? 0)
        table.set(Column.highestPosition, of: 0, integer: highest)
    }

    // MARK: Status

    /// - Returns: Whether what the event says is the newest that is known.
    private func setStatus(
        _ change: UnsafeRawBufferPointer, _ event: Event, _ row: Int, _ table: inout Table
    ) -> Bool {
        let moment = event.occurred
        if change.equals("requeued") { return requeue(moment, row, &table) }
        if change.equals("ready") { return set(.ready, moment, row, &table) }
        if change.equals("started") { return set(.running, moment, row, &table) }
        if change.equals("completed") { return set(.completed, moment, row, &table) }
        if change.equals("failed") { return set(.failed, moment, row, &table) }
        if change.equals("blocked") { return set(.blocked, moment, row, &table) }
        return true
    }

    private func isLate(_ moment: Timestamp, _ row: Int, _ table: Table) -> Bool {
        table.timestamp(Column.updatedAt, row).map { moment < $0 } ?? false
    }

    /// The same status once more changes nothing; one from before only adds its time.
    private func set(
        _ status: Status, _ moment: Timestamp, _ row: Int, _ table: inout Table
    ) -> Bool {
        if isLate(moment, row, table) {
            guard let column = status.timeColumn, table.isUnknown(column, row) else { return false }
            table.set(column, of: row, timestamp: moment)
            if status == .running { table.add(1, to: Column.attemptCount, of: row) }
            return false
        }
        if table.text(Column.status, row, equals: status.name) { return true }
        if let column = status.timeColumn { table.set(column, of: row, timestamp: moment) }
        if status == .running {
            table.add(1, to: Column.attemptCount, of: row)
            table.setUnknown(Column.endedAt, of: row)
        }
        // An error is why it failed or is blocked, and it is neither any more.
        if status != .failed, status != .blocked { table.setUnknown(Column.errorMessage, of: row) }
        table.set(Column.status, of: row, text: status.name)
        table.set(Column.updatedAt, of: row, timestamp: moment)
        return true
    }

    /// Back into the queue, as if it had never run.
    private func requeue(_ moment: Timestamp, _ row: Int, _ table: inout Table) -> Bool {
        // Told once more, whatever came of it.
        if table.timestamp(Column.requeuedAt, row) == moment { return false }
        table.add(1, to: Column.requeueCount, of: row)
        _ = table.raise(Column.requeuedAt, of: row, to: moment)
        if isLate(moment, row, table) { return false }
        for column in [Column.readyTimestamp, .startedTimestamp, .endedAt, .errorMessage] {
            table.setUnknown(column, of: row)
        }
        table.set(Column.status, of: row, text: Status.queued.name)
        table.set(Column.updatedAt, of: row, timestamp: moment)
        return true
    }

    private func setDurations(_ row: Int, _ table: inout Table) {
        let ready = table.timestamp(Column.readyTimestamp, row)
        let started = table.timestamp(Column.startedTimestamp, row)
        let ended = table.timestamp(Column.endedAt, row)
        table.set(Column.waitSeconds, of: row, real: Self.seconds(from: ready, to: started))
        table.set(Column.runSeconds, of: row, real: Self.seconds(from: started, to: ended))
    }

    /// Unknown without both moments, and where the second is before the first.
    private static func seconds(from start: Timestamp?, to end: Timestamp?) -> Double? {
        guard let start, let end else { return nil }
        let (elapsed, overflow) = end.microseconds.subtractingReportingOverflow(start.microseconds)
        return overflow || elapsed < 0 ? nil : Double(elapsed) / 1_000_000
    }
}

extension PhaseQueueProjector.Status {
    var timeColumn: PhaseQueueProjector.Column? {
        switch self {
        case .queued, .blocked: nil
        case .ready: .readyTimestamp
        case .running: .startedTimestamp
        case .completed, .failed: .endedAt
        }
    }
}
