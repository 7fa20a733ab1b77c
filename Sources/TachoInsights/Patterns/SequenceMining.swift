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
/// A frequent run is a candidate if it is more than its parts: `expected` is what a chain that knows
/// one call less would bring about, (runs without the last × runs without the first) ÷ (runs without
/// both), and the count has to be `minimumLift` times that and `minimumDeviations` of its square root
/// above. Runs of two calls are compared with independent calls, and are never candidates.
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
        /// Indices of up to ten sequences that hold it, ascending.
        package let examples: [Int]

        package var lift: Double { expected > 0 ? Double(count) / expected : .infinity }
    }

    /// Frequent runs by level, the first level that of two calls.
    package private(set) var frequent: [[Run]] = []
    package private(set) var callCount = 0
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
        for _ in 2...max(2, options.maximumLength) {
            counter.advance()
            var counts: [[Int]: Int] = [:]
            var level: [Run] = []
            for run in counter.runs {
                counts[run.tools] = run.count
                let left = below[Array(run.tools.dropLast())] ?? 0
                let right = below[Array(run.tools.dropFirst())] ?? 0
                let middle = belowThat[Array(run.tools.dropFirst().dropLast())] ?? 0
                level.append(
                    Run(
                        tools: run.tools, count: run.count,
                        expected: Double(left) * Double(right) / Double(max(1, middle)),
                        examples: run.examples))
            }
            frequent.append(level)
            if level.isEmpty { break }
            (belowThat, below) = (below, counts)
        }
    }

    /// Runs worth a person's look, the most calls first; none is part of another one.
    ///
    /// A run within a longer candidate is left out, unless it comes twice as often as that.
    package var candidates: [Run] {
        var found: [Run] = []
        for level in frequent.reversed() {
            for run in level where isSignificant(run) {
                let isPart = found.contains { longer in
                    longer.tools.count > run.tools.count && run.count < 2 * longer.count
                        && Self.holds(longer.tools, run.tools)
                }
                let isShifted = found.contains { other in
                    other.tools.count == run.tools.count && other.count >= run.count
                        && Self.isRotation(other.tools, run.tools)
                }
                if !isPart, !isShifted { found.append(run) }
            }
        }
        return found.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            let (x, y) = (a.count * a.tools.count, b.count * b.tools.count)
            return x == y ? left.offset < right.offset : x > y
        }.map(\.element)
    }

    private func isSignificant(_ run: Run) -> Bool {
        guard run.tools.count >= max(3, options.minimumLength), Set(run.tools).count > 1 else {
            return false
        }
        let above = Double(run.count) - run.expected
        return run.lift >= options.minimumLift
            && above >= options.minimumDeviations * run.expected.squareRoot()
    }

    private static func holds(_ longer: [Int], _ shorter: [Int]) -> Bool {
        (0...(longer.count - shorter.count)).contains { start in
            longer[start..<(start + shorter.count)].elementsEqual(shorter)
        }
    }

    /// A cycle that goes on and on is one finding, wherever it is cut.
    private static func isRotation(_ left: [Int], _ right: [Int]) -> Bool {
        left != right
            && left.indices.contains { start in
                (left[start...] + left[..<start]).elementsEqual(right)
            }
    }
}
