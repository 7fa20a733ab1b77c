internal import TachoLog

/// B4: every file kind cut at every length, and a sealed segment that lost its end salvaged.
struct Truncations: Campaign {
    let id = "B4"
    let title = "each file kind cut at each length: noticed; whole frames are salvaged"

    private let way: ReadingWay

    init(reading way: ReadingWay = .real) {
        self.way = way
    }

    var canaries: [any Campaign] {
        way == .real ? [Truncations(reading: .ignoringDamage)] : []
    }
    var testTrialCount: Int { caseCount ?? 0 }
    var caseCount: Int? { Self.cuts.count }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let subject = try Self.subject.get()
        let cut = Self.cuts[trial]
        var files = subject.sample.files
        let bytes = Array((files[cut.path] ?? []).prefix(cut.byteCount))
        files[cut.path] = bytes
        // The second slot of HEAD may be the older one, and the manifest before is a spare.
        subject.check(files, changed: cut.path, "cut to \(cut.byteCount)", way, into: &tally)
        if SampleStore.kind(cut.path) == "sealed", way == .real {
            try salvage(subject.sample, cut.path, bytes, &tally)
        }
    }

    /// Every frame that is whole is found, whatever became of the index.
    private func salvage(
        _ sample: SampleStore, _ path: String, _ bytes: [UInt8], _ tally: inout Tally
    ) throws {
        let whole = sample.files[path] ?? []
        let reader = try SegmentReader(byteCount: whole.count, store: sample.store, file: path) {
            (offset, count) throws(LogError) in Array(whole[offset..<offset + count])
        }
        let expected = reader.frames.filter { $0.endOffset <= bytes.count }
        let report = try SegmentSalvage.run(
            byteCount: bytes.count, store: sample.store, file: path,
            read: { (offset, count) throws(LogError) in Array(bytes[offset..<offset + count]) },
            { (_) throws(LogError) in })
        tally.count("frames_salvaged", report.frameCount)
        if report.frameCount != expected.count {
            tally.found(
                "\(path) cut to \(bytes.count): \(report.frameCount) of \(expected.count) frames "
                    + "were salvaged")
        }
    }

    private struct Cut: Sendable {
        let path: String
        let byteCount: Int
    }

    private static let subject = Result { try DamageSubject(SampleStore()) }
    private static let cuts: [Cut] = {
        guard let sample = try? subject.get().sample else { return [Cut(path: "", byteCount: 0)] }
        return sample.paths.flatMap { path in
            (sample.files[path] ?? []).indices.map { Cut(path: path, byteCount: $0) }
        }
    }()
}
