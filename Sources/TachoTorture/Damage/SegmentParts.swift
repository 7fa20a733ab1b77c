internal import TachoLog

/// A sealed segment taken apart by its own index, and put together again.
enum SegmentParts {
    static let footerByteCount = 256

    /// The frames, and index and footer behind them.
    static func split(_ bytes: [UInt8]) -> (frames: [[UInt8]], tail: [UInt8]) {
        let footer = bytes.count - footerByteCount
        let end = Int(bytes.load(UInt64.self, at: footer + 96))
        var frames = [[UInt8]]()
        var start = 0
        // A frame begins with its magic number and is walked block by block.
        while start < end {
            var offset = start + 15
            while offset < end {
                let word = bytes.load(UInt32.self, at: offset)
                guard word != 0 else { break }
                offset += 8 + Int(word & 0x7FFF_FFFF)
            }
            frames.append(Array(bytes[start..<min(end, offset + 8)]))
            start = offset + 8
        }
        return (frames, Array(bytes[end...]))
    }

    /// Makes offsets and sizes of the footer fit frames of these sizes.
    static func fixOffsets(_ bytes: inout [UInt8], _ frameByteCounts: [Int]) {
        let footer = bytes.count - footerByteCount
        let dataByteCount = UInt64(frameByteCounts.reduce(0, +))
        bytes.store(dataByteCount, at: footer + 88)
        bytes.store(dataByteCount, at: footer + 96)
        bytes.store(UInt32(frameByteCounts.count), at: footer + 232)
        fixFooterChecksum(&bytes)
    }

    static func fixFooterChecksum(_ bytes: inout [UInt8]) {
        guard bytes.count >= footerByteCount else { return }
        let footer = bytes.count - footerByteCount
        bytes.store(CRC32C.checksum(Array(bytes[footer..<bytes.count - 4])), at: bytes.count - 4)
    }

    /// Every checksum of index, columns (but not of their parts), and footer, seeded as for the store
    /// and first position in them.
    static func fixChecksums(_ bytes: inout [UInt8], store: StoreID) {
        guard bytes.count >= footerByteCount else { return }
        let footer = bytes.count - footerByteCount
        let first = bytes.load(UInt64.self, at: footer + 40)
        var seedBytes = store.bytes
        withUnsafeBytes(of: first.littleEndian) { seedBytes += $0 }
        let seed = CRC32C.checksum(seedBytes)
        let start = bytes.load(UInt64.self, at: footer + 96)
        let count = bytes.load(UInt64.self, at: footer + 104)
        if start <= UInt64(footer), count >= 12, count <= UInt64(footer) - start {
            let (start, end) = (Int(start), Int(start + count))
            bytes.store(CRC32C.checksum(Array(bytes[start + 8..<end - 4]), seed: seed), at: end - 4)
            bytes.store(CRC32C.checksum(Array(bytes[start..<end]), seed: seed), at: footer + 128)
        }
        fixColumns(&bytes, seed, footer)
        fixFooterChecksum(&bytes)
    }

    private static func fixColumns(_ bytes: inout [UInt8], _ seed: UInt32, _ footer: Int) {
        let start = bytes.load(UInt64.self, at: footer + 112)
        let count = bytes.load(UInt64.self, at: footer + 120)
        guard start <= UInt64(footer), count >= 64, count <= UInt64(footer) - start else { return }
        let (first, end) = (Int(start), Int(start + count))
        let directory = Int(bytes.load(UInt32.self, at: first + 32))
        if directory >= 44, directory <= end - first - 8 {
            let last = first + 8 + directory - 4
            bytes.store(CRC32C.checksum(Array(bytes[first + 8..<last]), seed: seed), at: last)
        }
        bytes.store(CRC32C.checksum(Array(bytes[first..<end]), seed: seed), at: footer + 132)
    }
}
