import TachoCapture
internal import TachoJSON
internal import TachoLog

/// Sessions that are one document, written again for each change: split into their messages.
///
/// An event's id is made of the session, the message's own id or number, and a digest of its bytes.
/// So a document that has grown adds what is new, and a message that was written again with more
/// in it (Gemini adds tokens and calls afterwards) is an event beside the first: nothing that was
/// once said is lost, and projectors count by the message's id.
enum AgentDocument {
    /// One part of a document, and where it stands in it.
    struct Part {
        let translation: Translation
        let bytes: UnsafeRawBufferPointer
    }

    /// A trajectory names no session: its directory and name do.
    static func stream(of place: SourcePlace) -> ByteString {
        let directory = place.directoryName.map { $0 + [UInt8(ascii: "/")] } ?? []
        return EnvelopeText.encoded(directory + place.stem)
    }

    /// The events of a Gemini session: its messages, behind what stands around them.
    static func gemini(
        _ document: UnsafeRawBufferPointer, source: ByteString, owner: ByteString
    ) -> [Part] {
        let view = JSONView(validated: document)
        let stream = EnvelopeText.encoded(view["sessionId"]?.text() ?? [], fallback: owner)
        var maker = PartMaker(prefix: "gemini.", stream: stream, source: source)
        // When the file was written changes with each message and says nothing of its own.
        maker.addRest(of: view, without: ["messages", "lastUpdated"], type: "session", document)
        maker.addElements(of: view["messages"], named: geminiName)
        return maker.parts
    }

    private static func geminiName(
        _ message: JSONView, _ index: Int
    ) -> (type: [UInt8]?, name: [UInt8])? {
        let id = message["id"]?.text().flatMap { $0.isEmpty ? nil : $0 }
        return (message["type"]?.text(), id ?? Array("#\(index)".utf8))
    }

    /// The events of messages that take the place of those before.
    static func geminiMessages(
        _ messages: JSONView, source: ByteString, owner: ByteString
    ) -> [Part] {
        var maker = PartMaker(prefix: "gemini.", stream: owner, source: source)
        maker.addElements(of: messages, named: geminiName)
        return maker.parts
    }

    /// The event of a message that stands alone on its line.
    static func geminiMessage(
        _ message: JSONView, source: ByteString, owner: ByteString
    ) -> Part {
        var maker = PartMaker(prefix: "gemini.", stream: owner, source: source)
        if let (type, name) = geminiName(message, 0) { maker.add(message, type, name) }
        return maker.parts[0]
    }

    /// A change of a Gemini session without the messages in it, which are events of their own.
    static func rest(of changed: JSONView) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("$set")
        writer.rawValue(PartMaker.members(of: changed, without: ["messages"]).bytes)
        writer.endObject()
        return writer.bytes
    }

    /// The events of a trajectory: its steps, and what was said before the first.
    ///
    /// A step has its text three times (`response`; `thought` and `action`; `history`): of the
    /// history only what stands before the first answer is taken, unless there are no steps.
    static func trajectory(
        _ document: UnsafeRawBufferPointer, source: ByteString, owner: ByteString
    ) -> [Part] {
        let view = JSONView(validated: document)
        var maker = PartMaker(prefix: "swe-agent.", stream: owner, source: source)
        var hasSteps = false
        view["trajectory"]?.forEachElement { _ in
            hasSteps = true
            return false
        }
        var isAnswered = false
        maker.addElements(of: view["history"]) { message, index in
            if message["role"]?.equals("assistant") == true { isAnswered = true }
            guard isAnswered else {
                return (Array("message".utf8), Array("message/\(index)".utf8))
            }
            return hasSteps ? nil : (Array("history".utf8), Array("message/\(index)".utf8))
        }
        maker.addElements(of: view["trajectory"]) { _, index in
            (Array("step".utf8), Array("step/\(index)".utf8))
        }
        maker.addRest(of: view, without: ["trajectory", "history"], type: "info", document)
        return maker.parts
    }
}

/// Makes events of a document's parts.
private struct PartMaker {
    let prefix: ByteString
    let stream: ByteString
    let source: ByteString
    private(set) var parts: [AgentDocument.Part] = []

    init(prefix: ByteString, stream: ByteString, source: ByteString) {
        self.prefix = prefix
        self.stream = stream
        self.source = source
    }

    /// An event of each element that `name` gives a type and a name in the session.
    mutating func addElements(
        of array: JSONView?, named name: (JSONView, Int) -> (type: [UInt8]?, name: [UInt8])?
    ) {
        var index = 0
        array?.forEachElement { element in
            defer { index += 1 }
            let bytes = element.bytes
            guard element.kind == .object else {
                parts.append(
                    AgentDocument.Part(
                        translation: .rejected(.json(.notAnObject)), bytes: bytes))
                return true
            }
            if let (type, name) = name(element, index) { add(element, type, name) }
            return true
        }
    }

    /// An event of one message or step.
    mutating func add(_ element: JSONView, _ type: [UInt8]?, _ name: [UInt8]) {
        let time = element["timestamp"]?.withText { Timestamp(iso8601: $0) } ?? nil
        add(JSON.singleLine(element.bytes), type: type, name: name, time: time, element.bytes)
    }

    /// An event of a document's other members, if there are any.
    mutating func addRest(
        of document: JSONView, without names: [StaticString], type: StaticString,
        _ bytes: UnsafeRawBufferPointer
    ) {
        let members = Self.members(of: document, without: names)
        guard members.count > 0 else { return }
        let name = type.withUTF8Buffer { Array($0) }
        let time = document["startTime"]?.withText { Timestamp(iso8601: $0) } ?? nil
        add(members.bytes, type: name, name: name, time: time, bytes)
    }

    /// An object with the members of another, but for some.
    static func members(
        of object: JSONView, without names: [StaticString]
    ) -> (bytes: [UInt8], count: Int) {
        var writer = JSONWriter()
        var count = 0
        writer.beginObject()
        object.forEachMember { key, value in
            guard let name = key.text(), !names.contains(where: { key.equals($0) }) else {
                return true
            }
            count += 1
            writer.key(name)
            writer.rawValue(JSON.singleLine(value.bytes))
            return true
        }
        writer.endObject()
        return (writer.bytes, count)
    }

    private mutating func add(
        _ data: [UInt8], type: [UInt8]?, name: [UInt8], time: Timestamp?,
        _ bytes: UnsafeRawBufferPointer
    ) {
        guard data.count <= NewEvent.maximumDataByteCount else {
            parts.append(
                AgentDocument.Part(translation: .rejected(.recordTooLong), bytes: bytes))
            return
        }
        var hasher = SHA256Hasher()
        data.withUnsafeBytes { hasher.update($0) }
        let digits = hasher.finish().bytes.prefix(8).hexadecimal
        let slash = [UInt8(ascii: "/")]
        var id = ByteString(stream.bytes + slash + name + [UInt8(ascii: ":")] + digits)
        if !EnvelopeText.isValid(id) {
            // Names from outside may be of any size: their digest stands for them.
            let digest = SHA256.hash(stream.bytes + slash + name).bytes.prefix(16).hexadecimal
            id = ByteString(prefix.bytes + digest + [UInt8(ascii: ":")] + digits)
        }
        let event = NewEvent(
            id: id, stream: stream, type: DerivedType.make(prefix, type), source: source,
            time: time, data: data)
        parts.append(AgentDocument.Part(translation: .event(event), bytes: bytes))
    }
}
