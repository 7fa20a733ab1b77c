internal import Synchronization
internal import TachoLog
internal import TachoProjections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs fault campaigns on several threads, and says what came of it.
///
/// Every trial has a seed of its own, made from the run's seed, the campaign's id, and the trial's
/// number: the same three do the same again.
package struct Torture: Sendable {
    /// How long a campaign goes on.
    package enum Extent: Sendable {
        /// ``Campaign/testTrialCount`` trials, or all cases if there are fewer.
        case tests
        /// All cases, or as many random trials as fit into these seconds.
        case seconds(Double)
        /// One trial, to see it again.
        case trial(Int)
    }

    package var seed: UInt64
    package var threadCount: Int

    package init(seed: UInt64, threadCount: Int) {
        self.seed = seed
        self.threadCount = threadCount
    }

    /// Runs a campaign, and before it its canaries, which have to be found.
    ///
    /// - Parameters:
    ///   - campaign: What to run.
    ///   - extent: For how long.
    ///   - onProgress: Called on this thread with the trials done.
    /// - Returns: What was done and found.
    package func run(
        _ campaign: any Campaign, _ extent: Extent, onProgress: (Int) -> Void = { _ in }
    ) -> Report {
        let start = Self.now()
        var tally = Tally()
        var canariesFound = 0
        if case .trial = extent {
            // The trial alone.
        } else {
            for (index, canary) in campaign.canaries.enumerated() {
                if findsSomething(canary) {
                    canariesFound += 1
                } else {
                    tally.found("canary \(index) was not found: the harness is blind to its bug")
                }
            }
        }
        let queue =
            switch extent {
            case .tests: TrialQueue(0..<min(campaign.testTrialCount, campaign.caseCount ?? .max))
            case .trial(let number): TrialQueue(number..<number + 1)
            case .seconds(let seconds):
                // What can be tried whole is, and the canaries' time is not the trials'.
                campaign.caseCount.map { TrialQueue(0..<$0) }
                    ?? TrialQueue(0..<Int.max, deadline: Self.now() + seconds)
            }
        tally.add(work(on: campaign, queue, onProgress))
        if let verdict = campaign.judge(tally) { tally.found(verdict) }
        return Report(
            campaign: campaign, seed: seed, tally: tally, canaryCount: campaign.canaries.count,
            canariesFound: canariesFound, seconds: Self.now() - start)
    }

    private func findsSomething(_ canary: any Campaign) -> Bool {
        let limit = min(canary.testTrialCount, canary.caseCount ?? .max)
        let queue = TrialQueue(0..<limit, stopsEarly: true)
        return work(on: canary, queue) { _ in }.findingCount > 0
    }

    // MARK: - Trials

    /// Does what is in the queue, on this thread and others.
    private func work(
        on campaign: any Campaign, _ queue: TrialQueue, _ onProgress: (Int) -> Void
    ) -> Tally {
        let seed = seed
        let threads = WorkerThreads.start(max(0, threadCount - 1)) {
            Self.drain(queue, campaign, seed) { _ in }
        }
        Self.drain(queue, campaign, seed, onProgress)
        WorkerThreads.join(threads)
        return queue.tally
    }

    private static func drain(
        _ queue: TrialQueue, _ campaign: any Campaign, _ seed: UInt64, _ onProgress: (Int) -> Void
    ) {
        var tally = Tally()
        while let trial = queue.next(after: tally.findingCount) {
            tally.begin(trial: trial, seed: seed)
            do {
                try campaign.run(
                    trial: trial, seed: Self.seed(seed, campaign.id, trial), into: &tally)
            } catch {
                tally.found("the trial could not be run: \(error)")
            }
            onProgress(queue.doneCount)
        }
        queue.add(tally)
    }

    /// FNV-1a over the id, mixed with the numbers.
    static func seed(_ seed: UInt64, _ id: String, _ trial: Int) -> UInt64 {
        let name = id.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        var mixed = seed &+ name &+ UInt64(trial) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

/// Hands out the numbers of trials, and takes in what came of them.
private final class TrialQueue: Sendable {
    private struct State {
        var next: Int
        var tally = Tally()
        var isStopped = false
    }

    private let state: Mutex<State>
    private let range: Range<Int>
    private let deadline: Double
    private let stopsEarly: Bool

    init(_ range: Range<Int>, deadline: Double = .infinity, stopsEarly: Bool = false) {
        state = Mutex(State(next: range.lowerBound))
        self.range = range
        self.deadline = deadline
        self.stopsEarly = stopsEarly
    }

    /// The trial that comes next.
    ///
    /// - Parameter findingCount: What the asking thread has found so far.
    /// - Returns: `nil` when there is no time or trial left.
    func next(after findingCount: Int) -> Int? {
        let isLate = deadline.isFinite && Torture.now() > deadline
        return state.withLock { state in
            if isLate || stopsEarly && findingCount > 0 { state.isStopped = true }
            guard !state.isStopped, state.next < range.upperBound else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    var doneCount: Int { state.withLock { $0.next - range.lowerBound } }

    func add(_ tally: Tally) { state.withLock { $0.tally.add(tally) } }
    var tally: Tally { state.withLock { $0.tally } }
}
