/// One file of a ``SimulatedDisk``: what the page cache shows, and what the disk has.
struct SimulatedFile {
    private static let sectorByteCount = 512

    /// What processes read.
    private(set) var cache: [UInt8] = []
    /// What is left without power.
    private(set) var durable: [UInt8] = []
    /// Sectors written since the last sync, in no order and some of them twice.
    private var dirty: [ClosedRange<Int>] = []

    mutating func write(_ bytes: some Collection<UInt8>, at offset: Int) {
        let end = offset + bytes.count
        if cache.count < offset {
            cache.append(contentsOf: repeatElement(0, count: offset - cache.count))
        }
        if offset == cache.count {
            cache.append(contentsOf: bytes)
        } else {
            if cache.count < end {
                cache.append(contentsOf: repeatElement(0, count: end - cache.count))
            }
            cache.replaceSubrange(offset..<end, with: bytes)
        }
        touch(offset, end)
    }

    mutating func truncate(to byteCount: Int) {
        if byteCount < cache.count {
            touch(byteCount, cache.count)
            cache.removeLast(cache.count - byteCount)
        } else {
            touch(cache.count, byteCount)
            cache.append(contentsOf: repeatElement(0, count: byteCount - cache.count))
        }
    }

    /// Changes bytes behind everybody's back, on the disk and in the cache.
    mutating func corrupt(_ change: (inout [UInt8]) -> Void) {
        change(&cache)
        durable = cache
        dirty = []
    }

    mutating func synchronize() {
        resizeDurable(to: cache.count)
        for sectors in dirty {
            let start = min(sectors.lowerBound * Self.sectorByteCount, cache.count)
            let end = min((sectors.upperBound + 1) * Self.sectorByteCount, cache.count)
            durable.replaceSubrange(start..<end, with: cache[start..<end])
        }
        dirty = []
    }

    /// A sync that fails: some sectors are on the disk, and none is dirty any more.
    ///
    /// This is what Linux does. The cache goes on showing what the disk does not have, or, once the
    /// pages have been dropped, the old content; a later sync has nothing to write and succeeds.
    mutating func failToSynchronize(_ random: inout SimulatedRandom) {
        let byteCount = cache.count
        settle(&random)
        guard random.once(in: 3) else { return }
        cache = durable
        resize(&cache, to: byteCount)
    }

    mutating func losePower(_ random: inout SimulatedRandom) {
        settle(&random)
        cache = durable
    }

    // MARK: - Sectors

    private mutating func touch(_ start: Int, _ end: Int) {
        guard start < end else { return }
        let sectors = start / Self.sectorByteCount...(end - 1) / Self.sectorByteCount
        if let last = dirty.last, last.upperBound >= sectors.lowerBound - 1,
            last.lowerBound <= sectors.lowerBound
        {
            dirty[dirty.count - 1] =
                last.lowerBound...max(last.upperBound, sectors.upperBound)
        } else {
            dirty.append(sectors)
        }
    }

    /// Puts an arbitrary part of what is dirty on the disk.
    private mutating func settle(_ random: inout SimulatedRandom) {
        guard !dirty.isEmpty || cache.count != durable.count else { return }
        let durableByteCount = durable.count
        // The size may be the old one, the new one, or anything between.
        let low = min(durable.count, cache.count)
        let high = max(durable.count, cache.count)
        let byteCount =
            random.once(in: 3)
            ? Int.random(in: low...high, using: &random)
            : (random.once(in: 2) ? cache.count : durable.count)
        resizeDurable(to: byteCount)
        for sector in Set(dirty.joined()).sorted() {
            let start = sector * Self.sectorByteCount
            let end = min(start + Self.sectorByteCount, byteCount)
            guard start < end else { continue }
            switch Int.random(in: 0..<8, using: &random) {
            case 0...3:
                let written = min(end, cache.count)
                if start < written {
                    durable.replaceSubrange(start..<written, with: cache[start..<written])
                }
            case 4:
                // A new block that was allocated but not written. What was durable before stays:
                // a sector is written whole or not at all.
                let fresh = max(start, min(durableByteCount, end))
                durable.replaceSubrange(
                    fresh..<end, with: repeatElement(0, count: end - fresh))
            default:
                break
            }
        }
        dirty = []
    }

    private mutating func resizeDurable(to byteCount: Int) {
        resize(&durable, to: byteCount)
    }

    private func resize(_ bytes: inout [UInt8], to byteCount: Int) {
        if bytes.count < byteCount {
            bytes.append(contentsOf: repeatElement(0, count: byteCount - bytes.count))
        } else {
            bytes.removeLast(bytes.count - byteCount)
        }
    }
}
