internal import TachoLog

/// Every campaign there is, in the order of the table of fault classes.
///
/// - Parameter machine: Where those with real processes and disks find both.
/// - Returns: Those of crashes first, then damage, fuzzing, and replays.
package func allCampaigns(on machine: TortureMachine) -> [any Campaign] {
    let crashes: [any Campaign] = [
        KilledWriters(machine: machine),
        Deaths(),
        DeathsInErasure(),
        DeathsInErasureAtCut(),
        DeathsInExpiry(types: []),
        DeathsInExpiry(types: ["*"]),
        ErasureResidue(),
        ErasureAtCut(),
        DeathsInMaintenance(operation: .compact),
        DeathsInMaintenance(operation: .backup),
        DeathsInMaintenance(operation: .archive),
        DeathsInMaintenance(operation: .thaw),
        ArchiveRoundTrips(),
        CompactionEquivalence(),
        CopiesWhileWriting(),
        ReadersBesideCompaction(),
        DeathsInRecovery(),
        PowerLoss(),
        FlippedBits(),
        LyingDisk(),
        Clocks(),
        PausedWriter(machine: machine),
    ]
    let damage: [any Campaign] = [
        ByteChanges(),
        MisplacedParts(.frames),
        Truncations(),
        MisplacedParts(.writes),
        StaleCopies(),
    ]
    return crashes + FailingCalls.all + damage + fuzzCampaigns + [Replay(machine: machine)]
}
