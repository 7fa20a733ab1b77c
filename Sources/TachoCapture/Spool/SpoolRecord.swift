internal import TachoJSON
package import TachoLog

/// What a file of the spool holds: an event, or an input that could not become one.
///
/// One line of JSON; what is last is the payload as it was given:
///
/// ```
/// {"id":"019…","store":"/s","time":"…","stream":"…","type":"hook.Stop","source":"claude-code/hook","data":{…}}
/// {"id":"019…","store":"/s","time":"…","kind":"claude-code/hook","reason":"unexpectedEnd",…,"base64":"…"}
/// ```
package struct SpoolRecord: Sendable {
    package enum Content: Sendable {
        case event(NewEvent)
        case rejected(RejectedRecord, kind: String)
    }

    package let id: ByteString
    /// The store that the writer wanted, as an absolute path.
    package let store: String
    package let time: Timestamp
    package let content: Content

    package init(id: ByteString, store: String, time: Timestamp, content: Content) {
        self.id = id
        self.store = store
        self.time = time
        self.content = content
    }

    var line: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.value(id.bytes)
        writer.key("store")
        writer.value(store)
        writer.key("time")
        writer.value(time.iso8601)
        switch content {
        case .event(let event):
            writer.key("stream")
            writer.value(event.stream.bytes)
            writer.key("type")
            writer.value(event.type.bytes)
            writer.key("source")
            writer.value(event.source.bytes)
            writer.key("data")
            writer.rawValue(event.data)
        case .rejected(let record, let kind):
            writer.key("kind")
            writer.value(kind)
            record.write(to: &writer)
        }
        writer.endObject()
        return writer.bytes + [0x0A]
    }

    /// The store that the first kilobytes of a ``line`` name; `nil` if they are none of it.
    package static func store(inHead head: [UInt8]) -> String? {
        let key = Array(#","store":"#.utf8)
        guard head.starts(with: Array(#"{"id":""#.utf8)),
            let start = head.indices.first(where: { head[$0...].starts(with: key) })
        else { return nil }
        let text = head[(start + key.count)...]
        var isEscaped = false
        let end = text.dropFirst().firstIndex { byte in
            defer { isEscaped = !isEscaped && byte == UInt8(ascii: "\\") }
            return byte == UInt8(ascii: "\"") && !isEscaped
        }
        guard let end else { return nil }
        return Array(text[...end]).withUnsafeBytes { text in
            // What is no text names no store.
            (try? JSON.validate(text)) == .string ? JSONView(validated: text).string() : nil
        }
    }

    /// Reads ``line``; `nil` for anything else.
    package init?(_ line: [UInt8]) {
        guard (try? JSON.validate(line)) == .object else { return nil }  // Else it is not ours.
        let record = line.withUnsafeBytes { SpoolRecord(JSONView(validated: $0)) }
        guard let record else { return nil }
        self = record
    }

    private init?(_ line: JSONView) {
        guard let id = line["id"]?.text().map({ ByteString($0) }), EnvelopeText.isValid(id),
            let store = line["store"]?.string(),
            let time = line["time"]?.withText({ Timestamp(iso8601: $0) }) ?? nil,
            let content = Self.event(line, id, time) ?? Self.rejected(line)
        else { return nil }
        self.init(id: id, store: store, time: time, content: content)
    }

    private static func event(_ line: JSONView, _ id: ByteString, _ time: Timestamp) -> Content? {
        guard let stream = line["stream"]?.text(), let type = line["type"]?.text(),
            let source = line["source"]?.text(), let data = line["data"], data.kind == .object
        else { return nil }
        let event = NewEvent(
            id: id, stream: ByteString(stream), type: ByteString(type),
            source: ByteString(source), time: time, data: JSON.singleLine(data.bytes))
        guard (try? event.validateEnvelope()) != nil else { return nil }  // Else it is not ours.
        return .event(event)
    }

    private static func rejected(_ line: JSONView) -> Content? {
        guard let kind = line["kind"]?.string(), let name = line["reason"]?.text(),
            let offset = line["offset"]?.integer().flatMap(Int.init(exactly:)),
            let byteCount = line["byte_count"]?.integer().flatMap(Int.init(exactly:)),
            let faultOffset = line["fault_offset"]?.integer().flatMap(Int.init(exactly:)),
            let digest = line["sha256"]?.string().flatMap(Digest256.init(hex:)),
            let excerpt = line["text"]?.text() ?? line["base64"]?.text().flatMap(Base64.decode),
            offset >= 0, byteCount >= 0, faultOffset >= offset
        else { return nil }
        let record = RejectedRecord(
            RejectionReason(name: name) ?? .notASpooledEvent, faultOffset: faultOffset - offset,
            offset: offset, byteCount: byteCount, digest: digest, excerpt: excerpt)
        return .rejected(record, kind: kind)
    }
}

extension RejectionReason {
    /// Reads the ``name`` of a reason that names nothing besides: those of records that were
    /// spooled or imported.
    package init?(name: [UInt8]) {
        let own: [RejectionReason] = [
            .lineTooLong, .recordTooLong, .documentTooLong, .notALogLine, .notASpooledEvent,
        ]
        let json = (0...UInt8.max).compactMap(JSONError.Reason.init).map(RejectionReason.json)
        let all = own + json + OTLPFault.allCases.map(RejectionReason.otlp)
        guard let reason = all.first(where: { $0.name.utf8.elementsEqual(name) }) else {
            return nil
        }
        self = reason
    }
}
