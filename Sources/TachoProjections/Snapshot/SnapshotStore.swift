package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The snapshots of a store, one directory for each projector and version of it:
/// `snap/<projector>/<version>-<fingerprint, 8 digits>/<position, 20 digits>.snap`.
///
/// Everything in it is derived: losing any of it costs time, never an answer.
package struct SnapshotStore: Sendable {
    /// The store's `snap`.
    package let directory: String
    /// Looks only at snapshots of cuts: what a fold from the beginning of the log begins with.
    package var onlyKept = false

    /// The same, for a fold that is to use no snapshot but that of the cut.
    package var ofCuts: SnapshotStore {
        var store = self
        store.onlyKept = true
        return store
    }
    let fileSystem: any FileSystem

    package init(directory: String, fileSystem: any FileSystem = RealFileSystem()) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    // MARK: Names

    private func versionName(_ type: any Projector.Type) -> String {
        "\(type.version)-\(type.fingerprint.hex.prefix(8))"
    }

    func folder(_ type: any Projector.Type) -> String {
        "\(type.name)/\(versionName(type))"
    }

    /// The name of a snapshot; `isKept` are those of a cut behind which the log begins.
    private static func fileName(_ position: Position, isKept: Bool = false) -> String {
        var digits = [UInt8]()
        digits.appendDigits(position.rawValue, width: 20)
        return String(decoding: digits, as: UTF8.self) + (isKept ? ".kept" : ".snap")
    }

    static func position(ofFile name: String, isKept: Bool = false) -> Position? {
        let text = Array(name.utf8)
        guard text.count == 25, name.hasSuffix(isKept ? ".kept" : ".snap"),
            let position = UInt64(name.prefix(20)), position <= UInt64(Int64.max)
        else { return nil }
        return Position(position)
    }

    /// Positions of this projector's snapshots, ascending.
    package func positions(of type: any Projector.Type) -> [Position] {
        list(folder(type)).compactMap { Self.position(ofFile: $0) }.sorted()
    }

    /// A directory that is not there or cannot be read has no snapshots: they are not needed.
    func list(_ folder: String) -> [String] {
        (try? fileSystem.list("\(directory)/\(folder)")) ?? []
    }

    // MARK: Writing

    /// Writes a snapshot: beside its place, synced, renamed into it.
    ///
    /// - Parameters:
    ///   - projection: At any checkpoint but zero.
    ///   - anchor: The log's at that checkpoint.
    ///   - stateHash: The projection's, where it is known.
    ///   - isKept: Under a name that is never pruned: the log begins behind it.
    /// - Returns: Bytes of the file.
    /// - Throws: ``LogError``; nothing is there then that was not there before, but for a `.tmp`.
    @discardableResult
    package func write(
        _ projection: Projection, anchor: LogAnchor, stateHash: Digest256? = nil,
        isKept: Bool = false
    ) throws(LogError) -> Int {
        let bytes = SnapshotFile.encode(projection, anchor: anchor, stateHash: stateHash)
        let folder = "\(directory)/\(folder(projection.type))"
        let path = "\(folder)/\(Self.fileName(projection.checkpoint, isKept: isKept))"
        do throws(FileError) {
            try fileSystem.createDirectory(folder)
            try fileSystem.replaceFile(path, with: bytes, temporary: "\(path).\(getpid()).tmp")
            try fileSystem.synchronizeDirectory(folder)
        } catch {
            throw LogError(error)
        }
        return bytes.count
    }

    /// Writes a snapshot of each projection, several at a time, and prunes those before it.
    ///
    /// - Parameters:
    ///   - projections: All at the position of the anchor.
    ///   - anchor: The log's at that checkpoint.
    ///   - stateHashes: Of all of them, where they are known.
    ///   - keptCount: See ``prune(_:keeping:)``; nothing is pruned where the new one was not
    ///     written.
    ///   - threadCount: With the calling one.
    /// - Returns: For each projection why it was not written, or `nil`.
    package func write(
        _ projections: [Projection], anchor: LogAnchor, stateHashes: [Digest256]? = nil,
        keeping keptCount: Int, threadCount: Int = WorkerThreads.usualCount
    ) -> [LogError?] {
        WorkerThreads.map(projections.count, threadCount: threadCount) { index in
            do throws(LogError) {
                try write(
                    projections[index], anchor: anchor, stateHash: stateHashes?[index])
                prune(projections[index].type, keeping: keptCount)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Removes what newer snapshots make superfluous: all but the newest of this projector, those
    /// of other versions, and what an interrupted write left behind.
    ///
    /// - Returns: How many files were removed. One that could not be is there the next time.
    @discardableResult
    package func prune(_ type: any Projector.Type, keeping keptCount: Int = 2) -> Int {
        let kept = positions(of: type).suffix(keptCount).map { Self.fileName($0) }
        // Another version's snapshots go only when this one has its own.
        guard !kept.isEmpty else { return 0 }
        var removedCount = 0
        for version in list(type.name) {
            let isCurrent = version == versionName(type)
            for name in list("\(type.name)/\(version)") {
                let isOurs = name.hasSuffix(".snap") || name.hasSuffix(".tmp")
                if !isOurs || isCurrent && kept.contains(name) || Self.isInTheMaking(name) {
                    continue
                }
                let path = "\(directory)/\(type.name)/\(version)/\(name)"
                if (try? fileSystem.remove(path)) != nil { removedCount += 1 }
            }
        }
        return removedCount
    }

    /// Whether a temporary file is of a process that runs: it is about to be renamed.
    ///
    /// One of another machine or container passes for a dead one's: its write fails, and nothing
    /// but time is lost.
    private static func isInTheMaking(_ name: String) -> Bool {
        guard name.hasSuffix(".tmp"),
            let process = name.dropLast(4).split(separator: ".").last.flatMap({ pid_t($0) }),
            process > 0
        else { return false }
        return kill(process, 0) == 0 || errno == EPERM
    }

    // MARK: Loading

    /// The newest snapshot that belongs to this projector and this log.
    ///
    /// - Parameters:
    ///   - type: The projector.
    ///   - last: No snapshot after this position.
    ///   - isStored: Leave the cells in the snapshot: see ``Table/openColumns(_:)``.
    ///   - hashSeed: Of the table.
    ///   - anchor: What the log is known by at a position; `nil` if it has none such.
    /// - Returns: The projection at its checkpoint, if there is one, and what was passed over.
    package func load(
        _ type: any Projector.Type, through last: Position, isStored: Bool = false,
        hashSeed: UInt64? = nil,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) -> (projection: Projection?, refused: [RefusedSnapshot]) {
        var refused = [RefusedSnapshot]()
        let kept = keptPosition(of: type, through: last)
        for (position, name) in candidates(type) where position <= last && position > kept {
            let file = "\(folder(type))/\(name)"
            do throws(SnapshotRefusal) {
                let projection = try read(
                    file, type, position: position, isStored: isStored, hashSeed: hashSeed,
                    anchor: anchor)
                return (projection, refused)
            } catch {
                refused.append(RefusedSnapshot(file: file, reason: error))
            }
        }
        if kept > .zero {
            let found = loadKept(type, through: last, hashSeed: hashSeed, anchor: anchor)
            return (found.projection, refused + found.refused)
        }
        for version in list(type.name) where version != versionName(type) {
            let file = "\(type.name)/\(version)"
            if !list(file).isEmpty {
                refused.append(RefusedSnapshot(file: file, reason: .otherProjector))
            }
        }
        return (nil, refused)
    }

    /// Positions and names of what may be loaded, the newest first.
    private func candidates(_ type: any Projector.Type) -> [(position: Position, name: String)] {
        var found = [(position: Position, name: String)]()
        for name in list(folder(type)) {
            if let position = Self.position(ofFile: name, isKept: true) {
                found.append((position, name))
            } else if !onlyKept, let position = Self.position(ofFile: name) {
                found.append((position, name))
            }
        }
        return found.sorted { ($0.position, $0.name) > ($1.position, $1.name) }
    }

    /// Loads the snapshot at `position` and compares its state with the hash in its header, which
    /// loading leaves to the checksums.
    package func verify(
        _ type: any Projector.Type, at position: Position,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(SnapshotRefusal) -> Projection {
        let file = "\(folder(type))/\(Self.fileName(position))"
        return try read(
            file, type, position: position, hashSeed: nil, verifiesState: true, anchor: anchor)
    }

    /// The hash of the state in the snapshot at `position`, read through without making a table.
    ///
    /// - Throws: ``SnapshotRefusal``, as loading it would, and `.damaged` where the state is not the
    ///   one that the header names.
    /// - Complexity: O(bytes), in the memory of a block.
    package func stateHash(
        of type: any Projector.Type, at position: Position,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(SnapshotRefusal) -> Digest256 {
        let file = "\(folder(type))/\(Self.fileName(position))"
        let blocks = try open(file, type, position: position, anchor: anchor)
        let stateHash: Digest256
        do throws(TableDecodingError) {
            var source = blocks.source()
            stateHash = try source.hashOfRest()
            try blocks.checkIndex()
        } catch {
            throw .damaged(error)
        }
        guard stateHash == blocks.header.stateHash else { throw .damaged(nil) }
        return stateHash
    }

    func read(
        _ file: String, _ type: any Projector.Type, position: Position,
        isStored: Bool = false, hashSeed: UInt64?,
        verifiesState: Bool = false, anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(SnapshotRefusal) -> Projection {
        let blocks = try open(file, type, position: position, anchor: anchor)
        let projection: Projection
        do throws(TableDecodingError) {
            if isStored, blocks.header.format > 1 {
                projection = try Projection(
                    type, checkpoint: position, stored: blocks, hashSeed: hashSeed)
            } else {
                try blocks.checkIndex()
                var source = blocks.source()
                projection = try Projection(
                    type, checkpoint: position, decoding: &source, hashSeed: hashSeed)
            }
            guard projection.table.rowCount == blocks.header.rowCount else {
                throw .damaged(column: -1)
            }
        } catch {
            throw .damaged(error)
        }
        if verifiesState, projection.stateHash != blocks.header.stateHash { throw .damaged(nil) }
        return projection
    }

    /// Opens a snapshot that belongs to this projector and this log.
    private func open(
        _ file: String, _ type: any Projector.Type, position: Position,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(SnapshotRefusal) -> SnapshotBlockFile {
        let path = "\(directory)/\(file)"
        let descriptor: FileDescriptor
        do throws(FileError) {
            descriptor = try fileSystem.open(path, .read)
        } catch {
            throw .unreadable(LogError(error))
        }
        var isTaken = false
        defer { if !isTaken { fileSystem.close(descriptor) } }
        let fileByteCount: Int
        do throws(FileError) {
            fileByteCount = try fileSystem.byteCount(of: descriptor)
        } catch {
            throw .unreadable(LogError(error))
        }
        let front: [UInt8]
        let known: LogAnchor?
        do throws(LogError) {
            front = try fileSystem.readUpTo(
                descriptor, path, at: 0, byteCount: SnapshotHeader.byteLimit)
            known = try anchor(position)
        } catch {
            throw .unreadable(error)
        }
        guard let (header, headerByteCount, checksum) = SnapshotHeader.decode(front),
            header.position == position
        else { throw .damaged(nil) }
        guard header.isReadable else { throw .damaged(.unsupportedFormat) }
        guard header.projector == type.name, header.version == type.version,
            header.fingerprint == type.fingerprint
        else { throw .otherProjector }
        guard header.anchor == known else { throw .otherLog }
        // A file cannot hold more than this: nothing is allocated for such a claim.
        let (byteCount, overflows) = header.byteCount.addingReportingOverflow(header.indexByteCount)
        guard !overflows, byteCount / SnapshotBlocks.largestRatio <= fileByteCount else {
            throw .damaged(.truncated)
        }
        isTaken = true
        do throws(TableDecodingError) {
            return try SnapshotBlockFile(
                descriptor, fileByteCount: fileByteCount, header: header,
                headerByteCount: headerByteCount, headerChecksum: checksum,
                fileSystem: fileSystem)
        } catch {
            throw .damaged(error)
        }
    }
}
