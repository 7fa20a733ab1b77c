import Foundation
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

/// A server in a process of its own, on a port that it chose; ended with this.
final class LoopbackServer {
    /// `http://127.0.0.1:PORT`.
    let address: String
    private let process = Process()

    /// Starts a program that prints `Running on ADDRESS` to standard error.
    ///
    /// - Returns: `nil` if it ends before it does.
    init?(_ arguments: [String]) throws {
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        var text = ""
        var found: String?
        while found == nil {
            let piece = errors.fileHandleForReading.availableData
            if piece.isEmpty { break }
            text += String(decoding: piece, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            // The last word may be cut off; a port is followed by the end of its line.
            if let index = words.firstIndex(where: { $0.hasPrefix("http://127.0.0.1:") }),
                text.contains(words[index] + "\n")
            {
                found = words[index]
            }
        }
        // What it prints from here on has to go somewhere.
        errors.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        guard let found else { return nil }
        address = found
    }

    deinit {
        // Not asked to end: a test's thread may have the signal blocked, and its child then, too.
        kill(process.processIdentifier, SIGKILL)
    }

    /// moto, if it is installed (`tools/s3-server --install`).
    static func s3() throws -> LoopbackServer? {
        let program = SampleData.packageRoot + "/.build/s3-server/bin/moto_server"
        guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
        return try LoopbackServer([program, "-H", "127.0.0.1", "-p", "0"])
    }

    static func hostile() throws -> LoopbackServer? {
        try LoopbackServer([
            "python3", SampleData.packageRoot + "/Tests/TachoStorageTests/hostile_server.py",
        ])
    }
}
