package import TachoCapture
internal import TachoJSON
package import TachoLog

/// How an import behaves.
package struct ImportOptions: Sendable {
    /// What the files are, where the caller knows better than their content.
    package var kind: SourceKind?
    /// Events of one append at most.
    package var batchEventCount = 1000
    /// Bytes of data in one append at most, except for an event that is larger alone.
    package var batchByteCount = 4 << 20
    package var clock: @Sendable () -> Timestamp = { .now }
    /// What becomes of secrets.
    ///
    /// Ids come from the records as they are, whatever this says.
    package var secrets = SecretMode.off
    /// Whether files are read again as they change: the last line of one may be half written.
    package var isFollowing = false
    /// Of files of kind `ndjson`.
    package var mapping = RecordMapping()

    package init() {}

    /// All that decides which events the records of a file become, as text.
    package var rules: String {
        var rules = "kind=\(kind?.rawValue ?? "") secrets=\(secrets.rawValue)"
        if kind == .ndjson { rules += " mapping=\(mapping.rules)" }
        return rules
    }
}

/// Reads files and directories into a sink, record by record.
///
/// Running it again adds what is new and nothing else: ids come from the records or from all that
/// stands before them (``PrefixChain``). Checkpoints only save reading: what they know of a file is
/// told as if it had been read again. Every record ends as one of four: a new event, a duplicate,
/// a conflict (another event has its id; that one stays), or rejected into quarantine. Events go out
/// in batches over file borders; memory holds one batch, and one document where a file is one.
package struct Importer<Sink: EventSink & ~Copyable>: ~Copyable {
    package var sink: Sink
    /// What was found so far, also after an append failed.
    package private(set) var report = ImportReport()

    private let options: ImportOptions
    private var quarantine: Quarantine?
    private var batch: [NewEvent] = []
    private var batchByteCount = 0
    /// For each event without an outcome the report of its file: of the batches the sink has taken,
    /// then of the batch at hand.
    private var openFiles: [Int] = []
    /// What was read before, by this importer or one before it.
    package private(set) var checkpoints: SourceCheckpoints
    /// What this importer has told of in an earlier run, as it was then.
    private var seen: [String: FileStamp] = [:]
    /// Of files read in this run, until all their events are in the log.
    private var unsettled: [(path: String, checkpoint: SourceCheckpoint, file: Int)] = []
    private var progress: (ImportProgress) -> Void = { _ in }

    /// - Parameters:
    ///   - sink: Where events go.
    ///   - quarantine: Where rejected records go; without one they are only counted.
    ///   - checkpoints: Of earlier imports into the same log.
    ///   - options: How to behave.
    package init(
        _ sink: consuming Sink, quarantine: Quarantine? = nil,
        checkpoints: SourceCheckpoints = SourceCheckpoints(),
        options: ImportOptions = ImportOptions()
    ) {
        self.sink = sink
        self.checkpoints = checkpoints
        self.quarantine = quarantine
        self.options = options
    }

    /// Imports files and directories, in the order given.
    ///
    /// Called again, it leaves out the files that it has told of before as they are now.
    ///
    /// - Parameters:
    ///   - paths: Files and directories.
    ///   - progress: Called after each file and each append.
    /// - Returns: Every file met, with its counts.
    /// - Throws: ``LogError`` of an append. What was appended before stays; running again goes on.
    package mutating func run(
        _ paths: [String], progress: @escaping (ImportProgress) -> Void = { _ in }
    ) throws(LogError) -> ImportReport {
        report = ImportReport()
        batch = []
        batchByteCount = 0
        openFiles = []
        unsettled = []
        self.progress = progress
        do throws(LogError) {
            for path in paths { try SourceTree.walk(path, &self) }
            try flush()
            while !openFiles.isEmpty { try settle() }
        } catch {
            // Files read to their end may have had events in the batch that did not go in.
            seen = [:]
            throw error
        }
        precondition(report.isBalanced, "every record is counted once")
        keepCheckpoints()
        return report
    }

    /// Gives the sink back.
    package consuming func finish() -> Sink { sink }
}

// MARK: - Files

extension Importer: SourceVisitor where Sink: ~Copyable {
    package mutating func visit(
        _ file: consuming SourceFile, _ place: SourcePlace, _ stamp: FileStamp
    ) throws(LogError) {
        if seen[place.path] == stamp {
            report.unchangedFileCount += 1
            return
        }
        let known = checkpoint(of: place)
        if let known, known.isSettled, known.isAtEnd, known.stamp == stamp {
            tellAgain(known, place)
            remember(place, stamp)
            tell(place.path)
            return
        }
        var file = file
        let detection: Detection
        do throws(SourceError) {
            detection = try file.detect(place)
        } catch {
            skip(place, .unreadable, note: error.message)
            return
        }
        let kind = options.kind ?? detection.kind
        guard kind.isImported else {
            skip(place, kind, note: nil)
            remember(place, stamp)
            return
        }
        report.files.append(FileReport(path: place.path, kind: kind))
        let index = report.files.count - 1
        let form = form(of: kind, detection)
        if kind == .adwState || kind == .adwPhases {
            try importDocument(&file, kind, place, index)
            note(place, stamp, Detection(kind, form), index)
        } else {
            try importRecords(&file, Detection(kind, form), place, stamp, index, known)
        }
        if report.files[index].problem == nil { remember(place, stamp) }
        tell(place.path)
    }

    /// How records follow each other: where the content does not tell, as the kind mostly has them.
    private func form(of kind: SourceKind, _ detection: Detection) -> RecordForm {
        switch kind {
        case .adwLog: .text
        // No lines of anything: one body, in protobuf.
        case .otlp where detection.kind == .notALog: .message
        default: detection.form
        }
    }

    package mutating func visit(_ run: RunDirectory) throws(LogError) {
        report.files.append(FileReport(path: run.place.path, kind: .adwDirectory))
        try add(run.event(), report.files.count - 1)
    }

    package mutating func skip(_ place: SourcePlace, _ kind: SourceKind, note: String?) {
        let reason = note.map { note in kind.reason.map { "\($0): \(note)" } ?? note }
        report.files.append(
            FileReport(path: place.path, kind: kind, reason: reason ?? kind.reason))
        tell(place.path)
    }

    /// A file changed a moment ago may change again within the clock's tick and look the same.
    private mutating func remember(_ place: SourcePlace, _ stamp: FileStamp) {
        seen[place.path] = isSettled(stamp) ? stamp : nil
    }

    private func isSettled(_ stamp: FileStamp) -> Bool {
        options.clock().microseconds - stamp.modified.microseconds > 2_000_000
    }

    private func tell(_ path: String) {
        let file = report.files.last
        progress(
            ImportProgress(
                path: path, fileCount: report.files.count, recordCount: file?.recordCount ?? 0,
                byteCount: file?.byteCount ?? 0))
    }

    private mutating func importDocument(
        _ file: inout SourceFile, _ kind: SourceKind, _ place: SourcePlace, _ index: Int
    ) throws(LogError) {
        let limit = NewEvent.maximumDataByteCount
        let bytes: [UInt8]
        do throws(SourceError) {
            bytes = try file.head(limit + 1)
        } catch {
            report.files[index].problem = error.message
            return
        }
        report.files[index].byteCount = bytes.count
        let modified = file.modified
        let result = bytes.withUnsafeBytes { raw -> Result<NewEvent, RejectedRecord> in
            guard raw.count <= limit else {
                return .failure(RejectedRecord(.recordTooLong, offset: 0, bytes: raw))
            }
            do throws(JSONError) {
                return .success(try RunDocument.event(kind, raw, place, modified: modified))
            } catch {
                return .failure(
                    RejectedRecord(
                        .json(error.reason), faultOffset: error.offset, offset: 0, bytes: raw))
            }
        }
        switch result {
        case .success(let event): try add(event, index)
        case .failure(let record): reject(record, index)
        }
    }

    private mutating func importRecords(
        _ file: inout SourceFile, _ detection: Detection, _ place: SourcePlace,
        _ stamp: FileStamp, _ index: Int, _ known: SourceCheckpoint?
    ) throws(LogError) {
        var session: [UInt8]?
        var start: SourceCheckpoint?
        do throws(SourceError) {
            if detection.kind.isOneSession {
                session = try file.firstSession(detection)
            }
            if let known, goesOn(known, file, detection) {
                try file.seek(to: known.offset)
                report.files[index].adopt(known)
                start = known
            }
        } catch {
            report.files[index].problem = error.message
            return
        }
        var translator = RecordTranslator(
            detection.kind, place, session: session, mapping: options.mapping)
        if let chain = start?.chain { translator.chainState = chain }
        let offset = start?.offset ?? 0
        var end = (offset: offset, chain: translator.chainState, counts: report.files[index])
        let summary = try RecordReader.read(
            &file, form: detection.form, from: offset, leavesCutEnd: options.isFollowing,
            lineEnded: { end = ($0, translator.chainState, report.files[index]) },
            { record throws(LogError) in
                switch record {
                case .rejected(let record): reject(record, index)
                case .value(let bytes, let offset) where detection.kind == .otlp:
                    try importExport(bytes, at: offset, detection.form, index)
                case .value(let bytes, let offset):
                    try take(bytes, at: offset, &translator, index)
                }
                return true
            })
        report.files[index].byteCount = summary.byteCount
        report.files[index].hasByteOrderMark = summary.hasByteOrderMark
        report.files[index].problem = summary.problem?.message
        if detection.form == .lines, !file.isCompressed {
            let fingerprint = file.fingerprint(before: end.offset)
            note(
                place, stamp, detection, index, at: end.offset, fingerprint, end.chain, end.counts)
        } else {
            note(place, stamp, detection, index)
        }
    }
}

// MARK: - Checkpoints

extension Importer where Sink: ~Copyable {
    /// What is known of a file, if it was read under the same rules.
    private func checkpoint(of place: SourcePlace) -> SourceCheckpoint? {
        checkpoints.files[place.path].flatMap { $0.rules == options.rules ? $0 : nil }
    }

    /// Whether the file is the one that is known, and perhaps more behind it.
    private func goesOn(
        _ known: SourceCheckpoint, _ file: borrowing SourceFile, _ detection: Detection
    ) -> Bool {
        guard let fingerprint = known.fingerprint, known.chain != nil, known.kind == detection.kind,
            known.form == .lines, detection.form == .lines, !file.isCompressed,
            known.offset <= file.byteCount
        else { return false }
        return file.fingerprint(before: known.offset) == fingerprint
    }

    /// Tells of a file that is as it was, without reading it.
    private mutating func tellAgain(_ known: SourceCheckpoint, _ place: SourcePlace) {
        var file = FileReport(path: place.path, kind: known.kind)
        file.adopt(known)
        file.byteCount = known.plainByteCount
        file.knownByteCount = known.plainByteCount
        report.files.append(file)
    }

    /// Remembers a file that was read whole, in a form that is read from its front only.
    private mutating func note(
        _ place: SourcePlace, _ stamp: FileStamp, _ detection: Detection, _ index: Int
    ) {
        note(
            place, stamp, detection, index, at: stamp.byteCount, nil, nil,
            report.files[index])
    }

    private mutating func note(
        _ place: SourcePlace, _ stamp: FileStamp, _ detection: Detection, _ index: Int,
        at offset: Int, _ fingerprint: Digest256?, _ chain: Digest256?, _ counts: FileReport
    ) {
        checkpoints.files[place.path] = nil
        guard report.files[index].problem == nil, offset <= stamp.byteCount else { return }
        let checkpoint = SourceCheckpoint(
            stamp: stamp, isSettled: isSettled(stamp), kind: detection.kind, form: detection.form,
            rules: options.rules, offset: offset,
            plainByteCount: report.files[index].byteCount, fingerprint: fingerprint, chain: chain,
            recordCount: counts.recordCount,
            rejectedCount: counts.rejectedCount, quarantinedCount: counts.quarantinedCount,
            rejections: counts.rejections)
        unsettled.append((place.path, checkpoint, index))
    }

    /// All events of this run are in the log: what was read is read.
    private mutating func keepCheckpoints() {
        for (path, checkpoint, index) in unsettled
        where report.files[index].conflictCount == 0
            && report.files[index].rejectedCount == report.files[index].quarantinedCount
        {
            checkpoints.files[path] = checkpoint
        }
        unsettled = []
    }
}

extension FileReport {
    /// Counts what a checkpoint knows: its events are in the log.
    fileprivate mutating func adopt(_ known: SourceCheckpoint) {
        recordCount = known.recordCount
        duplicateCount = known.recordCount - known.rejectedCount
        rejectedCount = known.rejectedCount
        knownRejectedCount = known.rejectedCount
        quarantinedCount = known.quarantinedCount
        rejections = known.rejections
        knownByteCount = known.offset
    }
}

// MARK: - Records

extension Importer where Sink: ~Copyable {
    mutating func add(_ event: NewEvent, _ index: Int) throws(LogError) {
        if batch.count >= options.batchEventCount
            || !batch.isEmpty && batchByteCount + event.data.count > options.batchByteCount
        {
            try flush()
        }
        report.files[index].recordCount += 1
        var event = event
        if options.secrets != .off {
            let file = report.files[index]
            report.secrets.inspect(&event, options.secrets) {
                "\(file.path), record \(file.recordCount)"
            }
        }
        batch.append(event)
        openFiles.append(index)
        batchByteCount += event.data.count
    }

    /// Takes one record, or a document with all that is in it.
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ translator: inout RecordTranslator,
        _ index: Int
    ) throws(LogError) {
        guard translator.kind.hasParts else {
            switch translator.translate(bytes) {
            case .event(let event): try add(event, index)
            case .rejected(let reason):
                reject(RejectedRecord(reason, offset: offset, bytes: bytes), index)
            }
            return
        }
        for part in translator.parts(of: bytes) {
            switch part.translation {
            case .event(let event): try add(event, index)
            case .rejected(let reason):
                let start = part.bytes.baseAddress.flatMap { start in
                    bytes.baseAddress.map { start - $0 }
                }
                reject(
                    RejectedRecord(reason, offset: offset + (start ?? 0), bytes: part.bytes), index)
            }
        }
    }

    private mutating func flush() throws(LogError) {
        guard !batch.isEmpty else { return }
        // Handed on whole: the sink may keep it, and then it must not be copied here.
        var full: [NewEvent] = []
        swap(&full, &batch)
        batch.reserveCapacity(options.batchEventCount)
        batchByteCount = 0
        count(try sink.append(full))
    }

    /// Waits for the outcomes of all batches.
    private mutating func settle() throws(LogError) {
        let outcomes = try sink.settle()
        precondition(!outcomes.isEmpty, "what a sink has taken has an outcome or a fault")
        count(outcomes)
    }

    private mutating func count(_ outcomes: [AppendOutcome]) {
        precondition(outcomes.count <= openFiles.count, "an event has one outcome")
        for (file, outcome) in zip(openFiles, outcomes) { report.files[file].count(outcome) }
        openFiles.removeFirst(outcomes.count)
    }

    mutating func reject(_ record: RejectedRecord, _ index: Int) {
        report.files[index].recordCount += 1
        report.files[index].rejectedCount += 1
        if report.files[index].rejections.count < FileReport.maximumRejectionCount {
            report.files[index].rejections.append(
                FileReport.Rejection(
                    reason: record.reason, offset: record.offset, faultOffset: record.faultOffset))
        }
        let file = report.files[index]
        let offset = record.offset
        var record = record
        report.secrets.inspect(&record, options.secrets) {
            "\(file.path), rejected at byte \(offset)"
        }
        let isKept = quarantine?.keep(
            record, source: file.path, kind: file.kind.rawValue, at: options.clock())
        if isKept == true { report.files[index].quarantinedCount += 1 }
    }
}
