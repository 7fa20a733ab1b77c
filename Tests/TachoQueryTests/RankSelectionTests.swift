import TachoQuery
import TestSupport
import Testing

struct RankSelectionTests {
    @Test func `the element of each rank is the one that sorting puts there`() {
        var random = SeededRandom(testSeed())
        for count in [1, 2, 3, 10, 101] {
            let elements = (0..<count).map { _ in Int64.random(in: 0..<20, using: &random) }
            for (rank, expected) in elements.sorted().enumerated() {
                var unordered = elements
                #expect(unordered.element(ofRank: rank) == expected)
            }
        }
    }
}
