import ArgumentParser
import TachoTorture

struct TortureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Try to break the log: power losses, kills, bad disks, flipped bits.",
        discussion: """
            Runs every class of faults on the code of this program, in stores of its own in --dir; \
            yours is not touched. Classes whose cases can all be tried are tried whole, the others \
            share the time. Bugs are planted first, which the harness has to find. The exit code \
            is 5 if a promise did not hold, and the command that repeats the trial is printed.

            EXAMPLES
              tacho torture --minutes 10
              tacho torture --only P1,K1 --minutes 60 --dir /mnt/disk
              tacho torture --only P1 --trial 4711 --seed 1
            """)

    @Option(help: "Makes all random choices.")
    var seed: UInt64 = 1

    @Option(help: "Time for all classes together; 0 is what the tests do.")
    var minutes = 1.0

    @Option(help: ArgumentHelp("Only these classes, as in K1,P1.", valueName: "ids"))
    var only: String?

    @Option(help: "Only this trial, of the one class in --only.")
    var trial: Int?

    @Option(
        help: "Where stores are made and removed again; the system's temporary place if absent.")
    var dir: String?

    @Option(help: "How many threads; one for each processor if absent.")
    var threads: Int?

    @Flag(help: "Print the classes and do nothing.")
    var list = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard minutes.isFinite, minutes >= 0 else {
            throw ValidationError("--minutes is a number from 0.")
        }
        if let threads, threads < 1 { throw ValidationError("--threads is at least 1.") }
        guard let trial else { return }
        guard trial >= 0 else { throw ValidationError("--trial is a number from 0.") }
        guard let only, !only.contains(",") else {
            throw ValidationError("--trial is of one class: name it with --only.")
        }
    }

    func run() throws {
        let machine = TortureMachine(
            program: TortureMachine.runningProgram,
            directory: dir ?? environment("TMPDIR") ?? "/tmp")
        let campaigns = try selected(allCampaigns(on: machine))
        if list { return try printList(campaigns) }
        let run = TortureRun(
            seed: seed, threadCount: threads ?? TortureMachine.processorCount,
            progress: ProgressBar(
                "torturing", isQuiet: output.isQuiet, color: output.messages.color))
        let reports =
            trial.map { [run.repeating(trial: $0, of: campaigns[0])] }
            ?? run.all(campaigns, seconds: minutes * 60)
        try TortureListing(reports).print(output)
        let findingCount = reports.reduce(0) { $0 + $1.tally.findingCount }
        if findingCount > 0 {
            throw Failure(.damage, "\(Quantity.count(findingCount, "promise")) did not hold.")
        }
    }

    private func selected(_ campaigns: [any Campaign]) throws -> [any Campaign] {
        guard let only else { return campaigns }
        let names = only.split(separator: ",").map(String.init)
        let ids = campaigns.map(\.id)
        for name in names where !ids.contains(where: { $0.lowercased() == name.lowercased() }) {
            throw ValidationError(
                "There is no class \"\(name)\". There are \(ids.joined(separator: ", ")).")
        }
        return campaigns.filter { campaign in
            names.contains { $0.lowercased() == campaign.id.lowercased() }
        }
    }

    private func printList(_ campaigns: [any Campaign]) throws {
        var listing = Listing(
            schema: "tacho.torture.classes/1",
            fields: [
                .init("id"), .init("title", minimum: 30), .init("cases", right: true),
                .init("test_trials", "in tests", right: true), .init("canaries", right: true),
            ])
        listing.rows = campaigns.map { campaign in
            [
                .text(campaign.id), .text(campaign.title),
                campaign.caseCount.map { Cell.count($0) } ?? .unknown,
                .count(min(campaign.testTrialCount, campaign.caseCount ?? .max)),
                .count(campaign.canaries.count),
            ]
        }
        try listing.print(output)
    }
}
