import TachoCapture
import TachoJSON
import TachoLog

/// Why a line is not an event, and where in it.
struct Rejection: Error {
    let reason: RejectionReason
    /// From the line's beginning.
    let offset: Int

    init(_ reason: RejectionReason, at offset: Int = 0) {
        self.reason = reason
        self.offset = offset
    }

    /// A fault of the envelope.
    init(_ message: String) {
        self.init(RejectionReason.invalidEnvelope(message))
    }
}

/// How lines of standard input become events.
struct LineTranslator {
    /// Of lines that say none themselves.
    var type: ByteString?
    var stream: ByteString
    var source: ByteString
    /// A line is a whole event, not only its data.
    var isEnvelope: Bool

    func event(_ line: [UInt8]) throws(Rejection) -> NewEvent {
        do throws(JSONError) {
            guard try JSON.validate(line) == .object else { throw JSONError(.notAnObject, at: 0) }
        } catch {
            throw Rejection(.json(error.reason), at: error.offset)
        }
        let event = isEnvelope ? try readEnvelope(line) : try readData(line)
        guard event.data.count <= NewEvent.maximumDataByteCount else {
            throw Rejection(.recordTooLong)
        }
        do throws(LogError) {
            try event.validateEnvelope()
        } catch {
            throw Rejection(error.message)
        }
        return event
    }

    private func readData(_ line: [UInt8]) throws(Rejection) -> NewEvent {
        guard let type else { throw Rejection("the event has no type: give --type") }
        let data = line.withUnsafeBytes { Array(JSONView(validated: $0).bytes) }
        return NewEvent(stream: stream, type: type, source: source, data: data)
    }

    /// Reads `{"id":…,"stream":…,"type":…,"source":…,"version":…,"time":…,"data":{…}}`.
    ///
    /// `position` and `recorded` are the store's to give; lines of `tacho cat` carry them, and they
    /// are passed over.
    private func readEnvelope(_ line: [UInt8]) throws(Rejection) -> NewEvent {
        var event = NewEvent(stream: stream, type: type ?? "", source: source, data: [])
        var fault: Rejection?
        line.withUnsafeBytes { bytes in
            JSONView(validated: bytes).forEachMember { key, value in
                fault = take(key, value, into: &event)
                return fault == nil
            }
        }
        if let fault { throw fault }
        if event.type.isEmpty {
            throw Rejection("the event has no \"type\", and there is no --type")
        }
        if event.data.isEmpty { throw Rejection("the event has no \"data\"") }
        return event
    }

    private func take(_ key: JSONView, _ value: JSONView, into event: inout NewEvent) -> Rejection?
    {
        let name = key.string() ?? ""
        func text(_ assign: (ByteString) -> Void) -> Rejection? {
            guard let text = value.text() else { return Rejection("\"\(name)\" is not a string") }
            assign(ByteString(text))
            return nil
        }
        switch name {
        case "position", "recorded": return nil
        case "id", "stream", "source", "time":
            // `null` is the same as not being there.
            if value.isNull { return nil }
            if name == "id" { return text { event.id = $0 } }
            if name == "stream" { return text { event.stream = $0 } }
            if name == "source" { return text { event.source = $0 } }
            guard let moment = value.text().flatMap({ Timestamp(iso8601: $0) }) else {
                return Rejection("\"time\" is not an ISO 8601 moment")
            }
            event.time = moment
        case "type": return text { event.type = $0 }
        case "version":
            guard let version = value.integer().flatMap({ Int(exactly: $0) }) else {
                return Rejection("\"version\" is not an integer")
            }
            event.version = version
        case "data":
            guard value.kind == .object else { return Rejection("\"data\" is not an object") }
            event.data = Array(value.bytes)
        default:
            // Kept silently apart it would be lost.
            return Rejection("an event has no member \"\(name)\"; put it into \"data\"")
        }
        return nil
    }
}
