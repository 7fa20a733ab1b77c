internal import Synchronization
internal import TachoLog
internal import TachoSimulation

/// T1: the store's clock jumps back, to 1970, to 2106, ahead ten years, or walks at random.
struct Clocks: Campaign {
    let id = "T1"
    let title = "clocks jump: positions keep the order, the store's time never goes back"
    let testTrialCount = 1200
    var flaw: Flaw?

    var canaries: [any Campaign] { [Clocks(flaw: .flipsBytes)] }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let disk = SimulatedFileSystem(seed: seed)
        let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
        let clock = JumpingClock(seed: seed)
        var workload = Workload(seed: seed, flaw: flaw)
        workload.options.clock = { clock.now }
        for _ in 0..<3 {
            try workload.run(fileSystem, steps: 8)
            if trial % 2 == 0 { disk.losePower() } else { disk.kill() }
            let accident: Accident = trial % 2 == 0 ? .power : .process
            guard workload.check(disk, after: accident, depth: .deep, &tally) else { return }
        }
        tally.count("jumps", clock.jumpCount)
    }
}

/// A clock that cannot be relied on.
private final class JumpingClock: Sendable {
    private struct State {
        var random: SimulatedRandom
        var microseconds: Int64 = 1_766_000_000_000_000
        var jumpCount = 0
    }

    private let state: Mutex<State>

    init(seed: UInt64) {
        state = Mutex(State(random: SimulatedRandom(seed: seed)))
    }

    var jumpCount: Int { state.withLock { $0.jumpCount } }

    var now: Timestamp {
        state.withLock { state in
            state.jumpCount += 1
            let second: Int64 = 1_000_000
            switch Int.random(in: 0..<8, using: &state.random) {
            case 0: state.microseconds -= 3_600 * second
            case 1: state.microseconds = 0
            case 2: state.microseconds = 4_294_967_296 * second
            case 3: state.microseconds += 10 * 365 * 86_400 * second
            case 4: break
            default:
                state.microseconds += Int64.random(in: -second...second, using: &state.random)
            }
            // Beyond the year 9999 a timestamp cannot be written.
            state.microseconds = min(max(state.microseconds, 0), 200_000_000_000 * second)
            return Timestamp(microseconds: state.microseconds)
        }
    }
}
