#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

/// Reads a new sealed file as any reader would, and checks every byte of it, before it counts.
struct SegmentReadBack {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let store: StoreID

    /// - Parameters:
    ///   - entry: What the manifest is going to say of it.
    ///   - temporary: Where it is.
    ///   - footer: As it was written.
    ///   - linesChecksum: The CRC-32C of all lines, one after the other, taken where chain and
    ///     digest were. Where the file gives lines of the same checksum, those need not be reckoned
    ///     once more: hashing them again was half of what sealing cost.
    /// - Throws: ``LogError`` `.damaged` if it is not what was written.
    func check(
        _ entry: SegmentEntry, _ temporary: String, _ footer: SegmentFooter,
        linesChecksum: UInt32? = nil
    ) throws(LogError) {
        try LogError.unifying {
            let file = try fileSystem.open(temporary, .read)
            defer { fileSystem.close(file) }
            func read(_ offset: Int, _ count: Int) throws(LogError) -> [UInt8] {
                try fileSystem.readBytes(file, temporary, at: offset, byteCount: count)
            }
            let reader = try SegmentReader(
                byteCount: entry.byteCount, store: store, file: temporary, read: read)
            guard reader.footer == footer else {
                throw LogError(.damaged, "\(temporary) does not read back as it was written")
            }
            if let linesChecksum, try gives(linesChecksum, reader, read) { return }
            // Says where the damage is, and what.
            if let damage = try reader.verify(read: read).damages.first {
                throw LogError(
                    .damaged,
                    "\(temporary) does not read back as it was written: \(damage.what) at byte "
                        + "\(damage.offset)")
            }
        }
    }

    /// Whether every frame of the file can be decoded, by us and by LZ4, to the same lines, and all
    /// lines together have this checksum.
    ///
    /// The footer is the one that was written, and has the checksum of the index, which was compared
    /// when the reader was made.
    private func gives(
        _ linesChecksum: UInt32, _ reader: SegmentReader, _ read: SegmentReader.Read
    ) throws(LogError) -> Bool {
        var checker = LZ4FrameChecker()
        var checksum: UInt32 = 0
        var lines: [UInt8] = []
        var secondLines: [UInt8] = []
        for frame in reader.frames {
            let compressed = try read(frame.offset, frame.byteCount)
            let isGood = compressed.withUnsafeBytes { compressed in
                guard (try? reader.decode(compressed, frame, into: &lines)) != nil else {
                    return false  // `verify` says why.
                }
                secondLines.resize(to: frame.rawByteCount)
                let fault = secondLines.withUnsafeMutableBytes {
                    checker.decode(compressed, into: $0)
                }
                return fault == nil && Self.areEqual(lines, secondLines)
            }
            guard isGood else { return false }
            checksum = CRC32C.checksum(lines, seed: checksum)
        }
        let columns = try read(reader.footer.columnsOffset, reader.footer.columnsByteCount)
        let areColumnsGood =
            columns.isEmpty
            || CRC32C.checksum(columns, seed: reader.seed) == reader.footer.crcOfColumns
        return areColumnsGood && checksum == linesChecksum
    }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        let count = left.count
        guard right.count == count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else {
                    return true
                }
                // Both have `count` bytes.
                return memcmp(left, right, count) == 0
            }
        }
    }
}
