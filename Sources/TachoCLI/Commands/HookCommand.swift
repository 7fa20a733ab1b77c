import ArgumentParser
import TachoCapture
import TachoLog
import TachoSources

struct HookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook",
        abstract: "Record one call of an agent's hook, from standard input.",
        discussion: """
            Exits 0 and prints nothing on standard output, whatever happens: the agent must not \
            notice. What the store does not take waits in a spool, and the next append or import \
            takes it in. The program tacho-hook does the same and starts faster.

            EXAMPLES
              echo '{"hook_event_name":"Stop","session_id":"s1"}' | tacho hook
              tacho hook --store ~/agents/.tacho < payload.json
            """)

    @OptionGroup var location: StoreLocation

    /// What else an agent's settings may hand over.
    @Argument(help: .hidden)
    var rest: [String] = []

    func run() {
        let outcome = HookRecorder(store: location.path).record(input: 0)
        // A person who tries it out wants to see something; an agent's hook has no terminal.
        guard Terminal.isTerminal(Terminal.error) else { return }
        switch outcome {
        case .appended(let position): Output.note("recorded at position \(position)")
        case .quarantined: Output.note("no event: kept in \(location.layout.quarantine)")
        case .spooled(let file): Output.note("the store did not take it; it waits in \(file)")
        case .lost: Output.note("lost: neither the store nor a spool could be written")
        }
    }
}
