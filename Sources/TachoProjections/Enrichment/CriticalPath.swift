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
        var isCut = [Bool](repeating: false, count: edges.count)
        var begin = [Int64](repeating: 0, count: durations.count)
        var slack = [Int64](repeating: 0, count: durations.count)
        length = Walk.with(nodeCount: durations.count, edgeCount: edges.count) { walk in
            if !walk.order(edges, without: isCut) {
                isCut = Self.cuts(in: edges, nodeCount: durations.count)
                _ = walk.order(edges, without: isCut)
            }
            return walk.measure(durations, &begin, &slack)
        }
        isCritical = edges.indices.map { index in
            let edge = edges[index]
            return !isCut[index] && slack[edge.from] == 0 && slack[edge.to] == 0
                && Self.end(begin[edge.from], durations[edge.from]) == begin[edge.to]
        }
        self.slack = slack
        self.isCut = isCut
    }

    /// Which edges close a cycle with those before them.
    private static func cuts(in edges: [Edge], nodeCount: Int) -> [Bool] {
        var kept: [Edge] = []
        return edges.map { edge in
            let isCut = closesCycle(edge, in: kept, nodeCount: nodeCount)
            if !isCut { kept.append(edge) }
            return isCut
        }
    }

    /// Whether there is a way from the edge's end back to its beginning.
    package static func closesCycle(_ edge: Edge, in edges: [Edge], nodeCount: Int) -> Bool {
        guard edge.from != edge.to else { return true }
        return Walk.with(nodeCount: nodeCount, edgeCount: edges.count) { walk in
            walk.reaches(edge.from, from: edge.to, edges)
        }
    }

    /// An end is no later than the largest number, and a negative duration is none.
    private static func end(_ begin: Int64, _ duration: Int64) -> Int64 {
        let (sum, overflow) = begin.addingReportingOverflow(max(0, duration))
        return overflow ? .max : sum
    }

    /// The nodes from front to back, and what follows each.
    ///
    /// In memory that is lent for the walk: a graph has a dozen nodes, and is walked over at each
    /// event of a phase, which would be spent on making arrays.
    private struct Walk {
        /// Of each node: where its successors end.
        private let ends: UnsafeMutableBufferPointer<Int>
        /// Of all nodes, one behind the other, in the order of the edges.
        private let successors: UnsafeMutableBufferPointer<Int>
        /// By node: predecessors that were not passed yet.
        private let openCounts: UnsafeMutableBufferPointer<Int>
        private let order: UnsafeMutableBufferPointer<Int>

        static func with<Result>(
            nodeCount: Int, edgeCount: Int, _ body: (borrowing Walk) -> Result
        ) -> Result {
            withUnsafeTemporaryAllocation(
                of: Int.self, capacity: 3 * nodeCount + 1 + edgeCount
            ) { memory in
                func part(_ start: Int, _ count: Int) -> UnsafeMutableBufferPointer<Int> {
                    UnsafeMutableBufferPointer(rebasing: memory[start..<start + count])
                }
                return body(
                    Walk(
                        ends: part(0, nodeCount + 1),
                        successors: part(3 * nodeCount + 1, edgeCount),
                        openCounts: part(nodeCount + 1, nodeCount),
                        order: part(2 * nodeCount + 1, nodeCount)))
            }
        }

        private func connect(_ edges: [Edge], without isCut: [Bool]?) {
            ends.initialize(repeating: 0)
            func forEach(_ body: (Edge) -> Void) {
                for (index, edge) in edges.enumerated() where isCut?[index] != true { body(edge) }
            }
            forEach { ends[$0.from + 1] += 1 }
            for node in openCounts.indices { ends[node + 1] += ends[node] }
            // Each count becomes the start of the next node's, which is this one's end.
            forEach {
                successors[ends[$0.from]] = $0.to
                ends[$0.from] += 1
            }
        }

        private func next(_ node: Int) -> Slice<UnsafeMutableBufferPointer<Int>> {
            successors[(node == 0 ? 0 : ends[node - 1])..<ends[node]]
        }

        /// Puts each node behind its predecessors.
        ///
        /// - Returns: Whether all nodes have a place: none is in a cycle, or behind one.
        func order(_ edges: [Edge], without isCut: [Bool]) -> Bool {
            connect(edges, without: isCut)
            openCounts.initialize(repeating: 0)
            for (index, edge) in edges.enumerated() where !isCut[index] { openCounts[edge.to] += 1 }
            var count = 0
            for node in openCounts.indices where openCounts[node] == 0 {
                order[count] = node
                count += 1
            }
            var passed = 0
            while passed < count {
                for node in next(order[passed]) {
                    openCounts[node] -= 1
                    guard openCounts[node] == 0 else { continue }
                    order[count] = node
                    count += 1
                }
                passed += 1
            }
            return count == order.count
        }

        /// - Returns: The length of the whole.
        func measure(
            _ durations: [Int64], _ begin: inout [Int64], _ slack: inout [Int64]
        ) -> Int64 {
            var length: Int64 = 0
            for node in order {
                let end = CriticalPath.end(begin[node], durations[node])
                length = max(length, end)
                for follower in next(node) { begin[follower] = max(begin[follower], end) }
            }
            // First each node's latest end.
            for node in order.reversed() {
                var latestEnd = length
                for follower in next(node) {
                    let (begin, overflow) = slack[follower].subtractingReportingOverflow(
                        max(0, durations[follower]))
                    latestEnd = overflow ? .min : min(latestEnd, begin)
                }
                slack[node] = latestEnd
            }
            for node in order {
                let end = CriticalPath.end(begin[node], durations[node])
                slack[node] = slack[node] > end ? slack[node] - end : 0
            }
            return length
        }

        func reaches(_ goal: Int, from start: Int, _ edges: [Edge]) -> Bool {
            connect(edges, without: nil)
            // A node is seen once, so that as many as there are have room.
            openCounts.initialize(repeating: 0)
            order[0] = start
            openCounts[start] = 1
            var count = 1
            while count > 0 {
                count -= 1
                for node in next(order[count]) where openCounts[node] == 0 {
                    if node == goal { return true }
                    openCounts[node] = 1
                    order[count] = node
                    count += 1
                }
            }
            return false
        }
    }
}
