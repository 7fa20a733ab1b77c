import ArgumentParser
import TachoJSON
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
        let projectors = allProjectors.filter { name == nil || $0.name == name }
        let reader = try location.openReader()
        let snapshots = SnapshotStore(directory: location.layout.snapshots)
        var options = LiveTables.Options()
        options.asOf = reader.lastPosition
        let live = try LiveTables.open(
            reader, snapshots: snapshots, projectors: projectors, options: options)
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
        let pairs = Self.compared(live, rebuilt)
        try report(pairs, rebuilt, seconds: seconds)
        guard rebuilt.report.damage.isEmpty else {
            throw Failure(
                .damage, "the log could not be read in full; snapshots stay as they were")
        }
        try promote(rebuilt, reader, snapshots)
        if !pairs.allSatisfy(\.isSame) {
            throw Failure(.check, "the tables in use were not what the log says; now they are")
        }
    }

    /// A table in use, and what the log says.
    private struct Pair {
        let name: String
        let rowCount: Int
        let stateHash: Digest256
        let isSame: Bool
        let difference: TableDifference
    }

    private static func compared(_ live: LiveTables, _ rebuilt: LiveTables) -> [Pair] {
        let old = live.projections.projections
        let new = rebuilt.projections.projections
        return WorkerThreads.map(new.count, threadCount: WorkerThreads.usualCount) { index in
            let stateHash = new[index].stateHash
            let isSame = old[index].stateHash == stateHash
            // Row by row is many times slower than hashing, and tells nothing about equal tables.
            return Pair(
                name: new[index].type.name, rowCount: new[index].table.rowCount,
                stateHash: stateHash, isSame: isSame,
                difference: isSame
                    ? TableDifference()
                    : TableDifference(from: old[index].table, to: new[index].table))
        }
    }

    private func report(_ pairs: [Pair], _ rebuilt: LiveTables, seconds: Double) throws {
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

    private func promote(
        _ rebuilt: LiveTables, _ reader: LogReader, _ snapshots: SnapshotStore
    ) throws(LogError) {
        let checkpoint = rebuilt.projections.checkpoint
        guard let anchor = try reader.anchor(at: checkpoint) else { return }
        let failures = snapshots.write(
            rebuilt.projections.projections, anchor: anchor, keeping: 1)
        if let failure = failures.lazy.compactMap(\.self).first { throw failure }
    }
}

/// How two tables of the same shape differ, row by row.
struct TableDifference {
    private(set) var addedCount = 0
    private(set) var removedCount = 0
    private(set) var changedCount = 0

    /// None.
    init() {}

    init(from old: Table, to new: Table) {
        var old = old
        old.prepareForChanges()
        for row in 0..<new.rowCount {
            guard let key = new.text(new.schema.keyColumn, row) else { continue }
            guard let oldRow = old.row(forKey: key) else {
                addedCount += 1
                continue
            }
            if Self.bytes(old, oldRow) != Self.bytes(new, row) { changedCount += 1 }
        }
        removedCount = old.rowCount - (new.rowCount - addedCount)
    }

    private static func bytes(_ table: Table, _ row: Int) -> [UInt8] {
        var writer = JSONWriter()
        table.writeJSON(row: row, columns: Array(table.schema.columns.indices), to: &writer)
        return writer.bytes
    }
}
