internal import TachoLog

/// What happened to a store before it is looked at.
enum Accident: Sendable {
    /// A process ended, in whatever way.
    case process
    /// The machine did.
    case power
}

/// What a store holds, as a reader sees it.
struct StoreContent {
    var positions: [Int: Position] = [:]
    var problems: [String] = []
    var count = 0
    var damageReportCount = 0

    /// Reads a whole store and checks what needs no knowledge of what was appended.
    init(_ reader: LogReader, _ workload: Workload) throws {
        var expected = Position.first
        var recorded: Timestamp?
        var found = StoreContent()
        try reader.forEachBatch(onDamage: { found.problems.append("damage: \($0.message)") }) {
            batch in
            try batch.forEachRecord { record in
                found.count += 1
                if record.position != expected {
                    found.problems.append("position \(record.position) where \(expected) is due")
                }
                expected = record.position.next
                if let before = recorded, record.recorded < before {
                    found.problems.append("recorded goes back at position \(record.position)")
                }
                recorded = record.recorded
                found.see(record, workload)
                return true
            }
            return true
        }
        self = found
    }

    private init() {}

    private mutating func see(_ record: RecordView, _ workload: Workload) {
        if record.type.elementsEqual("tacho.damaged".utf8) { damageReportCount += 1 }
        guard record.type.elementsEqual("torture.event".utf8) else { return }
        guard let number = Self.number(record.data) else {
            problems.append("position \(record.position) holds no event of ours")
            return
        }
        if let before = positions.updateValue(record.position, forKey: number) {
            problems.append("event \(number) is at \(before) and again at \(record.position)")
        }
        if !record.data.elementsEqual(workload.data(of: number)) {
            problems.append("event \(number) at \(record.position) is not what was appended")
        }
    }

    /// The number in `{"n":7,…`.
    private static func number(_ data: UnsafeRawBufferPointer) -> Int? {
        let digits = data.dropFirst(5).prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty, digits.count < 18 else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension Workload {
    /// Opens the store as the next program would, reads all of it, and compares.
    ///
    /// What is found to be there has to stay there from then on.
    ///
    /// - Returns: Whether all is well.
    @discardableResult
    mutating func check(
        _ fileSystem: any FileSystem, directory: String = "store", after accident: Accident,
        context: String = "", depth: LogVerifier.Depth = .quick, _ tally: inout Tally
    ) -> Bool {
        var problems = complaints
        complaints = []
        do {
            let recovery = try recover(fileSystem, directory)
            if let recovery, !recovery.isLossless {
                problems.append("the recovery reports a loss: \(recovery)")
            }
            let reader = try LogReader.open(directory, fileSystem: fileSystem)
            let content = try StoreContent(reader, self)
            problems += content.problems
            if content.damageReportCount > 0 { problems.append("the log says it is damaged") }
            problems += compare(content, accident)
            let report = try LogVerifier(reader).verify(depth)
            problems += report.findings.map { "verify: \($0.file): \($0.message)" }
        } catch {
            problems.append("the store cannot be opened: \(error)")
        }
        tally.count("events_checked", positions.count)
        for problem in problems.prefix(3) { tally.found(context + problem) }
        return problems.isEmpty
    }

    private func recover(
        _ fileSystem: any FileSystem, _ directory: String
    ) throws(LogError) -> RecoveryReport? {
        let log = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        return log.recovery
    }

    private mutating func compare(_ content: StoreContent, _ accident: Accident) -> [String] {
        var problems = [String]()
        let needed: Promise = accident == .power ? .power : .process
        var known = 0
        for index in batches.indices {
            let batch = batches[index]
            known += batch.numbers.count
            let present = batch.numbers.count { content.positions[$0] != nil }
            if present > 0, present < batch.numbers.count {
                problems.append("half a batch: \(present) of events \(batch.numbers)")
            }
            if batch.promise >= needed, present < batch.numbers.count {
                problems.append("lost: events \(batch.numbers), acknowledged (\(batch.promise))")
            }
            for number in batch.numbers {
                let position = content.positions[number]
                if batch.promise >= needed, let told = positions[number], let position,
                    told != position
                {
                    problems.append(
                        "event \(number) was acknowledged at \(told), is at \(position)")
                }
                positions[number] = position
            }
            if present < batch.numbers.count {
                batches[index].promise = .none
            } else {
                batches[index].promise = max(batch.promise, .process)
            }
        }
        if let stranger = content.positions.keys.first(where: { $0 >= known || $0 < 0 }) {
            problems.append("event \(stranger) was never appended")
        }
        return problems
    }
}
