import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `generate --format envelope` writes, read back as events.
enum EventFile {
    /// The events among the first `limit` whose number modulo `total` is `slice`, with the
    /// producer's ids if `keepsIDs`.
    static func load(
        _ path: String, slice: Int = 0, of total: Int = 1, limit: Int = .max, keepsIDs: Bool = false
    ) throws -> [NewEvent] {
        var events: [NewEvent] = []
        try forEach(path, limit: limit, keepsIDs: keepsIDs) { number, event in
            if number % total == slice { events.append(event()) }
        }
        return events
    }

    /// The first bytes of a file, at most `limit`.
    static func bytes(_ path: String, limit: Int) throws -> [UInt8] {
        guard let file = fopen(path, "r") else {
            throw UsageError(message: "\(path) cannot be read")
        }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = min(limit, ftell(file))
        rewind(file)
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, read in
            read = fread(buffer.baseAddress, 1, count, file)
        }
    }

    /// Calls `body` with the number of each event and a closure that makes it.
    static func forEach(
        _ path: String, limit: Int = .max, keepsIDs: Bool = false,
        _ body: (Int, () -> NewEvent) throws -> Void
    ) throws {
        guard let file = fopen(path, "r") else {
            throw UsageError(message: "\(path) cannot be read")
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        var number = 0
        while number < limit {
            let count = getline(&line, &capacity, file)
            guard count > 0, let line else { return }
            let bytes = UnsafeRawBufferPointer(start: line, count: count)
            guard let fields = EnvelopeFields(bytes) else {
                throw UsageError(message: "event \(number) is not as the generator writes it")
            }
            try body(number) { fields.event(keepsID: keepsIDs) }
            number += 1
        }
    }
}

/// The members of one line, which stand in a fixed order.
private struct EnvelopeFields {
    private let id, stream, type, source, time, data: UnsafeRawBufferPointer

    init?(_ line: UnsafeRawBufferPointer) {
        var rest = line[...]
        guard let id = rest.text(after: "{\"id\":\""),
            let stream = rest.text(after: ",\"stream\":\""),
            let type = rest.text(after: ",\"type\":\""),
            let source = rest.text(after: ",\"source\":\""),
            let time = rest.text(after: ",\"version\":1,\"time\":\""),
            rest.skip(",\"data\":"), rest.count > 2
        else { return nil }
        self.id = id
        self.stream = stream
        self.type = type
        self.source = source
        self.time = time
        data = UnsafeRawBufferPointer(rebasing: rest.dropLast(2))
    }

    func event(keepsID: Bool) -> NewEvent {
        NewEvent(
            id: keepsID ? ByteString(id) : nil, stream: ByteString(stream), type: ByteString(type),
            source: ByteString(source), time: Timestamp(iso8601: time), data: Array(data))
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate mutating func skip(_ prefix: StaticString) -> Bool {
        let isThere = prefix.withUTF8Buffer { starts(with: $0) }
        if isThere { self = dropFirst(prefix.utf8CodeUnitCount) }
        return isThere
    }

    /// What stands between `prefix` and the next quote, both passed over.
    fileprivate mutating func text(after prefix: StaticString) -> UnsafeRawBufferPointer? {
        guard skip(prefix), let quote = firstIndex(of: 0x22) else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: self[startIndex..<quote])
        self = self[(quote + 1)...]
        return text
    }
}
