import ArgumentParser
import CMemory
import TachoLog
import TachoProjections

struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Fold tables again from the first event, and compare.",
        discussion: """
            Tables are derived: nothing here can lose anything. The new table is compared with \
            the one in use row by row, then its snapshot replaces the old ones. Without a \
            difference the exit code is 0, else 4.

            EXAMPLES
              tacho rebuild
              tacho rebuild workflow_history --json
            """)

    @Argument(help: "The table; without it, all.")
    var name: String?

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        if let name, !allProjectors.contains(where: { $0.name == name }) {
            throw Failure.unknownTable(name)
        }
        tacho_keep_arrays_apart(1 << 19)
        let projectors = allProjectors.filter { name == nil || $0.name == name }
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
        try report(pairs, rebuilt, seconds: seconds)
        guard rebuilt.report.damage.isEmpty else {
            throw Failure(
                .damage, "the log could not be read in full; snapshots stay as they were")
        }
        try promote(rebuilt, pairs, reader, snapshots)
        if !pairs.allSatisfy(\.isSame) {
            throw Failure(.check, "the tables in use were not what the log says; now they are")
        }
    }

    private func report(
        _ pairs: [TableComparison.Pair], _ rebuilt: LiveTables, seconds: Double
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
                .text(pair.isSame ? "same" : "different"), .text(pair.stateHash.hex),
            ])
        }
        try listing.print(output)
        guard !output.isQuiet else { return }
        let count = Int(clamping: rebuilt.projections.checkpoint.rawValue)
        Output.note(
            "\(Quantity.count(count, "event")) folded in \(Quantity.duration(seconds: seconds)), "
                + "\(Quantity.rate(count, seconds: seconds)) events/s")
    }

    /// Writes the tables that have no snapshot yet that says the same.
    private func promote(
        _ rebuilt: LiveTables, _ pairs: [TableComparison.Pair], _ reader: LogReader,
        _ snapshots: SnapshotStore
    ) throws(LogError) {
        let checkpoint = rebuilt.projections.checkpoint
        guard let anchor = try reader.anchor(at: checkpoint) else { return }
        var unwritten: [Projection] = []
        for (pair, projection) in zip(pairs, rebuilt.projections.projections) {
            if pair.hasSnapshot {
                snapshots.prune(projection.type, keeping: 1)
            } else {
                unwritten.append(projection)
            }
        }
        let failures = snapshots.write(unwritten, anchor: anchor, keeping: 1)
        if let failure = failures.lazy.compactMap(\.self).first { throw failure }
    }
}
