import TachoInsights
import Testing

struct FindingWordsTests {
    @Test(arguments: [
        ("test:pytest:backend", "asked to run tests (pytest, backend)"),
        ("test:generic:all", "asked to run tests"),
        ("build:typecheck:backend", "asked to check types (backend)"),
        ("build:build:frontend", "asked to build (frontend)"),
        ("build:bundle:all", "asked to build (bundle)"),
        ("format:prettier:all", "asked to format or lint (prettier)"),
        ("git:diff:summary", "asked to look at git diff"),
        ("deps:npm:update", "asked to update dependencies (npm)"),
        ("docs:generate:all", "asked to write documentation"),
        ("deploy:ship:all", "asked to ship"),
        ("review:code:all", "asked to review (code)"),
        ("sdlc:full:all", "sdlc:full:all"), ("fix:bug", "fix:bug"), ("", ""),
    ]) func `a signature is said in words`(signature: String, words: String) {
        #expect(FindingWords.operation(signature) == words)
    }

    @Test func `work for nothing is said with its file or its command, and how often it was`() {
        func words(_ kind: Redundancy.Kind, _ subject: String, count: Int = 1) -> String {
            FindingWords.redundancy(
                kind, subject, count: count, byteCount: 41_400, requestCount: 1_234)
        }

        #expect(words(.reread, "/p/q/r.swift") == "q/r.swift: read again unchanged")
        #expect(
            words(.reread, #"C:\p\q.ts"#, count: 1_000_000)
                == "p/q.ts: read again unchanged, 1,000,000 times")
        #expect(words(.revertedEdit, "r.swift") == "r.swift: an edit taken back word for word")
        #expect(
            words(.carried, "/p/q.swift")
                == "p/q.swift: 41 kB read, not used, in 1,234 requests")
        #expect(
            words(.repeatedFailure, #"cd "/p q" && cd r && npm run build 2>&1"#)
                == "npm run build: failed again, nothing changed")
        #expect(
            words(.repeatedFailure, String(repeating: "x", count: 9_999), count: 2)
                == String(repeating: "x", count: 39) + "…: failed again, nothing changed, 2 times")
        #expect(words(.repeatedFailure, "cd x &&") == "cd x &&: failed again, nothing changed")
    }
}
