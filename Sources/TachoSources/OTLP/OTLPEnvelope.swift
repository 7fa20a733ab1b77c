import TachoCapture
import TachoJSON
import TachoLog

/// The envelope of an OTLP record's event, made from its data alone: so it is the same for both
/// encodings, and for an export that a sender repeats.
enum OTLPEnvelope {
    private static let keys = JSONPicker([
        "signal", "attributes", "resource", "scope", "time_unix_nano", "observed_time_unix_nano",
        "end_time_unix_nano", "trace_id", "span_id", "name", "event_name", "body", "metric",
        "start_time_unix_nano",
    ])

    private static let attributeKeys = JSONPicker([
        "adw_id", "adw.id", "session.id", "gen_ai.conversation.id", "conversation.id",
        "workspace.host_paths", "event.name", "event.sequence", "gen_ai.operation.name",
        "workflow.run_id",
    ])

    static func event(_ data: [UInt8]) -> NewEvent {
        data.withUnsafeBytes { bytes in
            var slots: [JSONView?] = []
            keys.pick(JSONView(validated: bytes), into: &slots)
            var own: [JSONView?] = []
            var shared: [JSONView?] = []
            let resource = slots[2]?["attributes"]
            pick(slots[1], into: &own)
            pick(resource, into: &shared)
            let record = Record(slots: slots, own: own, shared: shared, resource: resource)
            return NewEvent(
                id: record.id(bytes), stream: record.stream, type: record.type,
                source: record.source, time: record.time, data: data)
        }
    }

    private static func pick(_ object: JSONView?, into slots: inout [JSONView?]) {
        guard let object else {
            slots = Array(repeating: nil, count: 10)
            return
        }
        attributeKeys.pick(object, into: &slots)
    }

    private struct Record {
        let slots: [JSONView?]
        let own: [JSONView?]
        let shared: [JSONView?]
        let resource: JSONView?

        var isLog: Bool { slots[0]?.equals("log") == true }
        var isSpan: Bool { slots[0]?.equals("span") == true }

        /// An attribute of the record; else of its resource.
        private func attribute(_ index: Int) -> [UInt8]? {
            own[index].filledText ?? shared[index].filledText
        }

        // MARK: Stream

        /// The workflow if an attribute names it or a worktree tells it, else the session.
        ///
        /// `workflow.run_id` names a run inside a session: by it the events of one session would
        /// come into several streams, so it stands last.
        var stream: ByteString {
            if let workflow = attribute(0) ?? attribute(1),
                let stream = WorkflowID.stream(workflow)
            {
                return stream
            }
            if let stream = worktree.flatMap({ WorkflowID.stream($0) }) { return stream }
            for index in [2, 3, 4, 9] {
                if let session = attribute(index) { return EnvelopeText.encoded(session) }
            }
            return slots[7].filledText.map { EnvelopeText.encoded($0) } ?? "unknown"
        }

        /// The workflow whose worktree one of the agent's directories is in.
        private var worktree: [UInt8]? {
            guard let paths = own[5] ?? shared[5] else { return nil }
            if let path = paths.text() { return WorkflowID.worktree(in: path) }
            var workflow: [UInt8]?
            paths.forEachElement { path in
                workflow = path.text().flatMap { WorkflowID.worktree(in: $0) }
                return workflow == nil
            }
            return workflow
        }

        // MARK: Type

        var type: ByteString {
            if isLog { return DerivedType.make("otel.", logName) }
            if isSpan { return DerivedType.make("otel.span.", spanName) }
            return DerivedType.make(
                "otel.metric.", slots[12]?["name"].filledText.map(Self.withoutPrefix))
        }

        /// Claude Code has its event's name in an attribute, and with a prefix in the body.
        private var logName: [UInt8] {
            let body = slots[11].filledText.flatMap {
                $0.starts(with: "claude_code.".utf8) ? $0 : nil
            }
            let name = slots[10].filledText ?? own[6].filledText ?? body
            return name.map(Self.withoutPrefix) ?? Array("log".utf8)
        }

        /// GenAI's names of spans have the model or the tool behind the operation.
        private var spanName: [UInt8]? {
            own[8].filledText ?? slots[9].filledText.map(Self.withoutPrefix)
        }

        private static func withoutPrefix(_ name: [UInt8]) -> [UInt8] {
            let prefix = "claude_code.".utf8
            return name.starts(with: prefix) ? Array(name.dropFirst(prefix.count)) : name
        }

        // MARK: Source and time

        /// The program, as its service is named; the parts of Claude Code are one.
        var source: ByteString {
            let scope = slots[3]?["name"].filledText ?? []
            let service = resource?["service.name"].filledText ?? []
            if scope.starts(with: "com.anthropic.claude_code".utf8)
                || service.starts(with: "claude-code".utf8)
            {
                return "claude-code/otel"
            }
            return DerivedType.isWord(service)
                ? ByteString(service + "/otel".utf8) : "unknown/otel"
        }

        /// A span's time is its end: then it is told.
        var time: Timestamp? {
            let nanoseconds = nanoseconds(isSpan ? 6 : 4) ?? nanoseconds(isSpan ? 13 : 5)
            return nanoseconds.map { Timestamp(microseconds: Int64($0 / 1000)) }
        }

        private func nanoseconds(_ index: Int) -> UInt64? {
            guard let digits = slots[index]?.number,
                let number = UInt64(
                    String(decoding: digits, as: UTF8.self)), number > 0
            else { return nil }
            return number
        }

        // MARK: Id

        /// What a sender repeats is known again.
        ///
        /// Claude Code numbers the events of a session, a span has an id of its own; all else is
        /// known by everything that is said of it.
        func id(_ data: UnsafeRawBufferPointer) -> ByteString {
            var hasher = SHA256Hasher()
            func add(_ parts: [[UInt8]]) {
                for part in parts { (part + [0]).withUnsafeBytes { hasher.update($0) } }
            }
            if isLog, let session = attribute(2), let sequence = own[7]?.bytes,
                nanoseconds(4) != nil
            {
                add([
                    Array("log".utf8), session, Array(type.bytes), Array(sequence),
                    slots[4].map { Array($0.bytes) } ?? [],
                ])
            } else if isSpan, let trace = slots[7].filledText, let span = slots[8].filledText {
                add([
                    Array("span".utf8), trace, span, slots[6].map { Array($0.bytes) } ?? [],
                ])
            } else {
                hasher.update(data)
            }
            return ByteString("otlp:".utf8 + hasher.finish().bytes.prefix(16).hexadecimal)
        }
    }
}

extension JSONView? {
    /// A string that is not empty.
    fileprivate var filledText: [UInt8]? {
        self?.text().flatMap { $0.isEmpty ? nil : $0 }
    }
}
