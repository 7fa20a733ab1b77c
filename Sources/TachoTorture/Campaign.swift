/// One class of faults, and how it is tried on the real code.
///
/// A trial is deterministic: the same number and seed do the same, on every machine, so that a
/// finding can be repeated from what it prints. Campaigns of real processes and disks are the
/// exception, and say so in their ``title``.
///
/// The classes, their pass criteria, and how many trials each has had:
/// `Sources/TachoCLI/tacho.docc/Reliability.md`.
package protocol Campaign: Sendable {
    /// Of the table of fault classes: `K1`, `P1`, `B1`, …
    var id: String { get }
    /// What is done to the store, and what must hold, in one line.
    var title: String { get }
    /// Trials that `tools/test` runs; `tacho torture` runs as many as its time allows.
    var testTrialCount: Int { get }
    /// How many different trials there are, where all of them can be tried: trial *n* is case *n*.
    /// `nil` if trials are drawn at random and there is no end of them.
    var caseCount: Int? { get }
    /// The same campaign with a bug planted, one for each way in which the harness must be able to
    /// see one. Each has to come to a finding within ``testTrialCount`` trials.
    var canaries: [any Campaign] { get }

    /// Runs one trial and notes what it did and found.
    ///
    /// - Throws: Only what keeps the trial from running at all, such as no room for its files.
    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws

    /// What the counts of all trials together break; `nil` if nothing.
    func judge(_ tally: Tally) -> String?
}

extension Campaign {
    package var caseCount: Int? { nil }
    package var canaries: [any Campaign] { [] }
    package func judge(_ tally: Tally) -> String? { nil }
}

/// What the trials of a campaign have done and found.
package struct Tally: Sendable {
    /// A promise that did not hold.
    package struct Finding: Hashable, Sendable {
        package let trial: Int
        package let seed: UInt64
        package let message: String
    }

    package private(set) var trialCount = 0
    /// What was tried and seen, by name.
    ///
    /// `power_losses`, `acknowledged_events`, `bytes_changed` and so on.
    package private(set) var counts: [String: Int] = [:]
    /// The first of them; ``findingCount`` has them all.
    package private(set) var findings: [Finding] = []
    package private(set) var findingCount = 0
    private var current: (trial: Int, seed: UInt64) = (0, 0)

    package init() {}

    /// Begins a trial; what is noted from here on belongs to it.
    package mutating func begin(trial: Int, seed: UInt64) {
        trialCount += 1
        current = (trial, seed)
    }

    package mutating func count(_ name: String, _ number: Int = 1) {
        counts[name, default: 0] += number
    }

    package mutating func found(_ message: String) {
        findingCount += 1
        guard findings.count < 20 else { return }
        findings.append(Finding(trial: current.trial, seed: current.seed, message: message))
    }

    /// Takes in what another worker has noted.
    package mutating func add(_ other: Tally) {
        trialCount += other.trialCount
        findingCount += other.findingCount
        findings = Array((findings + other.findings).prefix(20))
        for (name, number) in other.counts { counts[name, default: 0] += number }
    }
}
