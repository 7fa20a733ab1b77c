import TachoEvents
import TachoJSON
import TachoLog

// Cells from members of an event's data. A member that is missing or of another kind is unknown.

extension Table {
    mutating func set(_ column: some ColumnHandle, of row: Int, text: JSONView?) {
        if let text {
            set(column, of: row, text: text)
        } else {
            setUnknown(column, of: row)
        }
    }

    /// At most `limit` bytes of a text, cut between two characters.
    mutating func set(
        _ column: some ColumnHandle, of row: Int, text: JSONView?, limit: Int
    ) {
        let isText: Void? = text?.withText {
            set(column, of: row, text: $0.prefix(characterBytes: limit))
        }
        if isText == nil { setUnknown(column, of: row) }
    }

    /// Leaves a cell that is known as it is.
    mutating func fill(_ column: some ColumnHandle, of row: Int, text: JSONView?) {
        if let text, isUnknown(column, row) { set(column, of: row, text: text) }
    }

    @inline(__always)
    mutating func fill(
        _ column: some ColumnHandle, of row: Int, text: @autoclosure () -> UnsafeRawBufferPointer?
    ) {
        if isUnknown(column, row), let text = text() { set(column, of: row, text: text) }
    }

    mutating func fill(_ column: some ColumnHandle, of row: Int, integer number: Int64?) {
        if let number, isUnknown(column, row) { set(column, of: row, integer: number) }
    }

    /// Takes the place of what is there, if there is something to take it.
    mutating func renew(_ column: some ColumnHandle, of row: Int, text: JSONView?) {
        text?.withText { set(column, of: row, text: $0) }
    }

    /// Whether the cell holds exactly these bytes; false if it is unknown.
    func text(_ column: some ColumnHandle, _ row: Int, equals text: [UInt8]) -> Bool {
        withText(column, row) { cell in text.withUnsafeBytes { $0.equals(cell) } } ?? false
    }

    /// Counts on from an unknown cell as from 0, and stops at the largest number.
    mutating func add(_ amount: Int64, to column: some ColumnHandle, of row: Int) {
        let (sum, overflow) = (integer(column, row) ?? 0).addingReportingOverflow(amount)
        set(column, of: row, integer: overflow ? .max : sum)
    }

    /// The cell becomes the earlier of the two moments.
    mutating func lower(_ column: some ColumnHandle, of row: Int, to moment: Timestamp) -> Bool {
        if let old = timestamp(column, row), old <= moment { return false }
        set(column, of: row, timestamp: moment)
        return true
    }

    /// The cell becomes the later of the two moments.
    mutating func raise(_ column: some ColumnHandle, of row: Int, to moment: Timestamp) -> Bool {
        if let old = timestamp(column, row), old >= moment { return false }
        set(column, of: row, timestamp: moment)
        return true
    }
}

extension Event {
    /// Milliseconds that the tool ran, as the result in a message's record says beside the message.
    ///
    /// Claude Code writes `durationMs` for searches and fetches, `totalDurationMs` for subagents, and
    /// `durationSeconds` for searches of the web.
    var resultDuration: Int64? {
        var milliseconds: JSONView?
        var seconds: JSONView?
        members.forEach { key, value in
            guard key.equals("toolUseResult") || key.equals("tool_use_result") else { return true }
            JSONMembers(value).forEach { key, value in
                if key.equals("durationMs") || key.equals("totalDurationMs") {
                    milliseconds = value
                }
                if key.equals("durationSeconds") { seconds = value }
                return milliseconds == nil
            }
            return false
        }
        let duration = milliseconds?.double() ?? seconds?.double().map { $0 * 1000 }
        return duration.flatMap { Int64(exactly: $0.rounded(.towardZero)) }
    }
}

extension JSONView {
    /// The moment a text says in ISO 8601; without seconds, or as a day, its beginning (semantics §0).
    var moment: Timestamp? {
        withText { Timestamp(shortISO8601: $0) } ?? nil
    }

    /// Text, and not empty.
    var isFilledText: Bool {
        withText { !$0.isEmpty } ?? false
    }
}

extension HookPayload {
    /// The session; the stream, where the payload does not name one.
    func session(of event: Event) -> ByteString {
        sessionID?.text().map { ByteString($0) } ?? ByteString(event.stream)
    }
}

extension Event {
    /// The workflow a hook event belongs to: its stream, unless that stands for the session.
    ///
    /// A source of hooks names the stream by the workflow, else by the session, else `unknown`.
    func hookWorkflow(session: JSONView?) -> UnsafeRawBufferPointer? {
        guard !stream.equals("unknown") else { return nil }
        let isSession = session?.withText { $0.equals(stream) } ?? false
        return isSession ? nil : stream.dropping(prefix: "wf-")
    }

    /// What stands before the first slash of the source: `claude-code` of `claude-code/hook`.
    var producer: UnsafeRawBufferPointer {
        let source = source
        var end = 0
        while end < source.count, source[end] != UInt8(ascii: "/") { end += 1 }
        return UnsafeRawBufferPointer(rebasing: source[..<end])
    }
}

extension Table {
    /// The workflow a record belongs to, without `wf-`.
    ///
    /// It is what the record says itself, else the stream, unless that is the session or nobody's.
    /// A known cell stays.
    mutating func fill(
        _ column: some ColumnHandle, of row: Int, workflow: JSONView?, _ event: Event,
        session: JSONView?
    ) {
        guard isUnknown(column, row) else { return }
        if let workflow, workflow.isFilledText {
            workflow.withText { set(column, of: row, text: $0.dropping(prefix: "wf-")) }
        } else if !event.stream.equals("general") {
            set(column, of: row, text: event.hookWorkflow(session: session))
        }
    }
}

extension JSONView {
    /// A number without its fraction; `nil` for other kinds and outside of 64 bits.
    var wholeNumber: Int64? {
        integer() ?? double().flatMap { Int64(exactly: $0.rounded(.towardZero)) }
    }

    /// Elements of an array; 0 for other kinds.
    var elementCount: Int64 {
        var count: Int64 = 0
        forEachElement { _ in
            count += 1
            return true
        }
        return count
    }
}
