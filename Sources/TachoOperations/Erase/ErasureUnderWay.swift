import TachoJSON
import TachoLog

/// The file `ERASING`: the sessions of a workflow that is being erased.
///
/// Which sessions are a workflow's is told by events that vanish with it. A process that dies
/// half-way leaves this behind, so that the next run looks for the same ids. It is there only until
/// the files are rewritten, and gone before they are searched.
struct ErasureUnderWay {
    let layout: StoreLayout
    let fileSystem: any FileSystem

    /// The sessions that an erasure found which has not ended.
    ///
    /// - Parameter selector: The selector's HMAC; of another one there are none.
    /// - Returns: Their names, in the order in which they were found.
    /// - Throws: ``LogError`` if the file cannot be read.
    func sessions(of selector: String?) throws(LogError) -> [ByteString] {
        guard let selector, let bytes = try fileSystem.contents(of: layout.erasing),
            (try? JSON.validate(bytes)) == .object
        else { return [] }  // try?: what was not written whole was not begun with
        return bytes.withUnsafeBytes { bytes in
            let view = JSONView(validated: bytes)
            guard view["selector"]?.string() == selector else { return [] }
            var sessions = [ByteString]()
            view["sessions"]?.forEachElement { element in
                if let text = element.text() { sessions.append(ByteString(text)) }
                return true
            }
            return sessions
        }
    }

    func begin(_ selector: String, _ sessions: [ByteString]) throws(LogError) {
        guard !sessions.isEmpty else { return }
        var json = JSONWriter()
        json.beginObject()
        json.key("selector")
        json.value(selector)
        json.key("sessions")
        json.beginArray()
        for session in sessions { json.value(session.bytes) }
        json.endArray()
        json.endObject()
        let bytes = json.bytes
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.erasing, with: bytes, temporary: layout.temporaryFile("ERASING"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    func end() throws(LogError) {
        try LogError.unifying {
            guard try fileSystem.status(layout.erasing) != nil else { return }
            try fileSystem.remove(layout.erasing)
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }
}
