#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sequences of tools that agents call more often than their parts explain.
///
/// Every run of 2 to 8 calls that comes at least `minimumCount` times is counted, exactly: by sorting
/// (``RunCounter``), or, with gaps, run by run (``GapCounter``). With gaps, up to `gap` other
/// calls may stand between two that follow each other. One stretch of calls then holds a run in many
/// ways; what counts is the largest number of places for it that do not overlap.
///
/// A frequent run is *surprising* if it is more than its parts: `expected` is what a chain that knows
/// one call less would bring about, (runs without the last × runs without the first) ÷ (runs without
/// both). The count has to be `minimumLift` times that, `minimumDeviations` of its square root above,
/// and so high that chance would bring about one such among all runs of its length less often than
/// once in a hundred histories (Chernoff's bound for a Poisson variable, Bonferroni's for so many). Within a habit of five calls only the first three surprise: after them the rest is expected.
/// So a run is *bound* if it surprises, or if the runs without its last and without its first call
/// are bound, and half of the rarer of them and a quarter of the other go on to be this run, or if one
/// of them is bound, and three quarters of either go on. Candidates are the longest bound runs that stay
/// frequent without the calls that belong to better ones.
/// Runs of two calls are bound if most calls of either tool are in them.
///
/// Source: Prum, Rodolphe, de Turckheim 1995 (expectation of a word under the maximal Markov chain).
package struct SequenceMining: Sendable {
    package struct Options: Sendable {
        /// The reference's count from which automating is worth a thought (semantics §5.8).
        package static let standardCount = 50

        package var minimumCount = Self.standardCount
        package var minimumLength = 3
        package var maximumLength = 8
        package var minimumLift = 2.0
        package var minimumDeviations = 6.0
        /// Other calls allowed between two neighbours.
        package var gap = 0
        /// Runs sorted at a time: 16 MB of them, and as much to sort into.
        package var wordLimit = 1 << 21

        package init() {}

        /// What is frequent in a history of so many calls: ``standardCount``, in one of less than
        /// 25,000 one call in 500, and never less than 10.
        package static func minimumCount(ofCalls callCount: Int) -> Int {
            min(standardCount, max(10, callCount / 500))
        }
    }

    package struct Run: Hashable, Sendable {
        package let tools: [Int]
        package let count: Int
        /// Count that its parts explain.
        package let expected: Double
        /// Whether its calls belong together.
        package let isBound: Bool
        /// Indices of all sequences that hold it and no better one in its place, ascending; of candidates
        /// only.
        package let sequences: [Int]
        /// Places for it that overlap neither each other nor those of better ones; 0 if it is no
        /// candidate.
        package let ownCount: Int

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
            let rarity = rarity(runs.count)
            let level = runs.map { judge($0, below, belowThat, rarity: rarity) }
            levels.append(level)
            (belowThat, below) = (below, level)
        }
        candidates = unexplained(longest(), calls)
    }

    /// Frequent runs by length less two, each level in the order of their tools.
    package var frequent: [[Run]] { levels.map { level in level.map { Self.run($0) } } }

    private static func run(
        _ frequent: Frequent, sequences: [Int] = [], ownCount: Int = 0
    ) -> Run {
        Run(
            tools: frequent.run.key.tools, count: frequent.run.count, expected: frequent.expected,
            isBound: frequent.isBound, sequences: sequences, ownCount: ownCount)
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
        return GapCounter(
            calls, minimumCount: options.minimumCount, gap: options.gap, maximumLength: lengths
        ).levels
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

    /// Judges a run by its parts; `rarity` says how unlikely by chance it has to be, as a logarithm.
    private func judge(
        _ run: CountedRun, _ below: [Frequent], _ belowThat: [Frequent], rarity: Double
    ) -> Frequent {
        let length = run.key.count
        let (start, end) = (run.key.prefix(length - 1), run.key.dropFirst())
        let (left, right) = (Self.find(start, in: below), Self.find(end, in: below))
        let (leftCount, rightCount) = (left?.run.count ?? 0, right?.run.count ?? 0)
        let middle =
            length == 2
            ? callCount : Self.find(end.prefix(length - 2), in: belowThat)?.run.count ?? 0
        let expected = Double(leftCount) * Double(rightCount) / Double(max(1, middle))
        let more = max(leftCount, rightCount)
        // Two tools that mostly come together are a habit before any chance is reckoned.
        let isPair = length == 2 && start != end && 2 * run.count >= more
        // Habits that have calls in common share the runs of these: a quarter of those is enough.
        let areBoth = left?.isBound == true && right?.isBound == true
        let goesOn = 2 * run.count >= min(leftCount, rightCount) && 4 * run.count >= more
        let isOne = left?.isBound == true || right?.isBound == true
        let hardlyEnds = 4 * run.count >= 3 * more
        return Frequent(
            run: run, expected: expected,
            isBound: isPair || areBoth && goesOn || isOne && hardlyEnds
                || isSurprising(run, length, expected, rarity))
    }

    /// So unlikely that chance brings about one among `count` runs in a hundred histories; a logarithm.
    private func rarity(_ count: Int) -> Double { log(100 * Double(max(1, count))) }

    private func isSurprising(
        _ run: CountedRun, _ length: Int, _ expected: Double, _ rarity: Double
    ) -> Bool {
        guard length >= 3, (1..<length).contains(where: { run.key[$0] != run.key[0] }) else {
            return false
        }
        let count = Double(run.count)
        let excess = count - expected
        return count >= options.minimumLift * expected
            && excess >= options.minimumDeviations * expected.squareRoot()
            && count * log(count / max(expected, .leastNormalMagnitude)) - excess >= rarity
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
            found += chosen.stablySorted { $0.run.count > $1.run.count }
        }
        return found
    }

    /// Leaves out runs whose calls belong to better ones, and puts those with the most calls first.
    ///
    /// A habit drags runs along that overlap it: what comes before it with its first calls, a cycle
    /// cut elsewhere, what two habits have in common. The longest take their calls first, then the
    /// most frequent; of a later one, most places and enough of them have to be left, and those have
    /// to be more than what is left of its parts explains.
    private func unexplained(_ runs: [Frequent], _ calls: Calls) -> [Run] {
        var claims = CallClaims(calls, gap: options.gap)
        var found: [Run] = []
        for run in runs {
            let length = run.run.key.count
            // Without gaps, runs that overlap count, too, and their places are fewer.
            let all =
                options.gap > 0
                ? run.run.count : claims.calls(of: run.run.key, free: false).count / length
            let enough = max(options.minimumCount, all / 2 + 1)
            guard claims.freePlaceLimit(of: run.run.key) >= enough else { continue }
            let own = claims.calls(of: run.run.key, free: true, minimumCount: enough)
            let ownCount = own.count / length
            guard ownCount >= enough,
                ownCount == all || staysBound(run.run.key, ownCount, claims)
            else { continue }
            claims.take(own)
            var sequences: [Int] = []
            for place in stride(from: 0, to: own.count, by: length) {
                let sequence = calls.sequence(at: Int(own[place]))
                if sequences.last != sequence { sequences.append(sequence) }
            }
            found.append(Self.run(run, sequences: sequences, ownCount: ownCount))
        }
        return found.stablySorted { left, right in
            left.count * left.tools.count > right.count * right.tools.count
        }
    }

    /// Whether a run is more than its parts also in the calls that nobody took.
    ///
    /// Part of a rare habit comes as often again by chance: together with the habit's own places that
    /// is surprising, and without them it is not.
    private func staysBound(_ key: RunKey, _ count: Int, _ claims: CallClaims) -> Bool {
        let length = key.count
        func free(_ part: RunKey) -> Int {
            claims.calls(of: part, free: true).count / part.count
        }
        let (left, right) = (free(key.prefix(length - 1)), free(key.dropFirst()))
        let middle = length == 2 ? callCount : free(key.dropFirst().prefix(length - 2))
        let run = CountedRun(key: key, count: count)
        let expected = Double(left) * Double(right) / Double(max(1, middle))
        return 2 * count >= max(left, right)
            || isSurprising(run, length, expected, rarity(levels[length - 2].count))
    }
}
