import TachoCapture
import TachoJSON
import TachoLog
import TachoSources

/// One run of `tacho append`: lines in, batches out, a receipt at the end.
///
/// A batch is appended when it is full or when the input pauses, so that a slow producer's event
/// is in the log before its next one comes.
struct AppendRun: ~Copyable {
    private static let batchEventLimit = 1000
    private static let batchByteLimit = 4 << 20

    private let translator: LineTranslator
    private let durability: Durability
    /// Where the stream has to end before the next batch; moves on with every batch.
    private var expectation: StreamExpectation?
    private var writer: LogWriter
    private let secrets: SecretMode
    private var batch: [NewEvent] = []
    private var places: [LineSource.Place] = []
    private var batchByteCount = 0
    private(set) var receipt: Receipt

    /// What became of the input.
    struct Receipt {
        var lineCount = 0
        var appendedCount = 0
        var duplicateCount = 0
        var firstPosition: Position?
        var lastPosition: Position?
        var isDurable = true
        var rejects: Rejects
        var secrets = SecretReport()
    }

    init(
        _ translator: LineTranslator, _ durability: Durability, _ layout: StoreLayout,
        _ writer: consuming LogWriter, secrets: SecretMode = .off,
        expecting expectation: StreamExpectation? = nil
    ) {
        self.expectation = expectation
        self.translator = translator
        self.durability = durability
        self.writer = writer
        self.secrets = secrets
        receipt = Receipt(rejects: Rejects(of: translator.source.description, layout))
    }

    /// Reads the input to its end.
    ///
    /// - Throws: ``LogError`` or ``Failure``, one of them for an input without a byte; what the
    ///   receipt counts until then is in the log.
    mutating func run(_ lines: inout LineSource, progress: ProgressBar) throws {
        while true {
            switch try lines.next(waits: batch.isEmpty) {
            case .line(let line, let place): try take(line, place)
            case .tooLong(let byteCount, let digest, let excerpt, let place):
                receipt.lineCount += 1
                let record = RejectedRecord(
                    .recordTooLong, offset: place.offset, byteCount: byteCount, digest: digest,
                    excerpt: excerpt)
                reject(record, line: place.number)
            case .pause: try flush()
            case .end:
                try flush()
                guard lines.byteCount > 0 else { throw Failure(.badInput, "the input is empty") }
                return
            }
            if batch.count >= Self.batchEventLimit || batchByteCount >= Self.batchByteLimit {
                try flush()
                progress.update(receipt.lineCount, of: nil, unit: "lines")
            }
        }
    }

    /// Seals what is full; another process that does so already is welcome to it.
    mutating func sealFullSegments() throws(LogError) {
        guard durability != .interval else { return }
        do throws(LogError) {
            _ = try writer.sealPending()
        } catch {
            guard error.code == .busy else { throw error }
        }
    }

    private mutating func take(_ line: [UInt8], _ place: LineSource.Place) throws {
        receipt.lineCount += 1
        do throws(Rejection) {
            var event = try translator.event(line)
            receipt.secrets.inspect(&event, secrets) { "line \(place.number)" }
            batch.append(event)
            places.append(place)
            batchByteCount += event.data.count
        } catch {
            let record = line.withUnsafeBytes {
                RejectedRecord(
                    error.reason, faultOffset: error.offset, offset: place.offset, bytes: $0)
            }
            reject(record, line: place.number)
        }
    }

    private mutating func reject(_ record: RejectedRecord, line: Int) {
        var record = record
        receipt.secrets.inspect(&record, secrets) { "line \(line)" }
        receipt.rejects.add(record, line: line)
    }

    private mutating func flush() throws(LogError) {
        guard !batch.isEmpty else { return }
        let result = try writer.append(
            validated: batch, durability: durability, expecting: expectation.map { [$0] } ?? [])
        for (index, outcome) in result.outcomes.enumerated() {
            switch outcome {
            case .appended(let position):
                receipt.appendedCount += 1
                if receipt.firstPosition == nil { receipt.firstPosition = position }
                receipt.lastPosition = position
                if let stream = expectation?.stream {
                    expectation = StreamExpectation(stream: stream, lastPosition: position)
                }
            case .duplicate: receipt.duplicateCount += 1
            case .conflict(let position):
                let id = batch[index].id.map(\.description) ?? ""
                let record = batch[index].data.withUnsafeBytes {
                    RejectedRecord(
                        .conflict(id: id, position), offset: places[index].offset, bytes: $0)
                }
                // Its secrets were looked for when it was read.
                receipt.rejects.add(record, line: places[index].number)
            }
        }
        if let last = receipt.lastPosition { receipt.isDurable = result.durablePosition >= last }
        batch.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        batchByteCount = 0
    }
}

extension AppendRun.Receipt {
    /// One sentence.
    var summary: String {
        var parts = ["\(Quantity.count(appendedCount, "event")) appended"]
        if let firstPosition, let lastPosition {
            parts[0] +=
                firstPosition == lastPosition
                ? " at position \(firstPosition)"
                : ", positions \(firstPosition) to \(lastPosition)"
        }
        if duplicateCount > 0 { parts.append("\(Quantity.count(duplicateCount)) there already") }
        if rejects.count > 0 { parts.append("\(Quantity.count(rejects.count)) rejected") }
        if appendedCount > 0, !isDurable { parts.append("not yet known to be on the disk") }
        return parts.joined(separator: "; ")
    }

    func json(error: String?, warnings: [String]) -> [UInt8] {
        JSONEnvelope(schema: "tacho.append/1", warnings: warnings).bytes { writer in
            writer.beginObject()
            for (key, count) in [
                ("lines", lineCount), ("appended", appendedCount), ("duplicates", duplicateCount),
                ("rejected", rejects.count), ("quarantined", rejects.keptCount),
            ] {
                writer.key(key)
                writer.value(count)
            }
            for (key, position) in [
                ("first_position", firstPosition), ("last_position", lastPosition),
            ] {
                writer.key(key)
                Cell(position).write(to: &writer)
            }
            writer.key("durable")
            writer.value(isDurable)
            SecretSummary.write(secrets, to: &writer)
            writer.key("quarantine")
            Cell.text(rejects.file).write(to: &writer)
            writer.key("rejects")
            writer.beginArray()
            for reject in rejects.first {
                writer.beginObject()
                reject.write(to: &writer)
                writer.endObject()
            }
            writer.endArray()
            if let error {
                writer.key("error")
                writer.value(error)
            }
            writer.endObject()
        }
    }
}

extension Cell {
    init(_ position: Position?) {
        self = position.map { .number(Int64(clamping: $0.rawValue)) } ?? .unknown
    }
}
