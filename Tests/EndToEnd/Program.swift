import Foundation
import TestSupport

/// The real binary, as a shell would call it.
struct Program {
    struct Result {
        let status: Int32
        let output: Data
        let errors: String

        var text: String { String(decoding: output, as: UTF8.self) }
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    /// Built products lie beside the test bundle.
    static var directory: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
    }

    let home: TemporaryDirectory
    /// Besides `PATH`, `HOME`, and `TACHO_STORE`.
    var environment: [String: String] = [:]
    var workingDirectory: String?

    init() throws {
        home = try TemporaryDirectory()
    }

    var store: String { home.file("store") }

    /// A program that has not been started.
    func process(_ arguments: [String], name: String = "tacho") -> Process {
        let process = Process()
        process.executableURL = Self.directory.appendingPathComponent(name)
        process.arguments = arguments
        var values = ["PATH": "/usr/bin:/bin", "HOME": home.path, "TACHO_STORE": store]
        values["ASAN_OPTIONS"] = ProcessInfo.processInfo.environment["ASAN_OPTIONS"]
        for (name, value) in environment { values[name] = value.isEmpty ? nil : value }
        process.environment = values
        process.currentDirectoryURL = URL(fileURLWithPath: workingDirectory ?? home.path)
        return process
    }

    /// Runs it to its end; input and output go through files, so that nothing waits for a pipe.
    func run(
        _ arguments: String..., input: Data = Data(), name: String = "tacho"
    ) throws -> Result {
        try run(arguments, input: input, name: name)
    }

    func run(
        _ arguments: [String], input: Data = Data(), name: String = "tacho"
    ) throws -> Result {
        let directory = try TemporaryDirectory()
        try input.write(to: URL(fileURLWithPath: directory.file("in")))
        return try run(arguments, inputFile: directory.file("in"), name: name)
    }

    func run(
        _ arguments: [String], inputFile: String, name: String = "tacho"
    ) throws -> Result {
        let directory = try TemporaryDirectory()
        let process = process(arguments, name: name)
        let output = try Self.newFile(directory.file("out"))
        let errors = try Self.newFile(directory.file("err"))
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: inputFile))
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))),
            errors: String(
                decoding: try Data(contentsOf: URL(fileURLWithPath: directory.file("err"))),
                as: UTF8.self))
    }

    /// Appends lines of data, which have to be good.
    @discardableResult
    func append(_ lines: [String], type: String = "test.event", stream: String = "s") throws
        -> Result
    {
        let input = Data(lines.map { $0 + "\n" }.joined().utf8)
        return try run(["append", "--type", type, "--stream", stream], input: input)
    }

    static func newFile(_ path: String) throws -> FileHandle {
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
}

extension Program.Result {
    /// The object that `--json` prints.
    func json() throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: output)
        return value as? [String: Any] ?? [:]
    }

    func data() throws -> [String: Any] {
        try json()["data"] as? [String: Any] ?? [:]
    }

    func rows() throws -> [[String: Any]] {
        try json()["data"] as? [[String: Any]] ?? []
    }

    /// `position` of every line of `tacho cat`.
    func positions() throws -> [Int] {
        try lines.compactMap { line in
            let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
            return (value as? [String: Any])?["position"] as? Int
        }
    }
}
