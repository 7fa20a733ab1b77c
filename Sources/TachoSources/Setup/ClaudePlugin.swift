import TachoCapture
internal import TachoJSON

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A plugin directory for Claude Code, which brings its own `tacho-hook`.
///
/// ```
/// .claude-plugin/plugin.json      its name
/// hooks/hooks.json                the same hooks that settings would have
/// bin/tacho-hook                  a copy of the program
/// ```
///
/// Source: ecosystem §3.1.
package enum ClaudePlugin {
    /// Paths and contents; the program is not among them.
    static func files(isVerbose: Bool, version: String) -> [(path: String, text: String)] {
        var registration = ClaudeRegistration(hook: "")
        registration.isVerbose = isVerbose
        let handler = SettingsValue.object([
            .init("type", .text("command")),
            .init("command", .text("${CLAUDE_PLUGIN_ROOT}/bin/tacho-hook")),
            .init("args", .array([])),
            .init("timeout", .integer(5)),
        ])
        let group = SettingsValue.object([.init("hooks", .array([handler]))])
        let hooks = SettingsValue.object([
            .init("description", .text("Records every hook event in a Tacho store")),
            .init(
                "hooks",
                .object(registration.events.map { .init($0, .array([group])) })),
        ])
        let plugin = SettingsValue.object([
            .init("name", .text("tacho")), .init("version", .text(version)),
            .init("description", .text("A flight recorder for coding agents")),
        ])
        let layout = SettingsLayout(newline: "\n", unit: "  ")
        return [
            (".claude-plugin/plugin.json", plugin.rendered(layout, "") + "\n"),
            ("hooks/hooks.json", hooks.rendered(layout, "") + "\n"),
        ]
    }

    /// Writes a plugin into a directory that is not there or empty.
    ///
    /// - Parameters:
    ///   - directory: Made if it is not there.
    ///   - hook: Path of the program that is copied into it.
    ///   - isVerbose: As for ``ClaudeRegistration``.
    ///   - version: The plugin's.
    /// - Returns: The files that were written.
    /// - Throws: ``SettingsError``; some of the files may be there then.
    package static func write(
        to directory: String, hook: String, isVerbose: Bool, version: String
    ) throws(SettingsError) -> [String] {
        let program = try contents(of: hook)
        try SettingsFile.makeDirectory(directory)
        guard isEmpty(directory) else { throw .notEmpty(directory: directory) }
        for name in [".claude-plugin", "hooks", "bin"] {
            try SettingsFile.makeDirectory(directory + "/" + name)
        }
        var written: [String] = []
        for (path, text) in files(isVerbose: isVerbose, version: version) {
            try SettingsFile.create(directory + "/" + path, Array(text.utf8), mode: 0o644)
            written.append(directory + "/" + path)
        }
        let copy = directory + "/bin/tacho-hook"
        try SettingsFile.create(copy, program, mode: 0o755)
        return written + [copy]
    }

    private static func isEmpty(_ directory: String) -> Bool {
        let opened = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { return false }
        let descriptor = OwnedDescriptor(opened)
        return SourceTree.names(in: descriptor.rawValue)?.isEmpty ?? false
    }

    private static func contents(of path: String) throws(SettingsError) -> [UInt8] {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw .system(file: path, errno: errno) }
        let file = OwnedDescriptor(opened)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            guard let count = chunk.withUnsafeMutableBytes({ file.readSome(into: $0) }) else {
                throw .system(file: path, errno: errno)
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }
}
