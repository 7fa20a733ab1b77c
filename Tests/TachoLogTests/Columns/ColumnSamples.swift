import TachoJSON
import TachoLog
import TachoSimulation
import TestSupport

extension ColumnSet {
    /// One column of each kind, one of them further inside.
    static let sample = ColumnSet([
        .stream, .type, .text("tool"), .number("ms"), .number(digits: 3, "cost"),
        .text("more", "status"),
    ])
}

/// What the columns of ``ColumnSet/sample`` say, added up: the same from lines as from columns, or
/// something is wrong.
struct ColumnSums: Equatable, Sendable {
    private(set) var events: [String: Int] = [:]
    private(set) var numbers: [String: Int64] = [:]
    private(set) var lastPositions: [String: UInt64] = [:]
    /// How much of it came in which way; not compared.
    private(set) var blockCount = 0
    private(set) var lineCount = 0

    static func == (left: ColumnSums, right: ColumnSums) -> Bool {
        left.events == right.events && left.numbers == right.numbers
            && left.lastPositions == right.lastPositions
    }

    private static let fields = JSONFields(["tool", "ms", "cost", "more"])
    private static let inner = JSONFields(["status"])

    private mutating func add(
        _ stream: String, _ type: String, _ tool: String?, _ ms: Int64?, _ cost: Int64?,
        _ status: String?, at position: UInt64
    ) {
        events["\(stream) \(type) \(tool ?? "-") \(status ?? "-")", default: 0] += 1
        if let ms { numbers["ms \(stream) \(tool ?? "-")", default: 0] &+= ms }
        if let cost { numbers["cost \(type) \(status ?? "-")", default: 0] &+= cost }
        let known = lastPositions[status ?? "-"] ?? 0
        lastPositions[status ?? "-"] = max(known, position)
    }

    mutating func add(lines: UnsafeRawBufferPointer) throws {
        var scanner = LineScanner(lines)
        while try scanner.next() {
            lineCount += 1
            var (tool, status): (String?, String?)
            var (ms, cost): (Int64?, Int64?)
            Self.fields.forEach(in: scanner.data) { index, value in
                switch index {
                case 0: tool = value.plainText.map { String(decoding: $0, as: UTF8.self) }
                case 1: ms = value.wholeNumber
                case 2: cost = value.scaledNumber(digits: 3)
                default:
                    Self.inner.forEach(in: value.bytes) { _, value in
                        status = value.plainText.map { String(decoding: $0, as: UTF8.self) }
                    }
                }
            }
            add(
                String(decoding: scanner.stream, as: UTF8.self),
                String(decoding: scanner.type, as: UTF8.self), tool, ms, cost, status,
                at: scanner.position.rawValue)
        }
    }

    mutating func add(_ block: ColumnBlock) {
        blockCount += 1
        var numbers = [[Int: Int64]](repeating: [:], count: 6)
        for column in [3, 4] {
            block.forEachNumber(column) { numbers[column][$0] = $1 }
        }
        for row in 0..<block.rowCount {
            func text(_ column: Int) -> String? {
                let code = Int(block.codes(column)[row])
                return code == 0
                    ? nil : String(decoding: block.text(column, code - 1), as: UTF8.self)
            }
            add(
                text(0) ?? "", text(1) ?? "", text(2), numbers[3][row], numbers[4][row], text(5),
                at: block.firstPosition.rawValue + UInt64(row))
        }
    }

    mutating func add(_ other: ColumnSums) {
        events.merge(other.events) { $0 + $1 }
        numbers.merge(other.numbers) { $0 &+ $1 }
        lastPositions.merge(other.lastPositions) { max($0, $1) }
        blockCount += other.blockCount
        lineCount += other.lineCount
    }
}

extension LogReader {
    /// The sums over the whole log, read by `threadCount` threads.
    func columnSums(
        columns: [ColumnSet.Column] = ColumnSet.sample.columns, threadCount: Int = 2
    ) throws -> ColumnSums {
        let parts = try fold(threadCount: threadCount, columns: columns, into: ColumnSums()) {
            try $0.add(lines: $1)
        } block: {
            $0.add($1)
        }
        return parts.reduce(into: ColumnSums()) { $0.add($1) }
    }
}

/// Data of events, most as declared by ``ColumnSet/sample``, some as only ill will writes it.
struct ColumnSampleData {
    var random: SeededRandom
    /// Of a hundred objects, how many may be strange.
    var strangePercent = 0

    mutating func next() -> String {
        guard Int.random(in: 0..<100, using: &random) >= strangePercent else { return strange() }
        var members = [String]()
        if Bool.random(using: &random) {
            members.append(
                "\"tool\":\"\(["Bash", "Read", "Edit"].randomElement(using: &random) ?? "{}")\"")
        }
        if Bool.random(using: &random) {
            members.append("\"ms\":\(Int.random(in: -5...90_000, using: &random))")
        }
        if Bool.random(using: &random) {
            members.append("\"cost\":0.\(Int.random(in: 100...999, using: &random))")
        }
        if Bool.random(using: &random) {
            members.append(
                "\"more\":{\"x\":[1,{\"status\":\"no\"}],\"status\":\"\(Int.random(in: 0...3, using: &random))\"}"
            )
        }
        members.shuffle(using: &random)
        return "{" + members.joined(separator: ",") + "}"
    }

    private mutating func strange() -> String {
        [
            #"{"tool":"a\"b"}"#, #"{"tool":7}"#, #"{"tool":null,"ms":null,"cost":null}"#,
            #"{"ms":1.5}"#, #"{"ms":1e3}"#, #"{"ms":-0}"#, #"{"ms":"12"}"#,
            #"{"ms":9223372036854775807,"cost":9223372036854775807}"#,
            #"{"ms":-9223372036854775808}"#, #"{"ms":99999999999999999999}"#,
            #"{"cost":0.0001}"#, #"{"cost":-12.345}"#, #"{"cost":3}"#,
            #"{"tool":"first","tool":"second","ms":1,"ms":2}"#,
            #"{"t\u006fol":"escaped key","ms":4}"#, #"{ "tool" : "spaced" , "ms" : 5 }"#,
            #"{"more":{"status":"in","status":"out"},"more":{"status":"later"}}"#,
            #"{"more":{"st\u0061tus":"x\\"}}"#, #"{"more":[{"status":"no"}]}"#,
            #"{"more":"status"}"#,
            #"{"x":{"tool":"inner","ms":3},"y":"\\","tool":"outer"}"#, "{}", #"{"tool":""}"#,
            #"{"tool":"é€😀"}"#, #"{"":1,"tool":"behind an empty key"}"#,
            "{\"tool\":\"" + String(repeating: "long", count: 200) + "\"}",
        ].randomElement(using: &random) ?? "{}"
    }
}

/// A store of events with such data, sealed every now and then.
func columnStore(
    _ count: Int, seed: UInt64, strangePercent: Int = 0, columns: ColumnSet = .sample,
    sealEvery: Int = 200, onlyOneStream: Bool = false
) throws -> (fileSystem: SimulatedFileSystem, options: LogOptions) {
    let fileSystem = SimulatedFileSystem(seed: seed)
    var options = LogOptions()
    options.clock = { Timestamp(milliseconds: 1_766_052_000_091) }
    options.columns = columns
    var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
    var data = ColumnSampleData(random: SeededRandom(seed), strangePercent: strangePercent)
    for number in 1...count {
        let stream = onlyOneStream ? "s" : "stream-\(number * 7 % 5)"
        // `rare.a` and `rare.b` are all but the only ones of their kind.
        let type =
            number % 997 == 0 ? "rare.a" : number % 1201 == 0 ? "rare.b" : "type.\(number % 3)"
        _ = try log.append(
            [
                NewEvent(
                    id: ByteString("event-\(number)"), stream: ByteString(stream),
                    type: ByteString(type), source: "test", data: Array(data.next().utf8))
            ], durability: .interval)
        if number % sealEvery == 0 { _ = try log.seal() }
    }
    try log.close()
    return (fileSystem, options)
}
