import ArgumentParser
import TachoLog
import TachoSources

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what is missing from the numbers, and what to do about it.",
        discussion: """
            Reads the log, its tables, the spool, the quarantine, and the agent's settings and \
            transcripts; changes none of them. Every finding names the next step. Exit code 4 if something \
            needs attention.

            EXAMPLES
              tacho doctor
              tacho doctor --json | jq '.data.findings[] | select(.needs_attention)'
            """)

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let report = try Diagnosis(location, output.messages)
        try report.print(output)
        let count = report.findings.count { $0.needsAttention }
        if count > 0 {
            throw Failure(
                .check,
                "\(Quantity.count(count, "finding")) \(count == 1 ? "needs" : "need") attention")
        }
    }
}
