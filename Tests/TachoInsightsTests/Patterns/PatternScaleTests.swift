import Foundation
import TachoInsights
import TestSupport
import Testing

/// What takes a minute in a release build: run with `TACHO_SCALE=1`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TACHO_SCALE"] != nil), .serialized)
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

    /// Where a tenth of all calls are habits, some have calls in common, and of some a call comes before
    /// them often.
    @Test(arguments: 0...1, 0..<60) func `habits close to each other are all found whole`(
        gap: Int, round: Int
    ) {
        let planted = PlantedCalls(
            callCount: 200_000, plantCount: 20, each: 300, seed: UInt64(round))
        var options = SequenceMining.Options()
        options.gap = gap
        options.minimumCount = 20

        let found = SequenceMining(planted.sequences, options: options).candidates.map(\.tools)

        #expect(Set(found) == Set(planted.plants))
    }

    /// Part of a habit that is just frequent enough comes as often again by chance.
    @Test(arguments: 0..<20) func `rare habits are all found, and none of their parts`(round: Int) {
        let planted = PlantedCalls(
            callCount: 1_000_000, plantCount: 20, each: 60, seed: testSeed() &+ UInt64(round))

        let found = SequenceMining(planted.sequences).candidates.map(\.tools)

        #expect(Set(found) == Set(planted.plants))
    }

    /// All planted runs, and 300 drawn by chance from the calls themselves: the rare ones of them have
    /// to be missing, the frequent ones have to be there with their count.
    @Test(arguments: 0...2) func `10,000,000 calls are counted exactly`(gap: Int) {
        let planted = PlantedCalls(callCount: 10_000_000, plantCount: 20, each: 3000, seed: 1)
        var options = SequenceMining.Options()
        options.gap = gap
        var random = SeededRandom(testSeed())
        let drawn = Set((0..<300).compactMap { _ in draw(planted.sequences, gap, &random) })
        let runs = Array(drawn.union(planted.plants))

        let mining = SequenceMining(planted.sequences, options: options)

        #expect(Set(mining.candidates.map(\.tools)) == Set(planted.plants))
        var counts: [[Int]: Int] = [:]
        for run in mining.frequent.joined() { counts[run.tools] = run.count }
        for (run, count) in zip(runs, SlowCounter(runs, gap: gap).counts(planted.sequences)) {
            #expect(counts[run] == (count >= options.minimumCount ? count : nil), "\(run)")
        }
    }

    /// Two to eight calls of one sequence, up to `gap` others between two.
    private func draw(
        _ sequences: [[UInt16]], _ gap: Int, _ random: inout SeededRandom
    ) -> [Int]? {
        guard let tools = sequences.randomElement(using: &random),
            var place = tools.indices.randomElement(using: &random)
        else { return nil }
        var run = [Int(tools[place])]
        for _ in 1..<Int.random(in: 2...8, using: &random) {
            place += 1 + Int.random(in: 0...gap, using: &random)
            guard place < tools.count else { return nil }
            run.append(Int(tools[place]))
        }
        return run
    }
}

/// Counts runs another way than mining does: tries every way to fit a run in at every call, and knows
/// nothing of what is frequent.
///
/// Without gaps every place counts, with gaps those that end first and do
/// not overlap.
private struct SlowCounter {
    private let gap: Int
    private let runs: [[Int]]
    /// Indices of the runs that begin with a tool.
    private let runsByFirst: [[Int]]

    init(_ runs: [[Int]], gap: Int) {
        self.runs = runs
        self.gap = gap
        let tools = 1 + (runs.joined().max() ?? 0)
        runsByFirst = (0..<tools).map { tool in runs.indices.filter { runs[$0][0] == tool } }
    }

    /// How many places each run has.
    func counts(_ sequences: [[UInt16]]) -> [Int] {
        var counts = runs.map { _ in 0 }
        var places = runs.map { _ in [(start: Int, end: Int)]() }
        for tools in sequences {
            for start in tools.indices where Int(tools[start]) < runsByFirst.count {
                for index in runsByFirst[Int(tools[start])] {
                    guard let end = end(of: runs[index], 1, in: tools, behind: start) else {
                        continue
                    }
                    places[index].append((start, end))
                }
            }
            for index in places.indices where !places[index].isEmpty {
                var last = -1
                for place in places[index].sorted(by: { $0.end < $1.end })
                where gap == 0 || place.start > last {
                    counts[index] += 1
                    last = place.end
                }
                places[index].removeAll(keepingCapacity: true)
            }
        }
        return counts
    }

    /// Where the rest of a run ends at the earliest.
    private func end(of run: [Int], _ next: Int, in tools: [UInt16], behind place: Int) -> Int? {
        if next == run.count { return place }
        var first: Int?
        for place in place + 1..<min(place + 2 + gap, tools.count)
        where Int(tools[place]) == run[next] {
            if let end = end(of: run, next + 1, in: tools, behind: place) {
                first = min(first ?? end, end)
            }
        }
        return first
    }
}
