/// What a run directory says about its workflow, where the state file does not say it itself.
///
/// Source: semantics §3.1, golden `status_inference`.
package struct StatusInference: Hashable, Sendable {
    package enum Status: Sendable {
        case running
        case completed
        case failed

        package var name: StaticString {
            switch self {
            case .running: "running"
            case .completed: "completed"
            case .failed: "failed"
            }
        }
    }

    /// What takes the place of an `end_time` that the state does not have.
    package enum EndSource: Sendable {
        case errorLog
        case stateFile
    }

    package let status: Status
    package let end: EndSource?

    /// - Parameters:
    ///   - hasErrorLog: Whether the run left an `error.log`.
    ///   - directoryCount: Sub directories whose names begin with `adw_`.
    ///   - planIsMissing: No plan file or `null`; an empty text is there.
    ///   - planAndBranch: Both are there and not empty.
    package init(
        hasErrorLog: Bool, directoryCount: Int64, planIsMissing: Bool, planAndBranch: Bool
    ) {
        if hasErrorLog {
            status = .failed
            end = .errorLog
        } else if directoryCount >= 3 && planAndBranch {
            status = .completed
            end = .stateFile
        } else if directoryCount == 1 && planIsMissing {
            status = .failed
            end = .stateFile
        } else {
            status = .running
            end = nil
        }
    }
}
