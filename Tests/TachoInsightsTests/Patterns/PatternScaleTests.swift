import Foundation
import TachoInsights
import TestSupport
import Testing

/// What takes seconds in a release build: run with `TACHO_SCALE=1`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TACHO_SCALE"] != nil))
struct PatternScaleTests {
    @Test(arguments: 0...2, 0..<5)
    func `20 planted sequences among 1,000,000 calls are all found, and nothing else`(
        gap: Int, round: Int
    ) {
        let planted = PlantedCalls(
            callCount: 1_000_000, plantCount: 20, each: 300, seed: testSeed() &+ UInt64(round))
        var options = SequenceMining.Options()
        options.gap = gap

        let found = SequenceMining(planted.sequences, options: options).candidates.map(\.tools)

        #expect(Set(planted.plants).subtracting(found).isEmpty)
        #expect(Set(found).subtracting(planted.plants).isEmpty)
    }

    @Test(arguments: 0...2) func `10,000,000 calls are counted exactly`(gap: Int) {
        let planted = PlantedCalls(callCount: 10_000_000, plantCount: 20, each: 3000, seed: 1)
        var options = SequenceMining.Options()
        options.gap = gap

        let mining = SequenceMining(planted.sequences, options: options)

        #expect(Set(mining.candidates.map(\.tools)) == Set(planted.plants))
        for run in mining.candidates {
            #expect(run.count == countApart(run.tools, planted.sequences, gap: gap), "\(run.tools)")
        }
    }

    /// Places for a run of different tools that do not overlap, tried call by call.
    private func countApart(_ run: [Int], _ sequences: [[UInt16]], gap: Int) -> Int {
        /// Where the run ends that begins so at `start`, at the earliest.
        func end(_ tools: [UInt16], _ start: Int, _ index: Int) -> Int? {
            if index == run.count { return start }
            return (start + 1...start + 1 + gap).lazy
                .filter { $0 < tools.count && Int(tools[$0]) == run[index] }
                .compactMap { end(tools, $0, index + 1) }.min()
        }
        return sequences.reduce(0) { sum, tools in
            let places = tools.indices.filter { Int(tools[$0]) == run[0] }
                .compactMap { start in end(tools, start, 1).map { (start, $0) } }
                .sorted { $0.1 < $1.1 }
            var (count, last) = (0, -1)
            for (start, end) in places where start > last { (count, last) = (count + 1, end) }
            return sum + count
        }
    }
}
