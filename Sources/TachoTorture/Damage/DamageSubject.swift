internal import TachoLog
internal import TachoProjections

/// A sample, and how a damaged copy of it is judged and counted.
struct DamageSubject: Sendable {
    let sample: SampleStore
    /// Whether all that was acknowledged is durable.
    private let survivesRestart: Bool
    private let snapshotHash: Digest256?
    /// By columns; those of the sample are all used.
    let columnReading: ColumnReading

    init(_ sample: SampleStore, survivesRestart: Bool = true) throws {
        self.sample = sample
        self.survivesRestart = survivesRestart
        let fileSystem = MemoryFileSystem(sample.files)
        snapshotHash = try Self.snapshot(fileSystem).projection?.stateHash
        columnReading = try ColumnReading(fileSystem)
    }

    /// Judges a damaged copy, and counts the verdict under the changed file's kind.
    func check(
        _ files: [String: [UInt8]], changed path: String, _ what: String,
        _ way: ReadingWay = .real, mayBeHarmless: Bool = true, appends: Bool = true,
        into tally: inout Tally
    ) {
        let kind = SampleStore.kind(path)
        tally.count("changes_of_\(kind)")
        let fileSystem = MemoryFileSystem()
        if kind == "snapshot", way == .real {
            note(judgeSnapshot(files, fileSystem), path, what, mayBeHarmless, &tally)
            return
        }
        let judge = StoreJudge(sample, reading: way)
        // A restart means nothing to sealed files, and appending nothing to a change that was seen.
        let boots = kind == "sealed" || !survivesRestart ? 1 : 2
        for boot in SampleStore.boot..<SampleStore.boot + UInt64(boots) {
            let when = boot == SampleStore.boot ? what : "\(what), then a restart"
            note(
                judge.judge(
                    files, boot: boot, in: fileSystem, appends: appends && kind != "sealed"), path,
                when, mayBeHarmless, &tally)
        }
        if kind == "sealed", way == .real { checkColumns(files, path, what, fileSystem, &tally) }
    }

    /// Damaged columns are none, or told of: never other values.
    private func checkColumns(
        _ files: [String: [UInt8]], _ path: String, _ what: String,
        _ fileSystem: MemoryFileSystem, _ tally: inout Tally
    ) {
        fileSystem.load(files, boot: SampleStore.boot)
        do {
            let reading = try ColumnReading(fileSystem)
            tally.count("blocks_of_columns", reading.blockCount)
            if reading != columnReading, !StoreReading(fileSystem).isReported {
                tally.found("\(path), \(what): columns give another answer, without a word")
            }
        } catch {
            tally.count("detected_by_fold")
            if !(error is LogError) {
                tally.found("\(path), \(what): columns end in an untyped error \(error)")
            }
        }
    }

    private func note(
        _ verdict: StoreJudge.Verdict, _ path: String, _ what: String, _ mayBeHarmless: Bool,
        _ tally: inout Tally
    ) {
        switch verdict {
        case .harmless:
            tally.count("harmless")
            if !mayBeHarmless { tally.found("\(path), \(what): not noticed") }
        case .detected:
            tally.count("detected")
        case .verifierOnly:
            tally.count("detected_by_verify_only")
        case .silent(let fault):
            tally.count("silent")
            tally.found("\(path), \(what): \(fault)")
        }
    }

    // MARK: - Snapshots

    private func judgeSnapshot(
        _ files: [String: [UInt8]], _ fileSystem: MemoryFileSystem
    ) -> StoreJudge.Verdict {
        fileSystem.load(files)
        do {
            let (projection, refused) = try Self.snapshot(fileSystem)
            guard let projection else {
                return refused.isEmpty ? .silent("no snapshot, and no reason") : .detected
            }
            return projection.stateHash == snapshotHash
                ? .harmless : .silent("another state is loaded")
        } catch {
            return .silent("an error that the snapshot did not cause: \(error)")
        }
    }

    private static func snapshot(
        _ fileSystem: MemoryFileSystem
    ) throws -> (projection: Projection?, refused: [RefusedSnapshot]) {
        let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
        return SnapshotStore(directory: SampleStore.layout.snapshots, fileSystem: fileSystem)
            .load(TypeCounter.self, through: reader.lastPosition) { position throws(LogError) in
                try reader.anchor(at: position)
            }
    }
}
