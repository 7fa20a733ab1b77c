import Testing

@testable import TachoProjections

struct FoldScheduleTests {
    @Test func `a lane takes its batches in order, one at a time`() throws {
        var schedule = FoldSchedule(laneCount: 1, capacity: 2)
        schedule.add()
        schedule.add()

        let taken = schedule.take()
        let first = try #require(taken)
        #expect(first == .init(lane: 0, batch: 0))
        let none = schedule.take()
        #expect(none == nil)
        schedule.finish(first)
        let last = schedule.take()
        #expect(last == .init(lane: 0, batch: 1))
    }

    @Test func `the lane that is farthest behind comes first`() throws {
        var schedule = FoldSchedule(laneCount: 2, capacity: 4)
        schedule.add()
        schedule.add()

        let taken = [schedule.take(), schedule.take()]
        let slow = try #require(taken[0])
        let quick = try #require(taken[1])
        #expect(slow.lane == 0 && quick.lane == 1)
        schedule.finish(quick)
        let second = schedule.take()
        let next = try #require(second)
        #expect(next == .init(lane: 1, batch: 1))
        schedule.finish(slow)
        schedule.finish(next)
        let last = schedule.take()
        #expect(last == .init(lane: 0, batch: 1))
    }

    @Test func `the queue has room again when the slowest lane has a batch behind it`() throws {
        var schedule = FoldSchedule(laneCount: 2, capacity: 1)
        schedule.add()
        #expect(!schedule.hasRoom)

        let tasks = [schedule.take(), schedule.take()].compactMap { $0 }
        #expect(tasks.count == 2)
        schedule.finish(tasks[1])
        #expect(!schedule.hasRoom)
        schedule.finish(tasks[0])
        #expect(schedule.hasRoom)
        #expect(!schedule.isFinished)
        schedule.complete()
        #expect(schedule.isFinished)
    }
}
