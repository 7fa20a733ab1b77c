internal import TachoLog
internal import TachoProjections

/// B1: every byte of every file kind changed, on a machine that ran on and on one that restarted.
///
/// A trial is one byte: the first trials flip each of its bits, the later ones give it the other
/// 247 values; each once for a store whose last process was killed, once for one that was closed.
package struct ByteChanges: Campaign {
    package let id = "B1"
    package let title =
        "each byte of each file kind changed: noticed, or the same answers and appends"

    private let way: ReadingWay

    package init(reading way: ReadingWay = .real) {
        self.way = way
    }

    package var canaries: [any Campaign] {
        way == .real
            ? [ByteChanges(reading: .ignoringDamage), ByteChanges(reading: .withoutChecksums)] : []
    }

    package var testTrialCount: Int { Self.places.count }
    package var caseCount: Int? { 4 * Self.places.count }

    package func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let subject = try (trial / Self.places.count % 2 == 0 ? Self.killed : Self.closed).get()
        let place = Self.places[trial % Self.places.count]
        // Files of the two stores have the same sizes, but for a digit here and there.
        guard let bytes = subject.sample.files[place.path], place.offset < bytes.count else {
            return
        }
        let flips = (0..<8).map { bytes[place.offset] ^ 1 << UInt8($0) }
        let isFirstRound = trial / Self.places.count < 2
        for value in 0...255 as ClosedRange<UInt8> where value != bytes[place.offset] {
            guard flips.contains(value) == isFirstRound else { continue }
            var files = subject.sample.files
            files[place.path]?[place.offset] = value
            subject.check(
                files, changed: place.path, "byte \(place.offset) to \(value)", way, into: &tally)
        }
    }

    private struct Place: Sendable {
        let path: String
        let offset: Int
    }

    private static let killed = Result { try DamageSubject(SampleStore()) }
    private static let closed = Result {
        var plan = SampleStore.Plan()
        plan.isClosed = true
        return try DamageSubject(SampleStore(plan))
    }

    /// All bytes of all files; none if there is no sample, which ``run(trial:seed:into:)`` says.
    private static let places: [Place] = {
        guard let sample = try? killed.get().sample else { return [Place(path: "", offset: 0)] }
        return sample.paths.flatMap { path in
            (sample.files[path] ?? []).indices.map { Place(path: path, offset: $0) }
        }
    }()
}
