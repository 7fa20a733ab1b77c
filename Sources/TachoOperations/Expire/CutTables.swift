package import TachoLog
package import TachoProjections

/// Makes the tables at a store's cuts anew, from another store that has the events still.
package struct CutTables {
    private let directory: String
    private let fileSystem: any FileSystem

    /// - Parameters:
    ///   - directory: The store's.
    ///   - fileSystem: Where both are.
    package init(_ directory: String, fileSystem: any FileSystem = RealFileSystem()) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// Folds the other store up to each cut, and keeps the tables here.
    ///
    /// - Parameters:
    ///   - source: A backup, or a store made of an archive.
    ///   - projectors: Whose tables.
    /// - Returns: Names of the tables, once for each cut.
    /// - Throws: ``LogError``: `.conflict` if the other is of another log, or was one that went another
    ///   way; `.expired` or `.damaged` if it has not all of the events. What was kept before stays.
    package func take(
        from source: String, _ projectors: [any Projector.Type]
    ) throws(LogError) -> [String] {
        let ours = try LogReader.open(directory, fileSystem: fileSystem)
        let theirs = try open(source)
        guard theirs.store == ours.store else {
            throw LogError(
                .conflict, "\(source) is of another store (\(theirs.store)). Nothing was changed.")
        }
        guard ours.erasureMark == theirs.erasureMark else {
            throw LogError(
                .conflict,
                "something was erased here that \(source) has still, or the other way round: its "
                    + "tables would bring it back. Nothing was changed.")
        }
        let cuts = [ours.expired].compactMap(\.self) + ours.expiries.ofTypes
        let snapshots = SnapshotStore(
            directory: StoreLayout(directory).snapshots, fileSystem: fileSystem)
        var kept = [String]()
        for cut in cuts {
            let wanted = projectors.filter { type in
                // Only where it begins: an earlier cut is none of its any more.
                let through = ours.expiries.current(for: type.inputs).map(\.through).max()
                return through == cut.through
            }
            guard !wanted.isEmpty else { continue }
            try check(theirs, at: cut, source)
            for projection in try fold(theirs, cut, wanted, source) {
                try snapshots.keep(projection, anchor: cut.anchor(ours.store))
                // What was folded without goes; the next one who asks begins at the cut.
                snapshots.removeAll(of: projection.type, from: cut.through)
                kept.append(projection.type.name)
            }
        }
        return kept
    }

    private func open(_ source: String) throws(LogError) -> LogReader {
        do throws(LogError) {
            return try LogReader.open(source, fileSystem: fileSystem)
        } catch {
            guard error.code == .notFound else { throw error }
            throw LogError(
                .notFound,
                "there is no store in \(source). Of an archive or a backup `tacho restore \(source) "
                    + "--to DIR` makes one; then name DIR. Nothing was changed.")
        }
    }

    private func check(
        _ theirs: LogReader, at cut: Expiries.Cut, _ source: String
    ) throws(LogError) {
        let anchor = Anchor(
            position: cut.through, chain: cut.chain.hex, store: theirs.store.description)
        let report = try LogVerifier(theirs).verify(.deep, anchors: [anchor])
        guard let finding = report.findings.first else { return }
        throw LogError(
            .conflict,
            "\(source) is not this store as it was at position \(cut.through): \(finding.message). "
                + "Nothing was changed.")
    }

    private func fold(
        _ theirs: LogReader, _ cut: Expiries.Cut, _ projectors: [any Projector.Type],
        _ source: String
    ) throws(LogError) -> [Projection] {
        var options = LiveTables.Options()
        options.asOf = cut.through
        let live = try LogError.unifying {
            try LiveTables.open(theirs, snapshots: nil, projectors: projectors, options: options)
        }
        if let damage = live.report.damage.first {
            throw LogError(
                damage.code, "\(source) has not all of it: \(damage.message) Nothing was changed.")
        }
        return live.projections.projections
    }
}
