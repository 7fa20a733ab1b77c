/// One target, tried with inputs from seeds: a trial is a hundred of them.
struct FuzzCampaign: Campaign {
    static let inputsPerTrial = 100

    var id: String { "F-\(target.name)" }
    var title: String {
        "inputs for \(target.name): accepted or refused, no crash, bounded reads and memory"
    }
    let testTrialCount: Int

    private let target: any FuzzTarget
    private let planted: [PlantedBug]
    private let bug: PlantedBug?

    init(
        _ target: any FuzzTarget, testTrialCount: Int, planted: [PlantedBug], bug: PlantedBug? = nil
    ) {
        self.target = target
        self.testTrialCount = testTrialCount
        self.planted = planted
        self.bug = bug
    }

    var canaries: [any Campaign] {
        planted.map {
            FuzzCampaign(target, testTrialCount: testTrialCount, planted: [], bug: $0)
        }
    }

    func run(trial: Int, seed: UInt64, into tally: inout Tally) throws {
        var random = FuzzRandom(seed: seed)
        for number in 0..<Self.inputsPerTrial {
            let input = target.prepare(target.makeInput(&random))
            tally.count("inputs")
            switch target.check(input, planted: bug) {
            case .accepted: tally.count("accepted")
            case .refused: tally.count("refused")
            case .fault(let fault): tally.found("input \(number): \(fault)")
            }
        }
    }
}

/// Everything that reads bytes from outside.
///
/// libFuzzer's program, `TachoFuzz`, hands its bytes to `prepare` and `check` of these, too.
package let fuzzTargets: [any FuzzTarget] = [
    JSONTarget(), FieldsTarget(), LZ4Target(), EnvelopeTarget(), LineTarget(), AgentTarget(),
    StoreFileTarget(.format), StoreFileTarget(.head), StoreFileTarget(.manifest),
    StoreFileTarget(.active), StoreFileTarget(.sealed), StoreFileTarget(.snapshot),
    WholeStoreTarget(),
]

let fuzzCampaigns: [any Campaign] = fuzzTargets.map { target in
    switch target.name {
    case "json", "fields", "lz4", "line":
        FuzzCampaign(target, testTrialCount: 4000, planted: [.wrongAnswer])
    case "envelope", "agent":
        FuzzCampaign(target, testTrialCount: 200, planted: [.wrongAnswer])
    case "snapshot": FuzzCampaign(target, testTrialCount: 200, planted: [.wrongAnswer])
    default:
        FuzzCampaign(target, testTrialCount: 60, planted: [.wrongAnswer, .unboundedRead])
    }
}
