import TachoLog
import TachoSources

/// An importer with its store, spool, and progress bar.
struct ImportRun: ~Copyable {
    private var importer: Importer<LogSink>
    private let bar: ProgressBar
    private(set) var spooled: SpoolReport?

    init(
        _ location: StoreLocation, _ kind: SourceKind?, _ secrets: SecretOptions,
        _ messages: MessageOptions
    ) throws(LogError) {
        var report: SpoolReport?
        let writer = try SpoolDrain.drain(
            try location.openWriter(creates: true, messages), location, &report)
        spooled = report
        var options = ImportOptions()
        options.kind = kind
        options.secrets = secrets.mode
        importer = Importer(
            LogSink(writer), quarantine: Quarantine(directory: location.layout.quarantine),
            options: options)
        bar = ProgressBar("importing", isQuiet: messages.isQuiet, color: messages.color)
    }

    /// Reads the paths; called again, only what has changed.
    mutating func run(_ paths: [String]) throws(LogError) -> ImportReport {
        let bar = bar
        let counter = Counter()
        defer { bar.finish() }
        return try importer.run(paths) { progress in
            let count = counter.add(progress)
            bar.update(count, of: nil, unit: "records in \(progress.fileCount) files")
        }
    }

    /// What was found until an append failed.
    var report: ImportReport { importer.report }

    /// Seals what is full; another process that does so already is welcome to it.
    mutating func sealFullSegments() throws(LogError) {
        do throws(LogError) {
            _ = try importer.sink.writer.sealPending()
        } catch {
            guard error.code == .busy else { throw error }
        }
    }

    /// Records of all files: progress tells of the one at hand.
    private final class Counter {
        private var finishedCount = 0
        private var fileCount = 0
        private var lastCount = 0

        func add(_ progress: ImportProgress) -> Int {
            if progress.fileCount != fileCount {
                finishedCount += lastCount
                fileCount = progress.fileCount
            }
            lastCount = progress.recordCount
            return finishedCount + lastCount
        }
    }
}
