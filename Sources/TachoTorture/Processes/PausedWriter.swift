internal import TachoLog
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// C1 and C4: several processes append at once, and one of them is stopped for a while.
///
/// Others either append meanwhile or, if the stopped one holds the lock, are told so. In the end
/// every event that any of them acknowledged is there once, in the order of its writer.
struct PausedWriter: Campaign {
    let id = "C4"
    let title = "processes append at once, one is stopped: busy or fine, nothing lost or doubled"
    let testTrialCount = 6
    let machine: TortureMachine
    var flaw: Flaw?

    var canaries: [any Campaign] {
        [PausedWriter(machine: machine, flaw: .acknowledgesBeforeWriting)]
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let directory = "\(machine.directory)/tacho-torture-\(getpid())-\(seed)"
        defer { TortureMachine.removeTree(directory) }
        var workload = Workload(seed: seed)
        var options = LogOptions()
        options.lockTimeoutMilliseconds = 20
        var log = try LogWriter.open(directory, options: options)
        let arguments = ["torture-writer", directory]
        let first = try ChildProcess(
            machine.program, arguments + ["1000000", "\(seed)", "300"])
        let second = try ChildProcess(
            machine.program, arguments + ["2000000", "\(seed)", "300"])
        var acknowledged = [Range<Int>]()
        for number in 0..<6 {
            usleep(UInt32.random(in: 0...3_000, using: &workload.random))
            first.send(SIGSTOP)
            do throws(LogError) {
                _ = try log.append([workload.killedEvent(number)], durability: .interval)
                acknowledged.append(number..<number + 1)
                tally.count("appended_while_stopped")
            } catch {
                guard error.code == .busy else { throw error }
                tally.count("busy_while_stopped")
            }
            first.send(SIGCONT)
        }
        acknowledged += KilledWriters.ranges(first.read(1 << 16))
        acknowledged += KilledWriters.ranges(second.read(1 << 16))
        for status in [first.wait(), second.wait()] where status != 0 {
            tally.found("a writer ended with \(status.map(String.init) ?? "a signal")")
        }
        if flaw == .acknowledgesBeforeWriting { acknowledged.append(999..<1_000) }
        let content = try StoreContent(try LogReader.open(directory), workload)
        for problem in content.problems { tally.found(problem) }
        let numbers = acknowledged.flatMap { Array($0) }
        tally.count("acknowledged", numbers.count)
        let lost = numbers.filter { content.positions[$0] == nil }
        if !lost.isEmpty { tally.found("acknowledged events \(lost) are lost") }
        for writer in 0...2 {
            let own = numbers.filter { $0 / 1_000_000 == writer }.compactMap {
                content.positions[$0]
            }
            if own != own.sorted() { tally.found("events of writer \(writer) are out of order") }
        }
    }
}
