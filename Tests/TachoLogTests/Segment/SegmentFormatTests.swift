import Foundation
import TachoLog
import TestSupport
import Testing

@Suite struct SegmentFormatTests {
    private let records = sampleRecords(14, dataByteCount: 60)

    private func smallSegment() throws -> SampleFile {
        try seal(records, frameByteCount: 1000).file
    }

    /// The two records of the example in `FileFormat.md`.
    private var exampleRecords: [SampleRecord] {
        var first = SampleRecord(position: 7, recordedMilliseconds: 91)
        first.id = "a1"
        first.stream = "f2a74de4"
        first.type = "tool.call"
        first.time = Timestamp(microseconds: first.recorded.microseconds - 4000)
        first.data = "{\"tool\":\"Bash\"}"
        var second = first
        second.position = 8
        second.recordedMilliseconds = 1250
        second.id = "a2"
        second.time = nil
        second.data = "{\"tool\":\"Read\"}"
        return [first, second]
    }

    @Test func `the example in the documentation is a real segment, byte for byte`() throws {
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../../Sources/TachoLog/TachoLog.docc/FileFormat.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let documented = try hexadecimalDump(after: "### Example", in: text)
        let lines = exampleRecords.flatMap(\.line)

        let (file, _) = try seal(exampleRecords, chainBefore: .zero)

        #expect(file.bytes == documented, "\n\(dump(file.bytes))")
        // Also where another version of LZ4 compresses otherwise, the example can be read.
        let example = SampleFile(documented)
        #expect(try example.lines(of: try example.open()) == lines)
        #expect(try example.open().verify(read: example.read).isGood)
        #expect(text.contains(String(decoding: lines, as: UTF8.self)))
    }

    /// The bytes of the first block of lines `offset  bytes  remark` after a heading.
    private func hexadecimalDump(after heading: String, in text: String) throws -> [UInt8] {
        let section = try #require(text.range(of: heading))
        let rest = text[section.upperBound...]
        let start = try #require(rest.range(of: "```text\n"))
        let end = try #require(rest[start.upperBound...].range(of: "\n```"))
        var bytes = [UInt8]()
        for line in rest[start.upperBound..<end.lowerBound].split(separator: "\n") {
            let parts = line.components(separatedBy: "  ")
            #expect(Int(parts[0], radix: 16) == bytes.count, "\(line)")
            bytes += try #require(
                [UInt8](hexadecimal: Array(parts[1].replacing(" ", with: "").utf8)))
        }
        return bytes
    }

    private func dump(_ bytes: [UInt8]) -> String {
        stride(from: 0, to: bytes.count, by: 16).map { offset in
            let row = bytes[offset..<min(offset + 16, bytes.count)]
            let digits = row.map { String(format: "%02x", $0) }.joined(separator: " ")
            return String(format: "%03x", offset) + "  " + digits
        }.joined(separator: "\n")
    }

    @Test func `a newer version and an unknown required flag are refused as such`() throws {
        for (offset, value) in [(16, UInt16(2)), (20, 1), (20, 0x8000)] {
            let file = try smallSegment()
            file.setInFooter(value, at: offset)
            #expect(readingFault(file)?.code == .unsupported)
        }
        for (offset, value) in [(8, UInt8(2)), (10, 7), (12, 1), (13, 0x80)] {
            let file = try smallSegment()
            file.editIndex { $0[offset] = value }
            #expect(readingFault(file)?.code == .unsupported)
        }
    }

    @Test func `an unknown optional flag and what it brings are passed over`() throws {
        let file = try smallSegment()
        file.setInFooter(UInt16(0x8000), at: 22)
        file.editIndex { payload in
            payload[15] = 0x80
            payload += [1, 2, 3]
        }
        let footerOffset = file.footerOffset
        file.bytes.insert(contentsOf: [0x5C, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9], at: footerOffset)

        #expect(try file.lines(of: try file.open()) == records.flatMap(\.line))
        #expect(try file.open().verify(read: file.read).isGood)
    }

    @Test func `an index without an unknown flag has nothing behind its frames`() throws {
        let file = try smallSegment()
        file.editIndex { $0 += [1, 2, 3] }

        #expect(readingFault(file)?.code == .damaged)
    }

    @Test func `columns of a later version are accepted unread, and checked by the deep check`()
        throws
    {
        let file = try smallSegment()
        file.insertColumns(Array("some columns".utf8))

        let reader = try file.open()
        #expect(try file.lines(of: reader) == records.flatMap(\.line))
        #expect(!file.reads.contains { $0.contains(reader.footer.columnsOffset) })
        #expect(try reader.verify(read: file.read).isGood)
        #expect(try file.salvage().isComplete == true)

        file.bytes[reader.footer.columnsOffset + 9] ^= 1
        #expect(
            try reader.verify(read: file.read).damages.map(\.offset) == [
                reader.footer.columnsOffset
            ])
    }

    @Test func `a footer that means another index is refused, though both are whole`() throws {
        let file = try smallSegment()
        file.setInFooter(UInt32(1), at: 128)

        #expect(readingFault(file)?.message.contains("index fails its checksum") == true)
    }

    @Test func `nothing stands between index and footer that no flag announces`() throws {
        let file = try smallSegment()
        file.bytes.insert(
            contentsOf: [0x5C, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9], at: file.footerOffset)

        #expect(readingFault(file)?.code == .damaged)
    }

    @Test(arguments: [
        (64, "times"), (72, "times"), (136, "entry in the index says something else"),
        (168, "chain"), (200, "digest"),
    ])
    func `the deep check finds a footer that says something else than the lines`(
        offset: Int, what: String
    ) throws {
        let file = try smallSegment()
        // Not further than to the other end of the times, or opening would refuse it already.
        let byte = file.bytes[file.footerOffset + offset]
        file.setInFooter(offset == 64 ? byte &- 1 : byte &+ 1, at: offset)

        let report = try file.open().verify(read: file.read)

        #expect(!report.isGood)
        #expect(report.damages.contains { $0.what.contains(what) })
    }

    @Test func `the deep check finds an index entry that says something else than its lines`()
        throws
    {
        let frame = try smallSegment().open().frames[0]
        let index = try smallSegment()
        let payload = Array(index.bytes[index.indexRange].dropFirst(8))
        let entry = try offsetOfFirstEntry(payload, frame)
        // Times, count with a time, count of a type, number of a stream, bloom filter, chain.
        let types = payload[entry + 76]
        let streams = entry + 128 + 8 * Int(types)
        let bloom = streams + 4 * Int(payload[entry + 80])
        for offset in [entry + 48, entry + 64, entry + 96, entry + 132, streams, bloom, bloom + 7] {
            let file = try smallSegment()
            file.editIndex { payload in payload[offset] &+= 1 }

            let report = try file.open().verify(read: file.read)

            #expect(
                report.damages.first?.what == "its entry in the index says something else",
                "\(offset - entry)")
        }
    }

    /// An entry begins with its offset, here 0, and its compressed byte count.
    private func offsetOfFirstEntry(_ payload: [UInt8], _ frame: FrameEntry) throws -> Int {
        var pattern = [UInt8](repeating: 0, count: 8)
        withUnsafeBytes(of: UInt32(frame.byteCount).littleEndian) { pattern += $0 }
        return try #require(
            payload.indices.first { $0 >= 48 && payload[$0...].starts(with: pattern) })
    }

    @Test func `an index that promises too much is refused before memory is asked for`() throws {
        let frame = try smallSegment().open().frames[0]
        let file = try smallSegment()
        let entry = try offsetOfFirstEntry(
            Array(file.bytes[file.indexRange].dropFirst(8)), frame)
        for rawByteCount in [
            UInt32(0), UInt32(frame.byteCount * 256 + 65_537), 64 << 20 + 1, .max,
        ] {
            let bomb = try smallSegment()
            bomb.editIndex { payload in
                withUnsafeBytes(of: rawByteCount.littleEndian) {
                    payload.replaceSubrange(entry + 12..<entry + 16, with: $0)
                }
            }
            #expect(readingFault(bomb)?.code == .damaged)
        }
        for countOffset in [24, 28, 32, 36, 40, 44] {
            let bomb = try smallSegment()
            bomb.editIndex { payload in
                payload.replaceSubrange(countOffset..<countOffset + 4, with: [255, 255, 255, 255])
            }
            #expect(readingFault(bomb)?.code == .damaged)
        }
    }

    @Test func `a frame whose header promises too much is never given the memory`() throws {
        // A stored block of 8 bytes in a frame that claims 64 MiB.
        var frame: [UInt8] = [0x04, 0x22, 0x4D, 0x18, 0x7C, 0x40]
        withUnsafeBytes(of: UInt64(64 << 20).littleEndian) { frame += $0 }
        frame += [0, 8, 0, 0, 0x80] + [UInt8](repeating: 0x61, count: 12)
        frame += [UInt8](repeating: 0, count: 8)

        let report = try SampleFile(frame).salvage()

        #expect(report.damages.map(\.what) == ["no frame begins here"])
    }

    @Test(arguments: 0..<4) func `no index, however wrong, is fatal or changes what is read`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed)
        let lines = records.flatMap(\.line)
        let good = try smallSegment()
        let indexByteCount = good.indexRange.count - 12
        let filter = RecordFilter(types: ["hook.*"], streams: ["stream-1"])
        for round in 0..<400 {
            let file = SampleFile(good.bytes)
            file.editIndex { payload in
                for _ in 0...Int.random(in: 0...2, using: &random) {
                    let offset = Int.random(in: 0..<indexByteCount, using: &random)
                    payload[offset] =
                        Bool.random(using: &random)
                        ? UInt8.random(in: 0...255, using: &random) : [0, 255, 127, 128][round % 4]
                }
            }
            do throws(LogError) {
                let reader = try file.open()
                _ = reader.frameIndexes(matching: filter)
                _ = [UInt8](repeating: 0x61, count: 9).withUnsafeBytes {
                    reader.mightContain(id: $0)
                }
                if try reader.verify(read: file.read).isGood {
                    #expect(try file.lines(of: reader) == lines, "seed \(seed), round \(round)")
                }
            } catch {
                #expect([.damaged, .unsupported].contains(error.code))
            }
            #expect(try file.salvage().recordCount <= records.count)
        }
    }
}
