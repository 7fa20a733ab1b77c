internal import TachoLog
internal import TachoSimulation

/// A program that appends at random, and remembers what the log has promised it.
///
/// Events are numbers from 0; what an event holds follows from its number and the seed, so nothing
/// but numbers is kept. ``check(_:after:context:_:)`` compares a store with it.
struct Workload {
    /// What a batch has to survive.
    enum Promise: Int, Comparable {
        /// It was not acknowledged: all of it may be there, or none.
        case none
        /// Acknowledged, or seen by a reader: safe from the death of a process.
        case process
        /// Acknowledged as durable: safe from a loss of power.
        case power

        static func < (left: Promise, right: Promise) -> Bool { left.rawValue < right.rawValue }
    }

    /// Events that were first appended together.
    struct Batch {
        let numbers: Range<Int>
        let hasIDs: Bool
        var promise = Promise.none
    }

    let seed: UInt64
    let flaw: Flaw?
    var options = LogOptions()
    /// What appends ask for; what stands there more often is asked for more often.
    var durabilities: [Durability] = [.commit, .commit, .interval, .interval, .strict]
    var random: SimulatedRandom
    var batches: [Batch] = []
    /// Where events are, as far as it has been said.
    var positions: [Int: Position] = [:]
    /// What went wrong in the answers themselves.
    var complaints: [String] = []

    init(seed: UInt64) {
        self.init(seed: seed, flaw: nil)
    }

    init(seed: UInt64, flaw: Flaw?) {
        self.seed = seed
        self.flaw = flaw
        random = SimulatedRandom(seed: seed)
        options.sealByteCount = 4_000
        options.reserveByteCount = 512
    }

    /// Events that are acknowledged as durable.
    var durableCount: Int {
        batches.reduce(0) { $0 + ($1.promise == .power ? $1.numbers.count : 0) }
    }

    // MARK: - Working

    /// Opens the store, does `steps` things at random, and closes the log or just drops it.
    ///
    /// - Throws: ``LogError`` of the first call that fails; what is acknowledged by then is noted.
    mutating func run(
        _ fileSystem: any FileSystem, directory: String = "store", steps: Int
    ) throws(LogError) {
        var log = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        for _ in 0..<steps { try step(&log) }
        if random.once(in: 4) {
            try log.close()
            raisePromises(through: nil)
        }
    }

    /// Appends most of the time, and sometimes seals or syncs.
    mutating func step(_ log: inout LogWriter) throws(LogError) {
        do throws(LogError) {
            switch Int.random(in: 0..<24, using: &random) {
            case 0: _ = try log.seal()
            case 1, 2: _ = try log.sealPending()
            case 3:
                try log.synchronizeAll()
                raisePromises(through: nil)
            case 4, 5: try retry(&log)
            default: try appendNew(&log)
            }
        } catch {
            // The log goes on behind the last durable event: what only the cache had is gone.
            if error.code == .syncFailed { dropPromises() }
            throw error
        }
    }

    private mutating func appendNew(_ log: inout LogWriter) throws(LogError) {
        let first = batches.last?.numbers.upperBound ?? 0
        let count = Int.random(in: 1...5, using: &random)
        let batch = Batch(numbers: first..<first + count, hasIDs: random.once(in: 2))
        batches.append(batch)
        try append(batches.count - 1, repeating: repeatedNumber(), &log)
    }

    /// What a program does that got no acknowledgement: the same events with the same ids again.
    private mutating func retry(_ log: inout LogWriter) throws(LogError) {
        let waiting = batches.indices.suffix(20).filter {
            batches[$0].promise == .none && batches[$0].hasIDs
        }
        guard let index = waiting.randomElement(using: &random) else {
            return try appendNew(&log)
        }
        try append(index, repeating: nil, &log)
    }

    /// An event that is in the log for certain.
    private mutating func repeatedNumber() -> Int? {
        guard random.once(in: 4) else { return nil }
        let known = batches.suffix(30).filter { $0.promise > .none && $0.hasIDs }
        return known.randomElement(using: &random)?.numbers.randomElement(using: &random)
    }

    private mutating func append(
        _ index: Int, repeating repeated: Int?, _ log: inout LogWriter
    ) throws(LogError) {
        let batch = batches[index]
        let numbers = Array(batch.numbers) + (repeated.map { [$0] } ?? [])
        let durability = durabilities.randomElement(using: &random) ?? .commit
        if flaw == .acknowledgesBeforeWriting { batches[index].promise = .power }
        let cut = flaw == .splitsBatches ? numbers.count / 2 : 0
        for piece in [numbers[..<cut], numbers[cut...]] where !piece.isEmpty {
            let events = piece.map { event($0, hasID: $0 == repeated || batch.hasIDs) }
            let receipt = try log.append(events, durability: durability)
            note(receipt, Array(piece), repeated)
            if durability != .interval, !receipt.isDurable {
                complaints.append("an append of class \(durability) is acknowledged too early")
            }
            batches[index].promise = receipt.isDurable ? .power : .process
            raisePromises(through: receipt.durablePosition)
        }
    }

    private mutating func note(_ receipt: AppendReceipt, _ numbers: [Int], _ repeated: Int?) {
        for (number, outcome) in zip(numbers, receipt.outcomes) {
            switch outcome {
            case .appended(let position):
                if number == repeated, flaw != .ignoresIDs {
                    complaints.append("event \(number) was repeated and appended again")
                }
                if number != repeated { positions[number] = position }
            case .duplicate(let position):
                if let known = positions[number], known != position {
                    complaints.append(
                        "event \(number) is at \(known) and said to be at \(position)")
                }
                positions[number] = position
            case .conflict(let position):
                complaints.append("event \(number) conflicts with itself at \(position)")
            }
        }
    }

    /// - Parameter position: Everything up to there is durable; `nil` is all that is acknowledged.
    mutating func raisePromises(through position: Position?) {
        for index in batches.indices.reversed() where batches[index].promise == .process {
            guard let last = positions[batches[index].numbers.upperBound - 1] else { continue }
            if last <= position ?? last { batches[index].promise = .power }
        }
    }

    /// What was not durable may be there or not from now on.
    mutating func dropPromises() {
        for index in batches.indices where batches[index].promise == .process {
            batches[index].promise = .none
            for number in batches[index].numbers { positions[number] = nil }
        }
    }

    // MARK: - Events

    private func event(_ number: Int, hasID: Bool) -> NewEvent {
        NewEvent(
            id: hasID && flaw != .ignoresIDs ? ByteString("id-\(seed)-\(number)") : nil,
            stream: number % 3 == 0 ? "a" : "b", type: "torture.event", source: "torture",
            data: data(of: number))
    }

    /// `{"n":7,"f":"kkk…"}`, mostly short, sometimes longer than a sector.
    func data(of number: Int) -> [UInt8] {
        var mixed = SimulatedRandom(seed: seed &+ UInt64(number) &* 0x9E37)
        let value = mixed.next()
        let count = value % 4 == 0 ? Int(value >> 8) % 900 : Int(value >> 8) % 60
        var data = Array("{\"n\":\(number),\"f\":\"".utf8)
        data.append(
            contentsOf: repeatElement(UInt8(ascii: "a") + UInt8(number % 26), count: count))
        data.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: "}")])
        return data
    }
}
