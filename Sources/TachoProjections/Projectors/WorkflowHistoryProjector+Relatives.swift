import TachoEvents
import TachoJSON
import TachoLog

// What a row says about other rows: its issue's, its parent's, its children's, its neighbours'.

extension WorkflowHistoryProjector {
    /// How many rows before its own a workflow looks at for others that ran.
    package static let neighbourLimit = 256
    /// Of the children that are listed; all are counted.
    package static let childLimit = 100

    // MARK: Issues

    /// A workflow on an issue that another one worked on knows the issue's state from that one.
    func setIssueNumber(_ number: Int64, _ row: Int, _ table: inout Table) {
        guard table.integer(Column.issueNumber, row) != number else { return }
        table.set(Column.issueNumber, of: row, integer: number)
        table.setUnknown(Column.ghIssueState, of: row)
        table.setUnknown(Column.issueUpdatedAt, of: row)
        let earlier = table.rows(where: Column.issueNumber, equals: number).last {
            $0 != row && !table.isUnknown(Column.ghIssueState, $0)
        }
        guard let earlier, let state = table.text(Column.ghIssueState, earlier) else { return }
        table.set(Column.ghIssueState, of: row, text: state)
        table.set(
            Column.issueUpdatedAt, of: row,
            timestamp: table.timestamp(Column.issueUpdatedAt, earlier))
    }

    // MARK: Parents and children

    func setParent(_ parent: JSONView?, _ event: Event, _ row: Int, _ table: inout Table) {
        guard let parent, let text = parent.text(), !text.isEmpty else { return }
        let name = text.withUnsafeBytes { ByteString($0.dropping(prefix: "wf-")) }
        let old = table.text(Column.parentAdwID, row)
        guard old != name, let child = table.text(Column.adwID, row) else { return }
        if let old, old != child, let former = table.row(forKey: old) {
            setChildren(of: former, named: old, without: child, &table)
            table.touch(former, at: event)
        }
        table.set(Column.parentAdwID, of: row, text: name)
        guard name != child, let parentRow = table.row(forKey: name) else { return }
        table.add(1, to: Column.childCount, of: parentRow)
        var children = children(of: parentRow, table)
        if children.count < Self.childLimit {
            children.append(child)
            setList(children, of: parentRow, &table)
        }
        table.touch(parentRow, at: event)
    }

    /// A parent that becomes known after its children.
    func adoptChildren(_ key: UnsafeRawBufferPointer, _ row: Int, _ table: inout Table) {
        setChildren(of: row, named: ByteString(key), without: nil, &table)
    }

    private func setChildren(
        of row: Int, named name: ByteString, without former: ByteString?, _ table: inout Table
    ) {
        let rows = table.rows(where: Column.parentAdwID, equals: name).filter { $0 != row }
        let children = rows.compactMap { table.text(Column.adwID, $0) }.filter { $0 != former }
        guard !children.isEmpty || former != nil else { return }
        table.set(Column.childCount, of: row, integer: Int64(children.count))
        setList(Array(children.prefix(Self.childLimit)), of: row, &table)
    }

    private func children(of row: Int, _ table: Table) -> [ByteString] {
        var children: [ByteString] = []
        table.withJSON(Column.childAdwIds, row) { json in
            JSONView(validated: json).forEachElement { name in
                if let text = name.text() { children.append(ByteString(text)) }
                return true
            }
        }
        return children
    }

    private func setList(_ children: [ByteString], of row: Int, _ table: inout Table) {
        var writer = JSONWriter()
        writer.beginArray()
        for child in children { writer.value(child.bytes) }
        writer.endArray()
        table.set(Column.childAdwIds, of: row, json: writer.bytes)
    }

    // MARK: Neighbours

    /// Counts those of the rows before that had started by this one's start and not ended.
    ///
    /// - Complexity: O(``neighbourLimit``), when the start changes.
    func refreshConcurrency(_ row: Int, _ table: inout Table) {
        guard let start = table.timestamp(Column.startTime, row),
            table.timestamp(Column.concurrentAt, row) != start
        else { return }
        table.set(Column.concurrentAt, of: row, timestamp: start)
        let count = (max(0, row - Self.neighbourLimit)..<row).count { other in
            guard let begin = table.timestamp(Column.startTime, other), begin <= start else {
                return false
            }
            if let end = table.timestamp(Column.endTime, other) { return end >= start }
            return table.text(Column.status, other, equals: "running")
        }
        table.set(Column.concurrentWorkflows, of: row, integer: Int64(count))
    }

    // MARK: Steps

    /// Phases stand for steps where the state file does not count them.
    func setSteps(_ total: Int64, completed: Int64, _ row: Int, _ table: inout Table) {
        guard table.boolean(Column.hasStatedSteps, row) != true else { return }
        table.set(Column.stepsTotal, of: row, integer: total)
        table.set(Column.stepsCompleted, of: row, integer: completed)
    }
}
