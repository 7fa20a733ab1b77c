import TachoCapture
import TachoJSON
import TachoLog

/// The recorder's own thread: checks events and puts them into the store, else into the spool.
struct RecorderWriter {
    let store: String
    let source: ByteString
    let spool: Spool

    /// How long a batch waits for another process before it goes into the spool.
    private static let lockTimeoutMilliseconds = 1000
    private static let batchCount = 1000

    /// Writes what the queue gives, up to its end.
    func run(_ queue: RecorderQueue) {
        var log = OpenLog(store, lockTimeoutMilliseconds: Self.lockTimeoutMilliseconds)
        var generator = UUIDv7Generator()
        while let drafts = queue.take() {
            var rest = drafts[...]
            while !rest.isEmpty {
                queue.settle(write(rest.prefix(Self.batchCount), &log, &generator))
                rest = rest.dropFirst(Self.batchCount)
            }
        }
        log.close()
        queue.end()
    }

    private func write(
        _ drafts: ArraySlice<DraftEvent>, _ log: inout OpenLog, _ generator: inout UUIDv7Generator
    ) -> Recorder.Counters {
        var counters = Recorder.Counters()
        var events: [NewEvent] = []
        for draft in drafts {
            if let event = event(draft, id: generator.next(at: draft.time)) {
                events.append(event)
            } else {
                counters.refused += 1
            }
        }
        if events.isEmpty { return counters }
        if log.append(events) {
            counters.recorded = events.count
            return counters
        }
        for event in events {
            if isSpooled(event) { counters.spooled += 1 } else { counters.dropped += 1 }
        }
        return counters
    }

    private func event(_ draft: DraftEvent, id: ByteString) -> NewEvent? {
        guard let data = Self.object(draft.data) else { return nil }
        let event = NewEvent(
            id: id, stream: draft.stream, type: draft.type, source: source, time: draft.time,
            data: data)
        return (try? event.validateEnvelope()) == nil ? nil : event  // Else it is no event.
    }

    /// The one object that `text` is, on one line.
    private static func object(_ text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { text in
            guard (try? JSON.validate(text)) == .object,  // Else it is no event.
                let value = try? JSON.validateValue(in: text, from: 0)
            else { return nil }
            return JSON.singleLine(UnsafeRawBufferPointer(rebasing: text[value]))
        }
    }

    private func isSpooled(_ event: NewEvent) -> Bool {
        guard let id = event.id, let time = event.time else { return false }
        let record = SpoolRecord(
            id: id, store: StoreDirectory.absolute(store), time: time, content: .event(event))
        return spool.write(record) != nil
    }
}

/// A store that is opened when there is something to write, and again after a failure.
private struct OpenLog: ~Copyable {
    private let store: String
    private let options: LogOptions
    private var writer: LogWriter?

    init(_ store: String, lockTimeoutMilliseconds: Int) {
        self.store = store
        var options = LogOptions()
        options.lockTimeoutMilliseconds = lockTimeoutMilliseconds
        self.options = options
    }

    /// Whether the events are in the log now; if not, none of them is.
    mutating func append(_ events: [NewEvent]) -> Bool {
        // Taken out, so that a writer that failed is not used again.
        guard var writer = writer.take() ?? opened() else { return false }
        do throws(LogError) {
            _ = try writer.append(validated: events, durability: .interval, idsAreNew: true)
            self.writer = consume writer
            return true
        } catch {
            return false
        }
    }

    private func opened() -> LogWriter? {
        try? LogWriter.open(store, options: options)  // The spool is for whatever is wrong.
    }

    /// Makes everything durable; what the disk does not take now, it takes later.
    mutating func close() {
        guard let writer = writer.take() else { return }
        try? writer.close()  // Nobody is there to hear of it.
    }
}
