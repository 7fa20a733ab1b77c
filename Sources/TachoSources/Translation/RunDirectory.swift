import TachoCapture
internal import TachoJSON
package import TachoLog

/// What a run's directory says by being as it is: the facts that a status is inferred from
/// (semantics §3.1).
package struct RunDirectory: Sendable {
    package let place: SourcePlace
    /// Names of the directories in it, sorted by their bytes.
    package let directories: [[UInt8]]
    package let stateModified: Timestamp?
    package let errorLogModified: Timestamp?

    /// `state.directory`: the facts, timed by the newest of them.
    func event() -> NewEvent {
        let name = place.components.last ?? []
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("directory")
        writer.value(String(decoding: name, as: UTF8.self))
        writer.key("directories")
        writer.beginArray()
        for directory in directories { writer.value(String(decoding: directory, as: UTF8.self)) }
        writer.endArray()
        if let errorLogModified {
            writer.key("error_log_modified")
            writer.value(errorLogModified.iso8601)
        }
        if let stateModified {
            writer.key("state_modified")
            writer.value(stateModified.iso8601)
        }
        writer.endObject()
        let stream = WorkflowID.stream(name) ?? "unknown"
        return NewEvent(
            id: RunDirectory.id("directory", stream, SHA256.hash(writer.bytes)), stream: stream,
            type: "state.directory", source: "adw/directory",
            time: [stateModified, errorLogModified].compactMap(\.self).max(), data: writer.bytes)
    }

    /// `<word>:<stream>:<first 32 digits>`.
    static func id(_ word: String, _ stream: ByteString, _ digest: Digest256) -> ByteString {
        let digits = digest.bytes.prefix(16).hexadecimal
        return ByteString(word.utf8 + [0x3A] + stream.bytes.prefix(400) + [0x3A] + digits)
    }
}

/// Files of a run that are one JSON object, rewritten in place.
enum RunDocument {
    /// An `adw_state.json` or `completed_phases.json` as it was when it was read.
    ///
    /// A state is known by its bytes and by when they were written: a state that comes back after
    /// another is news, and must not pass for the old one.
    static func event(
        _ kind: SourceKind, _ bytes: UnsafeRawBufferPointer, _ place: SourcePlace,
        modified: Timestamp
    ) throws(JSONError) -> NewEvent {
        let value = try JSON.validateValue(in: bytes, from: 0)
        guard bytes[value.lowerBound] == UInt8(ascii: "{") else {
            throw JSONError(.notAnObject, at: value.lowerBound)
        }
        let rest = LineValues.firstNonBlank(bytes, from: value.upperBound)
        guard rest == bytes.count else { throw JSONError(.trailingBytes, at: rest) }
        let data = JSON.singleLine(UnsafeRawBufferPointer(rebasing: bytes[value]))
        let stream = WorkflowID.stream(place.directoryName ?? []) ?? "unknown"
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        if kind == .adwPhases {
            let updated = data.withUnsafeBytes { line in
                JSONView(validated: line)["last_updated"]?.withText { Timestamp(iso8601: $0) }
            }
            return NewEvent(
                id: RunDirectory.id("phases", stream, hasher.finish()), stream: stream,
                type: "state.phases", source: "adw/phases", time: updated ?? nil, data: data)
        }
        modified.iso8601.withUnsafeBytes { hasher.update($0) }
        return NewEvent(
            id: RunDirectory.id("state", stream, hasher.finish()), stream: stream,
            type: "state.snapshot", source: "adw/state", time: modified, data: data)
    }
}
