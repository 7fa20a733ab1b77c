import TachoProjections

/// The kind of an error, by the words of its message.
///
/// Other classes than those of the history's `error_category`. Numbers are plain substrings: `5003
/// ms` is an API error, because it holds `500`.
///
/// Source: semantics §6.4, golden `error_classify`.
package enum ErrorClass: String, CaseIterable, Sendable {
    case importError = "import_error"
    case connectionError = "connection_error"
    case timeoutError = "timeout_error"
    case syntaxError = "syntax_error"
    case typeError = "type_error"
    case fileNotFound = "file_not_found"
    case permissionError = "permission_error"
    case apiError = "api_error"
    case databaseError = "database_error"
    case gitError = "git_error"
    case unknown

    package enum Severity: String, Sendable {
        case high
        case medium
        case low

        var rank: Int {
            switch self {
            case .high: 0
            case .medium: 1
            case .low: 2
            }
        }
    }

    /// The first class in whose words the message has one.
    package init(message: String) {
        let text = SearchText(message)
        self = Self.allCases.first { text.holds(anyOf: $0.needles) } ?? .unknown
    }

    private var needles: [String] {
        switch self {
        case .importError:
            ["modulenotfounderror", "importerror", "no module named", "cannot import"]
        case .connectionError:
            ["econnrefused", "connection refused", "failed to connect", "connection reset"]
        case .timeoutError: ["timeout", "timed out", "timeouterror", "deadline exceeded"]
        case .syntaxError: ["syntaxerror", "invalid syntax", "unexpected token"]
        case .typeError: ["typeerror", "type object", "is not a function", "is not callable"]
        case .fileNotFound: ["filenotfounderror", "enoent", "no such file", "file does not exist"]
        case .permissionError:
            ["permissionerror", "eacces", "permission denied", "access denied"]
        case .apiError: ["api error", "404", "500", "503", "status code", "http error"]
        case .databaseError:
            ["databaseerror", "sql error", "constraint violation", "foreign key"]
        case .gitError:
            ["git error", "merge conflict", "divergent branches", "fatal: not a git"]
        case .unknown: []
        }
    }

    package var label: String {
        switch self {
        case .importError: "Dependency Issue"
        case .connectionError: "Network Issue"
        case .timeoutError: "Performance Issue"
        case .syntaxError: "Code Quality"
        case .typeError: "Type Issue"
        case .fileNotFound: "File System Issue"
        case .permissionError: "Permission Issue"
        case .apiError: "API Issue"
        case .databaseError: "Database Issue"
        case .gitError: "Git Issue"
        case .unknown: "Unknown"
        }
    }

    package var severity: Severity {
        switch self {
        case .importError, .connectionError, .syntaxError, .apiError, .databaseError: .high
        case .timeoutError, .typeError, .fileNotFound, .permissionError, .gitError, .unknown:
            .medium
        }
    }

    /// The name with blanks, each word with a capital: `Api Error`.
    package var title: String {
        rawValue.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: " ")
    }
}
