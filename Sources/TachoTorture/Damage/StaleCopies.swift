internal import TachoLog

/// B6: an old copy of one file, or of several, put back in its place; or a file that is gone.
///
/// A trial is a moment in the life of a store and a set of files that are put back to it.
struct StaleCopies: Campaign {
    let id = "B6"
    let title = "old copies of files put back, files removed: noticed or the same answers"

    private let way: ReadingWay

    init(reading way: ReadingWay = .real) {
        self.way = way
    }

    var canaries: [any Campaign] {
        way == .real ? [StaleCopies(reading: .ignoringDamage)] : []
    }
    var testTrialCount: Int { caseCount ?? 0 }
    var caseCount: Int? { (try? Self.history.get().cases.count) ?? 1 }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let history = try Self.history.get()
        let (now, before, path) = history.cases[trial]
        let subject = try DamageSubject(history.moments[now])
        var files = subject.sample.files
        let old = before < 0 ? nil : history.moments[before].files[path]
        guard old != files[path] else { return }
        files[path] = old
        subject.check(
            files, changed: path, before < 0 ? "removed at \(now)" : "of \(before) at \(now)",
            way, into: &tally)
    }

    /// The same store again and again while it grows.
    private struct History: Sendable {
        var moments: [SampleStore] = []
        var cases: [(now: Int, before: Int, path: String)] = []
    }

    private static let history = Result {
        var history = History()
        // Snapshots aside, each moment is the one before plus some events.
        let shapes: [([Int], Int, SampleStore.Ending)] = [
            ([], 2, .killed), ([], 4, .killed), ([], 4, .rolled), ([4], 0, .killed),
            ([4], 2, .killed), ([4], 3, .killed), ([4], 3, .closed), ([4], 3, .rolled),
            ([4, 3], 0, .killed), ([4, 3], 2, .killed), ([4, 3], 5, .killed),
            ([4, 3], 5, .rolled), ([4, 3, 5], 3, .killed),
        ]
        for (sealed, active, ending) in shapes {
            var plan = SampleStore.Plan()
            (plan.sealedCounts, plan.activeCount, plan.ending) = (sealed, active, ending)
            plan.hasSnapshot = false
            history.moments.append(try SampleStore(plan))
        }
        for now in history.moments.indices {
            let paths = history.moments[now].files.keys.sorted {
                $0.utf8.lexicographicallyPrecedes($1.utf8)
            }
            for path in paths {
                for before in -1..<now { history.cases.append((now, before, path)) }
            }
        }
        return history
    }
}
