/// Every campaign there is, in the order of the table of fault classes.
///
/// - Parameter machine: Where those with real processes and disks find both.
/// - Returns: One for each class.
package func allCampaigns(on machine: TortureMachine) -> [any Campaign] {
    [
        KilledWriters(machine: machine),
        Deaths(),
        DeathsInRecovery(),
        PowerLoss(),
        FlippedBits(),
        LyingDisk(),
        Clocks(),
        PausedWriter(machine: machine),
    ] + FailingCalls.all
}
