import TachoProjections
import TestSupport
import Testing

struct CriticalPathTests {
    private func path(_ durations: [Int64], _ edges: [(Int, Int)]) -> CriticalPath {
        CriticalPath(durations: durations, edges: edges.map { .init(from: $0.0, to: $0.1) })
    }

    @Test func `the longest chain has no slack, the others what it leaves them`() {
        // Plan 10, build 50, docs 20, ship 5.
        let path = path([10, 50, 20, 5], [(0, 1), (0, 2), (1, 3), (2, 3)])

        #expect(path.length == 65)
        #expect(path.slack == [0, 0, 30, 0])
        #expect(path.isCritical == [true, false, true, false])
        #expect(path.isCut == [false, false, false, false])
    }

    @Test func `phases that wait for nobody run beside each other`() {
        let path = path([10, 30, 0], [])

        #expect(path.length == 30)
        #expect(path.slack == [20, 0, 30])
    }

    @Test func `the edge that closes a cycle is cut, and no other`() {
        let path = path([1, 2, 3], [(0, 1), (1, 2), (2, 0), (1, 1), (0, 2)])

        #expect(path.isCut == [false, false, true, true, false])
        #expect(path.length == 6)
        #expect(path.isCritical == [true, true, false, false, false])
    }

    @Test func `nothing is nothing, and sums stop at the largest number`() {
        #expect(path([], []).length == 0)
        #expect(path([.max, .max], [(0, 1)]).length == .max)
        #expect(path([-5, 3], [(0, 1)]).length == 3)
        #expect(
            path([.max, .max, .max, .max], [(0, 1), (1, 2), (2, 3)]).slack == [0, 0, 0, 0])
    }

    /// Against all chains, one by one.
    @Test func `length, slack, and critical edges are those of the chains`() {
        var random = SeededRandom(testSeed())
        for _ in 0..<200 {
            let count = Int.random(in: 1...6, using: &random)
            let durations = (0..<count).map { _ in Int64.random(in: 0...5, using: &random) }
            let edges = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                (
                    Int.random(in: 0..<count, using: &random),
                    Int.random(in: 0..<count, using: &random)
                )
            }
            let path = path(durations, edges)
            let kept = edges.indices.filter { !path.isCut[$0] }.map { edges[$0] }
            var chains: [[Int]] = []
            func extend(_ chain: [Int]) {
                chains.append(chain)
                for edge in kept where edge.0 == chain[chain.count - 1] { extend(chain + [edge.1]) }
            }
            for node in 0..<count { extend([node]) }
            func length(_ chain: [Int]) -> Int64 { chain.reduce(0) { $0 + durations[$1] } }

            #expect(path.length == chains.map(length).max())
            for node in 0..<count {
                let longest = chains.filter { $0.contains(node) }.map(length).max()
                #expect(path.slack[node] == path.length - (longest ?? 0))
            }
            for (index, edge) in edges.enumerated() {
                let longest = chains.filter { chain in
                    zip(chain, chain.dropFirst()).contains { $0 == edge }
                }.map(length).max()
                #expect(path.isCritical[index] == (!path.isCut[index] && longest == path.length))
            }
        }
    }
}
