import TachoCapture
import TachoEvents
import TachoLog
import TachoSources

/// An importer with its store, spool, and progress bar.
struct ImportRun: ~Copyable {
    private var importer: Importer<PipelinedSink>
    private let bar: ProgressBar
    private let layout: StoreLayout
    private let recorder: HookRecorder
    private let secrets: SecretMode
    private var savedCheckpoints: SourceCheckpoints
    /// What the spool had when this began.
    private(set) var spooled: SpoolReport?

    init(
        _ location: StoreLocation, _ kind: SourceKind?, _ secrets: SecretOptions,
        _ messages: MessageOptions, mapping: RecordMapping = RecordMapping(),
        readsAgain: Bool = false, isFollowing: Bool = false
    ) throws(LogError) {
        layout = location.layout
        recorder = HookRecorder(store: location.path)
        self.secrets = secrets.mode
        var report: SpoolReport?
        let writer = try SpoolDrain.drain(
            try location.openWriter(creates: true, messages), location, secrets.mode, &report)
        spooled = report
        var options = ImportOptions()
        options.kind = kind
        options.secrets = secrets.mode
        options.mapping = mapping
        options.isFollowing = isFollowing
        savedCheckpoints = readsAgain ? SourceCheckpoints() : Self.checkpoints(layout)
        importer = Importer(
            PipelinedSink(writer), quarantine: Quarantine(directory: layout.quarantine),
            checkpoints: savedCheckpoints, options: options)
        bar = ProgressBar("importing", isQuiet: messages.isQuiet, color: messages.color)
    }

    /// Reads the paths; called again, only what has changed.
    mutating func run(_ paths: [String]) throws(LogError) -> ImportReport {
        let bar = bar
        let counter = Counter()
        let sealer = BackgroundSealer(layout.directory, options: .events)
        defer {
            bar.finish()
            sealer.finish()
        }
        return try importer.run(paths) { progress in
            sealer.wake()
            let count = counter.add(progress)
            bar.update(count, of: nil, unit: "records in \(progress.fileCount) files")
        }
    }

    /// Where hooks put what the store does not take at the moment.
    ///
    /// The store's own is made, so that it can be watched.
    var spoolDirectories: [String] {
        let spool = recorder.spool
        _ = SpoolDirectory(path: layout.directory + "/spool").open(creating: true)
        return spool.directories.filter { $0.open(creating: false) != nil }.map(\.path)
    }

    /// Takes in what hooks have put into the spool since.
    mutating func drainSpool() throws(LogError) -> SpoolReport {
        var quarantine = Quarantine(directory: layout.quarantine)
        return try recorder.spool.drain(
            store: recorder.store, into: &importer.sink, quarantine: &quarantine, secrets: secrets,
            at: .now)
    }

    /// Keeps how far the files were read, so that the next import goes on there.
    ///
    /// What cannot be kept is read again the next time.
    mutating func saveCheckpoints() {
        var checkpoints = importer.checkpoints
        checkpoints.forgetGone()
        guard checkpoints != savedCheckpoints,
            let reader = try? LogReader.open(layout.directory),
            let anchor = try? reader.anchor(at: reader.lastPosition),
            (try? checkpoints.save(
                layout.sources, temporary: layout.temporaryFile("SOURCES"), anchor: anchor)) != nil
        else { return }
        savedCheckpoints = checkpoints
    }

    private static func checkpoints(_ layout: StoreLayout) -> SourceCheckpoints {
        // A log that cannot be read tells so elsewhere.
        guard let reader = try? LogReader.open(layout.directory) else { return SourceCheckpoints() }
        let known = try? SourceCheckpoints.load(layout.sources) { position throws(LogError) in
            try reader.anchor(at: position)
        }
        return known ?? SourceCheckpoints()
    }

    /// What was found until an append failed.
    var report: ImportReport { importer.report }

    /// Seals what is full; another process that does so already is welcome to it.
    mutating func sealFullSegments() throws(LogError) {
        do throws(LogError) {
            _ = try importer.sink.withWriter { writer throws(LogError) in try writer.sealPending() }
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
