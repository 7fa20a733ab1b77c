package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Records one hook call: the input into the store, else into the spool, and never a word to the
/// agent.
package struct HookRecorder: Sendable {
    /// Where a call has gone.
    package enum Outcome: Hashable, Sendable {
        case appended(Position)
        /// The input was no event, and stands in the store's quarantine.
        case quarantined
        /// The store did not take it; it waits in this file.
        case spooled(String)
        /// Nothing took it.
        case lost
    }

    package let store: String
    package let environment: HookEnvironment
    private let givenSpool: Spool?
    package var options: LogOptions
    package var durability: Durability = .interval
    /// What becomes of secrets; to look for them takes time that the agent waits.
    package var secrets = SecretMode.off

    /// Without a `spool` it is the usual places for this store and this process's environment.
    ///
    /// `options` say how long to wait for another writer; a quarter of a second if they do not.
    package init(
        store: String, environment: HookEnvironment, spool: Spool? = nil,
        options: LogOptions = LogOptions()
    ) {
        self.store = store
        self.environment = environment
        givenSpool = spool
        self.options = options
        if options.lockTimeoutMilliseconds == nil { self.options.lockTimeoutMilliseconds = 250 }
        // Beginning a new segment waits for the disk, which is not for an agent to pay. Any other
        // command does it in time; this bound is for stores that see nothing but hooks.
        self.options.sealByteCount = 256 << 20
    }

    /// Where events wait that the store does not take: asked for only when there is one.
    package var spool: Spool { givenSpool ?? Spool(SpoolDirectory.candidates(store: store)) }

    /// Reads `input` to its end and records it.
    package func record(input: CInt) -> Outcome {
        let time = options.now
        var generator = UUIDv7Generator()
        let id = generator.next(at: time)
        do throws(RejectedRecord) {
            let bytes = try Self.read(input)
            var event = try HookInput.event(
                bytes, environment: environment, id: id, time: time)
            redact(&event)
            return append(event, id, time)
        } catch {
            return quarantine(error, id, time)
        }
    }

    /// Records an event that somebody else has made, in the same way.
    package func record(_ event: NewEvent) -> Outcome {
        let time = options.now
        var generator = UUIDv7Generator()
        let id = event.id ?? generator.next(at: time)
        var event = event
        event.id = id
        event.time = event.time ?? time
        redact(&event)
        return append(event, id, event.time ?? time)
    }

    /// A hook has nobody to report to: what is only to be marked, stays as it is.
    private func redact(_ event: inout NewEvent) {
        guard secrets == .redact else { return }
        var report = SecretReport()
        report.inspect(&event, secrets) { "" }
    }

    private func redact(_ record: inout RejectedRecord) {
        guard secrets == .redact else { return }
        var report = SecretReport()
        report.inspect(&record, secrets) { "" }
    }

    private func append(_ event: NewEvent, _ id: ByteString, _ time: Timestamp) -> Outcome {
        do throws(LogError) {
            return .appended(
                try LogWriter.append(
                    new: event, to: store, durability: durability, options: options))
        } catch {
            // Whatever the store's trouble is, the spool is for it.
            return spooled(.event(event), id, time)
        }
    }

    private func quarantine(
        _ record: RejectedRecord, _ id: ByteString, _ time: Timestamp
    ) -> Outcome {
        let kind = HookInput.source.description
        var record = record
        redact(&record)
        var quarantine = Quarantine(directory: StoreLayout(store).quarantine)
        if quarantine.append(record, source: kind, kind: kind, at: time) { return .quarantined }
        return spooled(.rejected(record, kind: kind), id, time)
    }

    private func spooled(
        _ content: SpoolRecord.Content, _ id: ByteString, _ time: Timestamp
    ) -> Outcome {
        let record = SpoolRecord(
            id: id, store: StoreDirectory.absolute(store), time: time, content: content)
        return spool.write(record).map { .spooled($0) } ?? .lost
    }

    /// Reads all of the input, in bounded memory: the agent must not be left with a full pipe.
    private static func read(_ input: CInt) throws(RejectedRecord) -> [UInt8] {
        // Most events are small, and so is the heap that a process begins with.
        let firstByteCount = 16 << 10
        var bytes = readChunk(input, byteCount: firstByteCount)
        guard bytes.count == firstByteCount else { return bytes }
        var byteCount = bytes.count
        var hasher: SHA256Hasher?
        while true {
            let chunk = readChunk(input, byteCount: 64 << 10)
            guard !chunk.isEmpty else { break }
            byteCount += chunk.count
            if byteCount <= HookInput.maximumByteCount {
                bytes.append(contentsOf: chunk)
                continue
            }
            if hasher == nil {
                hasher = SHA256Hasher()
                bytes.withUnsafeBytes { hasher?.update($0) }
                bytes.removeLast(bytes.count - RejectedRecord.maximumExcerptByteCount)
            }
            chunk.withUnsafeBytes { hasher?.update($0) }
        }
        if let digest = hasher?.finish() {
            throw RejectedRecord(
                .recordTooLong, faultOffset: HookInput.maximumByteCount, offset: 0,
                byteCount: byteCount, digest: digest, excerpt: bytes)
        }
        return bytes
    }

    /// The next bytes of the input; fewer than `byteCount` only at its end.
    ///
    /// Memory that was not read into is never touched: clearing it cost more page faults than the
    /// rest of a call's data.
    private static func readChunk(_ input: CInt, byteCount: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            count = 0
            while let start = buffer.baseAddress, count < buffer.count {
                // The system writes as many bytes as it says, and no more than it may.
                let result = readBytes(input, start + count, buffer.count - count)
                if result < 0, errno == EINTR { continue }
                guard result > 0 else { break }
                count += result
            }
        }
    }
}

/// The system's `read`, which the recorder's own would hide.
private func readBytes(_ file: CInt, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, buffer, count)
}
