package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds who locked which issue into one row an issue: its holder, or that it is free.
///
/// A lock that is held is not taken by another: the attempt is counted as refused. It is free
/// again once its holder releases it, somebody forces it, it expires, or its holder's workflow
/// ends; and an attempt more than a day after its last change takes it over. (In the reference no
/// lock is ever released, so that a second run of an issue always conflicts: B40.)
///
/// Source: semantics §1.11, §9.4 B40.
package struct AdwLocksProjector: Projector {
    package static let version = 3
    /// Version 1 did not free a lock when its workflow was cancelled.
    ///
    /// Columns are the same. One held at the cut is freed by what follows, or by its age. Version 2
    /// read no stamps without seconds and no bare days.
    package static let continuedVersions = [1, 2]
    package static let inputs: [TypePattern] = [
        "lock.acquired", "lock.updated", "lock.released", "lock.force_released", "lock.expired",
        "workflow.completed", "workflow.failed", "workflow.cancelled",
    ]

    /// A lock that nobody touched for longer is left over, microseconds (the reference's cleanup).
    package static let staleAge: Int64 = 24 * 3_600_000_000

    private static let names = MemberNames<Column>(
        schema, aliases: ["workflow_id": .adwID, "created_at": .acquiredAt])

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        guard let kind = event.name(after: EventType.lockPrefix) else {
            endWorkflow(members, event, &table)
            return
        }
        guard let issue = IssueNumber(members[.issueNumber]).value else {
            throw members[.issueNumber] == nil
                ? .missing("issue_number") : .unexpected("issue_number")
        }
        let workflow = Self.workflow(members)
        if kind.equals("force_released") || kind.equals("expired") {
            free(row(issue, event, &table), of: workflow, kind, event, &table)
            return
        }
        guard let workflow else {
            throw members[.adwID] == nil ? .missing("adw_id") : .unexpected("adw_id")
        }
        if kind.equals("acquired") {
            acquire(row(issue, event, &table), workflow, members, event, &table)
        } else if kind.equals("updated") {
            update(issue, workflow, members, event, &table)
        } else {
            free(row(issue, event, &table), of: workflow, kind, event, &table)
        }
    }

    private static func workflow(_ members: RecordedMembers<Column>) -> ByteString? {
        let name = members[.adwID]?.withText { ByteString($0.dropping(prefix: "wf-")) }
        return name.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func key(_ issue: Int64) -> ByteString { ByteString("\(issue)") }

    /// The row of an issue, new if nothing was said of it before.
    private func row(_ issue: Int64, _ event: Event, _ table: inout Table) -> Int {
        let (row, isNew) = table.rowOrInsert(key: Self.key(issue), at: event)
        if isNew {
            table.set(Column.issueNumber, of: row, integer: issue)
            table.set(Column.isHeld, of: row, boolean: false)
            table.set(Column.acquireCount, of: row, integer: 0)
            table.set(Column.refusedCount, of: row, integer: 0)
        }
        return row
    }

    private func isHeld(_ row: Int, by workflow: ByteString, _ table: Table) -> Bool {
        table.boolean(Column.isHeld, row) == true && table.text(Column.adwID, row) == workflow
    }

    /// Only the holder changes a lock.
    private func update(
        _ issue: Int64, _ workflow: ByteString, _ members: RecordedMembers<Column>,
        _ event: Event, _ table: inout Table
    ) {
        guard let row = table.row(forKey: Self.key(issue)), isHeld(row, by: workflow, table) else {
            return
        }
        table.renew([.status, .githubUrl], of: row, from: members)
        table.set(Column.updatedAt, of: row, timestamp: event.occurred)
        table.touch(row, at: event)
    }

    // MARK: Taking

    private func acquire(
        _ row: Int, _ workflow: ByteString, _ members: RecordedMembers<Column>, _ event: Event,
        _ table: inout Table
    ) {
        let moment = members[.acquiredAt]?.moment ?? event.occurred
        if table.boolean(Column.isHeld, row) == true {
            if table.text(Column.adwID, row) == workflow {
                // Told once more.
                table.renew([.status, .githubUrl], of: row, from: members)
                table.touch(row, at: event)
                return
            }
            guard isStale(row, at: moment, table) else {
                refuse(row, workflow, moment, event, &table)
                return
            }
            release(row, "stale", at: moment, event, &table)
        }
        table.add(1, to: Column.acquireCount, of: row)
        table.touch(row, at: event)
        // What was released before it was said to be taken is over.
        if let released = table.timestamp(Column.releasedAt, row), moment < released,
            table.text(Column.lastAdwID, row) == workflow
        {
            return
        }
        table.set(Column.isHeld, of: row, boolean: true)
        table.set(Column.adwID, of: row, text: workflow)
        table.set(Column.status, of: row, text: "planning")
        table.renew([.status, .githubUrl], of: row, from: members)
        table.set(Column.acquiredAt, of: row, timestamp: moment)
        table.set(Column.updatedAt, of: row, timestamp: moment)
    }

    private func isStale(_ row: Int, at moment: Timestamp, _ table: Table) -> Bool {
        guard let updated = table.timestamp(Column.updatedAt, row) else { return false }
        let (age, overflow) = moment.microseconds.subtractingReportingOverflow(
            updated.microseconds)
        return !overflow && age > Self.staleAge
    }

    private func refuse(
        _ row: Int, _ workflow: ByteString, _ moment: Timestamp, _ event: Event,
        _ table: inout Table
    ) {
        table.add(1, to: Column.refusedCount, of: row)
        table.set(Column.lastRefusedAdwID, of: row, text: workflow)
        table.set(Column.lastRefusedAt, of: row, timestamp: moment)
        table.touch(row, at: event)
    }

    // MARK: Giving back

    /// Frees a lock; one that another workflow than the named one holds stays.
    private func free(
        _ row: Int, of workflow: ByteString?, _ reason: UnsafeRawBufferPointer, _ event: Event,
        _ table: inout Table
    ) {
        guard table.boolean(Column.isHeld, row) == true else {
            // It may be that the taking is told later.
            guard let workflow, table.integer(Column.acquireCount, row) == 0 else { return }
            table.set(Column.lastAdwID, of: row, text: workflow)
            table.set(Column.releasedAt, of: row, timestamp: event.occurred)
            table.set(Column.releaseReason, of: row, text: reason)
            table.touch(row, at: event)
            return
        }
        let isForced = reason.equals("force_released")
        guard isForced || workflow.map({ isHeld(row, by: $0, table) }) ?? true else { return }
        release(row, ByteString(reason), at: event.occurred, event, &table)
    }

    private func release(
        _ row: Int, _ reason: ByteString, at moment: Timestamp, _ event: Event,
        _ table: inout Table
    ) {
        table.set(Column.lastAdwID, of: row, text: table.text(Column.adwID, row) ?? "")
        table.set(Column.releasedAt, of: row, timestamp: moment)
        table.set(Column.releaseReason, of: row, text: reason)
        table.set(Column.isHeld, of: row, boolean: false)
        for column in [Column.adwID, .status, .acquiredAt] {
            table.setUnknown(column, of: row)
        }
        table.set(Column.updatedAt, of: row, timestamp: moment)
        table.touch(row, at: event)
    }

    /// A workflow that is over holds nothing.
    private func endWorkflow(
        _ members: RecordedMembers<Column>, _ event: Event, _ table: inout Table
    ) {
        let workflow =
            Self.workflow(members) ?? ByteString(event.stream.dropping(prefix: "wf-"))
        for row in table.rows(where: Column.adwID, equals: workflow) {
            // Ended before it took the lock: an earlier run.
            if let acquired = table.timestamp(Column.acquiredAt, row), event.occurred < acquired {
                continue
            }
            release(row, "workflow_ended", at: event.occurred, event, &table)
        }
    }
}
