import TachoEvents
import TachoLog

// Slack, critical path, gaps, and impacts: a workflow's rows as a graph.

extension PhaseDependenciesProjector {
    /// The rows of a workflow that take part in its critical path.
    private struct Graph {
        var rows: [Int] = []
        /// Ends of the row's edge; `from` is `nil` for a phase that waits for none.
        var links: [(from: Int?, to: Int)] = []
        /// Milliseconds.
        var durations: [Int64] = []
        var starts: [Timestamp?] = []
        var ends: [Timestamp?] = []
        /// Of each node: a dozen, of which looking at all takes less than hashing one.
        private var names: [ByteString] = []

        mutating func node(_ name: UnsafeRawBufferPointer) -> Int {
            if let node = node(ofKnown: name) { return node }
            names.append(ByteString(name))
            durations.append(0)
            starts.append(nil)
            ends.append(nil)
            return durations.count - 1
        }

        func node(ofKnown name: UnsafeRawBufferPointer) -> Int? {
            names.firstIndex { $0.bytes.count == name.count && $0.bytes.elementsEqual(name) }
        }

        /// The edges that count, with the place of their row.
        var edges: [(place: Int, edge: CriticalPath.Edge)] {
            links.enumerated().compactMap { place, link in
                link.from.map { (place, CriticalPath.Edge(from: $0, to: link.to)) }
            }
        }
    }

    private func graph(of workflow: ByteString, _ table: Table) -> Graph {
        var graph = Graph()
        for row in table.rows(where: Column.graphOf, equals: workflow) {
            guard let node = table.withText(Column.phase, row, { graph.node($0) }) else {
                continue
            }
            graph.durations[node] = table.integer(Column.durationMs, row) ?? 0
            graph.starts[node] = table.timestamp(Column.startedAt, row)
            graph.ends[node] = table.timestamp(Column.endedAt, row)
            guard counts(row, table) else { continue }
            let from = table.withText(Column.dependsOn, row) { graph.node($0) }
            graph.rows.append(row)
            graph.links.append((from, node))
        }
        return graph
    }

    /// Whether the row's dependency is none that was replaced or closes a cycle.
    private func counts(_ row: Int, _ table: Table) -> Bool {
        !table.text(Column.basis, row, equals: "cycle")
            && !table.text(Column.basis, row, equals: "replaced")
    }

    func closesCycle(_ phase: Phase, _ other: ByteString, _ table: Table) -> Bool {
        guard phase.name != other else { return true }
        let graph = graph(of: phase.workflow, table)
        func node(_ name: ByteString) -> Int? {
            name.bytes.withUnsafeBytes { graph.node(ofKnown: $0) }
        }
        guard let to = node(phase.name), let from = node(other) else { return false }
        return CriticalPath.closesCycle(
            CriticalPath.Edge(from: from, to: to), in: graph.edges.map(\.edge),
            nodeCount: graph.durations.count)
    }

    /// Computes what a change of the phase's rows may have changed.
    func refresh(_ phase: Phase, _ rows: [Int], _ event: Event, _ table: inout Table) {
        let isInGraph = rows.contains {
            table.withText(Column.graphOf, $0) { graphOf in
                phase.workflow.bytes.withUnsafeBytes { $0.elementsEqual(graphOf) }
            } ?? false
        }
        if isInGraph { refreshGraph(of: phase.workflow, event, &table) }
        for row in rows where table.isUnknown(Column.graphOf, row) {
            refreshBeyondGraph(row, phase, rows, &table)
        }
    }

    private func refreshGraph(of workflow: ByteString, _ event: Event, _ table: inout Table) {
        let graph = graph(of: workflow, table)
        let edges = graph.edges
        let path = CriticalPath(durations: graph.durations, edges: edges.map(\.edge))
        var isCritical = graph.links.map { path.slack[$0.to] == 0 }
        for (index, place) in edges.map(\.place).enumerated() {
            isCritical[place] = path.isCritical[index]
        }
        var predecessors = [[Int]](repeating: [], count: graph.durations.count)
        for (_, edge) in edges { predecessors[edge.to].append(edge.from) }

        for (place, row) in graph.rows.enumerated() {
            let link = graph.links[place]
            let delay = link.from.map { from in
                let others = predecessors[link.to].filter { $0 != from }
                return Delay(
                    start: graph.starts[link.to],
                    predecessor: (graph.starts[from], graph.ends[from]),
                    otherEnds: others.map { graph.ends[$0] })
            }
            let isChanged = [
                table.change(Column.slackMs, of: row, to: path.slack[link.to]),
                table.change(Column.onCriticalPath, of: row, to: isCritical[place]),
                table.change(Column.startGapMs, of: row, to: delay?.gap),
                table.change(Column.predecessorImpactMs, of: row, to: delay?.impact),
            ]
            if isChanged.contains(true) { table.touch(row, at: event) }
        }
    }

    /// Gap and impact of a row that has no place in the graph.
    private func refreshBeyondGraph(
        _ row: Int, _ phase: Phase, _ rows: [Int], _ table: inout Table
    ) {
        guard counts(row, table) else { return }
        func interval(_ row: Int) -> (Timestamp?, Timestamp?) {
            guard let name = table.text(Column.dependsOn, row),
                let other = table.rows(
                    where: Column.phaseKey, equals: Phase(phase.workflow, name).key
                ).first
            else { return (nil, nil) }
            return (
                table.timestamp(Column.startedAt, other), table.timestamp(Column.endedAt, other)
            )
        }
        let others = rows.filter {
            $0 != row && counts($0, table) && !table.isUnknown(Column.dependsOn, $0)
        }
        let delay = Delay(
            start: table.timestamp(Column.startedAt, row), predecessor: interval(row),
            otherEnds: others.map { interval($0).1 })
        table.set(Column.startGapMs, of: row, integer: delay.gap)
        table.set(Column.predecessorImpactMs, of: row, integer: delay.impact)
    }

    /// How long a phase stood between its predecessor and its start.
    private struct Delay {
        /// Milliseconds from the predecessor's end to the start.
        let gap: Int64?
        /// Milliseconds that the phase waited for this predecessor alone, while it ran.
        let impact: Int64?

        init(
            start: Timestamp?, predecessor: (start: Timestamp?, end: Timestamp?),
            otherEnds: [Timestamp?]
        ) {
            guard let start, let end = predecessor.end else {
                gap = nil
                impact = nil
                return
            }
            gap = PhaseRunTimes.milliseconds(from: end, to: start)
            impact = predecessor.start.map { begin in
                let free = otherEnds.compactMap(\.self).reduce(begin) { max($0, $1) }
                return max(0, PhaseRunTimes.milliseconds(from: free, to: min(end, start)))
            }
        }
    }
}

extension Table {
    /// Sets a cell; says whether it was another before.
    fileprivate mutating func change(
        _ column: some ColumnHandle, of row: Int, to value: Int64?
    ) -> Bool {
        guard integer(column, row) != value else { return false }
        set(column, of: row, integer: value)
        return true
    }

    fileprivate mutating func change(
        _ column: some ColumnHandle, of row: Int, to value: Bool
    ) -> Bool {
        guard boolean(column, row) != value else { return false }
        set(column, of: row, boolean: value)
        return true
    }
}
