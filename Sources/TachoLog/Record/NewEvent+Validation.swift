internal import TachoJSON

extension NewEvent {
    /// Bytes of `data` that a record may have.
    public static let maximumDataByteCount = 16 << 20

    /// Checks the envelope's texts and that `data` is one JSON object on one line.
    ///
    /// - Throws: ``LogError`` `.invalidEvent` that names the field and what is wrong with it.
    /// - Complexity: O(data).
    public func validate() throws(LogError) {
        try validateEnvelope()
        if data.withUnsafeBytes({ JSON.isObjectOnOneLine($0) }) { return }
        // What is wrong with it, or what only a walk over it can tell.
        do throws(JSONError) {
            let kind = try JSON.validate(data)
            guard kind == .object else {
                throw JSONError(.notAnObject, at: 0)
            }
        } catch {
            throw LogError(
                .invalidEvent,
                "data is not a JSON object: \(error.reason.message) at byte "
                    + "\(error.offset)")
        }
        if data.withUnsafeBytes({ $0.firstIndex(of: 0x0A, from: 0) }) != nil {
            throw LogError(
                .invalidEvent, "data has a line break between its tokens; it must stand on one line"
            )
        }
    }

    /// Checks all but the data, for callers who have just checked it themselves.
    package func validateEnvelope() throws(LogError) {
        try Self.validate(stream, "stream")
        try Self.validate(type, "type")
        try Self.validate(source, "source")
        if let id { try Self.validate(id, "id") }
        guard data.count <= Self.maximumDataByteCount else {
            throw LogError(
                .invalidEvent,
                "data has \(data.count) bytes; at most \(Self.maximumDataByteCount) are taken")
        }
        guard (1...999_999).contains(version) else {
            throw LogError(.invalidEvent, "version must be from 1 to 999999, not \(version)")
        }
        // A record with another could be written and never be read.
        if let time, !Timestamp.recordable.contains(time) {
            throw LogError(.invalidEvent, "time must be in the years 1 to 9999")
        }
    }

    private static func validate(_ text: ByteString, _ name: StaticString) throws(LogError) {
        guard EnvelopeText.isValid(text) else {
            throw LogError(
                .invalidEvent,
                "\(name) must be 1 to \(EnvelopeText.maximumByteCount) bytes of UTF-8 without "
                    + "control characters, quotes, and backslashes")
        }
    }
}

extension [NewEvent] {
    /// Checks all events of a batch.
    ///
    /// - Throws: As ``NewEvent/validate()``; the message says which event it is.
    func validate() throws(LogError) {
        try forEachLent { (index, event) throws(LogError) in
            do throws(LogError) {
                try event.validate()
            } catch {
                throw LogError(error.code, "event \(index + 1) of \(count): \(error.message)")
            }
        }
    }
}
