import ArgumentParser
import TachoCapture
import TachoSources

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct StatusLineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statusline",
        abstract: "Print one line for the agent's status line, from its JSON on standard input.",
        discussion: """
            Says the model, the workflow, what the session has cost by the agent's own estimate, how \
            full the context is, and how many calls of tools have failed, as far as it is known. \
            Records nothing, reads no more than the end of the log, and always exits with 0.

            With --with, the shell runs another status line with the same input; what that prints \
            stands above ours. If it takes longer than five seconds it is ended.

            EXAMPLES
              echo '{"model":{"display_name":"Opus"}}' | tacho statusline
              tacho setup claude --write          makes it Claude Code's
              tacho setup claude --write --join-status-line
            """)

    @Option(
        name: .customLong("with"),
        help: ArgumentHelp("Another status line to show above.", valueName: "command"))
    var other: String?

    @OptionGroup var location: StoreLocation

    /// The agent's object is a few kilobytes.
    private static let byteCountLimit = 1 << 20
    private static let patienceMilliseconds: Int32 = 1000

    func run() {
        let input = Self.readInput()
        let other = other.map { OtherStatusLine($0, input) }
        let line = StatusLine(input, environment: .current, store: location.path)
        let text = line.parts.map(TerminalText.sanitized).joined(separator: " · ")
        // Its colours and links are for the terminal, and stay.
        if let above = other?.finish(), !above.isEmpty { try? Output.write(above + "\n") }
        try? Output.write(text + "\n")  // Nobody is there to be told.
    }

    /// What stands on standard input, as far as it comes soon.
    private static func readInput() -> [UInt8] {
        var bytes: [UInt8] = []
        guard !Terminal.isTerminal(STDIN_FILENO) else { return bytes }
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < byteCountLimit {
            var request = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, patienceMilliseconds) > 0 else { return bytes }
            let count = chunk.withUnsafeMutableBytes {
                read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
