/// What repeats, in words that need no table beside them.
package enum FindingWords {
    /// `asked to run tests (pytest, backend)`, for a signature of three parts (semantics §5.1).
    package static func operation(_ signature: String) -> String {
        let parts = signature.split(separator: ":").map(String.init)
        guard parts.count == 3 else { return signature }
        let plain: Set<String> = ["generic", "all", "update", "generate", "summary", parts[0]]
        var details = parts[1...].filter { !plain.contains($0) }
        let work: String
        switch parts[0] {
        case "test": work = "run tests"
        case "build" where parts[1] == "typecheck":
            work = "check types"
            details.removeFirst()
        case "build": work = "build"
        case "format": work = "format or lint"
        case "git":
            work = "look at git \(parts[1])"
            details.removeFirst()
        case "deps": work = "update dependencies"
        case "docs": work = "write documentation"
        case "deploy":
            work = "ship"
            details.removeAll()
        case "review": work = "review"
        default: return signature
        }
        return "asked to " + work + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
    }

    /// `e2e_test/testenv.go: read again unchanged, 3 times`, of a file or a command.
    ///
    /// `byteCount` is of the results together, and `requestCount` of the requests that carried them.
    package static func redundancy(
        _ kind: Redundancy.Kind, _ subject: String, count: Int, byteCount: Int64,
        requestCount: Int
    ) -> String {
        let often = count == 1 ? "" : ", \(count.formattedInGroups) times"
        switch kind {
        case .reread: return "\(fileEnd(subject)): read again unchanged\(often)"
        case .revertedEdit: return "\(fileEnd(subject)): an edit taken back word for word\(often)"
        case .repeatedFailure:
            return "\(commandEnd(subject)): failed again, nothing changed\(often)"
        case .carried:
            let size = (byteCount + 500) / 1000
            return "\(fileEnd(subject)): \(size) kB read, not used, "
                + "in \(requestCount.formattedInGroups) requests"
        }
    }

    /// A file's name and its directory.
    private static func fileEnd(_ path: String) -> String {
        let parts = path.split { $0 == "/" || $0 == "\\" }
        return parts.suffix(2).joined(separator: "/")
    }

    private static let commandLimit = 40

    /// What a command does after it has gone where it does it: `npm run build`.
    private static func commandEnd(_ command: String) -> String {
        var words = command.split { $0 == " " || $0 == "\n" }
        while words.first == "cd", let end = words.firstIndex(of: "&&") {
            words.removeSubrange(...end)
        }
        if words.last == "2>&1" { words.removeLast() }
        let text = words.isEmpty ? command : words.joined(separator: " ")
        return text.count > commandLimit ? text.prefix(commandLimit - 1) + "…" : text
    }
}

extension Int {
    /// `1,234`.
    fileprivate var formattedInGroups: String {
        var digits = String(magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return ([digits] + groups).joined(separator: ",")
    }
}
