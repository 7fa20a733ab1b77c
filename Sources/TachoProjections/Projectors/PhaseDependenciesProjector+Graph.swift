import TachoEvents
import TachoLog

// Slack, critical path, gaps, and impacts: a workflow's rows as a graph.

extension PhaseDependenciesProjector {
    /// The rows of a workflow that take part in its critical path.
    struct Graph {
        fileprivate struct Link {
            let row: Int
            /// Ends of the row's edge; `from` is `nil` for a phase that waits for none.
            let from: Int?
            let to: Int
            /// The link before of those with an edge to the same phase.
            let previous: Int?
        }

        fileprivate struct Node {
            /// Of each a dozen, of which looking at all takes less than hashing one.
            let name: ByteString
            var start: Timestamp?
            var end: Timestamp?
            /// The last link with an edge to this phase.
            var lastLink: Int?
        }

        fileprivate private(set) var links: [Link] = []
        fileprivate private(set) var nodes: [Node] = []
        /// Milliseconds, by node.
        fileprivate private(set) var durations: [Int64] = []
        /// Those of the links that have one, in their order.
        fileprivate private(set) var edges: [CriticalPath.Edge] = []

        private mutating func node(_ name: UnsafeRawBufferPointer) -> Int {
            if let node = node(ofKnown: name) { return node }
            nodes.append(Node(name: ByteString(name)))
            durations.append(0)
            return nodes.count - 1
        }

        fileprivate func node(ofKnown name: UnsafeRawBufferPointer) -> Int? {
            nodes.firstIndex {
                $0.name.bytes.count == name.count && $0.name.bytes.elementsEqual(name)
            }
        }

        func node(ofKnown name: ByteString) -> Int? {
            name.bytes.withUnsafeBytes { node(ofKnown: $0) }
        }

        /// Takes in a row behind those it has.
        fileprivate mutating func add(_ row: Int, _ table: Table) {
            let phase = table.withText(Column.phase, row) { node($0) }
            guard let phase else { return }
            setTimes(of: phase, row, table)
            guard PhaseDependenciesProjector.counts(row, table) else { return }
            let from = table.withText(Column.dependsOn, row) { node($0) }
            links.append(Link(row: row, from: from, to: phase, previous: nodes[phase].lastLink))
            guard let from else { return }
            nodes[phase].lastLink = links.count - 1
            edges.append(CriticalPath.Edge(from: from, to: phase))
        }

        fileprivate mutating func setTimes(of node: Int, _ row: Int, _ table: Table) {
            durations[node] = table.integer(Column.durationMs, row) ?? 0
            nodes[node].start = table.timestamp(Column.startedAt, row)
            nodes[node].end = table.timestamp(Column.endedAt, row)
        }

        /// The last end of the phases that a link's phase waits for, without the link's own.
        fileprivate func latestOtherEnd(_ link: Link) -> Timestamp? {
            var latest: Timestamp?
            var next = nodes[link.to].lastLink
            while let place = next {
                if let from = links[place].from, from != link.from, let end = nodes[from].end {
                    latest = max(latest ?? end, end)
                }
                next = links[place].previous
            }
            return latest
        }
    }

    /// Reads the graph of a workflow whose first row is `first`, if it was not read before.
    private mutating func readGraph(of workflow: ByteString, _ first: Int, _ table: Table) {
        let isRead: Bool = workflows.change(first) { $0.graph != nil } ?? false
        if isRead { return }
        var graph = Graph()
        for row in table.rows(where: Column.graphOf, equals: workflow) { graph.add(row, table) }
        workflows[first, default: Workflow()].graph = graph
    }

    /// Whether the row's dependency is none that was replaced or closes a cycle.
    fileprivate static func counts(_ row: Int, _ table: Table) -> Bool {
        !table.text(Column.basis, row, equals: "cycle")
            && !table.text(Column.basis, row, equals: "replaced")
    }

    mutating func closesCycle(
        _ phase: Phase, _ other: ByteString, _ first: Int, _ table: Table
    ) -> Bool {
        guard phase.name != other else { return true }
        readGraph(of: phase.workflow, first, table)
        let closes = workflows.read(first) { workflow -> Bool in
            guard let graph = workflow.graph, let to = graph.node(ofKnown: phase.name),
                let from = graph.node(ofKnown: other)
            else { return false }
            return CriticalPath.closesCycle(
                CriticalPath.Edge(from: from, to: to), in: graph.edges,
                nodeCount: graph.nodes.count)
        }
        return closes ?? false
    }

    /// Takes a new row into the graph.
    mutating func addToGraph(_ row: Int, _ first: Int, _ table: Table) {
        workflows.change(first) { $0.graph?.add(row, table) }
    }

    /// Computes what a change of the phase's rows may have changed.
    mutating func refresh(
        _ phase: Phase, _ rows: [Int], _ first: Int, _ event: Event, _ table: inout Table
    ) {
        let inGraph = rows.first {
            table.withText(Column.graphOf, $0) { graphOf in
                phase.workflow.bytes.withUnsafeBytes { $0.elementsEqual(graphOf) }
            } ?? false
        }
        if let inGraph {
            readGraph(of: phase.workflow, first, table)
            workflows.change(first) { workflow in
                guard let node = workflow.graph?.node(ofKnown: phase.name) else { return }
                workflow.graph?.setTimes(of: node, inGraph, table)
            }
            workflows.read(first) { workflow in
                if let graph = workflow.graph { refresh(graph, event, &table) }
            }
        }
        for row in rows where table.isUnknown(Column.graphOf, row) {
            refreshBeyondGraph(row, phase, rows, &table)
        }
    }

    private func refresh(_ graph: Graph, _ event: Event, _ table: inout Table) {
        let path = CriticalPath(durations: graph.durations, edges: graph.edges)
        var edge = 0
        for link in graph.links {
            var isCritical = path.slack[link.to] == 0
            var delay: Delay?
            if let from = link.from {
                isCritical = path.isCritical[edge]
                edge += 1
                delay = Delay(
                    start: graph.nodes[link.to].start,
                    predecessor: (graph.nodes[from].start, graph.nodes[from].end),
                    latestOtherEnd: graph.latestOtherEnd(link))
            }
            var isChanged = table.change(Column.slackMs, of: link.row, to: path.slack[link.to])
            if table.change(Column.onCriticalPath, of: link.row, to: isCritical) {
                isChanged = true
            }
            if table.change(Column.startGapMs, of: link.row, to: delay?.gap) { isChanged = true }
            if table.change(Column.predecessorImpactMs, of: link.row, to: delay?.impact) {
                isChanged = true
            }
            if isChanged { table.touch(link.row, at: event) }
        }
    }

    /// Gap and impact of a row that has no place in the graph.
    private func refreshBeyondGraph(
        _ row: Int, _ phase: Phase, _ rows: [Int], _ table: inout Table
    ) {
        guard Self.counts(row, table) else { return }
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
            $0 != row && Self.counts($0, table) && !table.isUnknown(Column.dependsOn, $0)
        }
        let delay = Delay(
            start: table.timestamp(Column.startedAt, row), predecessor: interval(row),
            latestOtherEnd: others.compactMap { interval($0).1 }.max())
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
            latestOtherEnd: Timestamp?
        ) {
            guard let start, let end = predecessor.end else {
                gap = nil
                impact = nil
                return
            }
            gap = PhaseRunTimes.milliseconds(from: end, to: start)
            impact = predecessor.start.map { begin in
                let free = max(begin, latestOtherEnd ?? begin)
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
