import ArgumentParser
import CMemory
import TachoLog
import TachoOperations
import TachoProjections

struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Fold tables again from the first event, and compare.",
        discussion: """
            Tables are derived: nothing here can lose anything. The new table is compared with \
            the one in use row by row, then its snapshot replaces the old ones. One without a \
            snapshot is new. Without a difference the exit code is 0, else 4.

            After an expiry a table begins with what was kept at the cut. One that a newer version \
            cannot go on with is told, with the position from which it is exact, and the exit code \
            is then 1; the others are rebuilt. --cut-from takes the tables at the cut from another \
            store that has the events still: a backup, or one that `tacho restore` has made of an \
            archive. Its hash chain has to be the same there.

            EXAMPLES
              tacho rebuild
              tacho rebuild workflow_history --json
              tacho rebuild --cut-from /mnt/backup/tacho
            """)

    @Argument(help: "The table; without it, all.")
    var name: String?

    @Option(
        help: ArgumentHelp(
            "A store that has what has expired here: take the tables at the cut from it.",
            valueName: "dir"), completion: .directory)
    var cutFrom: String?

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        if let view = allViews.first(where: { $0.name == name }) {
            throw Failure(
                .usage,
                "\(view.name) is made of \(view.source) whenever it is asked for: there is "
                    + "nothing to rebuild")
        }
        if let name, !allProjectors.contains(where: { $0.name == name }) {
            throw Failure.unknownTable(name)
        }
        tacho_keep_arrays_apart(1 << 19)
        let projectors = allProjectors.filter { name == nil || $0.name == name }
        if let cutFrom {
            let kept = try CutTables(location.path).take(from: cutFrom, projectors)
            Output.note(
                "\(Quantity.count(kept.count, "table")) at a cut taken from \(cutFrom): "
                    + kept.joined(separator: ", "))
        }
        let reader = try location.openReader()
        let snapshots = SnapshotStore(directory: location.layout.snapshots)
        var options = LiveTables.Options()
        options.asOf = reader.lastPosition
        let progress = ProgressBar(
            "folding", isQuiet: output.isQuiet, color: output.messages.color)
        let rebuilt = try LiveTables.open(
            reader, snapshots: snapshots.ofCuts, projectors: projectors, options: options
        ) { position, last in
            progress.update(
                Int(clamping: position.rawValue), of: Int(clamping: last.rawValue), unit: "events")
        }
        let seconds = progress.elapsedSeconds
        progress.finish()
        let comparison = TableComparison(reader: reader, snapshots: snapshots, options: options)
        let pairs = try comparison.compare(rebuilt)
        try report(pairs, rebuilt, reader, seconds: seconds)
        guard rebuilt.report.unreadable.isEmpty else {
            throw Failure(
                .damage, "the log could not be read in full; snapshots stay as they were")
        }
        for continuation in rebuilt.report.continuations { Output.note(continuation.note) }
        for lack in rebuilt.report.lacking { Output.note(lack.error.message) }
        try promote(rebuilt, pairs, reader, snapshots)
        if !pairs.allSatisfy(\.isSame) {
            throw Failure(.check, "the tables in use were not what the log says; now they are")
        }
        let lacking = rebuilt.report.lacking.map(\.table)
        if !lacking.isEmpty {
            throw Failure(
                .failure,
                "what has expired is missing in \(lacking.joined(separator: ", ")); see above")
        }
    }

    private func report(
        _ pairs: [TableComparison.Pair], _ rebuilt: LiveTables, _ reader: LogReader,
        seconds: Double
    ) throws {
        var listing = Listing(
            schema: "tacho.rebuild/1",
            fields: [
                .init("name"), .init("rows", right: true), .init("added", right: true),
                .init("removed", right: true), .init("changed", right: true), .init("state"),
                .init("state_sha256", detail: true),
            ])
        for pair in pairs {
            listing.rows.append([
                .text(pair.name), .count(pair.rowCount), .count(pair.difference.addedCount),
                .count(pair.difference.removedCount), .count(pair.difference.changedCount),
                .text(state(of: pair, rebuilt)), .text(pair.stateHash.hex),
            ])
        }
        try listing.print(output)
        guard !output.isQuiet else { return }
        let begun = reader.firstPosition.previous
        let count = Int(clamping: rebuilt.projections.checkpoint.rawValue - begun.rawValue)
        Output.note(
            "\(Quantity.count(count, "event")) folded in \(Quantity.duration(seconds: seconds)), "
                + "\(Quantity.rate(count, seconds: seconds)) events/s")
    }

    private func state(of pair: TableComparison.Pair, _ rebuilt: LiveTables) -> String {
        if let lack = rebuilt.report.lacking.first(where: { $0.table == pair.name }) {
            return "exact from \(lack.cut.through.next)"
        }
        guard pair.isCompared else { return "new" }
        return pair.isSame ? "same" : "different"
    }

    /// Writes the tables that have no snapshot yet that says the same.
    private func promote(
        _ rebuilt: LiveTables, _ pairs: [TableComparison.Pair], _ reader: LogReader,
        _ snapshots: SnapshotStore
    ) throws(LogError) {
        let checkpoint = rebuilt.projections.checkpoint
        guard let anchor = try reader.anchor(at: checkpoint) else { return }
        var unwritten: [Projection] = []
        var stateHashes: [Digest256] = []
        let lacking = Set(rebuilt.report.lacking.map(\.table))
        for (pair, projection) in zip(pairs, rebuilt.projections.projections) {
            if lacking.contains(pair.name) { continue }
            if pair.hasSnapshot {
                snapshots.prune(projection.type, keeping: 1)
            } else {
                unwritten.append(projection)
                stateHashes.append(pair.stateHash)
            }
        }
        let failures = snapshots.write(
            unwritten, anchor: anchor, stateHashes: stateHashes, keeping: 1)
        if let failure = failures.lazy.compactMap(\.self).first { throw failure }
    }
}
