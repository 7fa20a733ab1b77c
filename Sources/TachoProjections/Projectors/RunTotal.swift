/// What an agent counts when a session ends that was entered before, beside what it has told so far.
///
/// Some begin to count anew whenever the session is entered, others go on from what they had, and no
/// record says which. So it is told from the counts: one that is less than it was has begun anew.
/// Of counts that are all as large or larger, what the messages since then wrote decides: the
/// output is nearer to that alone, or to that and all that was told before.
struct RunTotal {
    /// Counts that were told so far; `nil` for none.
    let told: [Int64?]
    let now: [Int64]
    /// Which of the counts the output is.
    let output: Int
    /// Tokens that the messages wrote since the last total.
    let written: Int64

    /// Whether what was told before is in it, too.
    var hasAllBefore: Bool {
        let isGrown = zip(told, now).allSatisfy { $0 ?? 0 <= $1 }
        guard isGrown, let before = told[output] else { return isGrown }
        return now[output] - written >= before / 2
    }
}
