import ArgumentParser
import TachoLog
import TachoTorture

/// The other process of class R1 of `tacho torture`; with `--of`, the same for a store of one's own.
struct TortureReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture-replay",
        abstract: "Fold a history and print its state hashes; a part of `tacho torture`.",
        shouldDisplay: false)

    @Argument var seed: UInt64 = 1
    @Argument var count = 0
    @Argument var set = "tables"

    @Option(help: "Fold this store in every way and by two processes, and compare.")
    var of: String?

    @Flag(help: "Only print the hashes of the plain fold of that store.")
    var hashes = false

    func run() throws {
        guard let of else {
            let hashes = try ReplayProcess.stateHashes(seed: seed, count: count, set: set)
            return try Output.write(hashes.map { $0 + "\n" }.joined())
        }
        let ways = ReplayWays(try EventLines(of: LogReader.open(of)))
        if hashes { return try Output.write(ways.stateHashes().map { $0 + "\n" }.joined()) }
        let others = try ReplayProcess.stateHashes(
            ofStore: of, by: TortureMachine.runningProgram)
        let found = try ways.differences(seed: seed, snapshotCount: 12, others: others)
        for difference in found { Output.note("\(difference.table) differs \(difference.way)") }
        if !found.isEmpty { throw Failure(.damage, "the same log gave different tables") }
        try Output.write("every way and both processes gave the same tables\n")
    }
}
