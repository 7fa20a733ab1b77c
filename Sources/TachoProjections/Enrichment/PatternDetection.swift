/// The operations a workflow was about, and what characterises it.
///
/// Source: semantics §5.2, golden `pattern_detection`.
package struct PatternDetection: Sendable {
    package enum Length: String, Sendable {
        /// Below 180 seconds.
        case short
        /// Below 600 seconds.
        case medium
        case long

        package init(seconds: Double) {
            self = seconds < 180 ? .short : seconds < 600 ? .medium : .long
        }
    }

    /// Each signature once: of the input, then of the error, then of the template.
    package let signatures: [String]
    /// Unicode scalars of the input.
    package let inputLength: Int
    package let keywords: [String]
    /// Paths and files that the input names, each once, in the order of their bytes.
    ///
    /// Looked for when asked: it takes longer than all the rest.
    package var files: [String] { FileMentions.all(in: input) }
    private let input: String
    package let length: Length
    package let complexity: Complexity
    package let errorCount: Int

    package init(
        input: String, errorMessage: String, template: String, length: Length,
        wordCount: Int? = nil, errorCount: Int
    ) {
        let text = SearchText(input)
        var signatures = [PatternSignature.of(text, template: template)].compactMap(\.self)
        if !errorMessage.isEmpty { signatures += Self.ofError(SearchText(errorMessage)) }
        if !template.isEmpty {
            signatures += [Self.ofTemplate(SearchText(template))].compactMap(\.self)
        }
        var seen = Set<String>()
        self.signatures = signatures.filter { seen.insert($0).inserted }
        inputLength = Self.scalarCount(of: input)
        keywords = Self.keywords.filter(text.holds)
        self.input = input
        self.length = length
        self.errorCount = errorCount
        let words = wordCount ?? input.wordCount
        if words < 50 && errorCount < 3 {
            complexity = .simple
        } else if words > 200 || errorCount > 5 {
            complexity = .complex
        } else {
            complexity = .medium
        }
    }

    /// Each scalar has one byte that is none of those that follow another.
    private static func scalarCount(of text: String) -> Int {
        let count = text.utf8.withContiguousStorageIfAvailable { bytes in
            var count = 0
            for byte in bytes { count &+= byte & 0xC0 == 0x80 ? 0 : 1 }
            return count
        }
        return count ?? text.unicodeScalars.count
    }

    private static func ofError(_ text: SearchText) -> [String] {
        let rules: [([String], String)] = [
            (["test failed", "pytest", "tests failed"], "test:pytest:backend"),
            (["vitest"], "test:vitest:frontend"),
            (["type error", "typecheck", "tsc"], "build:typecheck:backend"),
            (["compilation", "compile error"], "build:compile:backend"),
            (["eslint", "lint"], "format:eslint:all"),
        ]
        return rules.filter { text.holds(anyOf: $0.0) }.map(\.1)
    }

    /// The first word decides, also that a template says nothing.
    private static func ofTemplate(_ text: SearchText) -> String? {
        let rules: [([String], String?)] = [
            (["test"], "test:generic:all"), (["build"], "build:generic:all"), (["plan"], nil),
            (["sdlc", "zte"], nil), (["patch", "lightweight"], nil),
            (["ship"], "deploy:ship:all"), (["review"], "review:code:all"),
        ]
        return rules.first { text.holds(anyOf: $0.0) }?.1
    }

    private static let keywords = [
        "test", "pytest", "vitest", "jest", "build", "typecheck", "compile", "format", "lint",
        "update", "install", "deploy", "run", "backend", "frontend", "server", "client", "api",
        "ui",
    ]
}
