internal import TachoJSON
internal import TachoLog

extension SourceFile {
    /// The session that the first record of a file to name one names; `nil` if none does.
    ///
    /// Records without one (`summary`, `file-history-snapshot`) often come first, so it must be
    /// known before the first is translated. Reads up to that record, then goes back to the front.
    mutating func firstSession(_ detection: Detection) throws(SourceError) -> [UInt8]? {
        try rewind()
        var session: [UInt8]?
        do throws(LogError) {
            _ = try RecordReader.read(&self, form: detection.form) { record in
                if case .value(let bytes, _) = record {
                    session = detection.kind.session(of: JSONView(validated: bytes))
                }
                return session == nil
            }
        } catch {
            preconditionFailure("looking for a session appends nothing")
        }
        try rewind()
        return session
    }
}
