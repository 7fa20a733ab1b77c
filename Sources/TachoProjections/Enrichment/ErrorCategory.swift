/// What kind of error a message is about, by words in it.
///
/// The first group with a word that occurs decides. Words are looked for anywhere, in any case.
///
/// Source: semantics §4.5, golden `error_category`.
package enum ErrorCategory: Sendable, CaseIterable {
    case syntaxError
    case timeout
    case apiQuota
    case validation
    case unknown

    package init(message: UnsafeRawBufferPointer) {
        self =
            Self.allCases.first { category in
                category.needles.contains { message.containsIgnoringCase($0) }
            } ?? .unknown
    }

    package var name: StaticString {
        switch self {
        case .syntaxError: "syntax_error"
        case .timeout: "timeout"
        case .apiQuota: "api_quota"
        case .validation: "validation"
        case .unknown: "unknown"
        }
    }

    private var needles: [StaticString] {
        switch self {
        case .syntaxError:
            [
                "syntaxerror", "syntax error", "indentationerror", "indentation error",
                "parsing error", "parse error", "invalid syntax",
            ]
        case .timeout: ["timeout", "timed out", "deadline exceeded"]
        case .apiQuota:
            ["quota", "rate limit", "429", "too many requests", "rate_limit_error"]
        case .validation:
            [
                "validationerror", "validation error", "invalid input", "schema error",
                "schema validation", "invalid data",
            ]
        case .unknown: []
        }
    }
}
