import ArgumentParser
import TachoTorture

/// The process that `tacho torture` kills.
struct TortureWriterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture-writer",
        abstract: "Append until killed; a part of `tacho torture`.", shouldDisplay: false)

    @Argument var store: String
    @Argument var first: Int
    @Argument var seed: UInt64
    @Argument var count: Int
    @Argument var threads = 1

    func run() throws {
        try TortureWriter.run(
            store: store, first: first, seed: seed, count: count, threads: threads)
    }
}
