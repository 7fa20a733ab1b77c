internal import TachoLog
internal import TachoProjections

/// One file of a store, changed, with its checksums made to fit; then everything is done with it.
package struct StoreFileTarget: FuzzTarget {
    package enum Kind: String, CaseIterable, Sendable {
        case format, head, manifest, active, sealed, snapshot
    }

    package var name: String { kind.rawValue }
    private let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    static let sample = Result { try SampleStore() }

    package func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        guard let sample = try? Self.sample.get(), let path = sample.path(ofKind: kind.rawValue),
            var bytes = sample.files[path]
        else { return [] }  // Without a sample `check` says why.
        switch kind {
        case .head:
            // The fields, not the zeros behind them.
            let slot = random.below(2) * HeadSlots.byteCount
            random.mutate(&bytes, in: slot..<slot + 88)
            bytes = Array((bytes + [UInt8](repeating: 0, count: 1024)).prefix(1024))
        case .sealed:
            let end = bytes.count
            // Index, columns, and footer: what the checksums of frames do not guard.
            let index = Int(bytes.load(UInt64.self, at: end - SegmentParts.footerByteCount + 96))
            random.mutate(&bytes, in: random.once(in: 4) ? 0..<end : index..<end)
        default:
            if !random.once(in: 20) { random.mutate(&bytes) }
        }
        return bytes
    }

    package func prepare(_ input: [UInt8]) -> [UInt8] {
        guard let sample = try? Self.sample.get() else { return input }
        switch kind {
        case .format: return input
        case .head: return HeadSlots.withChecksums(input, store: sample.store)
        case .manifest: return ManifestText.withChecksum(input)
        case .active: return ActiveLine.all(input, store: sample.store, first: 10)
        case .snapshot: return SnapshotText.withChecksums(input)
        case .sealed:
            var bytes = input
            SegmentParts.fixChecksums(&bytes, store: sample.store)
            return bytes
        }
    }

    package func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        do {
            let sample = try Self.sample.get()
            guard let path = sample.path(ofKind: kind.rawValue) else { return .refused }
            var files = sample.files
            let byteCount = files[path]?.count ?? 0
            files[path] = input
            if kind == .sealed {
                files[SampleStore.layout.manifest] = files[SampleStore.layout.manifest].map {
                    ManifestText.replacing(
                        ",\"bytes\":\(byteCount),", with: ",\"bytes\":\(input.count),", in: $0)
                }
            }
            let exercise = StoreExercise(planted: planted)
            return kind == .snapshot
                ? exercise.snapshot(files)
                : exercise.run(files, sealed: kind == .sealed ? path : nil)
        } catch {
            return .fault("no sample: \(error)")
        }
    }
}

/// Several files of a store changed at once, some with checksums that fit again.
package struct WholeStoreTarget: FuzzTarget {
    package let name = "store"

    package init() {}

    /// The input is the seed of the changes.
    package func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        withUnsafeBytes(of: random.next()) { Array($0) }
    }

    package func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        do {
            let sample = try StoreFileTarget.sample.get()
            var random = FuzzRandom(seed: input.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
            var files = sample.files
            let paths = sample.paths
            for _ in 0...random.below(4) {
                let path = paths[random.below(paths.count)]
                if random.once(in: 8) {
                    files[path] = random.once(in: 2) ? nil : []
                    continue
                }
                guard var bytes = files[path] else { continue }
                random.mutate(&bytes)
                let kind = StoreFileTarget.Kind(rawValue: SampleStore.kind(path))
                if let kind, random.once(in: 2) { bytes = StoreFileTarget(kind).prepare(bytes) }
                files[path] = bytes
            }
            return StoreExercise(planted: planted).run(
                files, sealed: sample.path(ofKind: "sealed"), boot: 1 + UInt64(random.below(2)))
        } catch {
            return .fault("no sample: \(error)")
        }
    }
}
