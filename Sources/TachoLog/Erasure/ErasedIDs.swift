/// The file `ERASED`: by what an event that was erased is known when a producer sends it again.
///
/// Of each erased event it keeps the position and 128 bits of an HMAC-SHA-256 of its id, under a
/// secret that never leaves the store. So a late retry is acknowledged and not appended again, and
/// neither the id nor anything it could be found by is kept. The *rounds* say from which position
/// on the log was changed: whatever was folded before them belongs to another past.
///
/// Integers are little-endian. Replaced by rename, before the manifest that names the segments
/// without the events.
///
/// | bytes | field |
/// |---|---|
/// | 8 | `TACHOERA` |
/// | 4 | version, 1 |
/// | 4 | zero |
/// | 16 | the store's id |
/// | 32 | the secret |
/// | 8 | count of rounds |
/// | 8 | count of events |
/// | 16 each | rounds: first position changed, a random number |
/// | 24 each | events, by position: position, 16 bytes of HMAC(secret, id) |
/// | 4 | CRC-32C of everything before |
package struct ErasedIDs: Equatable, Sendable {
    /// The front of an HMAC of an id.
    struct Tag: Hashable, Sendable {
        let high: UInt64
        let low: UInt64
    }

    private struct Round: Equatable {
        let first: Position
        let number: UInt64
    }

    private let store: StoreID
    private let secret: [UInt8]
    private var rounds: [Round] = []
    private var positions: [Tag: Position] = [:]

    private static let magic: StaticString = "TACHOERA"
    private static let headerByteCount = 80
    private static let secretByteCount = 32

    /// Of a store that nothing has been erased from.
    init(store: StoreID) {
        self.store = store
        secret = (0..<Self.secretByteCount).map { _ in UInt8.random(in: 0...UInt8.max) }
    }

    // MARK: Asking

    /// HMAC-SHA-256 (RFC 2104) of `bytes` under the store's secret.
    package func digest(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        let blockByteCount = 64
        func padded(_ byte: UInt8) -> [UInt8] {
            var block = [UInt8](repeating: byte, count: blockByteCount)
            for index in secret.indices { block[index] ^= secret[index] }
            return block
        }
        var hasher = SHA256Hasher()
        padded(0x36).withUnsafeBytes { hasher.update($0) }
        hasher.update(bytes)
        let inner = hasher.finish()
        padded(0x5C).withUnsafeBytes { hasher.update($0) }
        inner.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    private func tag(of id: UnsafeRawBufferPointer) -> Tag {
        digest(id).withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes)
            return Tag(
                high: cursor.integer(UInt64.self) ?? 0, low: cursor.integer(UInt64.self) ?? 0)
        }
    }

    /// Where the erased event with this id was; `nil` if there was none.
    func position(of id: UnsafeRawBufferPointer) -> Position? {
        positions.isEmpty ? nil : positions[tag(of: id)]
    }

    /// What a fold up to `position` is marked with, so that it is not taken for one of the log as
    /// it was before an erasure; 0 if nothing was erased up to there.
    func mark(at position: Position) -> UInt32 {
        var bytes = [UInt8]()
        for round in rounds where round.first <= position {
            bytes.append(littleEndian: round.number)
        }
        return bytes.isEmpty ? 0 : CRC32C.checksum(bytes)
    }

    // MARK: Changing

    mutating func add(id: [UInt8], at position: Position) {
        positions[id.withUnsafeBytes { tag(of: $0) }] = position
    }

    /// Notes that the log is changed from `first` on.
    mutating func beginRound(from first: Position) {
        rounds.append(Round(first: first, number: UInt64.random(in: 0...UInt64.max)))
    }
}

// MARK: - Bytes

extension ErasedIDs {
    var bytes: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(Self.headerByteCount + rounds.count * 16 + positions.count * 24 + 4)
        bytes.append(text: Self.magic)
        bytes.append(littleEndian: UInt32(1))
        bytes.append(littleEndian: UInt32(0))
        bytes += store.bytes
        bytes += secret
        bytes.append(littleEndian: UInt64(rounds.count))
        bytes.append(littleEndian: UInt64(positions.count))
        for round in rounds {
            bytes.append(littleEndian: round.first.rawValue)
            bytes.append(littleEndian: round.number)
        }
        for (tag, position) in positions.sorted(by: { $0.value < $1.value }) {
            bytes.append(littleEndian: position.rawValue)
            bytes.append(littleEndian: tag.high)
            bytes.append(littleEndian: tag.low)
        }
        bytes.append(littleEndian: CRC32C.checksum(bytes))
        return bytes
    }

    /// - Returns: `nil` if the bytes are not what was written for this store.
    init?(parsing bytes: [UInt8], store: StoreID) {
        let end = bytes.count - 4
        guard end >= Self.headerByteCount,
            Self.magic.withUTF8Buffer({ bytes.starts(with: $0) })
        else { return nil }
        self.store = store
        secret = Array(bytes[32..<64])
        let isWhole = bytes.withUnsafeBytes { bytes in
            var tail = ByteCursor(bytes, at: end)
            let front = UnsafeRawBufferPointer(rebasing: bytes[..<end])
            guard tail.integer(UInt32.self) == CRC32C.checksum(front) else { return false }
            var cursor = ByteCursor(bytes, at: 8)
            guard cursor.integer(UInt32.self) == 1, bytes[16..<32].elementsEqual(store.bytes)
            else { return false }
            cursor = ByteCursor(bytes, at: 64)
            guard let roundCount = cursor.size(), let count = cursor.size(),
                roundCount <= end / 16, count <= end / 24,
                Self.headerByteCount + roundCount * 16 + count * 24 == end
            else { return false }
            for _ in 0..<roundCount {
                guard let first = cursor.position(), let number = cursor.integer(UInt64.self)
                else { return false }
                rounds.append(Round(first: first, number: number))
            }
            positions.reserveCapacity(count)
            for _ in 0..<count {
                guard let position = cursor.position(), let high = cursor.integer(UInt64.self),
                    let low = cursor.integer(UInt64.self)
                else { return false }
                positions[Tag(high: high, low: low)] = position
            }
            return true
        }
        guard isWhole else { return nil }
    }

    /// Reads the file.
    ///
    /// - Returns: `nil` if nothing has been erased from this store.
    /// - Throws: ``LogError`` `.damaged` if the file is not what was written.
    static func load(
        _ layout: StoreLayout, _ store: StoreID, _ fileSystem: any FileSystem
    ) throws(LogError) -> ErasedIDs? {
        guard let bytes = try fileSystem.contents(of: layout.erased, limit: 1 << 32) else {
            return nil
        }
        guard let erased = ErasedIDs(parsing: bytes, store: store) else {
            throw LogError(
                .damaged,
                "\(layout.erased) is damaged: late retries of erased events would not be "
                    + "recognised. Restore the file from a backup.")
        }
        return erased
    }

    /// Puts the file in place; called under the store's lock only.
    func save(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.erased, with: bytes, temporary: layout.temporaryFile("ERASED"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }
}
