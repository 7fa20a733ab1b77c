internal import TachoLog
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// K1: real processes that append are killed without warning, on a real disk.
///
/// A trial is a store and some cycles: a writer starts, appends, and gets `kill -9` after a random
/// number of acknowledgements and a random moment more. What it has acknowledged through its pipe
/// has to be there, once and whole. Every third writer has four threads that share one
/// `SharedLogWriter`. Moments are the system's: a trial cannot be repeated exactly.
struct KilledWriters: Campaign {
    let id = "K1"
    let title = "real kill -9 of appending processes: nothing acknowledged lost or doubled"
    let testTrialCount = 15
    let machine: TortureMachine
    var flaw: Flaw?
    private static let cycleCount = 20

    var canaries: [any Campaign] {
        [KilledWriters(machine: machine, flaw: .acknowledgesBeforeWriting)]
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let directory = "\(machine.directory)/tacho-torture-\(getpid())-\(seed)"
        defer { TortureMachine.removeTree(directory) }
        var workload = Workload(seed: seed)
        var acknowledged = [Range<Int>]()
        for cycle in 0..<Self.cycleCount {
            let first = cycle * 1_000_000
            let child = try ChildProcess(
                machine.program,
                [
                    "torture-writer", directory, "\(first)", "\(seed)", "100000",
                    cycle % 3 == 2 ? "4" : "1",
                ])
            let wanted = Int.random(in: 0...12, using: &workload.random)
            var said = child.read(16 * wanted)
            usleep(UInt32.random(in: 0...1_500, using: &workload.random))
            child.send(SIGKILL)
            said += child.read(1 << 20)
            if let status = child.wait() {
                tally.found("a writer ended by itself with status \(status) in cycle \(cycle)")
                return
            }
            acknowledged += Self.ranges(said)
            if flaw == .acknowledgesBeforeWriting, let last = acknowledged.last {
                acknowledged.append(last.upperBound + 50..<last.upperBound + 51)
            }
            tally.count("kills")
            guard check(directory, workload, acknowledged, "kill \(cycle): ", &tally) else {
                return
            }
        }
        tally.count("acknowledged", acknowledged.reduce(0) { $0 + $1.count })
    }

    private func check(
        _ directory: String, _ workload: Workload, _ acknowledged: [Range<Int>],
        _ context: String, _ tally: inout Tally
    ) -> Bool {
        do {
            if acknowledged.isEmpty,
                try RealFileSystem().status(StoreLayout(directory).format) == nil
            {
                return true
            }
            let recovery = try reopen(directory)
            if let recovery, !recovery.isLossless { tally.found("\(context)\(recovery)") }
            let reader = try LogReader.open(directory)
            let content = try StoreContent(reader, workload)
            for problem in content.problems { tally.found(context + problem) }
            let lost = acknowledged.joined().filter { content.positions[$0] == nil }
            if !lost.isEmpty { tally.found("\(context)acknowledged events \(lost) are lost") }
            let findings = try LogVerifier(reader).verify(.quick).findings
            for finding in findings { tally.found("\(context)verify: \(finding.message)") }
            return content.problems.isEmpty && lost.isEmpty && findings.isEmpty
        } catch {
            tally.found("\(context)\(error)")
            return false
        }
    }

    private func reopen(_ directory: String) throws(LogError) -> RecoveryReport? {
        let log = try LogWriter.open(directory)
        return log.recovery
    }

    /// What a writer said: pairs of numbers.
    static func ranges(_ bytes: [UInt8]) -> [Range<Int>] {
        stride(from: 0, to: bytes.count / 16 * 16, by: 16).map { offset in
            let numbers = [0, 8].map { start in
                (0..<8).reduce(0) { $0 | Int(bytes[offset + start + $1]) << (8 * $1) }
            }
            return numbers[0]..<max(numbers[0], numbers[1])
        }
    }
}
