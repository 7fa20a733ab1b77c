/// How long a group of a ``SharedLogWriter`` waits for threads that were told of the last one.
///
/// Those who append again at once are back within microseconds, and yet too late for a group that
/// begins at once: half of the threads would be written while the other half waits, and each would
/// wait for the disk twice an event. A group therefore waits for them, for at most half of the time
/// the disk took, and for no more of them than came back last time. Where they do something else in
/// between, that is none of them, and nobody waits.
///
/// Rules only; moments are durations since some moment of the owner's choice.
struct GroupPatience {
    /// Shorter than the system can wait for.
    static let shortest = Duration.microseconds(50)
    static let longest = Duration.milliseconds(1)
    /// Groups until it is tried again whether more come back.
    static let groupsUntilTrial = 16

    /// Threads still to come.
    private(set) var awaitedCount = 0
    /// When nobody is waited for any longer; `nil` while none is.
    private(set) var deadline: Duration?
    private var toldCount = 0
    private var expectedCount = Int.max
    private var groupsLeft = 0

    /// Threads are about to be told that what they appended is on the disk.
    mutating func tell(_ count: Int) {
        if groupsLeft > 0 {
            groupsLeft -= 1
            if groupsLeft == 0 { expectedCount = .max }
        }
        toldCount = min(count, expectedCount)
        awaitedCount = toldCount
    }

    /// They have been told, at `now`, after the disk took `syncing` for them.
    mutating func begin(at now: Duration, syncing: Duration) {
        let limit = min(syncing / 2, Self.longest)
        deadline = limit < Self.shortest ? nil : now + limit
    }

    /// A thread appends.
    ///
    /// - Returns: Whether it is the last one that is waited for.
    mutating func arrive() -> Bool {
        guard awaitedCount > 0 else { return false }
        awaitedCount -= 1
        return awaitedCount == 0
    }

    /// How long the next group has to wait still, at `now`; `nil` if it does not.
    func wait(at now: Duration) -> Duration? {
        guard awaitedCount > 0, let deadline, deadline > now else { return nil }
        return deadline - now
    }

    /// The group is taken.
    ///
    /// - Parameter hasWaited: It has waited; who has not come by now does not come soon.
    mutating func take(hasWaited: Bool) {
        if hasWaited, awaitedCount > 0 {
            expectedCount = toldCount - awaitedCount
            groupsLeft = Self.groupsUntilTrial
        }
        awaitedCount = 0
        deadline = nil
    }
}
