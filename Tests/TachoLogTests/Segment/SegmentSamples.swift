import TachoLog
import TestSupport
import Testing

/// A record of a test, and its canonical line.
struct SampleRecord: Equatable {
    var position: UInt64
    /// Since 2025-12-18T10:00:00Z.
    var recordedMilliseconds: Int64 = 0
    var id = "id"
    var stream = "s"
    var type = "t"
    var time: Timestamp?
    var data = "{}"

    static let epoch = Timestamp(iso8601: Array("2025-12-18T10:00:00Z".utf8))

    var recorded: Timestamp {
        Timestamp(
            microseconds: (SampleRecord.epoch?.microseconds ?? 0) + recordedMilliseconds * 1000)
    }

    var line: [UInt8] {
        let time = time.map { ",\"time\":\"\($0)\"" } ?? ""
        return Array(
            """
            {"position":\(position),"recorded":"\(recorded)","id":"\(id)","stream":"\(stream)",\
            "type":"\(type)","source":"test","version":1\(time),"data":\(data)}

            """.utf8)
    }

    func matches(_ filter: RecordFilter) -> Bool {
        line.withUnsafeBytes { line in RecordView(line: line).map(filter.matches) ?? false }
    }
}

extension SegmentWriter {
    mutating func append(_ record: SampleRecord) throws {
        try append(line: record.line)
    }

    mutating func append(line: [UInt8]) throws {
        try line.withUnsafeBytes { line in
            try self.append(#require(RecordView(line: line)))
        }
    }
}

extension SeededRandom {
    mutating func text(_ count: Int) -> String {
        String((0..<count).map { _ in "abcdefghijklmnop".randomElement(using: &self) ?? "a" })
    }
}

/// The bytes of a segment in memory, and what was read of them.
final class SampleFile {
    var bytes: [UInt8]
    private(set) var reads: [Range<Int>] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func read(_ offset: Int, _ byteCount: Int) throws(LogError) -> [UInt8] {
        guard offset >= 0, byteCount >= 0, byteCount <= bytes.count - offset else {
            throw LogError(.system, "read \(byteCount) bytes at \(offset) of \(bytes.count)")
        }
        reads.append(offset..<offset + byteCount)
        return Array(bytes[offset..<offset + byteCount])
    }

    func open(store: StoreID = SampleFile.store) throws(LogError) -> SegmentReader {
        try SegmentReader(byteCount: bytes.count, store: store, file: "sample", read: read)
    }

    /// The lines of these frames, or of all.
    func lines(of reader: SegmentReader, frames: [Int]? = nil) throws(LogError) -> [UInt8] {
        var all = [UInt8]()
        var lines = [UInt8]()
        for index in frames ?? Array(reader.frames.indices) {
            try reader.lines(of: reader.frames[index], read: read, into: &lines)
            all += lines
        }
        return all
    }

    func salvage(
        _ body: (SalvagedFrame) -> Void = { _ in }
    ) throws(LogError) -> SalvageReport {
        try SegmentSalvage.run(
            byteCount: bytes.count, store: SampleFile.store, file: "sample", read: read
        ) { frame throws(LogError) in body(frame) }
    }

    static let store = StoreID((0..<16).map { UInt8($0) }) ?? StoreID.other
    static let otherStore = StoreID.other
}

extension StoreID {
    fileprivate static var other: StoreID {
        guard let store = StoreID([UInt8](repeating: 0xAB, count: 16)) else {
            preconditionFailure("16 bytes are a store's name")
        }
        return store
    }
}

/// The segment of these records.
func seal(
    _ records: [SampleRecord], frameByteCount: Int = 1 << 20, level: Int = 1,
    store: StoreID = SampleFile.store, chainBefore: Digest256 = .zero, columns: ColumnSet = .none
) throws -> (file: SampleFile, footer: SegmentFooter) {
    let first = try #require(records.first)
    var writer = SegmentWriter(
        store: store, firstPosition: Position(first.position), chainBefore: chainBefore,
        options: SegmentOptions(frameByteCount: frameByteCount, level: level, columns: columns))
    var bytes = [UInt8]()
    for record in records {
        try writer.append(record)
        bytes += writer.takeOutput()
    }
    let (footer, rest) = writer.finish()
    return (SampleFile(bytes + rest), footer)
}

/// `count` records of some streams and types, with growing times.
func sampleRecords(
    _ count: Int, from first: UInt64 = 1, seed: UInt64 = 1, streamCount: Int = 3,
    dataByteCount: Int = 40
) -> [SampleRecord] {
    var random = SeededRandom(seed)
    var milliseconds: Int64 = 0
    return (0..<count).map { index in
        milliseconds += Int64.random(in: 0...2000, using: &random)
        let hasTime = Bool.random(using: &random)
        var record = SampleRecord(
            position: first + UInt64(index), recordedMilliseconds: milliseconds,
            id: "\(random.text(12))-\(index)",
            stream: "stream-\(Int.random(in: 0..<streamCount, using: &random))",
            type: ["hook.Stop", "hook.PreToolUse", "tool.call", "rare"][
                [0, 0, 1, 1, 1, 2, 2].randomElement(using: &random) ?? 0],
            data: "{\"text\":\"\(random.text(dataByteCount))\"}")
        if Int.random(in: 0..<97, using: &random) == 0 { record.type = "rare" }
        if hasTime { record.time = record.recorded }
        return record
    }
}

/// What opening and reading everything says; `nil` if it went through.
func readingFault(_ file: SampleFile) -> LogError? {
    do throws(LogError) {
        _ = try file.lines(of: try file.open())
        return nil
    } catch {
        return error
    }
}
