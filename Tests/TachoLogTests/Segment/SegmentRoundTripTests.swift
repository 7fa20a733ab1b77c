import Foundation
import TachoLog
import TestSupport
import Testing

/// Repeats only beyond LZ4's window of 64 KiB, so that stored blocks are met too.
private let noiseBlock: [UInt8] = {
    var random = SeededRandom(1)
    return (0..<70_000).map { _ in UInt8.random(in: 0x5D...0x7E, using: &random) }
}()

@Suite struct SegmentRoundTripTests {
    @Test func `what goes in comes out, and the footer counts it`() throws {
        let records = sampleRecords(300)
        let lines = records.flatMap(\.line)

        let (file, footer) = try seal(records, frameByteCount: 4096)
        let reader = try file.open()

        #expect(try file.lines(of: reader) == lines)
        #expect(reader.footer == footer)
        #expect(footer.count == 300)
        #expect(footer.rawByteCount == lines.count)
        #expect(footer.firstPosition == Position(1))
        #expect(footer.lastPosition == Position(300))
        #expect(footer.linesDigest == SHA256.hash(lines))
        #expect(footer.firstRecorded == records.first?.recorded)
        #expect(footer.lastRecorded == records.last?.recorded)
        #expect(try reader.verify(read: file.read).isGood)
    }

    @Test func `the index says of each frame what its lines say`() throws {
        let records = sampleRecords(300)

        let (file, _) = try seal(records, frameByteCount: 4096)
        let reader = try file.open()
        var chain = [UInt8](repeating: 0, count: 32)
        var rest = records[...]
        for frame in reader.frames {
            let part = rest.prefix(frame.count)
            rest = rest.dropFirst(frame.count)
            for record in part {
                chain = SHA256.hash([1] + chain + SHA256.hash([0] + record.line).bytes).bytes
            }
            let times = part.compactMap(\.time)

            #expect(frame.firstPosition.rawValue == part.first?.position)
            #expect(frame.lastPosition.rawValue == part.last?.position)
            #expect(frame.recorded.lowerBound == part.first?.recorded)
            #expect(frame.recorded.upperBound == part.last?.recorded)
            #expect(frame.timedCount == times.count)
            #expect(frame.times?.lowerBound == times.min())
            #expect(frame.times?.upperBound == times.max())
            #expect(frame.chainAfter.bytes == chain)
            #expect(frame.rawByteCount == part.flatMap(\.line).count)
            #expect(frame.rawByteCount <= 4096)
        }

        #expect(rest.isEmpty)
        #expect(reader.footer.chainAfter.bytes == chain)
    }

    @Test(arguments: [
        0, 1, 2, 3, 7, 8, 63, 64, 65, 1000, 65_535, 65_536, 65_537, (1 << 20) - 200,
        (1 << 20) - 110, 1 << 20, (1 << 20) + 1, 4 << 20, (4 << 20) + 1, 16 << 20,
    ])
    func `a record of any size between two others survives`(byteCount: Int) throws {
        var noise = [UInt8]()
        while noise.count < byteCount {
            noise += noiseBlock[..<min(noiseBlock.count, byteCount - noise.count)]
        }
        var large = SampleRecord(position: 2)
        large.data = "{\"a\":\"\(String(decoding: noise, as: UTF8.self))\"}"
        let records = [SampleRecord(position: 1), large, SampleRecord(position: 3)]

        let (file, _) = try seal(records)
        let reader = try file.open()

        #expect(try file.lines(of: reader) == records.flatMap(\.line))
        #expect(try reader.verify(read: file.read).isGood)
    }

    @Test func `frames close at whole lines, whatever their size`() throws {
        let records = sampleRecords(12)
        let lines = records.flatMap(\.line)
        for frameByteCount in Array(1...400) + [lines.count - 1, lines.count, lines.count + 1] {
            let (file, footer) = try seal(records, frameByteCount: frameByteCount)
            let reader = try file.open()

            #expect(try file.lines(of: reader) == lines)
            #expect(reader.frames.allSatisfy { $0.rawByteCount <= max(frameByteCount, 300) })
            #expect((footer.frameCount == 1) == (frameByteCount >= lines.count))
        }
    }

    @Test(arguments: [1, 2, 3, 9, 12])
    func `every level gives the same lines, chain, and digest`(level: Int) throws {
        let records = sampleRecords(200)

        let (file, footer) = try seal(records, frameByteCount: 8192, level: level)
        let (_, plain) = try seal(records, frameByteCount: 512)

        #expect(try file.lines(of: try file.open()) == records.flatMap(\.line))
        #expect(footer.chainAfter == plain.chainAfter)
        #expect(footer.linesDigest == plain.linesDigest)
        #expect(footer.level == level)
    }

    @Test func `a segment in the middle of the log continues the chain`() throws {
        let records = sampleRecords(50)

        let (_, whole) = try seal(records)
        let (_, front) = try seal(Array(records[..<20]))
        let (file, back) = try seal(Array(records[20...]), chainBefore: front.chainAfter)

        #expect(back.chainAfter == whole.chainAfter)
        #expect(try file.open().verify(read: file.read).isGood)
    }

    @Test func `a record out of order is refused and changes nothing`() throws {
        var writer = SegmentWriter(
            store: SampleFile.store, firstPosition: Position(5), chainBefore: .zero)
        try writer.append(SampleRecord(position: 5))

        for position in [UInt64(1), 5, 7] {
            #expect(throws: LogError.self) { try writer.append(SampleRecord(position: position)) }
        }
        try writer.append(SampleRecord(position: 6))
        let (footer, _) = writer.finish()

        #expect(footer.count == 2)
        #expect(footer.lastPosition == Position(6))
    }

    @Test func `holes are named, and the chain closes over erased records`() throws {
        let records = sampleRecords(10)
        let (_, whole) = try seal(records)
        var hasher = SHA256Hasher()
        var writer = SegmentWriter(
            store: SampleFile.store, firstPosition: .first, chainBefore: .zero,
            options: SegmentOptions(frameByteCount: 300))
        for record in records {
            if [1, 4, 5, 10].contains(record.position) {
                let leaf = record.line.withUnsafeBytes { Chain.leaf(of: $0, with: &hasher) }
                writer.appendErasure(leaf: leaf)
            } else {
                try writer.append(record)
            }
        }
        writer.appendGap(through: Position(12))
        let (footer, bytes) = writer.finish()
        let file = SampleFile(bytes)
        let reader = try file.open()

        #expect(footer.chainAfter == whole.chainAfter)
        #expect(footer.count == 6)
        #expect(footer.lastPosition == Position(12))
        #expect(footer.flags == [.hasGaps, .hasErasures])
        #expect(reader.erasures.map(\.position.rawValue) == [1, 4, 5, 10])
        #expect(reader.gaps.map(\.first.rawValue) == [11])
        let report = try reader.verify(read: file.read)
        #expect(report.isGood)
        #expect(report.recordCount == 6)
        #expect(report.frameCount == reader.frames.count)
    }

    @Test func `a gap may restart the chain at a head known from elsewhere`() throws {
        let known = SHA256.hash(Array("known".utf8))
        var writer = SegmentWriter(
            store: SampleFile.store, firstPosition: Position(3), chainBefore: .zero)
        writer.appendGap(through: Position(4), chainAfter: known)
        try writer.append(SampleRecord(position: 5))
        let (_, bytes) = writer.finish()
        let file = SampleFile(bytes)

        #expect(try file.open().verify(read: file.read).isGood)
        #expect(try file.open().footer.firstPosition == Position(3))
    }

    @Test func `a segment of which nothing is left is still one`() throws {
        var writer = SegmentWriter(
            store: SampleFile.store, firstPosition: Position(3), chainBefore: .zero)
        writer.appendGap(through: Position(9))
        let (footer, bytes) = writer.finish()
        let file = SampleFile(bytes)
        let reader = try file.open()

        #expect(footer.count == 0)
        #expect(try file.lines(of: reader) == [])
        #expect(try reader.verify(read: file.read).isGood)
    }

    @Test func `a segment of nothing is a programming error`() async {
        await #expect(processExitsWith: .failure) {
            let writer = SegmentWriter(
                store: SampleFile.store, firstPosition: .first, chainBefore: .zero)
            _ = writer.finish()
        }
    }
}

/// The reference program is another reader of our files: it has to print exactly the lines.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/lz4")))
struct ReferenceProgramTests {
    @Test(arguments: [1, 9])
    func `lz4 -dc prints exactly the lines, from a file and from a pipe`(level: Int) throws {
        var records = sampleRecords(2000, dataByteCount: 1500)
        records[1000].data = "{\"a\":\"\(String(repeating: "large ", count: 500_000))\"}"
        let lines = records.flatMap(\.line)
        let (file, _) = try seal(records, level: level)
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "tacho-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "sample.jsonl.lz4").path
        try Data(file.bytes).write(to: URL(filePath: path))

        #expect(try output(of: "lz4 -dc '\(path)'") == lines)
        #expect(try output(of: "cat '\(path)' | lz4 -dc") == lines)
        #expect(
            try output(of: "lz4 -t '\(path)' 2> /dev/null && echo good") == Array("good\n".utf8))
    }

    private func output(of command: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", command]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return Array(data ?? Data())
    }
}
