/// What kind of operation a workflow is: `category:what:target`.
///
/// Source: semantics §5.1, goldens `pattern_signature`, `pattern_signature_validation`.
package enum PatternSignature {
    package static let categories: Set<String> = [
        "test", "build", "format", "git", "deps", "docs", "sdlc", "patch", "deploy", "review",
    ]

    /// The signature of what was asked for; the first category whose word it holds.
    ///
    /// - Returns: `nil` if it holds none.
    package static func of(input: String, template: String?) -> String? {
        of(SearchText(input), template: template)
    }

    static func of(_ text: SearchText, template: String?) -> String? {
        func first(_ choices: [(name: String, needles: [String])]) -> String {
            choices.first { text.holds(anyOf: $0.needles) }?.name ?? "generic"
        }
        if text.holds(anyOf: ["test", "pytest", "vitest", "jest"]) {
            let framework = first([
                ("pytest", ["pytest", "py.test"]), ("vitest", ["vitest"]), ("jest", ["jest"]),
                ("mocha", ["mocha"]),
            ])
            return "test:\(framework):\(target(text, template))"
        }
        if text.holds(anyOf: ["build", "compile", "typecheck", "tsc", "bundle"]) {
            let kind = first([
                ("typecheck", ["typecheck", "tsc", "type check"]), ("compile", ["compile"]),
                ("bundle", ["bundle", "webpack", "vite"]), ("build", [""]),
            ])
            return "build:\(kind):\(target(text, template))"
        }
        if text.holds(anyOf: ["format", "prettier", "black", "lint"]) {
            let tool = first([
                ("prettier", ["prettier"]), ("black", ["black"]), ("eslint", ["eslint"]),
                ("ruff", ["ruff"]),
            ])
            return "format:\(tool):all"
        }
        for operation in ["diff", "status", "log"] where text.holds("git \(operation)") {
            return "git:\(operation):summary"
        }
        if text.holds(anyOf: ["update dependencies", "npm", "pip", "install python"]) {
            let manager = first([
                ("npm", ["npm"]), ("pip", ["pip", "python"]), ("bun", ["bun"]),
                ("yarn", ["yarn"]),
            ])
            return "deps:\(manager):update"
        }
        if text.holds(anyOf: ["generate docs", "documentation", "readme"]) {
            return "docs:generate:all"
        }
        return nil
    }

    private static func target(_ text: SearchText, _ template: String?) -> String {
        if text.holds("both") { return "both" }
        if FileMentions.holds("all", in: text.bytes), text.holds(anyOf: ["tests", "code", "files"])
        {
            return "all"
        }
        if text.holds(anyOf: ["backend", "server", "api"]) { return "backend" }
        if text.holds(anyOf: ["frontend", "client", "ui"]) { return "frontend" }
        let template = SearchText(template ?? "")
        if template.holds(anyOf: ["server", "backend"]) { return "backend" }
        if template.holds(anyOf: ["client", "frontend"]) { return "frontend" }
        return "all"
    }

    /// Whether a text is three parts that are not empty, the first of them a category.
    ///
    /// A part may be blank; ``normalized(_:)`` is stricter. A colon parts also before an accent, with
    /// which it would be one character.
    package static func isValid(_ signature: String) -> Bool {
        let parts = signature.utf8.split(
            separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return parts.count == 3 && parts.allSatisfy { !$0.isEmpty }
            && categories.contains(String(parts[0]) ?? "")
    }

    /// Trimmed and in lower case.
    ///
    /// - Returns: `nil` if that is no signature.
    package static func normalized(_ signature: String) -> String? {
        let text = signature.trimmed.lowercased()
        return isValid(text) ? text : nil
    }
}
