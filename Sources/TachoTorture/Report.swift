/// What came of a campaign: one line for a person, one object for a program.
package struct Report: Sendable {
    package let campaign: any Campaign
    /// The run's, from which the trials' are made.
    package let seed: UInt64
    package let tally: Tally
    package let canaryCount: Int
    package let canariesFound: Int
    package let seconds: Double

    /// The counts by name, in the order of the names.
    package var counts: [(name: String, number: Int)] {
        tally.counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The command that runs a finding's trial again.
    package func command(for finding: Tally.Finding) -> String {
        "tacho torture --only \(campaign.id) --trial \(finding.trial) --seed \(finding.seed)"
    }
}
