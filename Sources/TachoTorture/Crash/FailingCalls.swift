internal import TachoLog
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// E1 to E6: every call of a store's life fails, once or until the fault is over.
///
/// A trial is one short life of a store, one of the errors of the class, and one way of failing;
/// every call is tried. The writer that met the error goes on afterwards.
struct FailingCalls: Campaign {
    enum Failure: Sendable {
        case error(CInt)
        case shortWrite(Int)
    }

    let id: String
    let title: String
    let failures: [Failure]
    /// Only calls of these kinds; `nil` is any.
    let operations: [FileError.StaticOperation]?
    /// Whether the store has lost its power before, so that a recovery meets the fault.
    var afterPowerLoss = false
    let testTrialCount: Int
    var flaw: Flaw?
    var flaws: [Flaw] = [.acknowledgesBeforeWriting, .leaksDescriptors]

    var canaries: [any Campaign] {
        flaws.map { flaw in
            var canary = self
            canary.flaw = flaw
            return canary
        }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let failure = failures[trial / 2 % failures.count]
        let lasts = trial % 2 == 1
        let calls = try Scenario.calls(seed: seed)
        for (index, operation) in calls.enumerated()
        where operations?.contains(operation) ?? true {
            var scenario = Scenario(seed: seed, flaw: flaw)
            if afterPowerLoss { try? scenario.crash() }
            scenario.disk.inject(
                SimulatedFault(
                    call: scenario.disk.callCount + index + 1, lasts: lasts, operation: operation,
                    kind: failure.kind))
            let context =
                "\(failure) at call \(index + 1), \(operation)\(lasts ? ", and on" : ""): "
            try fail(scenario, context, &tally)
        }
    }

    private func fail(
        _ scenario: Scenario, _ context: String, _ tally: inout Tally
    ) throws {
        var scenario = scenario
        tally.count("faults")
        let outcome = scenario.runThroughFault()
        if let error = outcome { tally.count("errors_\(error.code.rawValue)") }
        if scenario.disk.openCount > 0 {
            tally.found("\(context)\(scenario.disk.openCount) descriptors leak")
        }
        scenario.disk.clearFaults()
        scenario.outlive(.process, context, &tally)
    }
}

extension FailingCalls.Failure {
    var kind: SimulatedFault.Kind {
        switch self {
        case .error(let number): .error(number)
        case .shortWrite(let byteCount): .shortWrite(byteCount)
        }
    }
}

extension Scenario {
    /// Meets the fault, and goes on with the same writer when it is over.
    ///
    /// - Returns: The first error.
    mutating func runThroughFault() -> LogError? {
        var first: LogError?
        do throws(LogError) {
            var log = try LogWriter.open(
                "store", options: workload.options, fileSystem: fileSystem)
            for _ in 0..<5 {
                do throws(LogError) {
                    try workload.step(&log)
                } catch {
                    first = first ?? error
                }
            }
            // The fault is over, and the writer that met it appends.
            disk.clearFaults()
            for _ in 0..<3 { try workload.step(&log) }
            try writeSnapshot()
            try log.close()
            workload.raisePromises(through: nil)
        } catch {
            first = first ?? error
            if first != error {
                workload.complaints.append("the writer does not go on: \(error)")
            }
        }
        return first
    }

    /// Works a little and loses the power.
    mutating func crash() throws(LogError) {
        try workload.run(fileSystem, steps: 3)
        disk.inject(
            SimulatedFault(call: disk.callCount + 20, lasts: true, kind: .death))
        try? workload.run(fileSystem, steps: 3)
        disk.clearFaults()
        disk.losePower()
        workload.dropPromises()
    }
}

extension FailingCalls {
    static let all: [FailingCalls] = [
        FailingCalls(
            id: "E1",
            title: "no space (ENOSPC, EDQUOT) at every call: typed, nothing lost, resumes",
            failures: [.error(ENOSPC), .error(EDQUOT)],
            operations: [.write, .open, .createDirectory, .rename, .link, .truncate],
            testTrialCount: 2),
        FailingCalls(
            id: "E2", title: "reading fails (EIO) at every call: typed, nothing lost, resumes",
            failures: [.error(EIO)], operations: [.read, .status, .list], testTrialCount: 2),
        FailingCalls(
            id: "E3", title: "a sync fails, and cache and disk differ: nothing is called durable",
            failures: [.error(EIO), .error(ENOSPC), .error(EINTR)], operations: [.synchronize],
            testTrialCount: 6,
            flaws: [.callsFailedSyncsGood, .acknowledgesBeforeWriting, .leaksDescriptors]),
        FailingCalls(
            id: "E4", title: "short and interrupted writes at every call: no damage",
            failures: [.shortWrite(1), .shortWrite(3), .shortWrite(100), .error(EINTR)],
            operations: [.write], testTrialCount: 7),
        FailingCalls(
            id: "E5", title: "EMFILE, EACCES, EROFS, EIO at every call: typed, no descriptor leaks",
            failures: [.error(EMFILE), .error(EACCES), .error(EROFS), .error(EIO)],
            operations: nil, testTrialCount: 2),
        FailingCalls(
            id: "E6", title: "a call fails while a store recovers from a loss of power",
            failures: [.error(EIO), .error(ENOSPC)], operations: nil, afterPowerLoss: true,
            testTrialCount: 2),
    ]
}
