/// Damage to files: what is changed, missing, moved, or old, and has to be noticed.
package let damageCampaigns: [any Campaign] = [
    ByteChanges(), MisplacedParts(.frames), Truncations(), MisplacedParts(.writes), StaleCopies(),
]
