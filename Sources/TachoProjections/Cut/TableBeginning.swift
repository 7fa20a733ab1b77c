package import TachoLog

/// What of its history a table lacks, because it has expired and nothing was kept that its projector
/// can go on with.
package struct TableLack: Equatable, Sendable {
    package let table: String
    package let cut: Expiries.Cut
    /// What another version of the projector has kept, if that is why.
    package let keptVersion: Int?
    package let version: Int

    /// What a reader of the table is told.
    package var error: LogError {
        let types = cut.types.map(\.description).joined(separator: ", ")
        let what =
            cut.types.isEmpty
            ? "all that came before position \(cut.through.next)"
            : "events of the type \(types) before position \(cut.last.next)"
        let why =
            keptVersion.map {
                "version \($0) of the table was kept, with which version \(version) cannot go on"
            } ?? "the table that was kept cannot be read"
        return LogError(
            .expired,
            "\(table) lacks \(what), expired by event \(cut.event) (policy: \(cut.policy)): \(why). "
                + "It is exact for what began behind position \(cut.through). `tacho rebuild "
                + "\(table) --cut-from STORE` takes the table at the cut from a backup or a "
                + "restored archive.")
    }
}

/// How a table goes on that an earlier version of its projector has kept.
package struct TableContinuation: Equatable, Sendable {
    package let table: String
    package let cut: Position
    package let keptVersion: Int
    /// Columns that are unknown in rows from before the cut.
    package let missing: [String]

    package var note: String {
        let columns =
            missing.isEmpty ? "" : "; \(missing.joined(separator: ", ")) of them is unknown"
        return "\(table): what happened up to position \(cut) is as version \(keptVersion) of the "
            + "table kept it\(columns)"
    }
}

extension LiveTables {
    /// Where a fold begins, given what was loaded.
    struct Beginning {
        var checkpoint: Position
        var lack: TableLack?
        /// Of an answer about the past that there is none to.
        var failure: LogError?
        var continuation: TableContinuation?
    }

    /// Looks into what of a table's events has expired.
    ///
    /// - Parameters:
    ///   - type: The table's.
    ///   - checkpoint: Up to where it was loaded; zero if it was not.
    ///   - last: Up to where it is to be folded.
    ///   - expiries: Of the history.
    ///   - snapshots: Of the history.
    /// - Returns: Where the fold begins, and what the table lacks.
    static func beginning(
        of type: any Projector.Type, at checkpoint: Position, through last: Position,
        _ expiries: Expiries, _ snapshots: SnapshotStore?
    ) -> Beginning {
        var beginning = Beginning(checkpoint: checkpoint)
        let cuts = expiries.current(for: type.inputs)
        let missed = cuts.filter { $0.through > checkpoint && $0.first <= last }
        guard let cut = missed.max(by: { $0.through < $1.through }) else {
            guard let cut = cuts.map(\.through).max(), cut == checkpoint,
                case .continued(let version, let missing)? =
                    snapshots?.keptUse(of: type, through: checkpoint)
            else { return beginning }
            beginning.continuation = TableContinuation(
                table: type.name, cut: cut, keptVersion: version, missing: missing)
            return beginning
        }
        if last < cut.through {
            // The past, of which events are gone: nothing was kept for a moment before the cut.
            let whole = expiries.cut(of: last)
            beginning.failure = (whole ?? cut).error
            if whole != nil { beginning.checkpoint = last }
            return beginning
        }
        var keptVersion: Int?
        if case .none(let version)? = snapshots?.keptUse(of: type, through: last) {
            keptVersion = version
        }
        beginning.lack = TableLack(
            table: type.name, cut: cut, keptVersion: keptVersion, version: type.version)
        // What has expired as a whole has nothing to fold.
        if let whole = expiries.last {
            beginning.checkpoint = max(checkpoint, min(last, whole.through))
        }
        return beginning
    }
}
