import TachoTorture
import TestSupport
import Testing

/// Runs trials one after the other, as the runner does.
func tally(_ campaign: any Campaign, trials: Range<Int>) throws -> Tally {
    var tally = Tally()
    for trial in trials {
        let seed = testSeed() &+ UInt64(trial)
        tally.begin(trial: trial, seed: seed)
        try campaign.run(trial: trial, seed: seed, into: &tally)
    }
    return tally
}

@Suite struct DamageTests {
    @Test(arguments: damageCampaigns.indices)
    func `damage is noticed or does no harm`(index: Int) throws {
        let campaign = damageCampaigns[index]

        let tally = try tally(campaign, trials: 0..<campaign.testTrialCount)

        print(campaign.id, tally.counts.sorted { $0.key < $1.key })
        #expect(tally.findings.isEmpty, "\(tally.findingCount): \(tally.findings.map(\.message))")
    }

    @Test(arguments: damageCampaigns.indices)
    func `a planted bug is found`(index: Int) throws {
        for canary in damageCampaigns[index].canaries {
            var findingCount = 0
            for trial in 0..<canary.testTrialCount where findingCount == 0 {
                findingCount = try tally(canary, trials: trial..<trial + 1).findingCount
            }
            #expect(findingCount > 0, "\(canary.title)")
        }
    }
}
