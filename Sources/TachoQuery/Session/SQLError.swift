/// Why a statement gave no answer, or not all of it.
///
/// Nothing was changed by it, whatever it was; after `timedOut`, `interrupted`, and `outOfMemory` the
/// same may succeed with more time or memory.
package struct SQLError: Error, Equatable, Sendable {
    package enum Kind: Sendable {
        /// The text is no SQL, or asks for what does not exist.
        case mistake
        /// It would write, or load code.
        case refused
        case timedOut
        case interrupted
        case outOfMemory
        /// A file that an export writes.
        case file
    }

    package let kind: Kind
    package let message: String
    /// The byte of the script where it stands, if SQLite says so.
    package let offset: Int?

    package init(_ kind: Kind, _ message: String, offset: Int? = nil) {
        self.kind = kind
        self.message = message
        self.offset = offset
    }
}

extension SQLError: CustomStringConvertible {
    package var description: String { message }
}
