/// Who folds which batch next, when several threads fold.
///
/// A lane is a projection: it takes every batch, in order, one thread at a time; which thread
/// makes no difference. A plain value, without threads or locks: the shell around it has them.
struct FoldSchedule {
    struct Task: Equatable {
        let lane: Int
        /// Number of the batch, from 0.
        let batch: Int
    }

    private let capacity: Int
    /// By lane: the batch it takes next.
    private var nextBatches: [Int]
    private var isBusy: [Bool]
    private(set) var addedCount = 0
    private(set) var isComplete = false

    init(laneCount: Int, capacity: Int) {
        precondition(capacity > 0, "a queue has room for a batch")
        self.capacity = capacity
        nextBatches = Array(repeating: 0, count: laneCount)
        isBusy = Array(repeating: false, count: laneCount)
    }

    /// Batches before this one are done with.
    var finishedCount: Int { nextBatches.min() ?? addedCount }

    var hasRoom: Bool { addedCount - finishedCount < capacity }

    /// No task is left, and none comes any more.
    var isFinished: Bool { isComplete && finishedCount == addedCount }

    mutating func add() {
        precondition(hasRoom && !isComplete, "a batch is added where there is room")
        addedCount += 1
    }

    mutating func complete() {
        isComplete = true
    }

    /// The lane that is farthest behind and in nobody's hands.
    mutating func take() -> Task? {
        var chosen: Int?
        for lane in nextBatches.indices where !isBusy[lane] && nextBatches[lane] < addedCount {
            if let other = chosen, nextBatches[other] <= nextBatches[lane] { continue }
            chosen = lane
        }
        guard let chosen else { return nil }
        isBusy[chosen] = true
        return Task(lane: chosen, batch: nextBatches[chosen])
    }

    mutating func finish(_ task: Task) {
        precondition(
            isBusy[task.lane] && nextBatches[task.lane] == task.batch, "what was taken is finished")
        isBusy[task.lane] = false
        nextBatches[task.lane] += 1
    }
}
