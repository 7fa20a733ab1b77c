import TachoLog
import TestSupport
import Testing

/// A segment of some 3 KB with several frames, small enough to try every damage of a kind.
private let records = sampleRecords(14, dataByteCount: 60)

private func smallSegment() throws -> SampleFile {
    try seal(records, frameByteCount: 1000).file
}

@Suite struct SegmentDamageTests {
    @Test func `every truncation is damage, and salvage still gives the frames before it`() throws {
        let file = try smallSegment()
        let frames = try file.open().frames
        let whole = file.bytes
        for byteCount in 0..<whole.count {
            let cut = SampleFile(Array(whole[..<byteCount]))

            #expect(readingFault(cut)?.code == .damaged, "\(byteCount) bytes")

            let expected = frames.filter { $0.endOffset <= byteCount }.reduce(0) { $0 + $1.count }
            #expect(try cut.salvage().recordCount == expected, "\(byteCount) bytes")
        }
    }

    @Test func `bytes behind the footer are damage`() throws {
        let file = try smallSegment()
        for count in [1, 7, 255, 256, 5000] {
            let longer = SampleFile(file.bytes + [UInt8](repeating: 0, count: count))

            #expect(readingFault(longer)?.code == .damaged)
        }
    }

    @Test func `every single flipped bit is noticed by opening and reading`() throws {
        let file = try smallSegment()
        let whole = file.bytes
        var unnoticed = [String]()
        for offset in whole.indices {
            for bit in 0..<8 {
                file.bytes[offset] = whole[offset] ^ 1 << UInt8(bit)
                guard let fault = readingFault(file), [.damaged, .unsupported].contains(fault.code)
                else {
                    unnoticed.append("bit \(bit) of byte \(offset)")
                    continue
                }
            }
            file.bytes[offset] = whole[offset]
        }
        #expect(unnoticed.isEmpty)
    }

    @Test func `every flipped byte is found by the deep check and hides no other frame`() throws {
        let file = try smallSegment()
        let reader = try file.open()
        let whole = file.bytes
        for offset in whole.indices {
            file.bytes[offset] = whole[offset] ^ 1 << UInt8(offset % 8)

            let report = try reader.verify(read: file.read)
            let salvage = try file.salvage()

            let hit = reader.frames.filter { ($0.offset..<$0.endOffset).contains(offset) }
            #expect(report.damages.count == 1, "byte \(offset)")
            #expect(
                report.damages.first.map { ($0.offset..<$0.offset + $0.byteCount).contains(offset) }
                    == true, "byte \(offset)")
            #expect(report.frameCount == reader.frames.count - hit.count, "byte \(offset)")
            #expect(salvage.frameCount == report.frameCount, "byte \(offset)")
            #expect(
                !salvage.damages.isEmpty || salvage.footer == nil, "byte \(offset)")
            #expect(salvage.isComplete == (salvage.footer == nil ? nil : hit.isEmpty))
            file.bytes[offset] = whole[offset]
        }
    }

    @Test func `an error names the file and the offset`() throws {
        let file = try smallSegment()
        let frame = try file.open().frames[1]
        file.bytes[frame.offset + 40] ^= 1

        let fault = readingFault(file)

        #expect(fault?.code == .damaged)
        #expect(fault?.message.contains("sample is damaged at byte \(frame.offset)") == true)
    }

    @Test func `a frame dropped, doubled, or moved is damage`() throws {
        let file = try smallSegment()
        let frames = try file.open().frames
        let whole = file.bytes
        func part(_ index: Int) -> ArraySlice<UInt8> {
            whole[frames[index].offset..<frames[index].endOffset]
        }
        let tail = whole[frames[frames.count - 1].endOffset...]
        let order = Array(frames.indices)
        for index in order {
            var dropped = order
            dropped.remove(at: index)
            var doubled = order
            doubled.insert(index, at: index)
            for wrong in [dropped, doubled] {
                file.bytes = wrong.flatMap { part($0) } + tail
                #expect(readingFault(file)?.code == .damaged)
                #expect(try file.salvage().frameCount == Set(wrong).count)
            }
            for other in order where other != index {
                var swapped = order
                swapped.swapAt(index, other)
                file.bytes = swapped.flatMap { part($0) } + tail
                #expect(readingFault(file)?.code == .damaged)
                let report = try file.salvage()
                #expect(report.frameCount == frames.count)
                #expect(report.isOutOfOrder)
                #expect(report.isComplete == false)
            }
        }
    }

    @Test func `an intact frame of the same size from elsewhere is refused`() throws {
        // Incompressible, so that all frames have the same size.
        func segment(_ seed: UInt64, store: StoreID, from first: UInt64) throws -> SampleFile {
            var random = SeededRandom(seed)
            let records = (0..<6).map { index in
                let data = (0..<40).map { _ in
                    Character(Unicode.Scalar(UInt8.random(in: 0x5D...0x7E, using: &random)))
                }
                return SampleRecord(
                    position: first + UInt64(index), data: "{\"a\":\"\(String(data))\"}")
            }
            return try seal(records, frameByteCount: 1, store: store).file
        }
        let file = try segment(1, store: SampleFile.store, from: 1)
        let whole = file.bytes
        let frames = try file.open().frames
        var triedCount = 0
        for (seed, store, first) in [
            (UInt64(2), SampleFile.store, UInt64(1)), (3, SampleFile.otherStore, 1),
            (1, SampleFile.store, 3),
        ] {
            let donor = try segment(seed, store: store, from: first)
            for source in try donor.open(store: store).frames {
                for frame in frames where frame.byteCount == source.byteCount {
                    triedCount += 1
                    file.bytes = whole
                    file.bytes.replaceSubrange(
                        frame.offset..<frame.endOffset,
                        with: donor.bytes[source.offset..<source.endOffset])
                    #expect(readingFault(file)?.code == .damaged)
                    #expect(try file.salvage().frameCount == frames.count - 1)
                }
            }
        }
        #expect(triedCount > 20)
    }

    @Test func `the index of a twin in another store or at another place is refused`() throws {
        let file = try smallSegment()
        let whole = file.bytes
        let moved = records.map { record in
            var record = record
            record.position += 10
            return record
        }
        for donor in [
            try seal(records, frameByteCount: 1000, store: SampleFile.otherStore).file,
            try seal(moved, frameByteCount: 1000).file,
        ] {
            let index = donor.bytes[donor.indexRange]
            // Somebody even made the footer's checksum of the index fit.
            for isFooterAdapted in [false, true] {
                file.bytes = whole
                file.bytes.replaceSubrange(file.indexRange, with: index)
                if isFooterAdapted {
                    file.setInFooter(UInt64(index.count), at: 104)
                    file.sealIndexInFooter()
                }
                #expect(readingFault(file)?.code == .damaged)
            }
        }
    }

    @Test func `a whole segment of another store is refused by name`() throws {
        let (file, _) = try seal(records, store: SampleFile.otherStore)

        let fault = readingFault(file)

        #expect(fault?.code == .damaged)
        #expect(fault?.message.contains("\(SampleFile.otherStore)") == true)
    }

    @Test func `a read that gives too little is damage, one that fails is passed on`() throws {
        let file = try smallSegment()
        #expect(throws: LogError(.system, "no")) {
            try SegmentReader(byteCount: file.bytes.count, store: SampleFile.store, file: "sample")
            {
                _, _ throws(LogError) in throw LogError(.system, "no")
            }
        }
        #expect(throws: LogError.self) {
            try SegmentReader(byteCount: file.bytes.count, store: SampleFile.store, file: "sample")
            {
                offset, byteCount throws(LogError) in
                Array(try file.read(offset, byteCount).dropLast())
            }
        }
    }
}

@Suite struct SegmentSalvageTests {
    @Test func `without footer and index all lines are found`() throws {
        let file = try smallSegment()
        var lines = [UInt8]()
        file.bytes.removeSubrange(file.indexRange.lowerBound...)

        let report = try file.salvage { lines += $0.lines }

        #expect(lines == records.flatMap(\.line))
        #expect(report.found == [Position(1)...Position(14)])
        #expect(report.damages.isEmpty)
        #expect(report.isComplete == nil)
        #expect(!report.hasIndex)
    }

    @Test func `a good segment is complete`() throws {
        let report = try smallSegment().salvage()

        #expect(report.isComplete == true)
        #expect(report.hasIndex)
        #expect(report.damages.isEmpty)
        #expect(report.footer?.count == 14)
    }

    @Test func `a damaged stretch over two frames is reported as one, and the rest is found`()
        throws
    {
        let file = try smallSegment()
        let frames = try file.open().frames
        for offset in (frames[0].endOffset - 30)..<(frames[1].offset + 30) {
            file.bytes[offset] = 0x18
        }

        let report = try file.salvage()

        #expect(report.frameCount == frames.count - 2)
        #expect(report.damages.map(\.offset) == [0])
        #expect(report.damages.map(\.byteCount) == [frames[1].endOffset])
        #expect(report.found == [frames[2].firstPosition...Position(14)])
    }

    @Test func `a frame of another store is not taken while there is an index`() throws {
        let file = try smallSegment()
        let (other, _) = try seal(
            [SampleRecord(position: 500)], store: SampleFile.otherStore)
        let frame = try other.open(store: SampleFile.otherStore).frames[0]
        file.bytes.insert(contentsOf: other.bytes[..<frame.endOffset], at: 0)

        let report = try file.salvage()

        #expect(report.found == [Position(1)...Position(14)])
        #expect(report.damages.map(\.byteCount) == [frame.byteCount])
    }

    @Test(arguments: [0, 1, 2, 3]) func `random bytes end in a report, soon`(seed: UInt64) throws {
        var random = SeededRandom(seed)
        // The second half is nothing but magic numbers, the worst there is for a search.
        var bytes = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for index in 0..<5000 {
            let magics: [[UInt8]] = [
                [0x04, 0x22, 0x4D, 0x18], [0x5A, 0x2A, 0x4D, 0x18], [0x5F, 0x2A, 0x4D, 0x18],
            ]
            bytes += magics[Int(seed) % 3]
            if seed == 3 { bytes += [0x7C, 0x40, UInt8(index & 0xFF), 0, 0, 0, 0, 0, 0, 0, 0] }
        }

        let report = try SampleFile(bytes).salvage()

        #expect(report.recordCount == 0)
        #expect(report.damages.map(\.byteCount).reduce(0, +) == bytes.count)
    }
}
