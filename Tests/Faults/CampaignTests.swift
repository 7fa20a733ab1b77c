import TachoTorture
import TestSupport
import Testing

/// Every class of faults, as often as fits into a run of the tests; one line of counts each.
@Suite(.serialized) struct CampaignTests {
    @Test(arguments: campaigns().indices)
    func `a campaign finds nothing, and each of its canaries`(index: Int) {
        let campaign = campaigns()[index]

        let report = Torture(seed: testSeed(), threadCount: 2).run(campaign, .tests)

        print(report.line)
        for finding in report.tally.findings {
            Issue.record("\(finding.message)\n  \(report.command(for: finding))")
        }
        #expect(report.isGood)
        #expect(report.tally.trialCount > 0)
    }
}

/// All of them, with the program that was built beside the tests.
private func campaigns() -> [any Campaign] {
    let bundle = CommandLine.arguments[0]
    let products = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
    return allCampaigns(on: TortureMachine(program: products + "/tacho", directory: "/tmp"))
}
