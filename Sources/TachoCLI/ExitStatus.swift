import ArgumentParser
import TachoJSON
import TachoLog

/// What a command's end says to a script.
///
/// Numbers never change.
enum ExitStatus: Int32 {
    case fine = 0
    case failure = 1
    case usage = 2
    /// A check that the user asked for fired.
    case check = 4
    /// The store is not what was written: some events cannot be read.
    case damage = 5
    /// Some input was refused; everything good beside it was kept.
    case badInput = 65
    case unreachable = 69
    /// Another process is at it: try again.
    case busy = 75
    case notAllowed = 77
    case interrupted = 130
}

/// An end of a command that is not fine.
struct Failure: Error {
    let status: ExitStatus
    /// For people; `nil` if everything has been said already.
    let message: String?

    init(_ status: ExitStatus, _ message: String? = nil) {
        self.status = status
        self.message = message
    }

    /// Of the beginning of an id with which several begin.
    static func ambiguous(_ beginning: String, _ ids: [String]) -> Failure {
        let some = ids.prefix(5).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
        return Failure(.failure, "\(beginning) begins \(ids.count) ids: \(some)")
    }

    /// The one table from errors to exit codes and messages.
    init(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as LogError: self.init(ExitStatus(error.code), error.message)
        case let error as OutputError:
            switch error {
            case .closed: self.init(.fine)
            case .failed(let errno):
                self.init(.failure, "standard output cannot be written (errno \(errno))")
            }
        default: self.init(Tacho.exitCode(for: error).isSuccess ? .fine : .failure, "\(error)")
        }
    }
}

extension ExitStatus {
    init(_ code: LogError.Code) {
        self =
            switch code {
            case .damaged, .readOnly: .damage
            case .busy: .busy
            case .notAllowed: .notAllowed
            case .invalidEvent: .badInput
            case .conflict: .check
            case .archived: .unreachable
            case .expired, .notFound, .unsupported, .outOfSpace, .syncFailed, .closed, .system:
                .failure
            }
    }
}
