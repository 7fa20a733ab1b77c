import TachoLog
import TestSupport
import Testing

@Suite struct SegmentChoiceTests {
    @Test(arguments: 0..<6)
    func `a filtered read gives what a full scan gives, from the frames it must read`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed)
        let records = sampleRecords(
            Int.random(in: 1...500, using: &random),
            from: UInt64.random(in: 1...99, using: &random),
            seed: seed, streamCount: [1, 5, 60, 400].randomElement(using: &random) ?? 1)
        let (file, _) = try seal(
            records,
            frameByteCount: [500, 4000, 30_000].randomElement(using: &random) ?? 500)
        let reader = try file.open()
        let openReads = file.reads.count
        for _ in 0..<25 {
            let (from, through, filter) = randomQuestion(about: records, &random)
            func isWanted(_ record: SampleRecord) -> Bool {
                record.position >= from.rawValue
                    && record.position <= through?.rawValue ?? .max && record.matches(filter)
            }

            let chosen = reader.frameIndexes(from: from, through: through, matching: filter)
            let lines = try file.lines(of: reader, frames: chosen)

            var found = [UInt8]()
            lines.withUnsafeBytes { bytes in
                var offset = 0
                while let line = bytes.line(from: offset) {
                    if let record = RecordView(line: line), record.position >= from,
                        record.position <= through ?? Position(.max), filter.matches(record)
                    {
                        found += Array(line)
                    }
                    offset += line.count
                }
            }
            #expect(found == records.filter(isWanted).flatMap(\.line), "seed \(seed): \(filter)")
        }
        // Nothing was read but footer, index, and chosen frames.
        #expect(openReads == 2)
    }

    private func randomQuestion(
        about records: [SampleRecord], _ random: inout SeededRandom
    ) -> (Position, Position?, RecordFilter) {
        var filter = RecordFilter()
        func some() -> SampleRecord {
            records.randomElement(using: &random) ?? SampleRecord(position: 1)
        }
        if Bool.random(using: &random) {
            filter.types =
                [
                    ["rare"], ["hook.*"], ["tool.call", "rare"], ["absent"], ["*"], ["h*"],
                ].randomElement(using: &random) ?? []
        }
        if Bool.random(using: &random) {
            filter.streams = [ByteString(some().stream)]
            if Bool.random(using: &random) { filter.streams.append("absent") }
        }
        if Bool.random(using: &random) { filter.recordedFrom = some().recorded }
        if Bool.random(using: &random) { filter.recordedThrough = some().recorded }
        let from = Bool.random(using: &random) ? Position.first : Position(some().position)
        let through = Bool.random(using: &random) ? nil : Position(some().position)
        return (from, through, filter)
    }

    @Test func `a question about one thing reads exactly the frames that hold it`() throws {
        let records = sampleRecords(600, streamCount: 40)
        let (file, _) = try seal(records, frameByteCount: 3000)
        let reader = try file.open()
        func framesHolding(_ condition: (SampleRecord) -> Bool) -> [Int] {
            reader.frames.indices.filter { index in
                let frame = reader.frames[index]
                return records.contains {
                    (frame.firstPosition...frame.lastPosition).contains(Position($0.position))
                        && condition($0)
                }
            }
        }

        for type in ["rare", "tool.call", "hook.Stop", "absent"] {
            #expect(
                reader.frameIndexes(matching: RecordFilter(types: [TypePattern(ByteString(type))]))
                    == framesHolding { $0.type == type })
        }
        for stream in 0..<41 {
            #expect(
                reader.frameIndexes(
                    matching: RecordFilter(streams: [ByteString("stream-\(stream)")]))
                    == framesHolding { $0.stream == "stream-\(stream)" })
        }
        for position in stride(from: UInt64(1), to: 620, by: 7) {
            let one = Position(position)
            #expect(
                reader.frameIndexes(from: one, through: one)
                    == framesHolding { $0.position == position })
        }
        #expect(reader.frameIndexes(from: Position(601)) == [])
        #expect(framesHolding { $0.type == "rare" }.count < reader.frames.count / 2)
    }

    @Test func `no id is missed, and absent ids are believed present in fewer than 0.5 %`() throws {
        let records = sampleRecords(2000)
        let (file, _) = try seal(records, frameByteCount: 20_000)
        let reader = try file.open()
        var random = SeededRandom(7)
        func frames(_ id: String) -> [Int] {
            Array(id.utf8).withUnsafeBytes { reader.mightContain(id: $0) }
        }

        for record in records {
            let holder = reader.frameIndexes(
                from: Position(record.position), through: Position(record.position))
            #expect(frames(record.id).contains(holder[0]))
        }
        let absentCount = 4000
        let wrong = (0..<absentCount).reduce(0) { sum, _ in sum + frames(random.text(20)).count }
        let share = Double(wrong) / Double(absentCount * reader.frames.count)

        #expect(share < 0.005)
    }

    @Test func `more than 64 streams in a frame are found through a bloom filter`() throws {
        let records = sampleRecords(1000, streamCount: 300)
        let (file, _) = try seal(records, frameByteCount: 40_000)
        let reader = try file.open()

        for record in records {
            let holder = reader.frameIndexes(
                from: Position(record.position), through: Position(record.position))
            let chosen = reader.frameIndexes(
                matching: RecordFilter(streams: [ByteString(record.stream)]))
            #expect(chosen.contains(holder[0]))
        }
        let absent = (0..<500).reduce(0) { sum, number in
            sum
                + reader.frameIndexes(
                    matching: RecordFilter(streams: [ByteString("absent-\(number)")])
                ).count
        }
        #expect(Double(absent) / Double(500 * reader.frames.count) < 0.005)
    }
}
