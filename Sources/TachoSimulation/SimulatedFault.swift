package import TachoLog

/// A failure that a ``SimulatedFileSystem`` is told to have.
package struct SimulatedFault: Sendable {
    package enum Kind: Sendable {
        /// The call fails with this number and does nothing.
        case error(CInt)
        /// A write stops after this many bytes, and says so.
        case shortWrite(Int)
        /// The process is dead: the call does nothing, and nothing is the matter with the disk.
        case death
    }

    /// It happens at the first matching call from this one on, counted from 1 since the file
    /// system was made.
    package var call: Int
    /// Also at every later call that matches; otherwise once.
    package var lasts: Bool
    /// Only calls of this kind; `nil` is any.
    package var operation: FileError.StaticOperation?
    package var kind: Kind

    package init(
        call: Int, lasts: Bool = false, operation: FileError.StaticOperation? = nil, kind: Kind
    ) {
        self.call = call
        self.lasts = lasts
        self.operation = operation
        self.kind = kind
    }

    func strikes(_ operation: FileError.StaticOperation, call: Int) -> Bool {
        guard self.operation == nil || self.operation == operation else { return false }
        return call >= self.call
    }
}
