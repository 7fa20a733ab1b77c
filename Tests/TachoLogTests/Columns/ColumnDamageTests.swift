import TachoLog
import TestSupport
import Testing

/// A segment with columns and seldom lines, small enough to try every damage of a kind.
private func smallSegment() throws -> SampleFile {
    var records = sampleRecords(60, dataByteCount: 10)
    for index in records.indices where index % 2 == 0 {
        records[index].data = "{\"tool\":\"T\(index % 3)\",\"ms\":\(index * 1000)}"
    }
    return try seal(records, frameByteCount: 4000, columns: .sample).file
}

@Suite struct ColumnDamageTests {
    @Test func `columns stand behind the index, and the lines are what they are without`() throws {
        let records = sampleRecords(60)
        let plain = try seal(records, frameByteCount: 4000)
        let (file, footer) = try seal(records, frameByteCount: 4000, columns: .sample)

        let reader = try file.open()

        #expect(footer.columnsByteCount > 0)
        #expect(footer.linesDigest == plain.footer.linesDigest)
        #expect(footer.chainAfter == plain.footer.chainAfter)
        // The same frames and index to the byte: a reader that knows no columns passes over them.
        #expect(file.bytes.starts(with: plain.file.bytes.prefix(footer.columnsOffset)))
        #expect(try file.lines(of: reader) == records.flatMap(\.line))
        #expect(try reader.verify(read: file.read).isGood)
        #expect(try file.salvage().isComplete == true)
        #expect(try reader.columns(read: file.read)?.set == .sample)
    }

    @Test func `a flipped bit in any byte of the columns is told, and no line is lost`() throws {
        let file = try smallSegment()
        let reader = try file.open()
        let lines = try file.lines(of: reader)
        let whole = file.bytes
        let columns = reader.footer.columnsOffset..<reader.footerOffset
        for offset in columns {
            file.bytes[offset] = whole[offset] ^ 1 << UInt8(offset % 8)

            let report = try reader.verify(read: file.read)
            #expect(!report.isGood, "byte \(offset)")
            #expect(report.frameCount == reader.frames.count)
            #expect(try file.lines(of: file.open()) == lines, "byte \(offset)")
            #expect(try file.salvage().recordCount == 60, "byte \(offset)")

            file.bytes[offset] = whole[offset]
        }
        #expect(columns.count > 200)
    }

    @Test func `parts that are damaged are never taken for values`() throws {
        let file = try smallSegment()
        let reader = try file.open()
        let columns = try #require(try reader.columns(read: file.read))
        let whole = file.bytes
        for part in columns.parts {
            for offset in part.offset..<part.offset + part.byteCount {
                for bit in 0..<8 {
                    file.bytes[offset] = whole[offset] ^ 1 << UInt8(bit)
                    #expect(throws: LogError.self) { try reader.part(part, read: file.read) }
                }
                file.bytes[offset] = whole[offset]
            }
        }
    }

    @Test func `bytes with a right checksum that are no cells are refused, not believed`() throws {
        let file = try smallSegment()
        let reader = try file.open()
        let columns = try #require(try reader.columns(read: file.read))
        let indexes = Array(columns.set.columns.indices)
        var random = SeededRandom(1)
        for number in columns.parts.indices {
            let good = try reader.part(columns.parts[number], read: file.read)
            for round in 0..<3000 {
                var bytes = good
                for _ in 0...round % 4 {
                    bytes[Int.random(in: bytes.indices, using: &random)] = .random(
                        in: 0...255, using: &random)
                }
                if round % 7 == 0 {
                    bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
                }
                let block = ColumnBlock(columns.set.columns)
                let isFilled = bytes.withUnsafeBytes {
                    block.fill($0, of: columns, indexes, frame: reader.frames[number])
                }
                guard isFilled else { continue }
                // Whatever it says now, it says it of rows and texts that are there.
                for column in [0, 1, 2, 5] {
                    for code in block.codes(column) where code > 0 {
                        _ = block.text(column, Int(code) - 1).count
                    }
                }
                for column in [3, 4] {
                    block.forEachNumber(column) { row, _ in #expect(row < block.rowCount) }
                }
            }
        }
    }

    @Test func `columns that say something else than the lines are found by the deep check`() throws
    {
        let records = sampleRecords(60)
        var others = records
        others[7].data = "{\"tool\":\"lie\"}"
        let (file, footer) = try seal(records, frameByteCount: 4000, columns: .sample)
        let (other, otherFooter) = try seal(others, frameByteCount: 4000, columns: .sample)
        let frame = other.bytes[
            otherFooter.columnsOffset..<otherFooter.columnsOffset + otherFooter.columnsByteCount]
        file.bytes.replaceSubrange(
            footer.columnsOffset..<footer.columnsOffset + footer.columnsByteCount, with: frame)
        file.set(UInt64(frame.count), at: file.footerOffset + 120)
        file.setInFooter(otherFooter.crcOfColumns, at: 132)

        let reader = try file.open()

        #expect(
            try reader.verify(read: file.read).damages.map(\.what) == [
                "the columns say something else than the lines"
            ])
    }
}
