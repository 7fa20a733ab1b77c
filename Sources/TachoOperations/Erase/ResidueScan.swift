package import TachoLog
import TachoProjections

/// What of something erased is left in one class of a store's files.
package struct Residue: Equatable, Sendable {
    /// `log`, `snap`, `quarantine`, `spool`, `tmp`, `store` for the files at the top, or the name
    /// of another directory.
    package let fileClass: String
    package var fileCount = 0
    package var byteCount = 0
    /// Bytes that came out of compressed parts.
    package var decodedByteCount = 0
    /// Occurrences of an id in the bytes as they are.
    package var rawCount = 0
    /// Occurrences in what was decoded, or spelled with escapes.
    package var decodedCount = 0
    /// Lines that are, byte for byte, erased records.
    package var leafCount = 0
    /// Files with any of these, without the store's directory.
    package var files: [String] = []

    package var total: Int { rawCount + decodedCount + leafCount }
}

/// Looks through every file of a store, raw and decompressed, for what was erased.
///
/// It trusts neither the manifest nor any index: files are found by listing directories, and
/// frames by walking through them.
package struct ResidueScan: Sendable {
    private let layout: StoreLayout
    private let store: StoreID
    private let fileSystem: any FileSystem
    private let needles: Needles
    private let leaves: Set<Digest256>

    private static let pieceByteCount = 8 << 20

    /// - Parameters:
    ///   - reader: Of the store.
    ///   - needles: Ids.
    ///   - leaves: Of erased records.
    package init(_ reader: LogReader, _ needles: Needles, leaves: [Digest256]) {
        layout = StoreLayout(reader.directory)
        store = reader.store
        fileSystem = reader.fileSystem
        self.needles = needles
        self.leaves = Set(leaves)
    }

    /// - Returns: One entry for each class, in order of name; all classes of a store are there.
    /// - Throws: ``LogError`` if a file cannot be read: nothing is proven then.
    package func run() throws(LogError) -> [Residue] {
        var classes = [String: Residue]()
        for name in ["log", "quarantine", "retired", "snap", "spool", "store", "tmp"] {
            classes[name] = Residue(fileClass: name)
        }
        for path in try files() {
            let parts = path.split(separator: "/")
            let name = parts.count > 1 ? String(parts[0]) : "store"
            var residue = classes[name] ?? Residue(fileClass: name)
            let before = residue.total
            do throws(LogError) {
                try scan(path, into: &residue)
            } catch {
                // Sealed or removed while we looked: its content is in another file by now.
                guard error.code == .notFound else { throw error }
            }
            if residue.total > before { residue.files.append(path) }
            classes[name] = residue
        }
        return classes.values.sorted { $0.fileClass < $1.fileClass }
    }

    // MARK: Files

    /// Paths below the store's directory, sorted.
    private func files() throws(LogError) -> [String] {
        var found = [String]()
        var directories = [""]
        // A simulated disk lists no directories inside of others.
        directories += ["log", "quarantine", "retired", "spool", "tmp"]
        directories += SnapshotStore.folders.map { "snap/\($0)" }
        var seen = Set<String>()
        while let directory = directories.popLast() {
            guard seen.insert(directory).inserted else { continue }
            let path = directory.isEmpty ? layout.directory : layout.directory + "/" + directory
            let names: [String]
            do throws(FileError) {
                names = try fileSystem.list(path)
            } catch {
                if error.isNotFound { continue }
                throw LogError(error)
            }
            for name in names {
                let inner = directory.isEmpty ? name : directory + "/" + name
                let status = try LogError.unifying {
                    try fileSystem.status(layout.directory + "/" + inner)
                }
                guard let status else { continue }
                if status.isDirectory { directories.append(inner) } else { found.append(inner) }
            }
        }
        return Array(Set(found)).sorted()
    }

    private func scan(_ path: String, into residue: inout Residue) throws(LogError) {
        let whole = layout.directory + "/" + path
        let fileSystem = fileSystem
        let file = try LogError.unifying { try fileSystem.open(whole, .read) }
        defer { fileSystem.close(file) }
        let byteCount = try LogError.unifying { try fileSystem.byteCount(of: file) }
        residue.fileCount += 1
        residue.byteCount += byteCount
        residue.rawCount += count(
            inName: path)
        var offset = 0
        let overlap = max(0, needles.longestByteCount - 1)
        var carried = [UInt8]()
        var front = [UInt8]()
        while offset < byteCount {
            let piece = try fileSystem.readUpTo(
                file, whole, at: offset, byteCount: min(Self.pieceByteCount, byteCount - offset))
            if piece.isEmpty { break }
            if offset == 0 { front = Array(piece.prefix(4)) }
            offset += piece.count
            let window = carried + piece
            residue.rawCount += window.withUnsafeBytes { needles.count(in: $0) }
            carried = Array(window.suffix(overlap))
            // What lies whole in the overlap is seen again with the next piece.
            residue.rawCount -=
                offset < byteCount
                ? carried.withUnsafeBytes {
                    needles.count(in: $0)
                } : 0
        }
        try decode(path, file, byteCount, front: front, into: &residue)
    }

    /// A name can tell as much as what is in the file.
    private func count(inName path: String) -> Int {
        Array(path.utf8).withUnsafeBytes { needles.count(in: $0) }
    }

    // MARK: What is inside

    private func decode(
        _ path: String, _ file: FileDescriptor, _ byteCount: Int, front: [UInt8],
        into residue: inout Residue
    ) throws(LogError) {
        let whole = layout.directory + "/" + path
        let fileSystem = fileSystem
        func read(_ offset: Int, _ count: Int) throws(LogError) -> [UInt8] {
            try fileSystem.readUpTo(file, whole, at: offset, byteCount: count)
        }
        if path.hasSuffix(".kept.lz4") {
            var found = residue
            // Where it is no frame of ours, its bytes were looked at as they are.
            _ = FramedLines.forEachFrame(in: try read(0, byteCount)) { lines in
                found.decodedByteCount += lines.count
                look(lines, countsRaw: true, into: &found)
            }
            residue = found
        } else if path.hasSuffix(".lz4") || path.contains(".lz4.")
            || front == [0x04, 0x22, 0x4D, 0x18]
        {
            var found = residue
            _ = try SegmentSalvage.run(
                byteCount: byteCount, store: store, file: path, read: read
            ) { frame in
                found.decodedByteCount += frame.lines.count
                look(frame.lines, countsRaw: true, into: &found)
            }
            // What is kept of records beside the frames. Where it is damaged nobody can decode it,
            // and its bytes as they are have been looked through.
            if let reader = try? SegmentReader(
                byteCount: byteCount, store: store, file: path, read: read)
            {
                try? reader.forEachDerivedPart(read: read) { bytes in
                    found.decodedByteCount += bytes.count
                    look(bytes, countsRaw: true, into: &found)
                }
            }
            residue = found
        } else if path.hasSuffix(".snap") || path.hasSuffix(".kept") {
            let state = SnapshotStore.state(of: try read(0, byteCount))
            residue.decodedByteCount += state.count
            let count = state.withUnsafeBytes { needles.count(in: $0) }
            // JSON in a cell may spell it with escapes.
            let isSpelled = count == 0 && state.withUnsafeBytes { needles.occur(inLine: $0) }
            residue.decodedCount += isSpelled ? 1 : count
        } else if path.hasSuffix(".jsonl") || path.hasSuffix(".bin") || path.hasSuffix(".damaged")
            || path.hasSuffix(".unsynced")
        {
            look(try read(0, byteCount), countsRaw: false, into: &residue)
        }
    }

    /// Looks at lines: for ids, if that was not done yet, and for whole records.
    private func look(_ bytes: [UInt8], countsRaw: Bool, into residue: inout Residue) {
        var hasher = SHA256Hasher()
        bytes.withUnsafeBytes { bytes in
            if countsRaw { residue.decodedCount += needles.count(in: bytes) }
            var offset = 0
            while let line = bytes.line(from: offset) {
                offset += line.count
                if needles.count(in: line) == 0, needles.occur(inLine: line) {
                    residue.decodedCount += 1
                }
                if isErased(line, &hasher) { residue.leafCount += 1 }
            }
        }
    }

    /// Whether a line is an erased record, with or without the suffix of an active file.
    private func isErased(
        _ line: UnsafeRawBufferPointer, _ hasher: inout SHA256Hasher
    ) -> Bool {
        guard !leaves.isEmpty, line.first == UInt8(ascii: "{") else { return false }
        if leaves.contains(Chain.leaf(of: line, with: &hasher)) { return true }
        let mark = Array(",\"_\":\"".utf8)
        guard let start = line.lastRange(of: mark) else { return false }
        let canonical = Array(line[..<start]) + [UInt8(ascii: "}"), 0x0A]
        return canonical.withUnsafeBytes { leaves.contains(Chain.leaf(of: $0, with: &hasher)) }
    }
}

extension UnsafeRawBufferPointer {
    /// Where `pattern` begins for the last time, in the last hundred bytes.
    fileprivate func lastRange(of pattern: [UInt8]) -> Int? {
        guard count >= pattern.count else { return nil }
        for start in stride(from: count - pattern.count, through: Swift.max(0, count - 100), by: -1)
        where self[start..<start + pattern.count].elementsEqual(pattern) {
            return start
        }
        return nil
    }
}
