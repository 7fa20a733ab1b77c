package import TachoCapture

/// What a reader found at one place of a file.
package enum ScannedRecord {
    /// A record's bytes, lent for the time of the call: for JSON one valid value.
    case value(UnsafeRawBufferPointer, offset: Int)
    /// Bytes that are none; what is behind them is read on.
    case rejected(RejectedRecord)
}

/// How the records of a file follow each other.
package enum RecordForm: String, Hashable, Sendable {
    /// One or more JSON values on each line.
    case lines
    /// JSON objects over several lines, one after the other.
    case rows
    /// One JSON array of records.
    case array
    /// Text lines that begin with time and level.
    case text
}
