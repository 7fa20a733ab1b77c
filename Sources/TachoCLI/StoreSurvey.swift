import TachoCapture
import TachoLog
import TachoSources

/// What lies in a store's directory, by looking at names and sizes only, and what waits for it.
struct StoreSurvey {
    struct Files {
        var count = 0
        var byteCount = 0
    }

    let segmentCount: Int
    let sealedCount: Int
    let waitingCount: Int
    let archivedCount: Int
    let archivedByteCount: Int
    /// Of the files that are here.
    let byteCount: Int
    let rawByteCount: Int
    let spool: Files
    let quarantine: Files
    let snapshots: Files

    init(_ reader: LogReader, fileSystem: any FileSystem = RealFileSystem()) {
        let segments = reader.segments
        let layout = StoreLayout(reader.directory)
        segmentCount = segments.count
        sealedCount = segments.count { $0.state == "sealed" }
        waitingCount = segments.count { $0.state == "sealing" }
        let archived = segments.filter { $0.state == "archived" }
        archivedCount = archived.count
        archivedByteCount = archived.reduce(0) { $0 + $1.byteCount }
        byteCount = segments.reduce(0) { $0 + $1.byteCount } - archivedByteCount
        rawByteCount =
            segments.reduce(0) { $0 + $1.rawByteCount }
            - archived.reduce(0) { $0 + $1.rawByteCount }
        let waiting = HookRecorder(store: layout.directory).spool.waiting(for: layout.directory)
        spool = Files(count: waiting.count, byteCount: waiting.byteCount)
        quarantine = Self.files(in: layout.quarantine, depth: 1, fileSystem)
        snapshots = Self.files(in: layout.snapshots, depth: 3, fileSystem)
    }

    /// A directory that is not there, or cannot be read, has none: nothing of it is needed here.
    private static func files(
        in directory: String, depth: Int, _ fileSystem: any FileSystem
    ) -> Files {
        var files = Files()
        for name in (try? fileSystem.list(directory)) ?? [] {
            let path = directory + "/" + name
            guard let status = try? fileSystem.status(path) else { continue }
            if !status.isDirectory {
                files.count += 1
                files.byteCount += status.byteCount
            } else if depth > 1 {
                let inner = Self.files(in: path, depth: depth - 1, fileSystem)
                files.count += inner.count
                files.byteCount += inner.byteCount
            }
        }
        return files
    }
}
