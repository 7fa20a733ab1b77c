/// A call of the system that failed, with its own number.
public struct FileError: Error, Hashable, Sendable {
    public let operation: StaticOperation
    public let path: String
    public let errno: CInt

    public enum StaticOperation: String, Sendable {
        case open, read, write, synchronize, truncate, lock, rename, link, remove
        case createDirectory = "create directory"
        case list, status
    }

    public init(_ operation: StaticOperation, _ path: String, errno: CInt) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }
}
