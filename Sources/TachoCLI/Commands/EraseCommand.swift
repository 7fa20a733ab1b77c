import ArgumentParser
import TachoCapture
import TachoEvents
import TachoLog
import TachoOperations
import TachoSources

struct EraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Take a workflow, a session, a prompt, or a stream out of the log for good.",
        discussion: """
            Without --execute nothing is changed: it prints which events would go and where the \
            ids stand now. With it, the request is recorded without the id, every file of the log \
            with such an event is written anew, and everything derived from them is removed. \
            Positions, order, all other events, and the hash chain stay as they are. Tables that were \
            kept of events that have expired lose its rows' names and texts. At the end \
            every file of the store is searched, raw and decompressed; anything that is left is \
            printed and ends with exit code 4. Copies elsewhere are out of reach.

            EXAMPLES
              tacho erase --workflow a1b2c3d4
              tacho erase --workflow a1b2c3d4 --reason "request of 2025-12-18" --execute
              tacho erase --field data.user.email=a@b.example --type hook.* --execute
              tacho erase --status
            """)

    @Option(help: "Events of this workflow and its sessions, and all that mention them.")
    var workflow: String?

    @Option(help: "Events of this session, and all that mention it.")
    var session: String?

    @Option(help: "Events that mention this prompt.")
    var prompt: String?

    @Option(help: "Events of this stream, and no others.")
    var stream: String?

    @Option(help: "Events whose data has this member, as data.a.b or data.a.b=VALUE.")
    var field: String?

    @Option(help: "Of --field: the events' type, as tool.call or hook.*")
    var type: String?

    @Option(help: "Why, for the record. Must not mention what is to vanish.")
    var reason: String?

    @Flag(help: "List what was asked to be erased, and how far it has come.")
    var status = false

    @OptionGroup var planning: PlanOptions
    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func validate() throws {
        let named = [workflow, session, prompt, stream, field].compactMap { $0 }
        guard status ? named.isEmpty && !planning.execute : named.count == 1 else {
            throw ValidationError(
                "Name one of --workflow, --session, --prompt, --stream, and --field, or --status.")
        }
        if named.contains("") { throw ValidationError("An id has at least one character.") }
        if (field == nil) != (type == nil) {
            throw ValidationError("--field needs --type, and --type is of --field.")
        }
        if stream == "tacho" {
            throw ValidationError("The stream tacho is the store's own history, which stays.")
        }
    }

    func run() throws {
        if status { return try printStatus() }
        let selector = try selector()
        guard planning.execute else { return try print(Eraser(location.path).plan(selector)) }
        try drainSpool()
        let outcome = try Eraser(location.path).execute(selector, reason: reason)
        try print(outcome)
        guard outcome.isProven else {
            throw Failure(
                .check,
                "something of it is left in the store; see to the files named, and run the same "
                    + "command again")
        }
    }

    private func selector() throws -> ErasureSelector {
        if let workflow { return ErasureSelector(.workflow, id: workflow) }
        if let session { return ErasureSelector(.session, id: session) }
        if let prompt { return ErasureSelector(.prompt, id: prompt) }
        if let stream { return ErasureSelector(.stream, id: stream) }
        guard let field, let type,
            let selector = ErasureSelector(field: field, type: TypePattern(ByteString(type)))
        else { throw Failure(.usage, "--field is a path as data.a.b or data.a.b=VALUE") }
        return selector
    }

    /// What waits there is part of what is to be erased.
    private func drainSpool() throws {
        var report: SpoolReport?
        let writer = try location.openWriter(creates: false, output.messages)
        try SpoolDrain.drain(writer, location, .ofEnvironment, &report).close()
        SpoolDrain.tell(report)
    }
}
