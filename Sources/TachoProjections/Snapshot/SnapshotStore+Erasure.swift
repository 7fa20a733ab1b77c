package import TachoLog

extension SnapshotStore {
    /// The directories of all projectors' current versions, below that of the snapshots.
    package static var folders: [String] {
        let store = SnapshotStore(directory: "")
        return allProjectors.map { store.folder($0) }
    }

    /// Removes the snapshots at and behind a position, of all projectors and versions, and what
    /// interrupted writes left: they hold what events before them said.
    ///
    /// - Returns: How many files were removed.
    @discardableResult
    package func removeAll(from first: Position) -> Int {
        var removedCount = 0
        let known = allProjectors.map { folder($0) }
        let listed = list("").flatMap { name in list(name).map { "\(name)/\($0)" } }
        for folder in Set(known + listed).sorted() {
            let before = removedCount
            for name in list(folder) {
                if let position = Self.position(ofFile: name), position < first { continue }
                guard name.hasSuffix(".snap") || name.hasSuffix(".tmp") else { continue }
                if (try? fileSystem.remove("\(directory)/\(folder)/\(name)")) != nil {
                    removedCount += 1
                }
            }
            // So that they do not come back after a loss of power.
            if removedCount > before {
                try? fileSystem.synchronizeDirectory("\(directory)/\(folder)")
            }
        }
        return removedCount
    }

    /// Removes the snapshots of one projector at and behind a position; what is kept at a cut stays.
    package func removeAll(of type: any Projector.Type, from first: Position) {
        for name in list(folder(type)) {
            guard let position = Self.position(ofFile: name), position >= first else { continue }
            try? fileSystem.remove("\(directory)/\(folder(type))/\(name)")
        }
    }

    /// Removes what is of no more use once tables begin at `last`: the snapshots up to there, and
    /// tables that were kept before.
    ///
    /// - Parameters:
    ///   - last: Where the cut is.
    ///   - tables: Names of those that begin there; `nil` is all.
    package func removeExpired(through last: Position, tables: Set<String>?) {
        let known = allProjectors.map { folder($0) }
        let listed = list("").flatMap { name in list(name).map { "\(name)/\($0)" } }
        for folder in Set(known + listed).sorted() {
            if let tables, !tables.contains(String(folder.prefix { $0 != "/" })) { continue }
            let names = list(folder)
            // A table that was kept goes when the same version has a newer one.
            let hasNewer = names.contains { Self.cut(ofFile: $0).map { $0 >= last } == true }
            for name in names {
                let position = Self.position(ofFile: name)
                let kept = Self.cut(ofFile: name) ?? Self.position(ofFile: name, isKept: true)
                guard
                    position.map({ $0 <= last }) == true
                        || hasNewer && kept.map({ $0 < last }) == true
                else { continue }
                try? fileSystem.remove("\(directory)/\(folder)/\(name)")
            }
        }
    }

    /// What a snapshot's file holds, decompressed, as far as it can be: for looking through.
    package static func state(of file: [UInt8]) -> [UInt8] {
        guard let (header, start, _) = SnapshotHeader.decode(Array(file.prefix(4096))),
            header.isReadable
        else { return [] }
        guard header.byteCount / SnapshotBlocks.largestRatio <= file.count else { return [] }
        return SnapshotBlocks.state(of: file, header, from: start)
    }
}
