/// Sequences of tools that agents call more often than their parts explain.
///
/// Every run of 2 to 8 calls that comes at least `minimumCount` times is counted, exactly: by sorting
/// (``RunCounter``), or, with gaps, level by level (``LevelCounter``). With gaps, up to `gap` other
/// calls may stand between two that follow each other. One stretch of calls then holds a run in many
/// ways; what counts is the largest number of places for it that do not overlap.
///
/// A frequent run is *surprising* if it is more than its parts: `expected` is what a chain that knows
/// one call less would bring about, (runs without the last × runs without the first) ÷ (runs without
/// both), and the count has to be `minimumLift` times that and `minimumDeviations` of its square root
/// above. Within a habit of five calls only the first three surprise: after them the rest is expected.
/// So a run is *bound* if it surprises, or if the runs without its last and without its first call
/// are bound and at least half of either go on to be this run. Candidates are the longest bound runs
/// that stay frequent without the calls that belong to better ones.
/// Runs of two calls are bound if most calls of either tool are in them.
///
/// Source: Prum, Rodolphe, de Turckheim 1995 (expectation of a word under the maximal Markov chain).
package struct SequenceMining: Sendable {
    package struct Options: Sendable {
        /// The reference's count from which automating is worth a thought (semantics §5.8).
        package var minimumCount = 50
        package var minimumLength = 3
        package var maximumLength = 8
        package var minimumLift = 2.0
        package var minimumDeviations = 6.0
        /// Other calls allowed between two neighbours.
        package var gap = 0
        /// Runs sorted at a time: 16 MB of them, and as much to sort into.
        package var wordLimit = 1 << 21

        package init() {}
    }

    package struct Run: Hashable, Sendable {
        package let tools: [Int]
        package let count: Int
        /// Count that its parts explain.
        package let expected: Double
        /// Whether its calls belong together.
        package let isBound: Bool
        /// Indices of up to ten sequences that hold it, ascending; of candidates only.
        package let examples: [Int]

        package var lift: Double { expected > 0 ? Double(count) / expected : .infinity }
    }

    /// A frequent run, and what is thought of it.
    struct Frequent: Sendable {
        let run: CountedRun
        let expected: Double
        let isBound: Bool
    }

    package private(set) var callCount = 0
    /// Runs worth a person's look, the most calls first.
    package private(set) var candidates: [Run] = []
    /// By length less two, each level in the order of keys.
    private var levels: [[Frequent]] = []
    private let options: Options

    /// Counts all runs.
    ///
    /// - Parameters:
    ///   - sequences: Tools by number, from 0; the calls of one agent, in their order.
    ///   - options: What is frequent, and what is a candidate.
    package init(_ sequences: [[UInt16]], options: Options = Options()) {
        self.init(Calls(sequences), options: options)
    }

    init(_ calls: Calls, options: Options) {
        self.options = options
        callCount = calls.count
        let counted = Self.count(calls, options)
        var below = counted[0].map { Frequent(run: $0, expected: 0, isBound: false) }
        var belowThat: [Frequent] = []
        for runs in counted.dropFirst() {
            let level = runs.map { judge($0, below, belowThat) }
            levels.append(level)
            (belowThat, below) = (below, level)
        }
        let found = longest()
        candidates = options.gap == 0 ? unexplained(found, calls) : found.map { Self.run($0) }
    }

    /// Frequent runs by length less two, each level in the order of their tools.
    package var frequent: [[Run]] { levels.map { level in level.map { Self.run($0) } } }

    private static func run(_ frequent: Frequent, examples: [Int]? = nil) -> Run {
        Run(
            tools: frequent.run.key.tools, count: frequent.run.count, expected: frequent.expected,
            isBound: frequent.isBound,
            examples: examples ?? [frequent.run.example].compactMap(\.self))
    }

    // MARK: Counting

    /// By length less one, up to the longest.
    private static func count(_ calls: Calls, _ options: Options) -> [[CountedRun]] {
        let lengths = max(2, min(RunKey.callLimit, options.maximumLength))
        if options.gap == 0 {
            let levels = calls.frequentRuns(
                minimumCount: options.minimumCount, wordLimit: options.wordLimit)
            return Array(levels.prefix(lengths))
        }
        var counter = LevelCounter(calls, minimumCount: options.minimumCount, gap: options.gap)
        var levels = [counter.runs]
        while levels.count < lengths {
            counter.advance()
            levels.append(counter.runs.sorted { $0.key < $1.key })
        }
        return levels
    }

    // MARK: Judging

    private static func find(_ key: RunKey, in level: [Frequent]) -> Frequent? {
        var (low, high) = (0, level.count)
        while low < high {
            let middle = (low + high) / 2
            if level[middle].run.key < key { low = middle + 1 } else { high = middle }
        }
        return low < level.count && level[low].run.key == key ? level[low] : nil
    }

    private func judge(
        _ run: CountedRun, _ below: [Frequent], _ belowThat: [Frequent]
    ) -> Frequent {
        let length = run.key.count
        let (start, end) = (run.key.prefix(length - 1), run.key.dropFirst())
        let (left, right) = (Self.find(start, in: below), Self.find(end, in: below))
        let (leftCount, rightCount) = (left?.run.count ?? 0, right?.run.count ?? 0)
        let middle =
            length == 2
            ? callCount : Self.find(end.prefix(length - 2), in: belowThat)?.run.count ?? 0
        let expected = Double(leftCount) * Double(rightCount) / Double(max(1, middle))
        let isMost = 2 * run.count >= max(leftCount, rightCount)
        let isHabit = left?.isBound == true && right?.isBound == true && isMost
        // Two tools that mostly come together are a habit before any chance is reckoned.
        let isPair = length == 2 && start != end && isMost
        return Frequent(
            run: run, expected: expected,
            isBound: isPair || isHabit || isSurprising(run, length, expected))
    }

    private func isSurprising(_ run: CountedRun, _ length: Int, _ expected: Double) -> Bool {
        guard length >= 3, (1..<length).contains(where: { run.key[$0] != run.key[0] }) else {
            return false
        }
        let count = Double(run.count)
        return count >= options.minimumLift * expected
            && count - expected >= options.minimumDeviations * expected.squareRoot()
    }

    // MARK: Choosing

    /// The longest bound runs, then what is left of shorter ones.
    ///
    /// A run within a longer one is left out, unless it comes twice as often as that.
    private func longest() -> [Frequent] {
        var found: [Frequent] = []
        // The most frequent of the longer runs that hold a run.
        var counts: [RunKey: Int] = [:]
        for (place, level) in levels.enumerated().reversed()
        where place + 2 >= options.minimumLength {
            let chosen = level.filter { frequent in
                frequent.isBound
                    && counts[frequent.run.key].map { frequent.run.count >= 2 * $0 } ?? true
            }
            for frequent in chosen {
                let parts = frequent.run.key.parts(
                    from: options.minimumLength, withGaps: options.gap > 0)
                for part in parts { counts[part] = max(counts[part] ?? 0, frequent.run.count) }
            }
            found += chosen
        }
        return found.stablySorted { left, right in
            left.run.count * left.run.key.count > right.run.count * right.run.key.count
        }
    }

    /// Leaves out runs whose calls belong to better ones.
    ///
    /// A habit drags runs along that overlap it: what comes before it with its first calls, a cycle
    /// cut elsewhere. Each run takes its calls away from those after it, which then have to be
    /// frequent with what is left.
    private func unexplained(_ runs: [Frequent], _ calls: Calls) -> [Run] {
        let places = calls.places(of: runs.map(\.run.key))
        var isTaken = [Bool](repeating: false, count: calls.codes.count)
        return zip(runs, places).compactMap { run, places in
            let length = run.run.key.count
            let own = places.filter { place in
                !isTaken[place..<(place + length)].contains(true)
            }
            guard own.count >= options.minimumCount else { return nil }
            var examples: [Int] = []
            for place in own {
                for taken in place..<(place + length) { isTaken[taken] = true }
                guard examples.count < 10 else { continue }
                let sequence = calls.sequence(at: place)
                if examples.last != sequence { examples.append(sequence) }
            }
            return Self.run(run, examples: examples)
        }
    }
}
