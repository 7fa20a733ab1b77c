import TachoInsights
import Testing

struct WorkOperationsTests {
    @Test(arguments: [
        ("pytest -q", "test"), ("cd app && go test ./... -run X", "test"), ("npm test", "test"),
        ("npm run test:unit -- --watch=false", "test"), ("CI=1 npx vitest run", "test"),
        ("python3 -m pytest tests", "test"), ("uv run pytest", "test"),
        ("mise run test 2>&1", "test"),
        ("./scripts/test.sh", "test"), ("swift test --filter A", "test"), ("make", "build"),
        ("npx tsc --noEmit", "build"), ("npm run build", "build"), ("go build ./cmd", "build"),
        ("./deploy.sh prod", "deploy"), ("npm publish", "deploy"), ("make -j4 release", "deploy"),
        ("gh release create v1", "deploy"), ("swift build && swift test", "build test"),
    ])
    func `a command counts by the program that it runs`(command: String, expected: String) {
        let found = WorkOperations.operations(of: command).map(\.rawValue).sorted()

        #expect(found.joined(separator: " ") == expected)
    }

    @Test(arguments: [
        "cat app_test.go", "test -f x", "ls tests/", "git add test.py", "grep -rn build .",
        "echo test",
        "vim deploy.md", "npm install", "go mod tidy", "", "  \n", "=", "python3 -c 'x'",
    ])
    func `words in a command are nothing that it does`(command: String) {
        #expect(WorkOperations.operations(of: command).isEmpty)
    }

    @Test func `a signature is about its first part, if calls can tell`() {
        #expect(WorkOperations.Operation(signature: "test:pytest:backend") == .test)
        #expect(WorkOperations.Operation(signature: "fix:bug") == .fix)
        #expect(WorkOperations.Operation(signature: "docs:generate:all") == nil)
        #expect(WorkOperations.Operation(signature: "") == nil)
    }
}
