internal import TachoLog
internal import TachoOperations
internal import TachoProjections
internal import TachoSimulation

/// A corpus all of whose events have expired: what is left of them is in the tables at the cut.
struct CutCorpus {
    let corpus: Corpus
    private let projectors: [any Projector.Type]
    /// As they were before anything was erased.
    private let tables: [Table]

    init(
        _ disk: any FileSystem, seed: UInt64, count: Int, projectors: [any Projector.Type]
    ) throws {
        self.projectors = projectors
        corpus = try Corpus(disk, seed: seed, count: count, projectors: projectors)
        try Corpus.sealAll(disk)
        let types: [TypePattern] = seed % 2 == 0 ? [] : ["*"]
        _ = try Expirer("store", fileSystem: disk, projectors: projectors)
            .execute(ExpiryPolicy(byteCount: 1, types: types, text: "beyond 1 byte"))
        tables = try Self.tables(disk, projectors)
    }

    private static func tables(
        _ disk: any FileSystem, _ projectors: [any Projector.Type]
    ) throws -> [Table] {
        try Corpus.tables(disk, projectors).projections.projections.map(\.table)
    }

    /// The id is nowhere, and the tables say of everything else what they said.
    func check(_ disk: SimulatedFileSystem, _ context: String, _ tally: inout Tally) {
        do {
            try corpus.lookForID(disk, context, &tally)
            let now = try Corpus.tables(disk, projectors)
            for damage in now.report.damage { tally.found("\(context)\(damage.message)") }
            for (old, new) in zip(tables, now.projections.projections) {
                tally.count("tables_compared")
                compare(old, new.table, context, &tally)
            }
            for finding in try LogVerifier(LogReader.open("store", fileSystem: disk))
                .verify(.deep).findings
            {
                tally.found("\(context)verify: \(finding.file): \(finding.message)")
            }
        } catch {
            tally.found("\(context)the store cannot be read: \(error)")
        }
    }

    private func compare(
        _ old: Table, _ new: Table, _ context: String, _ tally: inout Tally
    ) {
        let schema = old.schema
        let name = "\(context)\(schema.name)"
        guard old.rowCount == new.rowCount else {
            return tally.found("\(name) has another number of rows")
        }
        for row in 0..<old.rowCount {
            let cells = schema.columns.indices.map { old.value($0, row) }
            let isMentioned = cells.map { mentions($0) }
            let key = new.text(schema.keyColumn, row)?.description ?? ""
            if key.hasPrefix("erased:") {
                tally.count("rows_nameless")
                if !isMentioned.contains(true) { tally.found("\(name): another's row is gone") }
                for column in cells.indices where new.value(column, row) != cells[column] {
                    if isNumber(cells[column]) {
                        tally.found("\(name): a number of a nameless row is another")
                    }
                }
                continue
            }
            for column in cells.indices where !isMentioned[column] {
                guard new.value(column, row) != cells[column] else { continue }
                tally.found("\(name), \(schema.columns[column].name) of another is not what it was")
            }
            if corpus.selector.kind != .stream,
                new.schema.columns.indices.contains(where: {
                    mentions(new.value($0, row))
                })
            {
                tally.found("\(name) mentions the id")
            }
        }
    }

    private func isNumber(_ value: Value) -> Bool {
        switch value {
        case .integer, .real, .money, .timestamp, .boolean: true
        case .unknown, .text, .json: false
        }
    }

    /// Whatever the first letter is spelled like, the others follow.
    private func mentions(_ value: Value) -> Bool {
        let tail = String(corpus.id.dropFirst())
        return switch value {
        case .text(let text): text.description.contains(tail)
        case .json(let json): String(decoding: json, as: UTF8.self).contains(tail)
        case .unknown, .integer, .real, .money, .timestamp, .boolean: false
        }
    }
}

/// M2: what tables at a cut say of somebody is erased from them, where his events have expired.
struct ErasureAtCut: Campaign {
    let id = "M2-cut"
    let title = "ids are erased from tables of expired events; the rest of them stays exact"
    let testTrialCount = 40
    var flaw: Flaw?

    var canaries: [any Campaign] { [ErasureAtCut(flaw: .keepsTemporaryFiles)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        let cut = try CutCorpus(
            disk, seed: seed, count: 30 + trial % 90, projectors: Corpus.projectors)
        let eraser = Eraser("store", fileSystem: FlawedFileSystem.wrapping(disk, flaw))
        let outcome = try eraser.execute(cut.corpus.selector, reason: "a test")
        tally.count("tables_rewritten", outcome.kept.count)
        if !outcome.isProven {
            tally.found("not proven: \(outcome.residue.flatMap(\.files))")
        }
        cut.check(disk, "", &tally)
        let again = try eraser.execute(cut.corpus.selector, reason: nil)
        if again.request != nil { tally.found("a second run does something again") }
    }
}

/// K2: a process dies at a call while it erases from tables at a cut; the same command finishes it.
struct DeathsInErasureAtCut: Campaign {
    let id = "K2-erase-cut"
    let title = "a process dies at every call of an erasure behind a cut; the next run ends it"
    let testTrialCount = 1
    var flaw: Flaw?

    var canaries: [any Campaign] { [DeathsInErasureAtCut(flaw: .keepsTemporaryFiles)] }

    private static let projectors = Array(
        allProjectors.filter { ["sessions", "workflow_history"].contains($0.name) })

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let calm = SimulatedFileSystem(seed: seed)
        let cut = try CutCorpus(calm, seed: seed, count: 24, projectors: Self.projectors)
        let start = calm.callCount
        _ = try Eraser("store", fileSystem: calm).execute(cut.corpus.selector, reason: nil)
        let callCount = calm.callCount - start
        guard callCount > 0 else { return }
        for call in 1...callCount {
            let disk = SimulatedFileSystem(seed: seed)
            let cut = try CutCorpus(disk, seed: seed, count: 24, projectors: Self.projectors)
            let eraser = Eraser("store", fileSystem: FlawedFileSystem.wrapping(disk, flaw))
            disk.inject(SimulatedFault(call: disk.callCount + call, lasts: true, kind: .death))
            _ = try? eraser.execute(cut.corpus.selector, reason: nil)
            disk.clearFaults()
            if (call + trial) % 2 == 0 { disk.kill() } else { disk.losePower() }
            tally.count("deaths")
            let context = "death at call \(call) of \(callCount): "
            do throws(LogError) {
                let outcome = try eraser.execute(cut.corpus.selector, reason: nil)
                if !outcome.isProven {
                    tally.found("\(context)not proven: \(outcome.residue.flatMap(\.files))")
                }
            } catch {
                tally.found("\(context)the next run fails: \(error)")
            }
            cut.check(disk, context, &tally)
        }
    }
}
