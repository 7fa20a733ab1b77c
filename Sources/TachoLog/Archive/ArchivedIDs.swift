/// The file `log/NAME.archived`: what stays here of a segment whose file is in an archive.
///
/// Its index and footer, as they are in the file, so that it is known which events it has, where the
/// chain goes on, and which frames a question needs; and the ids of all its events, so that one that
/// is sent again is not appended again. Integers are little-endian.
///
/// | bytes | field |
/// |---|---|
/// | 8 | `TACHOARC` |
/// | 4 | version, 1 |
/// | 4 | bytes of the location |
/// | 16 | the store's id |
/// | 8 | bytes of the segment's file |
/// | 8 | of these, before its index: what is not here |
/// | 32 | SHA-256 of the segment's file |
/// | 8 | count of ids |
/// | 4 | CRC-32C of the ids |
/// | *n* | location: a directory or a URL |
/// | 4 | CRC-32C of everything before |
/// | 24 each | ids, ascending: the first 16 bytes of SHA-256(id), position |
/// | rest | the segment's file from its index on |
struct ArchivedIDs: Sendable {
    static let suffix = ".archived"

    let location: String
    /// Of the segment's file.
    let byteCount: Int
    /// Bytes of the segment's file that are not here.
    let missingByteCount: Int
    let digest: Digest256
    let path: String
    let file: FileDescriptor
    private let idCount: Int
    private let idChecksum: UInt32
    private let idOffset: Int
    /// Where in this file the segment's index begins.
    let tailOffset: Int

    private static let magic: StaticString = "TACHOARC"
    private static let headerByteCount = 92
    private static let idByteCount = 24

    /// - Throws: ``LogError``: `.damaged` if the header is not what was written for this store.
    init(
        _ path: String, _ store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) {
        self.path = path
        do throws(FileError) {
            file = try fileSystem.open(path, .read)
        } catch {
            throw LogError(error)
        }
        do throws(LogError) {
            func damaged(_ what: String) -> LogError {
                LogError(.damaged, "\(path): \(what). Restore it from a backup.")
            }
            let header = try fileSystem.readUpTo(
                file, path, at: 0, byteCount: Self.headerByteCount + 4096)
            guard header.count >= Self.headerByteCount,
                Self.magic.withUTF8Buffer({ header.starts(with: $0) })
            else { throw damaged("it does not begin as what stays of an archived segment") }
            let fields = header.withUnsafeBytes { bytes -> Fields? in
                var cursor = ByteCursor(bytes, at: 8)
                guard cursor.integer(UInt32.self) == 1, let length = cursor.count(),
                    length <= 4096, let id = cursor.range(StoreID.byteCount),
                    StoreID(bytes[id]) == store, let byteCount = cursor.size(),
                    let missing = cursor.size(), missing <= byteCount,
                    let digest = cursor.digest(), let idCount = cursor.size(),
                    idCount < 1 << 40, let idChecksum = cursor.integer(UInt32.self),
                    let text = cursor.range(length)
                else { return nil }
                let front = UnsafeRawBufferPointer(rebasing: bytes[..<cursor.offset])
                guard cursor.integer(UInt32.self) == CRC32C.checksum(front) else { return nil }
                return Fields(
                    location: String(decoding: bytes[text], as: UTF8.self), byteCount: byteCount,
                    missing: missing, digest: digest, idCount: idCount, idChecksum: idChecksum,
                    end: cursor.offset)
            }
            guard let fields else { throw damaged("its header fails its checksum") }
            location = fields.location
            byteCount = fields.byteCount
            missingByteCount = fields.missing
            digest = fields.digest
            idCount = fields.idCount
            idChecksum = fields.idChecksum
            idOffset = fields.end
            tailOffset = fields.end + fields.idCount * Self.idByteCount
            let here = try LogError.unifying { [file] in try fileSystem.byteCount(of: file) }
            guard here == tailOffset + byteCount - missingByteCount else {
                throw damaged("it has \(here) bytes, which is not what its header says")
            }
        } catch {
            fileSystem.close(file)
            throw error
        }
    }

    private struct Fields {
        let location: String
        let byteCount: Int
        let missing: Int
        let digest: Digest256
        let idCount: Int
        let idChecksum: UInt32
        let end: Int
    }

    // MARK: Asking

    private static func key(of id: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = SHA256Hasher()
        hasher.update(id)
        return hasher.finish().withUnsafeBytes { Array($0.prefix(16)) }
    }

    /// Where the event with this id is in the segment; `nil` if it is not in it.
    ///
    /// - Complexity: O(log ids) reads of 24 bytes.
    func position(
        of id: UnsafeRawBufferPointer, _ fileSystem: any FileSystem
    ) throws(LogError) -> Position? {
        let key = Self.key(of: id)
        var low = 0
        var high = idCount
        while low < high {
            let middle = (low + high) / 2
            let entry = try fileSystem.readBytes(
                file, path, at: idOffset + middle * Self.idByteCount, byteCount: Self.idByteCount)
            if entry.prefix(16).elementsEqual(key) {
                return entry.withUnsafeBytes { bytes in
                    var cursor = ByteCursor(bytes, at: 16)
                    return cursor.position()
                }
            }
            if entry.prefix(16).lexicographicallyPrecedes(key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return nil
    }

    /// Checks what opening does not read: the ids.
    func verify(_ fileSystem: any FileSystem) throws(LogError) {
        var checksum: UInt32 = 0
        var offset = idOffset
        while offset < tailOffset {
            let piece = try fileSystem.readBytes(
                file, path, at: offset, byteCount: min(1 << 20, tailOffset - offset))
            checksum = CRC32C.checksum(piece, seed: checksum)
            offset += piece.count
        }
        guard checksum == idChecksum else {
            throw LogError(.damaged, "\(path): the ids fail their checksum")
        }
    }

    // MARK: Making

    /// - Parameters:
    ///   - segment: Whole, and open.
    ///   - byteCount: Of its file.
    ///   - digest: SHA-256 of its file.
    ///   - location: Where a copy of it is.
    ///   - store: Its id.
    ///   - fileSystem: Where the segment is.
    /// - Returns: The bytes of the file that stays.
    /// - Throws: ``LogError`` `.damaged` if the segment cannot be read.
    static func bytes(
        of segment: SealedSegment, byteCount: Int, digest: Digest256, location: String,
        _ store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) -> [UInt8] {
        var ids = [(key: [UInt8], position: Position)]()
        ids.reserveCapacity(segment.reader.footer.count)
        for frame in segment.reader.frames.indices {
            let batch = try segment.batch(frame, fileSystem)
            try LogError.unifying {
                try batch.forEachRecord { record in
                    ids.append((key(of: record.id), record.position))
                    return true
                }
            }
        }
        ids.sort { $0.key.lexicographicallyPrecedes($1.key) }
        var table = [UInt8]()
        table.reserveCapacity(ids.count * idByteCount)
        for id in ids {
            table += id.key
            table.append(littleEndian: id.position.rawValue)
        }
        let missing = segment.reader.footer.dataByteCount
        var bytes = [UInt8]()
        bytes.append(text: magic)
        bytes.append(littleEndian: UInt32(1))
        bytes.append(littleEndian: UInt32(location.utf8.count))
        bytes += store.bytes
        bytes.append(littleEndian: UInt64(byteCount))
        bytes.append(littleEndian: UInt64(missing))
        bytes.append(digest)
        bytes.append(littleEndian: UInt64(ids.count))
        bytes.append(littleEndian: CRC32C.checksum(table))
        bytes += Array(location.utf8)
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        bytes += table
        bytes += try segment.read(at: missing, byteCount: byteCount - missing, fileSystem)
        return bytes
    }
}
