import Foundation
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
        #expect(report.tally.findingCount == 0)
        #expect(report.tally.trialCount > 0)
    }

    /// `seeds.txt`: class, trial, seed, and what was found.
    @Test(arguments: Self.seeds)
    func `a trial that once failed does not fail again`(line: String) throws {
        let fields = line.split(separator: " ", maxSplits: 3).map(String.init)
        let campaign = try #require(campaigns().first { $0.id == fields[0] })
        let trial = try #require(Int(fields[1]))
        let seed = try #require(UInt64(fields[2]))

        let report = Torture(seed: seed, threadCount: 1).run(campaign, .trial(trial))

        for finding in report.tally.findings { Issue.record("\(line): \(finding.message)") }
    }

    private static var seeds: [String] {
        let path = SampleData.packageRoot + "/Tests/Faults/seeds.txt"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }
}

extension Report {
    fileprivate var line: String {
        let counts = counts.map { "\($0.name)=\($0.number)" }.joined(separator: " ")
        return "\(campaign.id): \(tally.trialCount) trials, \(tally.findingCount) findings, "
            + "canaries \(canariesFound)/\(canaryCount); \(counts)"
    }
}

/// All of them, with the program that was built beside the tests.
private func campaigns() -> [any Campaign] {
    let bundle = CommandLine.arguments[0]
    let products = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
    return allCampaigns(on: TortureMachine(program: products + "/tacho", directory: "/tmp"))
}
