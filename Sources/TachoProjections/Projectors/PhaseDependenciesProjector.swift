package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds phase events into which phase waited for which, and what that cost.
///
/// What a phase depends on is what its events declare (`depends_on`, names or numbers); else the
/// phase that ended last before it started, as it is known when the phase first appears. Rows are
/// never taken back: what a later declaration replaces says so in its `basis`.
///
/// The work for one event is bounded: a workflow's first ``graphRowLimit`` rows have slack and
/// critical path, which are computed anew when one of them changes; rows beyond have everything
/// else. What ended last is looked for among ``RecentEnds``.
///
/// Source: semantics §1.14; the seed's "Phase Dependency Graph".
package struct PhaseDependenciesProjector: Projector {
    package static let version = 3
    /// Version 1 lacks only whether a completion may follow.
    ///
    /// It is unknown as in a row of which the tracker has told nothing: an attempt with the cut
    /// between its two records is timed by both, as it was. Version 2, of the same columns, read no
    /// stamps without seconds and no bare days.
    package static let continuedVersions = [1, 2]
    package static let inputs: [TypePattern] = ["phase.*"]

    /// Workflows have ten phases; this is for those that grew.
    package static let graphRowLimit = 128
    /// Of one event; the first ones count.
    package static let declaredLimit = 16

    /// A copy, for going on from it, of what the table says of a workflow; by its first row.
    var workflows = RowDrafts<Workflow>()
    private static let workflowLimit = 256

    struct Workflow {
        /// The cell of the same name, as it is read, and whether it has to be written.
        var recentEnds: RecentEnds?
        var hasNewEnd = false
        /// `nil` until it is asked for, and when what a row counts for has changed.
        var graph: Graph?
    }

    package init() {}

    package mutating func settle(_ table: inout Table) {
        guard !workflows.isEmpty else { return }
        let rows = workflows.rows
        for row in rows {
            let json = workflows.change(row) { workflow -> [UInt8]? in
                guard workflow.hasNewEnd else { return nil }
                workflow.hasNewEnd = false
                return workflow.recentEnds?.json
            }
            if let json, let json { table.set(Column.recentEnds, of: row, json: json) }
        }
        if rows.count > Self.workflowLimit { workflows.removeAll() }
    }

    private mutating func readRecentEnds(of first: Int, _ table: Table) -> RecentEnds {
        if let known = workflows.read(first, { $0.recentEnds }), let known { return known }
        let ends = table.withJSON(Column.recentEnds, first) { RecentEnds(json: $0) } ?? RecentEnds()
        workflows[first, default: Workflow()].recentEnds = ends
        return ends
    }

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let record = event.phaseRecord
        guard record.phaseName?.isFilledText == true else { throw .missing("phase_name") }
        guard let workflow = Self.workflow(of: record, event),
            let entry = WorkflowHistoryProjector.entry(record, event)
        else { return }

        let first = table.rows(where: Column.firstOf, equals: workflow).first
        let recent = first.map { readRecentEnds(of: $0, table) } ?? RecentEnds()
        let known = first.flatMap { table.timestamp(Column.origin, $0) }
        let origin = [known, entry.start].compactMap(\.self).min()
        let phase = Phase(workflow, entry.name)
        var rows = table.rows(where: Column.phaseKey, equals: phase.key)
        let before = rows.first.map { Self.times(of: $0, table) } ?? PhaseRunTimes()
        // The first phase may begin with the workflow, unless it is known to have begun later.
        let isFirst =
            !recent.hasOther(than: entry.name)
            && (before.start.map { $0 <= entry.start ?? $0 } ?? true)
        // A completion often carries the workflow's start (B20); a start is always the phase's.
        let isOwn =
            entry.status == .started
            || entry.start.map { start in origin.map { start > $0 } ?? true || isFirst } ?? false

        var times = before
        let previousEnd = entry.end.flatMap { recent.lastEnd(before: $0) } ?? origin
        times.add(entry, isOwnStart: isOwn, previousEnd: previousEnd)

        let change = link(phase, record, times, recent, event, &rows, &table)
        guard let own = rows.first else { return }
        let owner = first ?? own
        table.set(Column.origin, of: owner, timestamp: origin)
        if let end = times.end, entry.status != .skipped, end != before.end {
            _ = readRecentEnds(of: owner, table)
            workflows.change(owner) {
                $0.recentEnds?.note(entry.name, end)
                $0.hasNewEnd = true
            }
        }
        if let number = record.phaseNumber?.integerLenient() {
            table.set(Column.phaseNumber, of: own, integer: number)
        }
        guard change || times != before else { return }
        for row in rows {
            Self.set(times, of: row, &table)
            table.touch(row, at: event)
        }
        refresh(phase, rows, owner, event, &table)
    }

    // MARK: Names

    /// A workflow's phase, and what its rows are found by.
    struct Phase {
        let workflow: ByteString
        let name: ByteString
        let key: ByteString

        init(_ workflow: ByteString, _ name: ByteString) {
            self.workflow = workflow
            self.name = name
            key = ByteString(Self.escaped(workflow) + [UInt8(ascii: "/")] + Self.escaped(name))
        }

        func key(dependingOn other: ByteString?) -> ByteString {
            ByteString(key.bytes + [UInt8(ascii: "/")] + Self.escaped(other ?? ""))
        }

        private static func escaped(_ text: ByteString) -> [UInt8] {
            let isPlain = !text.bytes.contains {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "%")
            }
            return isPlain ? text.bytes : escapedBytes(text)
        }

        private static func escapedBytes(_ text: ByteString) -> [UInt8] {
            text.bytes.flatMap { byte -> [UInt8] in
                switch byte {
                case UInt8(ascii: "/"): Array("%2F".utf8)
                case UInt8(ascii: "%"): Array("%25".utf8)
                default: [byte]
                }
            }
        }
    }

    private static func workflow(of record: PhaseRecord, _ event: Event) -> ByteString? {
        let named = record.workflow.flatMap { name in
            name.withText { ByteString($0.dropping(prefix: "wf-")) }
        }
        if let named, !named.isEmpty { return named }
        return event.stream.equals("general")
            ? nil : ByteString(event.stream.dropping(prefix: "wf-"))
    }

    // MARK: Links

    /// Makes the rows that the phase needs; `rows` are then all of the phase.
    ///
    /// - Returns: Whether a row is new, or counts now where it did not, or no longer.
    private mutating func link(
        _ phase: Phase, _ record: PhaseRecord, _ times: PhaseRunTimes, _ recent: RecentEnds,
        _ event: Event, _ rows: inout [Int], _ table: inout Table
    ) -> Bool {
        guard let declared = declared(record, phase.workflow, table) else {
            guard rows.isEmpty else { return false }
            let moment = times.start ?? times.end
            let last = moment.flatMap { recent.last(by: $0, except: phase.name) }
            insert(phase, last, last == nil ? "none" : "sequence", event, &rows, &table)
            return true
        }
        let names: [ByteString?] = declared.isEmpty ? [nil] : declared
        var isChanged = false
        let first = table.rows(where: Column.firstOf, equals: phase.workflow).first
        for row in rows where !Self.isDeclared(row, table) {
            guard !names.contains(table.text(Column.dependsOn, row)),
                !table.text(Column.basis, row, equals: "replaced")
            else { continue }
            table.set(Column.basis, of: row, text: "replaced")
            forgetGraph(first)
            for column in [Column.startGapMs, .predecessorImpactMs, .slackMs, .onCriticalPath] {
                table.setUnknown(column, of: row)
            }
            isChanged = true
        }
        for name in names {
            let key = phase.key(dependingOn: name)
            if let row = table.row(forKey: key) {
                if Self.isDeclared(row, table) { continue }
                let isBack = table.text(Column.basis, row, equals: "replaced")
                if isBack, let name, let first, closesCycle(phase, name, first, table) {
                    table.set(Column.basis, of: row, text: "cycle")
                } else {
                    table.set(Column.basis, of: row, text: "declared")
                }
                forgetGraph(first)
            } else if rows.count < Self.declaredLimit * 2 {
                insert(phase, name, "declared", event, &rows, &table)
            }
            isChanged = true
        }
        return isChanged
    }

    private mutating func forgetGraph(_ first: Int?) {
        if let first { workflows.change(first) { $0.graph = nil } }
    }

    private static func isDeclared(_ row: Int, _ table: Table) -> Bool {
        table.text(Column.basis, row, equals: "declared")
            || table.text(Column.basis, row, equals: "cycle")
    }

    /// What the record declares; `nil` if it declares nothing.
    private func declared(
        _ record: PhaseRecord, _ workflow: ByteString, _ table: Table
    ) -> [ByteString]? {
        guard let value = record.dependsOn else { return nil }
        var names: [ByteString] = []
        func add(_ element: JSONView) {
            guard let name = name(element, workflow, table), !names.contains(name) else { return }
            names.append(name)
        }
        guard value.kind == .array else {
            add(value)
            return names.isEmpty ? nil : names
        }
        value.forEachElement {
            add($0)
            return names.count < Self.declaredLimit
        }
        // A list of things that are no phases declares nothing; an empty one declares that.
        return names.isEmpty && value.elementCount > 0 ? nil : names
    }

    /// A phase by name; by number, as the workflow numbers its phases, else as all do.
    private func name(
        _ element: JSONView, _ workflow: ByteString, _ table: Table
    ) -> ByteString? {
        if let text = element.text(), !text.isEmpty, JSONView.number(in: text) == nil {
            return ByteString(text.map(\.smallLetter))
        }
        guard let number = element.integerLenient() else { return nil }
        let row = table.rows(where: Column.graphOf, equals: workflow).first {
            table.integer(Column.phaseNumber, $0) == number
        }
        return row.flatMap { table.text(Column.phase, $0) } ?? PhaseName.name(of: number)
            ?? ByteString("\(number)")
    }

    private mutating func insert(
        _ phase: Phase, _ other: ByteString?, _ basis: StaticString, _ event: Event,
        _ rows: inout [Int], _ table: inout Table
    ) {
        let (row, isNew) = table.rowOrInsert(key: phase.key(dependingOn: other), at: event)
        guard isNew else { return }
        rows.append(row)
        table.set(Column.adwID, of: row, text: phase.workflow)
        table.set(Column.phase, of: row, text: phase.name)
        table.set(Column.phaseKey, of: row, text: phase.key)
        if let other { table.set(Column.dependsOn, of: row, text: other) }
        table.set(Column.basis, of: row, text: basis)

        let first = table.rows(where: Column.firstOf, equals: phase.workflow).first ?? row
        if first == row { table.set(Column.firstOf, of: row, text: phase.workflow) }
        let count = table.integer(Column.graphRowCount, first) ?? 0
        guard count < Self.graphRowLimit else { return }
        if let other, closesCycle(phase, other, first, table) {
            table.set(Column.basis, of: row, text: "cycle")
        }
        table.set(Column.graphRowCount, of: first, integer: count + 1)
        table.set(Column.graphOf, of: row, text: phase.workflow)
        addToGraph(row, first, table)
    }

    // MARK: Times

    private static func times(of row: Int, _ table: Table) -> PhaseRunTimes {
        var times = PhaseRunTimes()
        times.status =
            table.withText(Column.status, row) { text in
                [PhaseHistory.Status.started, .completed, .failed, .skipped].first {
                    text.equals($0.name)
                }
            } ?? nil
        times.start = table.timestamp(Column.startedAt, row)
        times.end = table.timestamp(Column.endedAt, row)
        times.duration = table.integer(Column.durationMs, row)
        times.openStart = table.timestamp(Column.openStart, row)
        times.awaitsCompletion = table.boolean(Column.awaitsCompletion, row) ?? false
        return times
    }

    private static func set(_ times: PhaseRunTimes, of row: Int, _ table: inout Table) {
        if let status = times.status { table.set(Column.status, of: row, text: status.name) }
        table.set(Column.startedAt, of: row, timestamp: times.start)
        table.set(Column.endedAt, of: row, timestamp: times.end)
        table.set(Column.durationMs, of: row, integer: times.duration)
        table.set(Column.openStart, of: row, timestamp: times.openStart)
        table.set(Column.awaitsCompletion, of: row, boolean: times.awaitsCompletion)
    }
}

extension JSONView {
    /// The integer that a text is, if it is one.
    fileprivate static func number(in text: [UInt8]) -> Int64? {
        text.allSatisfy { $0 &- 0x30 < 10 } ? Int64(String(decoding: text, as: UTF8.self)) : nil
    }
}
