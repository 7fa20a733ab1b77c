#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension FileError {
    package var isNotFound: Bool { errno == ENOENT || errno == ENOTDIR }

    package var reason: String {
        guard let text = strerror(errno) else { return "error \(errno)" }
        return String(cString: text)
    }
}

extension LogError {
    /// Runs what fails with the system's errors or the log's, and makes them all the log's.
    package static func unifying<Result>(
        _ body: () throws -> Result
    ) throws(LogError) -> Result {
        do {
            return try body()
        } catch let error as LogError {
            throw error
        } catch let error as FileError {
            throw LogError(error)
        } catch {
            preconditionFailure("only the file system and the log throw in here, not \(error)")
        }
    }

    /// The one place where the system's numbers become codes of the log.
    package init(_ error: FileError) {
        let what = "cannot \(error.operation.rawValue) \(error.path): \(error.reason)"
        switch error.errno {
        case ENOSPC, EDQUOT:
            self.init(
                .outOfSpace, "\(what). Nothing was appended; free some space and try again.",
                errno: error.errno)
        case EACCES, EPERM, EROFS:
            self.init(.notAllowed, "\(what).", errno: error.errno)
        case ENOENT, ENOTDIR:
            self.init(.notFound, "\(what).", errno: error.errno)
        case ELOOP:
            self.init(
                .system,
                "cannot \(error.operation.rawValue) \(error.path): it is a symbolic link, and those "
                    + "are not followed here.", errno: error.errno)
        case EMFILE, ENFILE:
            self.init(
                .system, "\(what). Raise the limit of open files (`ulimit -n`).",
                errno: error.errno)
        default:
            self.init(.system, "\(what).", errno: error.errno)
        }
    }
}
