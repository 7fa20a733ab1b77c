package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file with a table as it was at a cut.
package struct KeptFile: Equatable, Sendable {
    /// Below the directory of snapshots.
    package let path: String
    package let table: String
    package let position: Position
}

extension SnapshotStore {
    static let keptSuffix = ".kept.lz4"

    /// Where a file of this name was cut; `nil` if it is none.
    static func cut(ofFile name: String) -> Position? {
        guard name.hasSuffix(keptSuffix), name.utf8.count == 20 + keptSuffix.utf8.count,
            let position = UInt64(name.prefix(20)), position <= UInt64(Int64.max)
        else { return nil }
        return Position(position)
    }

    static func keptName(_ position: Position) -> String {
        var digits = [UInt8]()
        digits.appendDigits(position.rawValue, width: 20)
        return String(decoding: digits, as: UTF8.self) + keptSuffix
    }

    /// Keeps a table as it is at a cut, under a name that is never pruned.
    ///
    /// - Parameters:
    ///   - projection: Folded up to the cut.
    ///   - anchor: What the log is known by there.
    /// - Throws: ``LogError``; what was there before is there then.
    package func keep(_ projection: Projection, anchor: LogAnchor) throws(LogError) {
        let folder = folder(projection.type)
        try put(
            KeptTable.encode(projection, anchor: anchor),
            "\(folder)/\(Self.keptName(projection.checkpoint))")
    }

    /// Puts a file in place, for good.
    package func put(_ bytes: [UInt8], _ path: String) throws(LogError) {
        let whole = "\(directory)/\(path)"
        let folder = String(whole[..<(whole.lastIndex(of: "/") ?? whole.startIndex)])
        do throws(FileError) {
            try fileSystem.createDirectory(folder)
            try fileSystem.replaceFile(whole, with: bytes, temporary: "\(whole).\(getpid()).tmp")
            try fileSystem.synchronizeDirectory(folder)
        } catch {
            throw LogError(error)
        }
    }

    /// Brings tables that were kept as snapshots are, `….kept`, into the form that every later version
    /// reads.
    ///
    /// Only the version of a projector that has written one can: what lies in another version's
    /// folder stays, and so does what cannot be read. A death in between leaves both, of which the
    /// new one is used.
    ///
    /// - Parameters:
    ///   - type: The projector.
    ///   - anchor: What the log is known by at a position.
    /// - Returns: How many there were.
    /// - Throws: ``LogError`` if one cannot be written; the old one is there then.
    package func convertKept(
        _ type: any Projector.Type, anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(LogError) -> Int {
        var count = 0
        for name in list(folder(type)).sorted() {
            guard let position = Self.position(ofFile: name, isKept: true),
                let known = try anchor(position)
            else { continue }
            let file = "\(folder(type))/\(name)"
            let projection: Projection
            do throws(SnapshotRefusal) {
                projection = try read(
                    file, type, position: position, hashSeed: nil, verifiesState: true
                ) { _ in known }
            } catch {
                continue
            }
            try keep(projection, anchor: known)
            do throws(FileError) {
                try fileSystem.remove("\(directory)/\(file)")
            } catch {
                throw LogError(error)
            }
            count += 1
        }
        return count
    }

    /// All kept tables, of all versions, in order of path.
    package func keptFiles() -> [KeptFile] {
        // A simulated disk lists no directories inside of others.
        let known = allProjectors.map { folder($0) }
        let listed = list("").flatMap { name in list(name).map { "\(name)/\($0)" } }
        return Set(known + listed).sorted().flatMap { folder in
            list(folder).sorted().compactMap { name in
                Self.cut(ofFile: name).map {
                    KeptFile(
                        path: "\(folder)/\(name)", table: String(folder.prefix { $0 != "/" }),
                        position: $0)
                }
            }
        }
    }

    /// The bytes of a kept table; `nil` if it is gone: a later cut has one of its own.
    package func contents(of file: KeptFile) throws(LogError) -> [UInt8]? {
        try fileSystem.contents(of: "\(directory)/\(file.path)", limit: 1 << 36)
    }

    /// The newest table that any version of this projector has kept and this one can go on with.
    ///
    /// - Parameters:
    ///   - type: The projector.
    ///   - last: Not behind this position.
    ///   - hashSeed: Of the table.
    ///   - anchor: What the log is known by at a position.
    /// - Returns: The projection, and what was passed over.
    func loadKept(
        _ type: any Projector.Type, through last: Position, hashSeed: UInt64?,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) -> (projection: Projection?, refused: [RefusedSnapshot]) {
        var refused = [RefusedSnapshot]()
        let files = keptFiles(of: type).filter { $0.position <= last }
        for file in files {
            do throws(SnapshotRefusal) {
                return (try load(file, type, hashSeed: hashSeed, anchor: anchor), refused)
            } catch {
                refused.append(RefusedSnapshot(file: file.path, reason: error))
            }
        }
        return (nil, refused)
    }

    /// Where the newest table that any version of this projector has kept was cut; zero if none has.
    func keptPosition(of type: any Projector.Type, through last: Position) -> Position {
        keptFiles(of: type).first { $0.position <= last }?.position ?? .zero
    }

    /// What this projector makes of the newest table that was kept up to a position.
    package func keptUse(of type: any Projector.Type, through last: Position) -> KeptUse? {
        guard let file = keptFiles(of: type).first(where: { $0.position <= last }),
            let bytes = try? contents(of: file)  // one that cannot be read is of no use
        else { return nil }
        return KeptTable.header(bytes)?.use(type)
    }

    private func load(
        _ file: KeptFile, _ type: any Projector.Type, hashSeed: UInt64?,
        anchor: (Position) throws(LogError) -> LogAnchor?
    ) throws(SnapshotRefusal) -> Projection {
        let bytes: [UInt8]
        let known: LogAnchor?
        do throws(LogError) {
            bytes = try contents(of: file) ?? []
            known = try anchor(file.position)
        } catch {
            throw .unreadable(error)
        }
        let found = try KeptTable.projection(bytes, type, hashSeed: hashSeed)
        guard found.1.anchor == known else { throw .otherLog }
        return found.0
    }

    /// The newest first; at one position this version's own first, then later versions'.
    private func keptFiles(of type: any Projector.Type) -> [KeptFile] {
        let own = folder(type)
        let folders = Set(list(type.name).map { "\(type.name)/\($0)" } + [own])
        let files = folders.flatMap { folder in
            list(folder).compactMap { name in
                Self.cut(ofFile: name).map {
                    KeptFile(path: "\(folder)/\(name)", table: type.name, position: $0)
                }
            }
        }
        func rank(_ file: KeptFile) -> (UInt64, Int, Int, String) {
            let version = file.path.split(separator: "/").dropFirst().first
                .flatMap { Int($0.prefix { $0 != "-" }) }
            return (
                file.position.rawValue, file.path.hasPrefix(own + "/") ? 1 : 0, version ?? 0,
                file.path
            )
        }
        return files.sorted { rank($0) > rank($1) }
    }
}
