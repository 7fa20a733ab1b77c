internal import TachoLog

/// B1: every byte of every file kind changed, on a machine that ran on and on one that restarted.
///
/// A trial is one byte of one store: first each of its bits is flipped, for stores that ended in
/// different ways; later rounds give it the other 247 values. In the tests one flip of the eight
/// is also judged by appending, in the later rounds each change is.
struct ByteChanges: Campaign {
    let id = "B1"
    let title =
        "each byte of each file kind changed: noticed, or the same answers and appends"

    private let way: ReadingWay

    init(reading way: ReadingWay = .real) {
        self.way = way
    }

    var canaries: [any Campaign] {
        way == .real
            ? [ByteChanges(reading: .ignoringDamage), ByteChanges(reading: .withoutChecksums)] : []
    }

    var testTrialCount: Int { Self.rounds.filter(\.isForTests).reduce(0) { $0 + $1.count } }
    var caseCount: Int? { Self.rounds.reduce(0) { $0 + $1.count } }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        var index = trial
        guard
            let round = Self.rounds.first(where: { round in
                defer { index -= round.count }
                return index < round.count
            })
        else { return }
        index += round.count
        let subject = try round.subject.get()
        let place = round.places[index]
        guard let byte = subject.sample.files[place.path]?[place.offset] else { return }
        let flips = (0..<8).map { byte ^ 1 << UInt8($0) }
        for value in 0...255 as ClosedRange<UInt8> where value != byte {
            guard flips.contains(value) == round.isFlips else { continue }
            if round.hasOneFlip, value != flips[place.offset % 8] { continue }
            var files = subject.sample.files
            files[place.path]?[place.offset] = value
            let appends = !round.isForTests || value == flips[place.offset % 8]
            subject.check(
                files, changed: place.path, "byte \(place.offset) to \(value)", way,
                appends: appends, into: &tally)
        }
    }

    // MARK: - Rounds

    private struct Place: Sendable {
        let path: String
        let offset: Int
    }

    /// All bytes of some files of a store, with some values.
    private struct Round: Sendable {
        let subject: Result<DamageSubject, any Error>
        let places: [Place]
        let isFlips: Bool
        let isForTests: Bool
        let hasOneFlip: Bool

        var count: Int { places.count }

        init(
            _ subject: Result<DamageSubject, any Error>, of kinds: [String]? = nil,
            isFlips: Bool, isForTests: Bool, hasOneFlip: Bool = false
        ) {
            self.hasOneFlip = hasOneFlip
            self.subject = subject
            self.isFlips = isFlips
            self.isForTests = isForTests
            // Without a sample the one trial there is says why.
            let sample = try? subject.get().sample
            places =
                sample.map { sample in
                    sample.paths
                        .filter { kinds?.contains(SampleStore.kind($0)) ?? true }
                        .flatMap { path in
                            (sample.files[path] ?? []).indices.map { Place(path: path, offset: $0) }
                        }
                } ?? [Place(path: "", offset: 0)]
        }
    }

    private static func subject(_ ending: SampleStore.Ending) -> Result<DamageSubject, any Error> {
        Result {
            var plan = SampleStore.Plan()
            plan.ending = ending
            if ending == .rolled { plan.sealedCounts = [5] }
            return try DamageSubject(SampleStore(plan), survivesRestart: ending != .unsynced)
        }
    }

    private static let rounds: [Round] = {
        let killed = subject(.killed)
        let closed = subject(.closed)
        let rolled = subject(.rolled)
        let unsynced = subject(.unsynced)
        let changing = ["head", "manifest", "previous_manifest"]
        return [
            Round(killed, isFlips: true, isForTests: true),
            Round(rolled, of: changing, isFlips: true, isForTests: true, hasOneFlip: true),
            Round(
                unsynced, of: ["head", "active"], isFlips: true, isForTests: true, hasOneFlip: true),
            Round(killed, isFlips: true, isForTests: false),
            Round(closed, isFlips: true, isForTests: false),
            Round(rolled, isFlips: true, isForTests: false),
            Round(unsynced, of: ["head", "active"], isFlips: true, isForTests: false),
            Round(killed, isFlips: false, isForTests: false),
            Round(rolled, of: changing, isFlips: false, isForTests: false),
            Round(unsynced, of: ["head", "active"], isFlips: false, isForTests: false),
            Round(closed, of: changing + ["active"], isFlips: false, isForTests: false),
        ]
    }()
}
