/// The names of a store's files.
///
/// Nothing else in the code spells them.
package struct StoreLayout: Sendable {
    package let directory: String

    package init(_ directory: String) {
        self.directory = directory
    }

    package var format: String { directory + "/FORMAT" }
    package var lock: String { directory + "/LOCK" }
    package var syncLock: String { directory + "/LOCK.sync" }
    package var sealLock: String { directory + "/LOCK.seal" }
    package var head: String { directory + "/HEAD" }
    package var manifest: String { directory + "/MANIFEST" }
    package var previousManifest: String { directory + "/MANIFEST.prev" }
    package var reserve: String { directory + "/RESERVE" }
    package var scrub: String { directory + "/SCRUB" }
    package var sources: String { directory + "/SOURCES" }
    package var erased: String { directory + "/ERASED" }
    /// Only while an erasure is under way: of which sessions.
    package var erasing: String { directory + "/ERASING" }
    /// Only while a compaction is under way: what it was going to write.
    package var compacting: String { directory + "/COMPACTING" }
    package var expired: String { directory + "/EXPIRED" }
    package var log: String { directory + "/log" }
    package var quarantine: String { directory + "/quarantine" }
    /// Segments that others have taken the place of, kept for a while.
    package var retired: String { directory + "/retired" }
    package var snapshots: String { directory + "/snap" }
    package var temporary: String { directory + "/tmp" }

    package func logFile(_ name: String) -> String { log + "/" + name }
    package func retiredFile(_ name: String) -> String { retired + "/" + name }
    package func temporaryFile(_ name: String) -> String { temporary + "/" + name }

    /// Refuses the store's own directory, and what is in it, as a place for a copy.
    ///
    /// A copy there is lost with the store. Worse, a segment that is archived to `log/` is its own
    /// copy: it would be found good, and then removed.
    ///
    /// - Parameters:
    ///   - path: Where the copy is to be; it need not be there.
    ///   - fileSystem: Where both are.
    /// - Throws: ``LogError`` `.conflict`; nothing was changed then.
    package func requireOutside(
        _ path: String, _ fileSystem: any FileSystem
    ) throws(LogError) {
        let own = Array(fileSystem.resolved(directory).utf8)
        let other = Array(fileSystem.resolved(path).utf8)
        guard other.starts(with: own),
            other.count == own.count || other[own.count] == UInt8(ascii: "/")
        else { return }
        throw LogError(
            .conflict,
            "\(path) is \(other.count == own.count ? "the store itself" : "in the store"): a copy "
                + "there is lost with it. Nothing was changed; name another directory.")
    }

    /// - Parameters:
    ///   - first: The segment's first position.
    ///   - generation: Not 0 if a file for that position was given up after a failed sync.
    /// - Returns: The file's name in `log/`.
    package static func activeName(first: Position, generation: UInt32 = 0) -> String {
        "\(padded(first))\(generation == 0 ? "" : ".g\(generation)").active.jsonl"
    }

    package static func sealedName(first: Position, last: Position, generation: Int) -> String {
        "\(padded(first))-\(padded(last)).g\(generation).jsonl.lz4"
    }

    /// Twenty digits, so that names sort by position as text.
    private static func padded(_ position: Position) -> String {
        var text = [UInt8]()
        text.appendDigits(position.rawValue, width: 20)
        return String(decoding: text, as: UTF8.self)
    }
}
