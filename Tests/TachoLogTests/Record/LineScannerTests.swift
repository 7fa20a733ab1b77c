import TachoLog
import TestSupport
import Testing

@Suite struct LineScannerTests {
    private func samples(seed: UInt64) -> [SampleRecord] {
        var random = SeededRandom(seed)
        var data = ColumnSampleData(random: SeededRandom(seed + 1), strangePercent: 30)
        return (0..<400).map { index in
            var record = SampleRecord(
                position: UInt64.random(
                    in: 1...min(Position.largest.rawValue, 1 << UInt64(index % 60 + 1)),
                    using: &random),
                recordedMilliseconds: Int64.random(in: 0...100_000_000, using: &random))
            func text(_ most: Int) -> String {
                String(repeating: "é", count: Int.random(in: 0...2, using: &random))
                    + String(repeating: "x", count: Int.random(in: 1...most, using: &random))
            }
            record.id = text(40)
            record.stream = text(20)
            record.type = text(200)
            if index % 3 > 0 { record.time = record.recorded }
            if index % 3 > 1 {
                record.time = Timestamp(microseconds: record.recorded.microseconds + 7)
            }
            record.data = data.next()
            return record
        }
    }

    @Test func `every line is seen as a record view sees it`() throws {
        let seed = testSeed()
        let records = samples(seed: seed)
        let bytes = records.flatMap(\.line)

        var count = 0
        try bytes.withUnsafeBytes { bytes in
            var scanner = LineScanner(bytes)
            while try scanner.next() {
                let view = try #require(scanner.record)
                #expect(scanner.stream.elementsEqual(view.stream), "seed \(seed), line \(count)")
                #expect(scanner.type.elementsEqual(view.type))
                #expect(scanner.position == view.position)
                #expect(scanner.data.elementsEqual(view.data))
                #expect(scanner.line.elementsEqual(records[count].line))
                count += 1
            }
        }
        #expect(count == records.count)
    }

    @Test func `what is no line is damage, and nothing outside is read`() throws {
        let line = SampleRecord(position: 7, data: "{\"a\":1}").line
        var random = SeededRandom(testSeed())
        let guarded = GuardedBytes(capacity: 2 * line.count)
        for count in 1..<line.count {
            for atStart in [false, true] {
                guarded.lend(Array(line[..<count]), atStart: atStart) { bytes in
                    _ = #expect(throws: LogError.self) {
                        var scanner = LineScanner(bytes)
                        while try scanner.next() {}
                    }
                }
            }
        }
        for round in 0..<20_000 {
            var bytes = line + line
            for _ in 0...2 {
                let at = Int.random(in: bytes.indices, using: &random)
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            guarded.lend(bytes, atStart: round % 2 == 0) { bytes in
                var scanner = LineScanner(bytes)
                // Whether it is refused or not: what it gives lies in the line.
                while (try? scanner.next()) == true {
                    #expect(scanner.data.count + scanner.stream.count <= scanner.line.count)
                    _ = scanner.position
                }
            }
        }
    }
}
