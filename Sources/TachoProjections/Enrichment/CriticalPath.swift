/// The longest chain of phases by duration, and how much the others could be late.
///
/// A graph of nodes 0, 1, 2, … with a duration each; an edge says that one begins after another
/// has ended. The earliest end of a node is its duration after the latest of its predecessors'
/// earliest ends; the latest end is the same from the back. What lies between the two is its
/// slack; a chain of nodes without slack is as long as the whole, and critical.
///
/// ```
/// plan 10 ─ build 50 ─ ship 5      length 65, plan, build, ship without slack,
///        └─ docs 20 ──┘            docs may take 30 more
/// ```
///
/// Edges count in their order: one that closes a cycle with those before it is cut, and takes no
/// part.
///
/// Complexity: O(nodes + edges); O(edges · (nodes + edges)) if there is a cycle.
///
/// Source: Kelley & Walker 1959, "Critical-Path Planning and Scheduling"; the seed's "Phase
/// Dependency Graph".
package struct CriticalPath: Sendable {
    package struct Edge: Hashable, Sendable {
        /// What has to end first.
        package let from: Int
        package let to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }
    }

    /// Sum of the durations along the longest chain.
    package let length: Int64
    /// Of each node: how much later it could end without making the whole longer.
    package let slack: [Int64]
    /// Of each edge: whether it is a link of a longest chain.
    package let isCritical: [Bool]
    /// Of each edge: whether it closes a cycle, and is left out.
    package let isCut: [Bool]

    /// - Parameters:
    ///   - durations: Of each node; a negative one counts as 0. Sums stop at the largest number.
    ///   - edges: Between nodes of `durations`; two equal ones count as one.
    package init(durations: [Int64], edges: [Edge]) {
        precondition(
            edges.allSatisfy {
                durations.indices.contains($0.from) && durations.indices.contains($0.to)
            }, "an edge joins two of the nodes")
        let durations = durations.map { max(0, $0) }
        var isCut = [Bool](repeating: false, count: edges.count)
        var order = Self.order(durations.count, edges, isCut)
        if order.count < durations.count {
            var kept: [Edge] = []
            for (index, edge) in edges.enumerated() {
                isCut[index] = Self.closesCycle(edge, in: kept, nodeCount: durations.count)
                if !isCut[index] { kept.append(edge) }
            }
            order = Self.order(durations.count, edges, isCut)
        }

        let used = edges.indices.filter { !isCut[$0] }
        let successors = Successors(durations.count, used.lazy.map { edges[$0] })
        var begin = [Int64](repeating: 0, count: durations.count)
        for node in order {
            let end = Self.sum(begin[node], durations[node])
            for next in successors[node] { begin[next] = max(begin[next], end) }
        }
        let length = durations.indices.map { Self.sum(begin[$0], durations[$0]) }.max() ?? 0
        var latestEnd = [Int64](repeating: length, count: durations.count)
        for node in order.reversed() {
            for next in successors[node] {
                latestEnd[node] = min(latestEnd[node], latestEnd[next] - durations[next])
            }
        }
        let slack = durations.indices.map {
            max(0, latestEnd[$0] - Self.sum(begin[$0], durations[$0]))
        }
        self.length = length
        self.slack = slack
        self.isCut = isCut
        isCritical = edges.indices.map { index in
            let edge = edges[index]
            return !isCut[index] && slack[edge.from] == 0 && slack[edge.to] == 0
                && Self.sum(begin[edge.from], durations[edge.from]) == begin[edge.to]
        }
    }

    /// Whether there is a way from the edge's end back to its beginning.
    package static func closesCycle(_ edge: Edge, in edges: [Edge], nodeCount: Int) -> Bool {
        let successors = Successors(nodeCount, edges)
        var isSeen = [Bool](repeating: false, count: nodeCount)
        var open = [edge.to]
        while let node = open.popLast() {
            if node == edge.from { return true }
            guard !isSeen[node] else { continue }
            isSeen[node] = true
            open.append(contentsOf: successors[node])
        }
        return false
    }

    /// Nodes so that each comes after its predecessors, without those in or behind a cycle.
    private static func order(_ nodeCount: Int, _ edges: [Edge], _ isCut: [Bool]) -> [Int] {
        let used = edges.indices.filter { !isCut[$0] }
        let successors = Successors(nodeCount, used.lazy.map { edges[$0] })
        var openCount = [Int](repeating: 0, count: nodeCount)
        for index in used { openCount[edges[index].to] += 1 }
        var order = (0..<nodeCount).filter { openCount[$0] == 0 }
        var next = 0
        while next < order.count {
            for node in successors[order[next]] {
                openCount[node] -= 1
                if openCount[node] == 0 { order.append(node) }
            }
            next += 1
        }
        return order
    }

    /// What follows each node, in the order of the edges: one array for all nodes.
    private struct Successors {
        /// Of each node: where its successors end.
        private var ends: [Int]
        private var nodes: [Int]

        init(_ nodeCount: Int, _ edges: some Collection<Edge>) {
            ends = [Int](repeating: 0, count: nodeCount + 1)
            for edge in edges { ends[edge.from + 1] += 1 }
            for node in 0..<nodeCount { ends[node + 1] += ends[node] }
            nodes = [Int](repeating: 0, count: edges.count)
            // Each count becomes the start of the next node's, which is this one's end.
            for edge in edges {
                nodes[ends[edge.from]] = edge.to
                ends[edge.from] += 1
            }
        }

        subscript(node: Int) -> ArraySlice<Int> {
            nodes[(node == 0 ? 0 : ends[node - 1])..<ends[node]]
        }
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
