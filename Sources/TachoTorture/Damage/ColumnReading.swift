internal import TachoJSON
internal import TachoLog

/// What folding a store comes to where sealed segments are read by their columns.
struct ColumnReading: Equatable, Sendable {
    /// Events by stream and type, and the sum of their numbers.
    private(set) var counts: [[UInt8]: Int] = [:]
    private(set) var sum = 0
    /// Frames whose columns were taken in place of their lines.
    private(set) var blockCount = 0

    static let columns: [ColumnSet.Column] = [.stream, .type, .number("n")]

    /// - Throws: ``LogError`` for damage, as every reader is told.
    init(_ fileSystem: any FileSystem) throws {
        let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
        let parts = try reader.fold(threadCount: 1, columns: Self.columns, into: Self()) {
            try $0.add(lines: $1)
        } block: {
            $0.add($1)
        }
        guard let part = parts.first else { return }
        self = part
    }

    private init() {}

    /// Whether columns and lines, whichever were read, say the same.
    static func == (left: Self, right: Self) -> Bool {
        left.counts == right.counts && left.sum == right.sum
    }

    private mutating func add(lines: UnsafeRawBufferPointer) throws {
        try RecordBatch(bytes: Array(lines)).forEachRecord { record in
            counts[Array(record.stream) + [0x20] + Array(record.type), default: 0] += 1
            let number = JSONView(validated: record.data)["n"]?.integer()
            sum += number.map { Int(truncatingIfNeeded: $0) } ?? 0
            return true
        }
    }

    private mutating func add(_ block: ColumnBlock) {
        blockCount += 1
        func text(_ column: Int, _ row: Int) -> [UInt8] {
            let code = Int(block.codes(column)[row])
            return code == 0 ? [] : Array(block.text(column, code - 1))
        }
        for row in 0..<block.rowCount {
            counts[text(0, row) + [0x20] + text(1, row), default: 0] += 1
        }
        var sum = 0
        block.forEachNumber(2) { sum += Int($1) }
        self.sum += sum
    }
}
