package import TachoLog
package import TachoProjections

/// What sessions and workflows did, as their calls tell: whether they ran tests, built, deployed, or
/// changed a file.
///
/// A command counts by the program that it runs, not by words in it: `go test ./...` runs tests,
/// `cat test.py` and `test -f x` do not. That it went well is not asked, but an edit has to have.
///
/// - Complexity: One pass over the calls; a command is looked at once for each text.
package struct WorkOperations: Sendable {
    package enum Operation: String, CaseIterable, Sendable {
        case test, build, deploy, fix

        /// What a signature such as `test:pytest:backend` is about; `nil` if calls cannot tell.
        package init?(signature: String) {
            self.init(rawValue: String(signature.prefix { $0 != ":" }))
        }
    }

    /// Columns of `tool_calls` that it looks at.
    package static let columns = [
        "session_id", "adw_id", "agent_id", "parent_tool_use_id", "tool_name", "command",
        "file_path", "status", "success",
    ]

    private var doneByWork: [ByteString: Set<Operation>] = [:]

    /// - Parameter table: `tool_calls`.
    package init(_ table: Table) {
        typealias Column = ToolCallsProjector.Column
        let calls = CallColumns(table)
        var known: [ByteString: Set<Operation>] = [:]
        let works = [Column.sessionID, .adwID].map { table.textNumbers(of: $0) }
        var done = works.map { [Set<Operation>?](repeating: nil, count: $0.largest + 1) }
        for row in 0..<table.rowCount {
            var found: Set<Operation> = []
            if calls.kind(row) == .edit, calls.isSuccess(row) == true { found.insert(.fix) }
            if let command = table.text(Column.command, row) {
                let operations = known[command] ?? Self.operations(of: command.description)
                known[command] = operations
                found.formUnion(operations)
            }
            for (index, work) in works.enumerated() where work[row] != 0 {
                done[index][work[row]] = (done[index][work[row]] ?? []).union(found)
            }
        }
        for row in 0..<table.rowCount {
            for (index, column) in [Column.sessionID, .adwID].enumerated() {
                let number = works[index][row]
                guard number != 0, let operations = done[index][number],
                    let work = table.text(column, row)
                else { continue }
                doneByWork[work] = operations
                done[index][number] = nil
            }
        }
    }

    /// What a session or a workflow did; `nil` if the log has no call of it.
    package func operations(of work: ByteString) -> Set<Operation>? { doneByWork[work] }

    /// The share of all work that did it; 0 to 1, `nil` without any work.
    package func share(of operation: Operation) -> Double? {
        guard !doneByWork.isEmpty else { return nil }
        let count = doneByWork.values.count { $0.contains(operation) }
        return Double(count) / Double(doneByWork.count)
    }

    // MARK: Commands

    /// What a command line does.
    package static func operations(of command: String) -> Set<Operation> {
        let parts = command.split { "\n;|&(){}".contains($0) }
        return Set(
            parts.compactMap { operation(of: $0.split(whereSeparator: \.isWhitespace)[...]) })
    }

    private static let testers: Set<Substring> = [
        "pytest", "py.test", "vitest", "jest", "mocha", "rspec", "phpunit", "ctest", "tox",
        "playwright", "unittest",
    ]
    private static let builders: Set<Substring> = [
        "tsc", "webpack", "vite", "cmake", "xcodebuild", "gcc", "clang", "javac", "swiftc", "rustc",
    ]
    private static let deployers: Set<Substring> = ["vercel", "kubectl", "terraform", "helm"]
    /// What runs something that its next words name.
    private static let launchers: Set<Substring> = [
        "npm", "npx", "pnpm", "yarn", "bun", "bunx", "deno", "go", "cargo", "swift", "mix", "make",
        "mise", "just", "task", "gradle", "gradlew", "mvn", "dotnet", "uv", "poetry", "python",
        "python3", "sudo", "time", "timeout", "env", "docker", "gh", "fly", "flyctl", "bash", "sh",
    ]

    private static func operation(of words: ArraySlice<Substring>) -> Operation? {
        guard let first = words.first else { return nil }
        let name = first.split(separator: "/").last ?? first
        let rest = words.dropFirst()
        // A setting before the program.
        if first.contains("="), !first.hasPrefix("-") { return operation(of: rest) }
        if testers.contains(name) { return .test }
        if builders.contains(name) { return .build }
        if deployers.contains(name) { return .deploy }
        if launchers.contains(name) {
            let target = rest.drop { word in
                word.hasPrefix("-") || word.first?.isNumber == true
                    || ["run", "exec", "compose"].contains(word)
            }
            if let word = target.first, let operation = named(word) { return operation }
            return name == "make" && target.isEmpty ? .build : operation(of: target)
        }
        // A script: `./deploy.sh`. Without a directory, `test` is the shell's own.
        return first.contains("/") ? named(name) : nil
    }

    /// By the word that tells a launcher what to do, or by a script's name.
    private static func named(_ word: Substring) -> Operation? {
        let stem = word.split { !$0.isLetter }.first ?? word
        if ["test", "tests"].contains(stem) { return .test }
        if ["build", "compile", "typecheck", "type", "bundle"].contains(stem) { return .build }
        return ["deploy", "publish", "release", "ship"].contains(stem) ? .deploy : nil
    }
}
