extension LogWriter {
    /// Takes away what processes that died, or calls that failed, have left behind: files in
    /// `tmp/`, and active files that the manifest does not name.
    ///
    /// An active file that a sealed segment covers has been read back from there, and goes; so does
    /// an empty one. Any other holds what a failed sync was to write: it is kept in `quarantine/`.
    ///
    /// Under LOCK.seal, and LOCK is taken: nobody else has a file in the making. What cannot be
    /// removed now is there at the next sealing, so a failure is nobody's concern.
    mutating func removeOrphans() {
        guard (try? lock()) != nil else { return }
        defer { unlock() }
        // Finishes a switch to a new active file, which is then named.
        guard (try? refresh()) != nil,
            let manifest = try? Manifest.load(layout, store: store, fileSystem)
        else { return }
        for name in (try? fileSystem.list(layout.temporary)) ?? [] {
            try? fileSystem.remove(layout.temporaryFile(name))
        }
        let named = Set(manifest.segments.map(\.file))
        for name in (try? fileSystem.list(layout.log)) ?? [] where !named.contains(name) {
            guard let first = StoreLayout.firstPosition(ofActive: name) else { continue }
            removeOrphan(name, first: first, manifest)
        }
    }

    private func removeOrphan(_ name: String, first: Position, _ manifest: Manifest) {
        let path = layout.logFile(name)
        guard let status = try? fileSystem.status(path) else { return }
        let isSealed = manifest.segments.contains {
            $0.state.isSealed && $0.first <= first && first <= $0.last
        }
        if status.byteCount == 0 || isSealed {
            try? fileSystem.remove(path)
        } else {
            try? fileSystem.rename(path, to: "\(layout.quarantine)/\(name).unsynced")
        }
    }
}
