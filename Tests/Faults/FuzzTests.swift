import TachoTorture
import TestSupport
import Testing

@Suite struct FuzzTests {
    @Test(arguments: fuzzCampaigns.indices)
    func `an input is accepted or refused, at a bounded cost`(index: Int) throws {
        let campaign = fuzzCampaigns[index]

        let tally = try tally(campaign, trials: 0..<campaign.testTrialCount)

        print(campaign.id, tally.counts.sorted { $0.key < $1.key })
        #expect(tally.findings.isEmpty, "\(tally.findingCount): \(tally.findings.map(\.message))")
    }

    @Test(arguments: fuzzCampaigns.indices)
    func `a planted bug is found`(index: Int) throws {
        for canary in fuzzCampaigns[index].canaries {
            var findingCount = 0
            for trial in 0..<canary.testTrialCount where findingCount == 0 {
                findingCount = try tally(canary, trials: trial..<trial + 1).findingCount
            }
            #expect(findingCount > 0, "\(canary.title)")
        }
    }
}
