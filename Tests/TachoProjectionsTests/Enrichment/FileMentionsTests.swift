import TachoProjections
import TestSupport
import Testing

@Suite struct FileMentionsTests {
    @Test func `paths and files are found where the reference's expressions find them`() {
        let seed = testSeed()
        print("seed \(seed)")
        var random = SeededRandom(seed)
        let pieces = [
            "app/", "app", "test", "tests/", "s/", "src/", "/", ".py", ".ts", ".tsx", ".js", ".",
            "a", "Z", "_", "9", " ", "\n", "-", "é", "字", "ß", "🦊", "all", "All",
        ]
        for _ in 0..<2000 {
            let count = Int.random(in: 0...14, using: &random)
            var text = ""
            for _ in 0..<count { text += pieces.randomElement(using: &random) ?? "" }
            #expect(FileMentions.all(in: text) == Self.reference(text), "\(text.debugDescription)")
        }
    }

    @Test(arguments: [
        ("run all tests", true), ("all", true), ("install", false), ("all_files", false),
        ("alls", false), ("all2", false), ("éall", false), ("-all-", true), ("", false),
        ("all字", false), ("🦊all", true),
    ])
    func `a word counts where no word character is beside it`(text: String, isThere: Bool) {
        #expect(FileMentions.holds("all", in: Array(text.utf8)) == isThere)
    }

    @Test(arguments: [
        ("src/٣²Ⅷ_x", ["src/٣²Ⅷ_x"]), ("src/e\u{301}x", ["src/e"]), ("src/a\u{200D}b", ["src/a"]),
        ("٣.py", ["٣.py"]), ("e\u{301}.py", []),
    ])
    func `a numeral is part of a word, a mark and a joiner are not`(text: String, all: [String]) {
        #expect(FileMentions.all(in: text) == all)
    }

    @Test func `the reference's own example names its paths and files`() {
        let text = "fix app/server/routes/api.py and src/main.ts, see tests/test_api.py"
        #expect(
            FileMentions.all(in: text) == [
                "api.py", "app/server/routes/api", "main.ts", "src/main", "test_api.py",
                "tests/test_api",
            ])
    }

    /// The expressions of semantics §5.2, with the word characters of the texts above.
    private static func reference(_ text: String) -> [String] {
        let expressions = [
            /app\/[a-zA-Z0-9_éß字]+\/[a-zA-Z0-9_éß字\/]*/, /tests?\/[a-zA-Z0-9_éß字\/]*/,
            /src\/[a-zA-Z0-9_éß字\/]*/, /[a-zA-Z0-9_éß字]+\.py/, /[a-zA-Z0-9_éß字]+\.ts/,
            /[a-zA-Z0-9_éß字]+\.js/,
        ]
        let found = expressions.flatMap { expression in
            text.matches(of: expression.matchingSemantics(.unicodeScalar)).map {
                Array($0.output.utf8)
            }
        }
        return Set(found).sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
