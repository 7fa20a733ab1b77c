/// The files beside a log that cannot be made from it again.
///
/// `ERASED`, `EXPIRED`, `SOURCES`; the tables at a cut, `snap/…/*.kept.lz4`; and everything in
/// `quarantine/`. A copy has to have the same ones: one more may hold what was erased since.
struct LogCompanions {
    /// Of the store's own directory.
    static let names = ["ERASED", "EXPIRED", "SOURCES"]

    let source: StoreLayout
    let target: StoreLayout
    let fileSystem: any FileSystem

    /// What has to fit the segments beside it.
    func state() throws(LogError) -> [[UInt8]?] {
        [
            try fileSystem.contents(of: source.erased, limit: 1 << 32),
            try fileSystem.contents(of: source.expired),
        ]
    }

    /// Makes the target's the same as the source's.
    ///
    /// - Returns: Whether anything was not the same.
    func mirror() throws -> Bool {
        var isChanged = false
        for name in Self.names where try mirror(source.directory, target.directory, name) {
            isChanged = true
        }
        try fileSystem.synchronizeDirectory(target.directory)
        if try mirrorDirectory(source.quarantine, target.quarantine, depth: 2, { _ in true }) {
            isChanged = true
        }
        let isKept: (String) -> Bool = { $0.hasSuffix(".kept.lz4") || $0.hasSuffix(".kept") }
        if try mirrorDirectory(source.snapshots, target.snapshots, depth: 3, isKept) {
            isChanged = true
        }
        return isChanged
    }

    private func mirror(
        _ source: String, _ target: String, _ name: String
    ) throws -> Bool {
        let (path, copy) = (source + "/" + name, target + "/" + name)
        guard let status = try fileSystem.status(path) else {
            guard try fileSystem.status(copy) != nil else { return false }
            try fileSystem.remove(copy)
            return true
        }
        if try fileSystem.status(copy)?.byteCount == status.byteCount,
            try isSame(path, copy)
        {
            return false
        }
        let file = try fileSystem.open(path, .read)
        defer { fileSystem.close(file) }
        let temporary = self.target.temporaryFile(name)
        try fileSystem.copy(
            file, path, byteCount: try fileSystem.byteCount(of: file), to: temporary)
        try fileSystem.rename(temporary, to: copy)
        return true
    }

    private func isSame(_ path: String, _ copy: String) throws -> Bool {
        let one = try fileSystem.open(path, .read)
        defer { fileSystem.close(one) }
        let other = try fileSystem.open(copy, .read)
        defer { fileSystem.close(other) }
        var offset = 0
        while true {
            let piece = try fileSystem.readUpTo(one, path, at: offset, byteCount: 1 << 20)
            let same = try fileSystem.readUpTo(other, copy, at: offset, byteCount: 1 << 20)
            guard piece == same else { return false }
            if piece.isEmpty { return true }
            offset += piece.count
        }
    }

    /// Files that are not `wanted` are taken away in the target.
    private func mirrorDirectory(
        _ source: String, _ target: String, depth: Int, _ wanted: (String) -> Bool
    ) throws -> Bool {
        let theirs = try names(target)
        var isChanged = false
        var isThere = !theirs.isEmpty
        for name in Set(try names(source) + theirs).sorted() {
            let (path, copy) = (source + "/" + name, target + "/" + name)
            let isDirectory =
                try fileSystem.status(path)?.isDirectory
                ?? fileSystem.status(copy)?.isDirectory ?? false
            if isDirectory {
                guard depth > 1 else { continue }
                if try mirrorDirectory(path, copy, depth: depth - 1, wanted) { isChanged = true }
                continue
            }
            if !wanted(name) {
                if theirs.contains(name) { try fileSystem.remove(copy) }
                continue
            }
            if !isThere {
                try fileSystem.createDirectory(target)
                isThere = true
            }
            if try mirror(source, target, name) { isChanged = true }
        }
        if isChanged { try fileSystem.synchronizeDirectory(target) }
        return isChanged
    }

    private func names(_ directory: String) throws -> [String] {
        try fileSystem.status(directory) == nil ? [] : try fileSystem.list(directory)
    }
}
