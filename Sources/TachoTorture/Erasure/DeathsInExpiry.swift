internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// K2: a process dies at a call while the front of the log expires; the next run ends it.
struct DeathsInExpiry: Campaign {
    /// Empty is everything.
    let types: [TypePattern]
    var id: String { types.isEmpty ? "K2-expire" : "K2-expire-types" }
    var title: String {
        let what = types.isEmpty ? "of an expiry" : "of an expiry of types"
        return "a process dies, or the power goes, at every call \(what); tables stay"
    }
    let testTrialCount = 1
    var flaw: Flaw?

    var canaries: [any Campaign] { [DeathsInExpiry(types: types, flaw: .dropsSyncs)] }

    private static let projectors = Array(allProjectors.prefix(1))
    private var policy: ExpiryPolicy {
        ExpiryPolicy(byteCount: 1, types: types, text: "beyond 1 byte")
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let calm = SimulatedFileSystem(seed: seed)
        try Self.makeStore(calm, seed)
        let start = calm.callCount
        _ = try Self.expirer(calm).execute(policy)
        let callCount = calm.callCount - start
        for call in 1...max(1, callCount) {
            let disk = SimulatedFileSystem(seed: seed)
            let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
            try Self.makeStore(fileSystem, seed)
            let before = try Self.state(disk)
            disk.inject(SimulatedFault(call: disk.callCount + call, lasts: true, kind: .death))
            _ = try? Self.expirer(fileSystem).execute(policy)
            disk.clearFaults()
            if (call + trial) % 2 == 0 { disk.kill() } else { disk.losePower() }
            tally.count("deaths")
            check(disk, fileSystem, before, "death at call \(call) of \(callCount): ", &tally)
        }
    }

    /// Tables and the chain right after, and once the next run has ended it.
    private func check(
        _ disk: SimulatedFileSystem, _ fileSystem: any FileSystem, _ before: State,
        _ context: String, _ tally: inout Tally
    ) {
        do {
            _ = try LogWriter.open("store", fileSystem: disk)
            try compare(disk, before, context, &tally)
            _ = try Self.expirer(fileSystem).execute(policy)
            try compare(disk, before, context + "at the end, ", &tally)
            let reader = try LogReader.open("store", fileSystem: disk)
            if reader.expiries.cuts.isEmpty { tally.found("\(context)nothing has expired") }
            try checkLines(reader, context, &tally)
            var log = try LogWriter.open("store", fileSystem: disk)
            let receipt = try log.append([before.retry])
            guard case .duplicate = receipt.outcomes.first else {
                tally.found("\(context)an expired event is appended again")
                return
            }
            let names = disk.paths.filter {
                $0.hasPrefix("store/retired/") || $0.hasPrefix("store/tmp/")
            }
            if !names.isEmpty { tally.found("\(context)left over: \(names)") }
        } catch {
            tally.found("\(context)\(error)")
        }
    }

    /// Nothing is left but the store's own history, and what was appended behind the cut.
    private func checkLines(
        _ reader: LogReader, _ context: String, _ tally: inout Tally
    ) throws {
        let last = reader.expiries.cuts.map(\.last).max() ?? .zero
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                let isOwn = record.type.starts(with: "tacho.".utf8)
                if record.position <= last, !isOwn {
                    tally.found("\(context)position \(record.position) is still there")
                }
                return true
            }
            return true
        }
    }

    private struct State {
        let tables: [Digest256]
        let anchor: Anchor
        let retry: NewEvent
    }

    private func compare(
        _ disk: SimulatedFileSystem, _ before: State, _ context: String, _ tally: inout Tally
    ) throws {
        let live = try Corpus.tables(disk, Self.projectors)
        if let damage = live.report.damage.first {
            tally.found("\(context)tables: \(damage.message)")
        }
        // What the store says of itself is in none of these tables.
        if Self.hashes(live) != before.tables {
            tally.found("\(context)the tables are not what they were")
        }
        let reader = try LogReader.open("store", fileSystem: disk)
        var anchors = [before.anchor]
        if let cut = reader.expired, before.anchor.position < cut.through { anchors = [] }
        for finding in try LogVerifier(reader).verify(.deep, anchors: anchors).findings {
            tally.found("\(context)verify: \(finding.file): \(finding.message)")
        }
    }

    private static func hashes(_ live: LiveTables) -> [Digest256] {
        live.projections.projections.map(\.stateHash)
    }

    private static func state(_ disk: SimulatedFileSystem) throws -> State {
        let reader = try LogReader.open("store", fileSystem: disk)
        var retry: NewEvent?
        try reader.forEachBatch { batch in
            try batch.forEachRecord { record in
                retry = NewEvent(record)
                return false
            }
            return false
        }
        guard let retry else { throw LogError(.damaged, "the store is empty") }
        return State(
            tables: hashes(try Corpus.tables(disk, projectors)), anchor: try reader.anchor(),
            retry: retry)
    }

    private static func expirer(_ fileSystem: any FileSystem) -> Expirer {
        Expirer("store", fileSystem: fileSystem, projectors: projectors)
    }

    private static func makeStore(_ disk: any FileSystem, _ seed: UInt64) throws {
        _ = try Corpus(disk, seed: seed, count: 24, projectors: projectors)
        try Corpus.sealAll(disk)
    }
}
