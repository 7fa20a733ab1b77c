internal import TachoJSON
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The transcripts that Claude Code keeps, by their names and times only; nothing is changed.
package struct AgentTranscripts: Sendable {
    package struct File: Hashable, Sendable {
        package let path: String
        /// The session, by the file's name.
        package let session: ByteString
        package let modified: Timestamp
    }

    /// `projects/<project>/<session>.jsonl`, in the order of their names.
    package private(set) var files: [File] = []
    /// After so many days the agent removes a transcript.
    package private(set) var keptDays: Int64 = 30

    /// - Parameters:
    ///   - configuration: The agent's directory, `~/.claude`.
    ///   - fileSystem: Where it is.
    package init(configuration: String, fileSystem: any FileSystem = RealFileSystem()) {
        let projects = configuration + "/projects"
        // What cannot be listed is not there to be lost either.
        for project in (try? fileSystem.list(projects)) ?? [] {
            let directory = projects + "/" + project
            for name in (try? fileSystem.list(directory)) ?? [] where name.hasSuffix(".jsonl") {
                let path = directory + "/" + name
                guard let status = try? fileSystem.status(path), !status.isDirectory else {
                    continue
                }
                files.append(
                    File(
                        path: path, session: ByteString(String(name.dropLast(6))),
                        modified: status.modified))
            }
        }
        if let days = Self.cleanupDays(configuration + "/settings.json") { keptDays = days }
    }

    /// `cleanupPeriodDays` of the settings.
    private static func cleanupDays(_ path: String) -> Int64? {
        guard let bytes = SettingsFile(path: path).lookedAt(),
            (try? JSON.validate(bytes)) == .object
        else { return nil }
        let days = bytes.withUnsafeBytes {
            JSONView(validated: $0)["cleanupPeriodDays"]?.integer()
        }
        return days.flatMap { (1...36_500).contains($0) ? $0 : nil }
    }

    /// Those that the agent removes within five days and that are not in the log.
    package func endangered(imported sessions: Set<ByteString>, at now: Timestamp) -> [File] {
        let limit = max(0, keptDays - 5) * 86_400_000_000
        return files.filter {
            now.microseconds - $0.modified.microseconds > limit && !sessions.contains($0.session)
        }
    }

    package var lastModified: Timestamp? { files.map(\.modified).max() }
}
