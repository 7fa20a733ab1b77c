import TachoTorture

/// Runs campaigns within a time, with a bar that shows how far they are.
struct TortureRun {
    let seed: UInt64
    let threadCount: Int
    let progress: ProgressBar

    func repeating(trial: Int, of campaign: any Campaign) -> Report {
        torture.run(campaign, .trial(trial)) { _ in }
    }

    /// Random campaigns share the time; what can be tried whole takes what it takes.
    func all(_ campaigns: [any Campaign], seconds: Double) -> [Report] {
        let randomCount = campaigns.count { $0.caseCount == nil }
        let share = seconds / Double(max(1, randomCount))
        let reports = campaigns.map { campaign in
            torture.run(campaign, seconds > 0 ? .seconds(share) : .tests) { count in
                progress.update(
                    count, of: campaign.caseCount, unit: "trials of \(campaign.id)")
            }
        }
        progress.finish()
        return reports
    }

    private var torture: Torture { Torture(seed: seed, threadCount: threadCount) }
}
