internal import TachoLog

/// What a disk holds, and what only the page cache holds.
///
/// Each file has the content that was synced and the writes since. Losing the power keeps the
/// first and an arbitrary part of the second: any subset of the 512-byte sectors written, in any
/// order, some of them zero. Names have the same two lives, and follow a sync of their directory.
struct SimulatedDisk {
    private(set) var files: [Int: SimulatedFile] = [:]
    /// Paths as processes see them, and as they are on the disk.
    private(set) var names: [String: Int] = [:]
    private var durableNames: [String: Int] = [:]
    /// Those that may differ.
    private var changedNames: Set<String> = []
    private(set) var directories: Set<String> = []
    private var nextFile = 1

    // MARK: - Names

    mutating func make(_ path: String) -> Int {
        defer { nextFile += 1 }
        files[nextFile] = SimulatedFile()
        name(nextFile, path)
        return nextFile
    }

    /// Gives a file a name; `nil` takes the name away.
    mutating func name(_ file: Int?, _ path: String) {
        names[path] = file
        changedNames.insert(path)
    }

    /// Makes the names in a directory durable.
    mutating func synchronizeNames(of directory: String) {
        for path in changedNames where parent(of: path) == directory {
            durableNames[path] = names[path]
            changedNames.remove(path)
        }
    }

    /// A sync of a directory that fails: each name is on the disk or still waits for a sync.
    mutating func failToSynchronizeNames(of directory: String, _ random: inout SimulatedRandom) {
        for path in changedNames.sorted() where parent(of: path) == directory {
            if random.once(in: 2) { durableNames[path] = names[path] }
        }
    }

    mutating func makeDirectory(_ path: String) {
        var directory = path
        while !directory.isEmpty, directories.insert(directory).inserted {
            directory = parent(of: directory)
        }
    }

    func parent(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }

    // MARK: - Files

    mutating func change(_ file: Int, _ body: (inout SimulatedFile) -> Void) {
        guard files[file] != nil else { return }
        body(&files[file, default: SimulatedFile()])
    }

    /// Names since the last sync of their directory are there or not, each on its own; a renamed
    /// file has its old name, its new one, or both.
    mutating func losePower(_ random: inout SimulatedRandom) {
        for path in changedNames.sorted()
        where names[path] != durableNames[path] && random.once(in: 2) {
            durableNames[path] = names[path]
        }
        changedNames = []
        names = durableNames
        let named = Set(names.values)
        files = files.filter { named.contains($0.key) }
        for file in files.keys.sorted() { files[file]?.losePower(&random) }
    }
}
