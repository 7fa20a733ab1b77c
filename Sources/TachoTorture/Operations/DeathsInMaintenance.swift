internal import TachoLog
internal import TachoSimulation

/// K2: compaction and backup, ended or failing at each of their calls in turn.
struct DeathsInMaintenance: Campaign {
    enum Operation: String, CaseIterable {
        case compact, backup, archive, thaw
    }

    let operation: Operation
    var flaw: Flaw?

    var id: String { "K2-" + operation.rawValue }
    var title: String {
        "every call of \(operation.rawValue) dies, fails, or loses power: nothing is lost, the next ends it"
    }
    let testTrialCount = 6

    var canaries: [any Campaign] {
        [DeathsInMaintenance(operation: operation, flaw: .dropsSyncs)]
    }

    private static let faults: [SimulatedFault.Kind?] = [.death, nil, .error(5), .error(28)]

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        let calm = SimulatedFileSystem(seed: seed)
        try prepare(calm, seed)
        let start = calm.callCount
        try operate(calm)
        let callCount = calm.callCount - start
        for call in 1...max(1, callCount) {
            for (number, fault) in Self.faults.enumerated() where (call + trial) % 2 == number % 2 {
                let disk = SimulatedFileSystem(seed: seed)
                let fileSystem = FlawedFileSystem.wrapping(disk, flaw)
                try prepare(fileSystem, seed)
                let before = try OperatedStore(disk).state()
                let copyBefore = try? OperatedStore(disk, at: "copy").state()
                let openCount = disk.openCount
                disk.inject(
                    SimulatedFault(
                        call: disk.callCount + call, lasts: fault.isDeath, kind: fault ?? .death))
                _ = try? operate(fileSystem)
                disk.clearFaults()
                switch fault {
                case nil: disk.losePower()
                case .death: disk.kill()
                default:
                    if disk.openCount > openCount {
                        tally.found("call \(call) of \(callCount): a file stays open")
                    }
                }
                tally.count("faults")
                check(
                    disk, fileSystem, before, copyBefore,
                    "call \(call) of \(callCount), fault \(number): ", &tally)
            }
        }
    }

    /// A store with several sealed segments, and for a backup an older copy of it.
    private func prepare(_ fileSystem: any FileSystem, _ seed: UInt64) throws {
        var random = SimulatedRandom(seed: seed)
        let store = OperatedStore(fileSystem)
        try store.append(&random)
        try store.change(6, &random)
        if operation == .backup {
            // What goes beside the log: ERASED, and something in the quarantine.
            var log = try LogWriter.open(
                "store", options: OperatedStore.options, fileSystem: fileSystem)
            _ = try log.secretDigest([])
            try log.close()
            try fileSystem.replaceFile(
                "store/quarantine/rejected", with: [1, 2, 3], temporary: "store/tmp/rejected")
            try fileSystem.synchronizeDirectory("store/quarantine")
        }
        if operation == .backup, seed & 1 == 0 {
            _ = try LogBackup("store", fileSystem: fileSystem).run(to: "copy")
            try store.change(6, &random)
        }
        try store.append(&random)
        try store.seal()
        try store.append(&random)
        // What a dead machine takes with it is not what is looked at here.
        try store.seal()
        if operation == .thaw { try store.archive(&random) }
    }

    private func operate(_ fileSystem: any FileSystem) throws {
        switch operation {
        case .compact:
            let maintenance = try LogMaintenance.begin(
                "store", options: OperatedStore.options, fileSystem: fileSystem)
            let plan = try maintenance.compactionPlan(
                CompactionPlan.Options(mergedByteCount: 4000))
            for step in plan.steps { _ = try maintenance.carryOut(step, plan.options) }
        case .backup:
            _ = try LogBackup("store", fileSystem: fileSystem).run(to: "copy")
        case .archive:
            var random = SimulatedRandom(seed: 0)
            try OperatedStore(fileSystem).archive(&random)
        case .thaw:
            var random = SimulatedRandom(seed: 0)
            try OperatedStore(fileSystem).thaw(&random)
        }
    }

    private func check(
        _ disk: SimulatedFileSystem, _ fileSystem: any FileSystem, _ before: OperatedStore.State,
        _ copyBefore: OperatedStore.State?, _ context: String, _ tally: inout Tally
    ) {
        do {
            if try OperatedStore(disk).state() != before {
                tally.found("\(context)the store is not what it was")
            }
            if let copyBefore {
                let now = try OperatedStore(disk, at: "copy").state()
                let isOlder = now.lines.count >= copyBefore.lines.count
                if !isOlder || now.lines != Array(before.lines.prefix(now.lines.count)) {
                    tally.found("\(context)the copy is neither older nor newer")
                }
            }
            try operate(fileSystem)
            switch operation {
            case .compact, .archive, .thaw:
                if operation != .compact { try checkMoved(disk, context, &tally) }
                for _ in 0..<2 { try OperatedStore(fileSystem).collect() }
                var log = try LogWriter.open(
                    "store", options: OperatedStore.options, fileSystem: disk)
                _ = try log.sealPending()
                try log.close()
                let others = OperatedStore.leftovers(disk)
                if !others.isEmpty { tally.found("\(context)left over: \(others)") }
            case .backup:
                let copy = try OperatedStore(disk, at: "copy").state()
                if copy != before { tally.found("\(context)the copy is not the store") }
                for name in ["ERASED", "quarantine/rejected"]
                where disk.contents("copy/" + name) != disk.contents("store/" + name) {
                    tally.found("\(context)the copy's \(name) is another")
                }
                let others = OperatedStore.leftovers(disk, "copy")
                if !others.isEmpty { tally.found("\(context)left over in the copy: \(others)") }
            }
            if try OperatedStore(disk).state() != before {
                tally.found("\(context)at the end the store is not what it was")
            }
        } catch {
            tally.found("\(context)\(error)")
        }
    }
}

extension DeathsInMaintenance {
    /// Everything is on the side where it was to go.
    private func checkMoved(
        _ disk: SimulatedFileSystem, _ context: String, _ tally: inout Tally
    ) throws {
        let left = operation == .archive ? "sealed" : "archived"
        let states = try LogReader.open("store", fileSystem: disk).segments.map(\.state)
        if states.contains(left) { tally.found("\(context)a segment is still \(left)") }
    }
}

extension SimulatedFault.Kind? {
    /// A process that is gone makes no further call.
    fileprivate var isDeath: Bool {
        switch self {
        case nil, .death: true
        default: false
        }
    }
}
