import TachoInsights
import TestSupport
import Testing

struct SequenceMiningTests {
    /// Every run counted the slow way.
    private func counts(_ sequences: [[UInt16]], length: Int) -> [[Int]: Int] {
        var counts: [[Int]: Int] = [:]
        for sequence in sequences where sequence.count >= length {
            for start in 0...(sequence.count - length) {
                counts[sequence[start..<(start + length)].map { Int($0) }, default: 0] += 1
            }
        }
        return counts
    }

    private func random(_ count: Int, tools: Int, _ random: inout SeededRandom) -> [[UInt16]] {
        (0..<count).map { _ in
            (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt16(Int.random(in: 0..<tools, using: &random))
            }
        }
    }

    @Test(arguments: [1, 2, 5, 20])
    func `counts are those of counting every run`(minimumCount: Int) {
        var generator = SeededRandom(testSeed())
        let sequences = random(60, tools: 4, &generator)
        var options = SequenceMining.Options()
        options.minimumCount = minimumCount

        let mining = SequenceMining(sequences, options: options)

        for (place, level) in mining.frequent.enumerated() {
            let expected = counts(sequences, length: place + 2).filter { $0.value >= minimumCount }
            let found = Dictionary(uniqueKeysWithValues: level.map { ($0.tools, $0.count) })
            #expect(found == expected)
        }
        for run in mining.candidates {
            #expect(!run.sequences.isEmpty && run.ownCount >= minimumCount)
            for example in run.sequences {
                #expect(counts([sequences[example]], length: run.tools.count)[run.tools] != nil)
            }
        }
    }

    /// Words are sorted a part at a time, and are wider with more tools than a byte holds.
    @Test(arguments: [3, 250, 255, 256, 700], [1, 50, 1 << 21])
    func `counts are the same however many tools there are and words are sorted at a time`(
        tools: Int, wordLimit: Int
    ) {
        var generator = SeededRandom(testSeed())
        // Each tool is there, and some runs come again.
        var sequences = random(40, tools: tools, &generator) + [(0..<tools).map { UInt16($0) }]
        sequences += sequences
        var options = SequenceMining.Options()
        options.minimumCount = 2
        options.wordLimit = wordLimit

        let mining = SequenceMining(sequences, options: options)

        #expect(mining.frequent.count == 7)
        for (place, level) in mining.frequent.enumerated() {
            let expected = counts(sequences, length: place + 2).filter { $0.value >= 2 }
            let found = Dictionary(uniqueKeysWithValues: level.map { ($0.tools, $0.count) })
            #expect(found == expected)
        }
    }

    /// The most places for a run, each beginning behind the end of the one before, with at most `gap`
    /// other calls between two: the one that ends first, then the one that ends first behind it.
    private func countWithGaps(_ run: [Int], _ sequences: [[UInt16]], gap: Int) -> Int {
        func ends(_ tools: [UInt16], _ start: Int, _ rest: ArraySlice<Int>) -> Int? {
            guard let next = rest.first else { return start - 1 }
            let last = rest.count == run.count ? tools.count - 1 : start + gap
            guard start <= min(last, tools.count - 1) else { return nil }
            return (start...min(last, tools.count - 1)).compactMap { place in
                Int(tools[place]) == next ? ends(tools, place + 1, rest.dropFirst()) : nil
            }.min()
        }
        return sequences.reduce(0) { sum, tools in
            var (count, start) = (0, 0)
            while let end = ends(tools, start, run[...]) {
                count += 1
                start = end + 1
            }
            return sum + count
        }
    }

    @Test(arguments: [1, 2]) func `with gaps counts are those of trying every place`(gap: Int) {
        var generator = SeededRandom(testSeed())
        let sequences = random(6, tools: 4, &generator)
        var options = SequenceMining.Options()
        options.minimumCount = 3
        options.gap = gap
        options.maximumLength = 4

        let mining = SequenceMining(sequences, options: options)

        #expect(mining.frequent.count == 3)
        for (place, level) in mining.frequent.enumerated() {
            let found = Dictionary(uniqueKeysWithValues: level.map { ($0.tools, $0.count) })
            var runs = [[Int]()]
            for _ in 0..<(place + 2) { runs = runs.flatMap { run in (0..<4).map { run + [$0] } } }
            for run in runs {
                let count = countWithGaps(run, sequences, gap: gap)
                #expect(found[run] == (count >= 3 ? count : nil), "\(run)")
            }
        }
    }

    /// With gaps: the most places that do not overlap, found by trying greedily every end.
    @Test func `with a gap a run counts as often as it fits without overlap`() {
        var options = SequenceMining.Options()
        options.minimumCount = 1
        options.gap = 1
        options.maximumLength = 3

        // a x b c, a b y c, and a b c in one.
        let mining = SequenceMining([[0, 9, 1, 2, 0, 1, 8, 2, 0, 1, 2]], options: options)

        #expect(mining.frequent[1].first { $0.tools == [0, 1, 2] }?.count == 3)
        // Two apart is too far.
        let far = SequenceMining([[0, 9, 9, 1, 2]], options: options)
        #expect(far.frequent[1].first { $0.tools == [0, 1, 2] } == nil)
        // a a a holds a→a once.
        let same = SequenceMining([[0, 0, 0]], options: options)
        #expect(same.frequent[0].first { $0.tools == [0, 0] }?.count == 1)
    }

    @Test func `one tool only, no calls, and sequences of one call are no patterns`() {
        let one = SequenceMining([Array(repeating: 3, count: 10_000)])
        #expect(one.candidates.isEmpty)
        #expect(one.frequent[0].map(\.count) == [9_999])
        #expect(SequenceMining([]).candidates.isEmpty)
        #expect(SequenceMining(Array(repeating: [1], count: 200)).candidates.isEmpty)
        #expect(SequenceMining([[.max, .max, 60_000, 0]]).callCount == 4)
    }

    @Test(arguments: 0...2) func `what two habits have in common is no third one`(gap: Int) {
        var generator = SeededRandom(testSeed())
        // Both have 1→2→3, and twelve tools by chance stand between them.
        let habits: [[UInt16]] = [[0, 1, 2, 3, 4, 5], [6, 7, 1, 2, 3, 8]]
        let sequences = (0..<200).map { number -> [UInt16] in
            (0..<6).flatMap { _ in
                (0..<9).map { _ in UInt16(Int.random(in: 9..<21, using: &generator)) }
                    + habits[number % 2]
            }
        }
        var options = SequenceMining.Options()
        options.gap = gap

        let found = SequenceMining(sequences, options: options).candidates

        #expect(Set(found.map(\.tools)) == Set(habits.map { $0.map { Int($0) } }))
        #expect(found.allSatisfy { $0.ownCount == 600 && $0.sequences.count == 100 })
    }

    @Test func `runs of a cycle with gaps are many, and one candidate`() {
        var random = SeededRandom(testSeed())
        // Five tools in turn, every tenth call by chance: thousands of runs are bound.
        let cycle = (0..<4_000).map { number in
            Int.random(in: 0..<10, using: &random) == 0
                ? UInt16.random(in: 0..<5, using: &random) : UInt16(number % 5)
        }
        var options = SequenceMining.Options()
        options.gap = 2

        let mining = SequenceMining([cycle], options: options)

        #expect(mining.frequent[6].count { $0.isBound } > 1_000)
        #expect(mining.candidates.count == 1)
    }

    @Test func `a short history needs fewer repetitions than a long one`() {
        let counts = [0, 5_900, 20_000, 25_000, 10_000_000].map {
            SequenceMining.Options.minimumCount(ofCalls: $0)
        }

        #expect(counts == [10, 11, 40, 50, 50])
    }

    /// The same at 1,000,000 calls: `PatternScaleTests`.
    @Test func `planted sequences are found among chance, and nothing else is`() {
        let planted = PlantedCalls(callCount: 60_000, plantCount: 6, each: 80, seed: testSeed())

        let found = SequenceMining(planted.sequences).candidates.map(\.tools)

        #expect(Set(found) == Set(planted.plants))
        #expect(found.count == planted.plants.count)
    }

    /// Seeds of which two habits have three calls in common, of which a habit's first calls are hardly
    /// more than chance with gaps, and of which one call often comes before a habit.
    @Test(arguments: [(14, 60, 0), (15, 100, 2), (14, 300, 0)])
    func `habits are whole, whatever they share and whatever comes before them`(
        seed: UInt64, each: Int, gap: Int
    ) {
        let planted = PlantedCalls(callCount: 200_000, plantCount: 20, each: each, seed: seed)
        var options = SequenceMining.Options()
        options.gap = gap
        options.minimumCount = 20

        let found = SequenceMining(planted.sequences, options: options).candidates.map(\.tools)

        #expect(Set(found) == Set(planted.plants))
    }
}

/// Calls by chance, a few tools much more often than others, and sequences planted among them.
struct PlantedCalls {
    private(set) var sequences: [[UInt16]] = []
    private(set) var plants: [[Int]] = []

    init(callCount: Int, plantCount: Int, each: Int, tools: Int = 30, seed: UInt64) {
        var random = SeededRandom(seed)
        // As in real work: the next call depends on the last.
        let chain = (0..<tools).map { _ in
            (0..<tools).map { _ in 1 + Int.random(in: 0..<20, using: &random) }
        }
        let sums = chain.map { $0.reduce(0, +) }
        while plants.count < plantCount {
            let length = 4 + plants.count % 4
            // Different tools, so that no plant is part of another or of itself.
            var pool = Array(0..<tools)
            pool.shuffle(using: &random)
            let plant = Array(pool.prefix(length))
            if !plants.contains(where: { Set($0).isSuperset(of: plant) }) { plants.append(plant) }
        }
        var rest = plants.flatMap { Array(repeating: $0, count: each) }
        rest.shuffle(using: &random)
        let every = callCount / max(1, rest.count)
        var last = 0
        var sequence: [UInt16] = []
        for number in 0..<callCount {
            var draw = Int.random(in: 0..<sums[last], using: &random)
            var next = 0
            while draw >= chain[last][next] {
                draw -= chain[last][next]
                next += 1
            }
            sequence.append(UInt16(next))
            last = next
            if number % every == every - 1, let plant = rest.popLast() {
                sequence += plant.map { UInt16($0) }
                last = plant[plant.count - 1]
            }
            if number % 97 == 96 {
                sequences.append(sequence)
                sequence = []
            }
        }
        sequences.append(sequence)
    }
}
