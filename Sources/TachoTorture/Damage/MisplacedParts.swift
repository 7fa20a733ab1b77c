internal import TachoLog
internal import TachoSimulation

/// B3 and B5: parts of files that are whole, but in another place: frames, lines, sectors, and
/// files of this store or of another one.
struct MisplacedParts: Campaign {
    /// What is taken from where.
    enum Kind: String, CaseIterable, Sendable {
        /// Frames of sealed segments dropped, doubled, swapped, or taken from elsewhere.
        case frames = "B3"
        /// Lines or sectors written at another offset or into another file.
        case writes = "B5"
    }

    var id: String { kind.rawValue }
    var title: String {
        kind == .frames
            ? "frames and files dropped, doubled, swapped, or of another store: noticed"
            : "lines and sectors written to a wrong place or file: noticed"
    }
    let testTrialCount = 15000

    private let kind: Kind
    private let way: ReadingWay

    init(_ kind: Kind, reading way: ReadingWay = .real) {
        self.kind = kind
        self.way = way
    }

    var canaries: [any Campaign] {
        way == .real ? [MisplacedParts(kind, reading: .ignoringDamage)] : []
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        var random = SimulatedRandom(seed: seed)
        let subject = try Self.subject.get()
        let donor = try
            (random.once(in: 2) ? Self.other : Self.forks[Int.random(in: 0...1, using: &random)])
            .get()
        var files = subject.sample.files
        let target = try change(&files, donor, &random)
        guard let target, files != subject.sample.files else { return }
        subject.check(files, changed: target.path, target.what, way, into: &tally)
    }

    private func change(
        _ files: inout [String: [UInt8]], _ donor: SampleStore, _ random: inout SimulatedRandom
    ) throws -> (path: String, what: String)? {
        let paths = files.filter { !$0.value.isEmpty }.keys.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        switch (kind, Int.random(in: 0..<3, using: &random)) {
        case (.frames, 0):
            // A whole file: of the other store, or of another place in this one.
            guard
                let path = paths.filter({ SampleStore.kind($0) != "format" })
                    .randomElement(using: &random)
            else { return nil }
            let same = paths.filter { SampleStore.kind($0) == SampleStore.kind(path) }
            if random.once(in: 2), let source = same.randomElement(using: &random) {
                (files[path], files[source]) = (files[source], files[path])
                return (path, "swapped with \(source)")
            }
            // A line of a fork's active file is right in every respect: no chain covers it yet.
            guard SampleStore.kind(path) != "active" || donor.store != Self.store else {
                return nil
            }
            files[path] = donor.files[path]
            return (path, donor.store == Self.store ? "of a fork" : "of another store")
        case (.frames, _):
            return changeFrames(&files, donor, &random)
        case (.writes, let way):
            guard let path = paths.randomElement(using: &random),
                let source = paths.randomElement(using: &random),
                let bytes = files[path], let from = way == 0 ? donor.files[source] : files[source]
            else { return nil }
            // As above: a line of a fork is right wherever it is long enough.
            guard way > 0 || donor.store != Self.store else { return nil }
            let size = way == 1 ? 512 : Int.random(in: 1...300, using: &random)
            let start = Int.random(in: 0..<max(1, from.count), using: &random) / size * size
            let at = Int.random(in: 0...bytes.count, using: &random) / size * size
            let part = Array(from[min(start, from.count)...].prefix(size))
            let end = min(bytes.count, at + part.count)
            files[path] = Array(bytes[..<at]) + part + Array(bytes[max(at, end)...])
            return (path, "\(part.count) bytes of \(source) at \(start) written to \(at)")
        }
    }

    /// Frames with their index as it was, or with sizes that fit again.
    private func changeFrames(
        _ files: inout [String: [UInt8]], _ donor: SampleStore, _ random: inout SimulatedRandom
    ) -> (path: String, what: String)? {
        let sealed = files.keys.filter { SampleStore.kind($0) == "sealed" }.sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        guard let path = sealed.randomElement(using: &random), let bytes = files[path] else {
            return nil
        }
        var (frames, tail) = SegmentParts.split(bytes)
        let others = (donor.files[sealed.randomElement(using: &random) ?? path]).map {
            SegmentParts.split($0).frames
        }
        let index = Int.random(in: frames.indices, using: &random)
        let other = Int.random(in: frames.indices, using: &random)
        let what: String
        switch Int.random(in: 0..<5, using: &random) {
        case 0:
            frames.remove(at: index)
            what = "frame \(index) dropped"
        case 1:
            frames.insert(frames[index], at: other)
            what = "frame \(index) doubled"
        case 2:
            frames.swapAt(index, other)
            what = "frames \(index) and \(other) swapped"
        case 3:
            if let part = others?.randomElement(using: &random) { frames[index] = part }
            what = "frame \(index) of another segment"
        default:
            if let part = others?.randomElement(using: &random) { frames.insert(part, at: index) }
            what = "a frame of another segment before frame \(index)"
        }
        var changed = frames.flatMap { $0 } + tail
        if random.once(in: 2) {
            SegmentParts.fixOffsets(&changed, frames.map(\.count))
        }
        files[path] = changed
        if random.once(in: 2) {
            // The manifest's byte count fits, too.
            for manifest in [SampleStore.layout.manifest, SampleStore.layout.previousManifest] {
                files[manifest] = files[manifest].map {
                    ManifestText.replacing(
                        ",\"bytes\":\(bytes.count),", with: ",\"bytes\":\(changed.count),", in: $0)
                }
            }
        }
        return (path, what)
    }

    private static let subject = Result { try DamageSubject(SampleStore()) }
    private static let other = Result {
        var plan = SampleStore.Plan()
        plan.store = "01939f7e-7d3c-7b52-a2f6-0c61f2d1a9b5"
        return try SampleStore(plan)
    }
    private static let store = StoreID(SampleStore.Plan().store)
    /// Copies of this very store that went another way: the same id, sizes, and positions.
    private static let forks = [0, 5].map { count in
        Result {
            var plan = SampleStore.Plan()
            plan.forksAfter = count
            return try SampleStore(plan)
        }
    }
}
