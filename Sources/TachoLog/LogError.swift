/// What went wrong in the log: a code for programs, a message for people, the system's own error.
///
/// Codes may be added; the meaning of one never changes.
public struct LogError: Error, Equatable, Sendable {
    public enum Code: String, Sendable {
        /// There is no store in this directory.
        case notFound
        /// The store was written by a newer version, or is not a store.
        case unsupported
        /// Bytes are not what was written. What was read before stays valid.
        case damaged
        /// What was asked for has expired: a recorded policy let go of it.
        case expired
        /// What was asked for is in an archive that cannot be read from here.
        case archived
        /// Acknowledged events are missing; nothing is written until `tacho recover`.
        case readOnly
        /// The disk is full: nothing was appended, and a later append may succeed.
        case outOfSpace
        /// A sync failed: nothing of this append is acknowledged; the log goes on in a new file.
        case syncFailed
        /// Another process holds the lock. Try again.
        case busy
        /// Not permitted by the file system.
        case notAllowed
        /// A stream does not end where the producer expected it to; nothing was appended.
        case conflict
        /// The writer was closed before this append.
        case closed
        /// The event was refused as it is; nothing was appended.
        case invalidEvent
        /// Any other failure of the system.
        case system
    }

    public let code: Code
    /// What failed, where, and what to do.
    public let message: String
    /// The system's error number, if it came from there.
    public let errno: CInt?

    public init(_ code: Code, _ message: String, errno: CInt? = nil) {
        self.code = code
        self.message = message
        self.errno = errno
    }
}

extension LogError: CustomStringConvertible {
    public var description: String { message }
}
