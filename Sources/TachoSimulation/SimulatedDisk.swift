internal import TachoLog

/// What a disk holds, and what only the page cache holds.
///
/// Each file has the content that was synced and the writes since. Losing the power keeps the
/// first and an arbitrary part of the second: any subset of the 512-byte sectors written, in any
/// order, some of them zero. Names have the same two lives, and follow a sync of their directory.
struct SimulatedDisk {
    static let sectorByteCount = 512

    struct File {
        var cache: [UInt8] = []
        var durable: [UInt8] = []
        /// Bytes written since the last sync, by sector.
        var dirtySectors: Set<Int> = []
        var modified: Int64 = 0

        mutating func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
            if cache.count < offset + bytes.count {
                cache.append(
                    contentsOf: repeatElement(0, count: offset + bytes.count - cache.count))
            }
            cache.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            touch(offset, offset + bytes.count)
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

        mutating func synchronize() {
            durable = cache
            dirtySectors = []
        }

        private mutating func touch(_ start: Int, _ end: Int) {
            guard start < end else { return }
            let size = SimulatedDisk.sectorByteCount
            dirtySectors.formUnion(start / size...(end - 1) / size)
        }

        /// The content after a loss of power.
        mutating func losePower(_ random: inout SimulatedRandom) {
            guard !dirtySectors.isEmpty || cache.count != durable.count else { return }
            let size = SimulatedDisk.sectorByteCount
            var after = durable
            // The size may be the old one, the new one, or anything between.
            let low = min(durable.count, cache.count)
            let high = max(durable.count, cache.count)
            let byteCount =
                random.once(in: 3)
                ? Int.random(in: low...high, using: &random)
                : (random.once(in: 2) ? cache.count : durable.count)
            if after.count < byteCount {
                after.append(contentsOf: repeatElement(0, count: byteCount - after.count))
            } else {
                after.removeLast(after.count - byteCount)
            }
            for sector in dirtySectors.sorted() {
                let start = sector * size
                let end = min(start + size, byteCount)
                guard start < end else { continue }
                switch Int.random(in: 0..<8, using: &random) {
                case 0...3:
                    let written = min(end, cache.count)
                    if start < written {
                        after.replaceSubrange(start..<written, with: cache[start..<written])
                    }
                case 4:
                    // A new block that was allocated but not written. What was durable before
                    // stays: a sector is written whole or not at all.
                    let fresh = max(start, min(durable.count, end))
                    after.replaceSubrange(fresh..<end, with: repeatElement(0, count: end - fresh))
                default:
                    break
                }
            }
            cache = after
            durable = after
            dirtySectors = []
        }
    }

    var files: [Int: File] = [:]
    /// Paths as processes see them, and as they are on the disk.
    var names: [String: Int] = [:]
    var durableNames: [String: Int] = [:]
    var directories: Set<String> = []
    var nextFile = 1

    mutating func make(_ path: String) -> Int {
        defer { nextFile += 1 }
        files[nextFile] = File()
        names[path] = nextFile
        return nextFile
    }

    /// Makes the names in a directory durable.
    mutating func synchronizeNames(of directory: String) {
        for path in Set(names.keys).union(durableNames.keys) where parent(of: path) == directory {
            durableNames[path] = names[path]
        }
    }

    /// Names since the last sync of their directory are there or not, each on its own; a renamed
    /// file has its old name, its new one, or both.
    mutating func losePower(_ random: inout SimulatedRandom) {
        for path in Set(names.keys).union(durableNames.keys).sorted()
        where names[path] != durableNames[path] && random.once(in: 2) {
            durableNames[path] = names[path]
        }
        names = durableNames
        for file in files.keys.sorted() { files[file]?.losePower(&random) }
    }

    func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
