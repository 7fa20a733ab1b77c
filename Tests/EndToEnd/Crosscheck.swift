import Foundation
import TestSupport

/// The second opinions of `tools/crosscheck`, and how they are asked.
enum Crosscheck {
    static let tools = SampleData.packageRoot + "/tools/crosscheck"

    /// Runs a program with a home of its own and `TACHO` set to the program under test; hands back
    /// what it printed, errors too.
    static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
        let directory = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": directory.path,
            "TACHO": Program.directory.appendingPathComponent("tacho").path,
        ]
        let output = try Program.newFile(directory.file("out"))
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        let text = try Data(contentsOf: URL(fileURLWithPath: directory.file("out")))
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }
}
