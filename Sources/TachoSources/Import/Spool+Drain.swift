package import TachoCapture
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What draining a spool came to.
package struct SpoolReport: Hashable, Sendable {
    /// Events that are new in the log.
    package var eventCount = 0
    /// Events that were in the log already: a drain before this one was cut off.
    package var duplicateCount = 0
    /// Files that went into quarantine: rejected inputs, unreadable files, conflicts.
    package var quarantinedCount = 0
    /// Files left where they are: for another store, or neither readable nor kept aside.
    package var leftCount = 0
    /// In all files that were taken.
    package var secrets = SecretReport()

    package init(
        eventCount: Int = 0, duplicateCount: Int = 0, quarantinedCount: Int = 0, leftCount: Int = 0
    ) {
        self.eventCount = eventCount
        self.duplicateCount = duplicateCount
        self.quarantinedCount = quarantinedCount
        self.leftCount = leftCount
    }

    /// Whether anything was found that goes on from the spool.
    package var isEmpty: Bool { eventCount + duplicateCount + quarantinedCount == 0 }

    package mutating func add(_ other: SpoolReport) {
        eventCount += other.eventCount
        duplicateCount += other.duplicateCount
        quarantinedCount += other.quarantinedCount
        leftCount = other.leftCount
        secrets.add(other.secrets)
    }
}

extension Spool {
    private static let maximumFileByteCount = NewEvent.maximumDataByteCount + 8192
    private static let batchEventCount = 1000
    private static let batchByteCount = 4 << 20
    /// A `.tmp` older than this will not be finished any more.
    private static let staleMicroseconds: Int64 = 3_600_000_000

    /// Appends what is spooled for `store`, in the order of the names, and removes what was taken.
    ///
    /// The hook that spooled them may have looked for secrets or not: here `secrets` says what
    /// becomes of them. Throws what the sink throws; nothing that is not in the log was removed then.
    package func drain(
        store: String, into sink: inout some EventSink & ~Copyable, quarantine: inout Quarantine,
        secrets: SecretMode = .off, at time: Timestamp
    ) throws(LogError) -> SpoolReport {
        var drain = Drain(store: store, secrets: secrets, time: time)
        for directory in directories {
            guard let opened = directory.open(creating: false),
                let names = SourceTree.names(in: opened.rawValue)
            else { continue }
            for name in names where name.hasSuffix(".json") || name.hasSuffix(".tmp") {
                drain.take(name, in: opened.rawValue, directory.path, &quarantine)
                if drain.isFull { try drain.flush(into: &sink, opened.rawValue, &quarantine) }
            }
            try drain.flush(into: &sink, opened.rawValue, &quarantine)
        }
        return drain.report
    }

    /// How many files wait for `store`, and their bytes: what names another store waits for that one.
    ///
    /// - Complexity: O(files): of each the first 8 KiB are read.
    package func waiting(for store: String) -> (count: Int, byteCount: Int) {
        var waiting = (count: 0, byteCount: 0)
        for directory in directories {
            guard let opened = directory.open(creating: false),
                let names = SourceTree.names(in: opened.rawValue)
            else { continue }
            for name in names where name.hasSuffix(".json") || name.hasSuffix(".tmp") {
                // What cannot be read now is looked at again when the spool is drained.
                guard
                    let file = OwnedDescriptor.open(
                        name, in: opened.rawValue, flags: O_RDONLY | O_NONBLOCK),
                    var source = try? SourceFile.open(file), let head = try? source.head(8192)
                else { continue }
                let named = SpoolRecord.store(inHead: head)
                guard named.map({ StoreDirectory.areSame($0, store) }) ?? true else { continue }
                waiting.count += 1
                waiting.byteCount += source.byteCount
            }
        }
        return waiting
    }

    private struct Drain {
        let store: String
        let secrets: SecretMode
        let time: Timestamp
        var report = SpoolReport()
        private var batch: [NewEvent] = []
        private var names: [[UInt8]] = []
        private var byteCount = 0

        init(store: String, secrets: SecretMode, time: Timestamp) {
            self.store = store
            self.secrets = secrets
            self.time = time
        }

        var isFull: Bool {
            batch.count >= Spool.batchEventCount || byteCount >= Spool.batchByteCount
        }

        /// Takes one file into the batch, or keeps it aside.
        mutating func take(
            _ name: [UInt8], in directory: CInt, _ path: String, _ quarantine: inout Quarantine
        ) {
            guard let file = OwnedDescriptor.open(name, in: directory, flags: O_RDONLY | O_NONBLOCK)
            else { return leave() }
            let bytes: [UInt8]
            do throws(SourceError) {
                let read = try Self.read(file)
                let age = time.microseconds - read.modified.microseconds
                // Someone is writing it just now.
                if name.hasSuffix(".tmp"), age < Spool.staleMicroseconds { return }
                bytes = read.bytes
            } catch {
                return leave()
            }
            let place = path + "/" + String(decoding: name, as: UTF8.self)
            guard !name.hasSuffix(".tmp"), let record = SpoolRecord(bytes) else {
                let rejected = bytes.withUnsafeBytes {
                    RejectedRecord(.notASpooledEvent, offset: 0, bytes: $0)
                }
                return set(
                    aside: rejected, source: place, kind: "spool", name, directory, &quarantine)
            }
            guard StoreDirectory.areSame(record.store, store) else { return leave() }
            switch record.content {
            case .event(var event):
                report.secrets.inspect(&event, secrets) { place }
                batch.append(event)
                names.append(name)
                byteCount += bytes.count
            case .rejected(let rejected, let kind):
                set(aside: rejected, source: kind, kind: kind, name, directory, &quarantine)
            }
        }

        private static func read(
            _ file: consuming OwnedDescriptor
        ) throws(SourceError) -> (bytes: [UInt8], modified: Timestamp) {
            var source = try SourceFile.open(file)
            return (try source.head(Spool.maximumFileByteCount), source.modified)
        }

        mutating func flush(
            into sink: inout some EventSink & ~Copyable, _ directory: CInt,
            _ quarantine: inout Quarantine
        ) throws(LogError) {
            guard !batch.isEmpty else { return }
            let outcomes = try sink.appendAndSettle(batch)
            for index in batch.indices {
                switch outcomes[index] {
                case .appended:
                    report.eventCount += 1
                    remove(names[index], directory)
                case .duplicate:
                    report.duplicateCount += 1
                    remove(names[index], directory)
                case .conflict(let position):
                    let id = batch[index].id.map(\.description) ?? ""
                    let rejected = batch[index].data.withUnsafeBytes {
                        RejectedRecord(.conflict(id: id, position), offset: 0, bytes: $0)
                    }
                    set(
                        aside: rejected, source: "claude-code/hook", kind: "spool", names[index],
                        directory, &quarantine)
                }
            }
            batch = []
            names = []
            byteCount = 0
        }

        private mutating func set(
            aside record: RejectedRecord, source: String, kind: String, _ name: [UInt8],
            _ directory: CInt, _ quarantine: inout Quarantine
        ) {
            var record = record
            report.secrets.inspect(&record, secrets) { source }
            guard quarantine.keep(record, source: source, kind: kind, at: time) else {
                return leave()
            }
            report.quarantinedCount += 1
            remove(name, directory)
        }

        private mutating func leave() { report.leftCount += 1 }

        /// A file that cannot be removed is drained again, and is a duplicate then.
        private func remove(_ name: [UInt8], _ directory: CInt) {
            _ = withPath(name) { unlinkat(directory, $0, 0) }
        }
    }
}
