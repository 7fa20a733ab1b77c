/// Sequences of tools that agents call more often than their parts explain.
///
/// Counts every run of 2 to 8 calls that comes at least `minimumCount` times, exactly. A run can
/// only be that frequent if the run without its last call is, and the one without its first; so
/// level after level only those are counted whose parts were frequent one level below (the Apriori
/// principle), and no count is ever estimated or lost:
///
///     level 2   Read→Edit 900   Edit→Bash 700   Bash→Read 650   …
///     level 3   Read→Edit→Bash  needs Read→Edit and Edit→Bash, both frequent: counted
///
/// Memory: 10 bytes a call (tool, and the number of the frequent run that ends there, twice), and 24
/// bytes a run counted on the level at hand. A level holds no more runs than the calls ÷
/// `minimumCount` frequent ones below it times the tools.
///
/// With gaps, up to `gap` other calls may stand between two that follow each other. One stretch of
/// calls then holds a run in many ways; what counts is the largest number of places for it that do
/// not overlap, for which the principle holds too.
///
/// A frequent run is *surprising* if it is more than its parts: `expected` is what a chain that knows
/// one call less would bring about, (runs without the last × runs without the first) ÷ (runs without
/// both), and the count has to be `minimumLift` times that and `minimumDeviations` of its square root
/// above. Within a habit of five calls only the first three surprise: after them the rest is expected.
/// So a run is *bound* if it surprises, or if the runs without its last and without its first call
/// are bound and at least half of either go on to be this run. Candidates are the longest bound runs
/// that stay frequent without the calls that belong to better ones.
/// Runs of two calls are never bound.
///
/// Source: Agrawal and Srikant 1995 (levels); Laxman 2007 (occurrences that do not overlap);
/// Prum, Rodolphe, de Turckheim 1995 (expectation of a word under the maximal Markov chain).
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

        package init() {}
    }

    package struct Run: Hashable, Sendable {
        package let tools: [Int]
        package let count: Int
        /// Count that its parts explain.
        package let expected: Double
        /// Whether its calls belong together.
        package let isBound: Bool
        /// Indices of up to ten sequences that hold it, ascending.
        package let examples: [Int]

        package var lift: Double { expected > 0 ? Double(count) / expected : .infinity }
    }

    /// Frequent runs by level, the first level that of two calls.
    package private(set) var frequent: [[Run]] = []
    package private(set) var callCount = 0
    /// Runs worth a person's look, the most calls first.
    package private(set) var candidates: [Run] = []
    private let options: Options

    /// Counts all levels.
    ///
    /// - Parameters:
    ///   - sequences: Tools by number, from 0; the calls of one agent, in their order.
    ///   - options: What is frequent, and what is a candidate.
    package init(_ sequences: [[UInt16]], options: Options = Options()) {
        self.options = options
        callCount = sequences.reduce(0) { $0 + $1.count }
        let calls = Calls(sequences)
        var counter = LevelCounter(calls, minimumCount: options.minimumCount, gap: options.gap)
        var singles: [[Int]: Int] = [:]
        for run in counter.runs { singles[run.tools] = run.count }
        var below = singles
        var belowThat: [[Int]: Int] = [[]: callCount]
        var bound = Set<[Int]>()
        for _ in 2...max(2, options.maximumLength) {
            counter.advance()
            var counts: [[Int]: Int] = [:]
            var level: [Run] = []
            var boundHere = Set<[Int]>()
            for run in counter.runs {
                counts[run.tools] = run.count
                let (start, end) = (Array(run.tools.dropLast()), Array(run.tools.dropFirst()))
                let (left, right) = (below[start] ?? 0, below[end] ?? 0)
                let middle = belowThat[Array(end.dropLast())] ?? 0
                let expected = Double(left) * Double(right) / Double(max(1, middle))
                let isHabit =
                    bound.contains(start) && bound.contains(end)
                    && 2 * run.count >= max(left, right)
                let isBound = isHabit || isSurprising(run.tools, run.count, expected)
                if isBound { boundHere.insert(run.tools) }
                level.append(
                    Run(
                        tools: run.tools, count: run.count, expected: expected, isBound: isBound,
                        examples: run.examples))
            }
            bound = boundHere
            frequent.append(level)
            if level.isEmpty { break }
            (belowThat, below) = (below, counts)
        }
        candidates = unexplained(longest(), calls)
    }

    /// The longest bound runs, then what is left of shorter ones.
    ///
    /// A run within a longer one is left out, unless it comes twice as often as that.
    private func longest() -> [Run] {
        var found: [Run] = []
        for level in frequent.reversed() {
            for run in level where run.isBound && run.tools.count >= options.minimumLength {
                let isPart = found.contains { longer in
                    longer.tools.count > run.tools.count && run.count < 2 * longer.count
                        && holds(longer.tools, run.tools)
                }
                if !isPart { found.append(run) }
            }
        }
        return found.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            let (x, y) = (a.count * a.tools.count, b.count * b.tools.count)
            return x == y ? left.offset < right.offset : x > y
        }.map(\.element)
    }

    /// Leaves out runs whose calls belong to better ones.
    ///
    /// A habit drags runs along that overlap it: what comes before it with its first calls, a cycle
    /// cut elsewhere. Each run takes its calls away from those after it, which then have to be
    /// frequent with what is left.
    private func unexplained(_ runs: [Run], _ calls: Calls) -> [Run] {
        guard options.gap == 0 else { return runs }
        var codes = calls.codes
        return runs.filter { run in
            let wanted = run.tools.map { UInt16($0) + 1 }
            var places: [Int] = []
            var place = 0
            while place + wanted.count <= codes.count {
                var length = 0
                while length < wanted.count, codes[place + length] == wanted[length] { length += 1 }
                if length == wanted.count { places.append(place) }
                place += 1
            }
            guard places.count >= options.minimumCount else { return false }
            for place in places {
                for offset in wanted.indices { codes[place + offset] = 0 }
            }
            return true
        }
    }

    private func isSurprising(_ tools: [Int], _ count: Int, _ expected: Double) -> Bool {
        guard tools.count >= 3, Set(tools).count > 1 else { return false }
        return Double(count) >= options.minimumLift * expected
            && Double(count) - expected >= options.minimumDeviations * expected.squareRoot()
    }

    /// Whether the shorter run is in the longer one, with gaps if they are allowed.
    private func holds(_ longer: [Int], _ shorter: [Int]) -> Bool {
        guard options.gap == 0 else {
            var rest = shorter[...]
            for tool in longer where tool == rest.first { rest = rest.dropFirst() }
            return rest.isEmpty
        }
        return (0...(longer.count - shorter.count)).contains { start in
            longer[start..<(start + shorter.count)].elementsEqual(shorter)
        }
    }
}
