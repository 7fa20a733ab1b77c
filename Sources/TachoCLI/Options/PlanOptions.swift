import ArgumentParser

/// Whether a plan is printed or carried out: the same words for every operation that is planned first.
struct PlanOptions: ParsableArguments {
    @Flag(
        name: [.customLong("plan"), .customLong("dry-run")],
        help: "Print the plan and do nothing. (the default)")
    var prints = false

    @Flag(help: "Carry the plan out.")
    var execute = false

    func validate() throws {
        guard !(prints && execute) else {
            throw ValidationError("Either --plan or --execute.")
        }
    }
}
