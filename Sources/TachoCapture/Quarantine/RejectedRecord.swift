package import TachoJSON
package import TachoLog

/// Why a record is kept aside.
package enum RejectionReason: Hashable, Sendable {
    /// Not the JSON it should be.
    case json(JSONError.Reason)
    /// A line longer than ``InputLimit/lineByteCount``.
    case lineTooLong
    /// A record longer than an event may be.
    case recordTooLong
    /// An array, or objects in a row, longer than ``InputLimit/documentByteCount``.
    case documentTooLong
    /// A line of text before the first line that begins with time and level.
    case notALogLine
    /// A file of the spool that is not what the hook writes.
    case notASpooledEvent
    /// Not the OTLP it should be.
    case otlp(OTLPFault)
    /// Another event with this id is in the log, at this position.
    case conflict(id: String, Position)
    /// Not the whole event that it should be: what is wrong with a member besides its data.
    case invalidEnvelope(String)

    /// For programs: what stands in the quarantine's `reason`.
    package var name: String {
        switch self {
        case .json(let reason): "\(reason)"
        case .lineTooLong: "lineTooLong"
        case .recordTooLong: "recordTooLong"
        case .documentTooLong: "documentTooLong"
        case .notALogLine: "notALogLine"
        case .notASpooledEvent: "notASpooledEvent"
        case .otlp(let fault): fault.rawValue
        case .conflict: "conflict"
        case .invalidEnvelope: "invalidEnvelope"
        }
    }

    /// For people.
    package var message: String {
        switch self {
        case .json(let reason): reason.message
        case .lineTooLong:
            "the line has more than \(InputLimit.lineByteCount >> 20) MiB"
        case .recordTooLong:
            "the record has more than \(NewEvent.maximumDataByteCount >> 20) MiB"
        case .documentTooLong:
            "the document has more than \(InputLimit.documentByteCount >> 20) MiB"
        case .notALogLine: "the line does not begin with time and level"
        case .notASpooledEvent: "the file does not hold a spooled event"
        case .otlp(let fault): fault.message
        case .conflict(let id, let position):
            "another event has the id \"\(id)\", at position \(position)"
        case .invalidEnvelope(let message): message
        }
    }
}

/// Bytes that were read and could not become an event.
///
/// Nothing of them is in the log. What stood beside them was taken.
package struct RejectedRecord: Error, Sendable {
    package static let maximumExcerptByteCount = 64 << 10

    package let reason: RejectionReason
    /// Where in the file's plain content the record begins.
    package let offset: Int
    package let byteCount: Int
    /// Where in the file's plain content the fault is.
    package let faultOffset: Int
    /// Over all of the record's bytes.
    package let digest: Digest256
    /// The record's first bytes, up to ``maximumExcerptByteCount``; without the secrets in them
    /// where these are redacted (``SecretReport``).
    package internal(set) var excerpt: [UInt8]

    /// A record that is held whole; `faultOffset` counts from its first byte.
    package init(
        _ reason: RejectionReason, faultOffset: Int = 0, offset: Int,
        bytes: UnsafeRawBufferPointer
    ) {
        self.init(
            reason, faultOffset: faultOffset, offset: offset, byteCount: bytes.count,
            digest: SHA256.hash(bytes), excerpt: Array(bytes.prefix(Self.maximumExcerptByteCount)))
    }

    package init(
        _ reason: RejectionReason, faultOffset: Int = 0, offset: Int, byteCount: Int,
        digest: Digest256, excerpt: [UInt8]
    ) {
        self.reason = reason
        self.offset = offset
        self.byteCount = byteCount
        self.faultOffset = offset + faultOffset
        self.digest = digest
        self.excerpt = excerpt
    }
}
