import Testing

@testable import TachoLog

@Suite struct GroupPatienceTests {
    private func ms(_ count: Int) -> Duration { .milliseconds(count) }

    /// After a group of that many was told at `now`, for whom the disk took `syncing`.
    private func patience(
        told count: Int, at now: Duration, syncing: Duration
    ) -> GroupPatience {
        var patience = GroupPatience()
        patience.tell(count)
        patience.begin(at: now, syncing: syncing)
        return patience
    }

    @Test func `the first group waits for nobody`() {
        #expect(GroupPatience().wait(at: ms(0)) == nil)
    }

    @Test func `a group waits for those who were told, half of the disk's time at most`() {
        var patience = patience(told: 2, at: ms(10), syncing: .microseconds(400))

        #expect(patience.wait(at: ms(10)) == .microseconds(200))
        let first = patience.arrive()
        #expect(!first && patience.wait(at: ms(10)) != nil)
        let last = patience.arrive()
        #expect(last && patience.wait(at: ms(10)) == nil)
        let stranger = patience.arrive()
        #expect(!stranger, "a stranger is not waited for")
    }

    @Test func `nobody waits longer than a millisecond, however slow the disk is`() {
        let patience = patience(told: 3, at: ms(0), syncing: .seconds(9))

        #expect(patience.wait(at: ms(0)) == ms(1))
        #expect(patience.wait(at: ms(1)) == nil)
    }

    @Test func `a disk that is faster than a wait is not waited for`() {
        #expect(patience(told: 3, at: ms(0), syncing: .microseconds(99)).wait(at: ms(0)) == nil)
        #expect(patience(told: 3, at: ms(0), syncing: .zero).wait(at: ms(0)) == nil)
    }

    @Test func `who does not come back is not waited for again, until it is tried once more`() {
        var patience = patience(told: 4, at: ms(0), syncing: ms(1))
        _ = patience.arrive()
        patience.take(hasWaited: true)

        for _ in 1..<GroupPatience.groupsUntilTrial {
            patience.tell(4)
            #expect(patience.awaitedCount == 1)
            patience.take(hasWaited: false)
        }
        patience.tell(4)
        #expect(patience.awaitedCount == 4)
    }

    @Test func `a group that was full at once changes no expectation`() {
        var patience = patience(told: 2, at: ms(0), syncing: ms(1))
        _ = patience.arrive()
        _ = patience.arrive()
        patience.take(hasWaited: false)
        patience.tell(2)

        #expect(patience.awaitedCount == 2)
    }
}
