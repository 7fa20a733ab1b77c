import TachoLog
import TachoSimulation
import TestSupport
import Testing

@testable import TachoProjections

struct SnapshotBlockTests {
    private typealias Kind = SnapshotBlocks.Kind

    /// What makes a block of each kind.
    private func samples() -> [(kind: Kind, raw: [UInt8], block: [UInt8])] {
        var random = SeededRandom(testSeed())
        let noise = (0..<9000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let words = (0..<9000).flatMap { _ in Array("word\(random.next() % 500) ".utf8) }
        let raws: [(Kind, [UInt8])] = [
            (.raw, noise), (.raw, [7]), (.lz4, [UInt8](repeating: 1, count: 60_000)),
            (.zstd, Array(words.prefix(1 << 16))),
        ]
        let encoder = SnapshotBlockEncoder()
        let plain = raws.map { kind, raw in
            let (found, block) = raw.withUnsafeBytes { encoder.encode($0) }
            #expect(found == kind)
            return (found, raw, block)
        }
        var moment: UInt64 = 1 << 40
        let moments = (0..<PackedNumbers.chunkCount).map { _ in
            moment += 1000 * (random.next() % 3000)
            return moment &- 1000 * (random.next() % 500)
        }
        return plain + [encodedIDs(&random), encoded(moments, width: 6)]
    }

    /// Texts of 18 bytes, cut in their midst, by the places of their bytes.
    private func encodedIDs(
        _ random: inout SeededRandom
    ) -> (kind: Kind, raw: [UInt8], block: [UInt8]) {
        let ids = (0..<2000).flatMap { _ in
            Array("toolu_\(String(random.next() >> 17 | 1 << 46, radix: 16))".utf8)
        }
        let raw = Array(ids[7..<33_000])
        let encoder = SnapshotBlockEncoder()
        let encoded = raw.withUnsafeBytes { raw in
            encoder.encode(raw, width: 18, limit: encoder.encode(raw).block.count)
        }
        return (encoded?.kind ?? .raw, raw, encoded?.block ?? raw)
    }

    private func planes(_ numbers: [UInt64], width: Int) -> [UInt8] {
        (0..<width).flatMap { plane in
            numbers.map { UInt8(truncatingIfNeeded: $0 >> UInt64(8 * plane)) }
        }
    }

    private func encoded(
        _ numbers: [UInt64], width: Int
    ) -> (kind: Kind, raw: [UInt8], block: [UInt8]) {
        let planes = planes(numbers, width: width)
        var numbers = numbers
        let (kind, block) = planes.withUnsafeBytes { planes in
            numbers.withUnsafeMutableBufferPointer {
                SnapshotBlockEncoder().encode(planes, of: $0)
            }
        }
        return (kind, planes, block)
    }

    /// - Returns: `nil` if the block is refused; it is a failure if anything behind is written to.
    private func decoded(_ block: [UInt8], _ kind: Kind, byteCount: Int) -> [UInt8]? {
        var decoder = SnapshotBlockDecoder()
        var target = [UInt8](repeating: 0xA5, count: byteCount + 64)
        let isGood = target.withUnsafeMutableBytes { target in
            block.withUnsafeBytes {
                decoder.decode(
                    $0, kind, into: UnsafeMutableRawBufferPointer(rebasing: target[..<byteCount]))
            }
        }
        #expect(target[byteCount...].allSatisfy { $0 == 0xA5 })
        return isGood ? Array(target[..<byteCount]) : nil
    }

    @Test func `a block of each kind holds what it was made of`() {
        for (kind, raw, block) in samples() {
            #expect(decoded(block, kind, byteCount: raw.count) == raw)
            #expect(kind == .raw ? block == raw : block.count < raw.count)
        }
        #expect(samples().map(\.kind).suffix(2) == [.planes, .differences])
    }

    @Test func `the same bytes make the same block, whatever came before`() {
        let encoder = SnapshotBlockEncoder()
        var random = SeededRandom(testSeed())
        let samples = samples().dropLast(2)
        for _ in 0..<50 {
            guard let sample = samples.randomElement(using: &random) else { return }
            #expect(sample.raw.withUnsafeBytes { encoder.encode($0).block } == sample.block)
        }
    }

    @Test func `a block that is damaged, cut, or of another kind never writes behind its bytes`() {
        var random = SeededRandom(testSeed())
        for (kind, raw, block) in samples() {
            for other in [Kind.raw, .lz4, .zstd, .differences, .planes] where other != kind {
                #expect(decoded(block, other, byteCount: raw.count) != raw)
            }
            #expect(decoded(block, kind, byteCount: raw.count + 1) == nil)
            if raw.count > 1 { #expect(decoded(block, kind, byteCount: raw.count - 1) == nil) }
            #expect(decoded(Array(block.dropLast()), kind, byteCount: raw.count) == nil)
            for _ in 0..<300 {
                var damaged = block
                damaged[Int(random.next() % UInt64(block.count))] ^= UInt8(1 + random.next() % 255)
                _ = decoded(damaged, kind, byteCount: raw.count)
                _ = decoded(
                    Array(damaged.prefix(Int(random.next() % 40))), kind, byteCount: raw.count)
            }
        }
    }

    @Test func `texts of every width come back from the places of their bytes`() {
        var random = SeededRandom(testSeed())
        let texts = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) }
        for width in 1...255 {
            for count in [0, 1, width - 1, width, width + 1, 5000] {
                var planes = [UInt8](repeating: 0xA5, count: count)
                var joined = planes
                texts.withUnsafeBytes { texts in
                    planes.withUnsafeMutableBytes { planes in
                        TextPlanes.split(
                            UnsafeRawBufferPointer(rebasing: texts[..<count]), width: width,
                            into: planes)
                        joined.withUnsafeMutableBytes {
                            TextPlanes.join(
                                UnsafeRawBufferPointer(planes), width: width, into: $0)
                        }
                    }
                }
                #expect(joined == Array(texts[..<count]), "width \(width)")
                let rows = count / width
                #expect(Array(planes.prefix(rows)) == (0..<rows).map { texts[$0 * width] })
            }
        }
    }

    @Test func `sizes of texts have the largest divisor that all of them have`() {
        for (sizes, divisor) in [
            ([], 0), ([0, 0], 0), ([36, 36, 36], 36), ([0, 18, 0, 18], 18), ([34, 17, 51], 17),
            ([48, 36, 7], 1), ([1, 8], 1), ([24, 0, 36], 12),
        ] {
            var all = TextSizes()
            for size in sizes { all.add(size) }
            #expect(all.divisor == divisor)
            #expect(all.byteCount == sizes.reduce(0, +) && all.largest == sizes.max() ?? 0)
        }
    }

    @Test func `numbers of every width come back from their differences`() {
        var random = SeededRandom(testSeed())
        for width in 2...8 {
            let largest = UInt64.max >> UInt64(64 - 8 * width)
            let some = (0..<3000 as Range<UInt64>).map { $0 * 977 + random.next() % 50 & largest }
            let edges = (0..<3000).map { $0 % 1000 == 0 ? largest : UInt64($0 % 200) * 3 }
            let same = [UInt64](repeating: largest, count: 3000)
            let noise = (0..<3000).map { _ in random.next() & largest }
            for numbers in [some, edges, same, noise, [largest], [0, largest], [largest, 0, 1]] {
                let (kind, raw, block) = encoded(numbers, width: width)
                #expect(decoded(block, kind, byteCount: raw.count) == raw, "width \(width)")
            }
            #expect(encoded(some, width: width).kind == .differences || width < 3)
        }
    }

    @Test func `an entry that no block has is refused before memory is asked for`() {
        func entry(_ raw: UInt32, _ size: UInt32, _ kind: UInt32) -> SnapshotBlocks.Entry? {
            var sink = ArraySink()
            for number in [raw, size | kind << 24, 0] { sink.write(littleEndian: number) }
            return SnapshotBlocks.Entry(
                sink.bytes[...], behind: [], start: 0, place: 0, seed: 0)
        }
        #expect(entry(65_536, 300, 2) != nil)
        #expect(entry(131_072, 131_072, 0) != nil)
        for (raw, size, kind) in [
            (0, 0, 0), (1, 0, 2), (131_073, 9000, 2), (.max, 9000, 2), (65_536, 65_537, 2),
            (65_536, 256, 2), (131_072, 512, 3), (65_536, 256, 5), (65_536, 9000, 4),
            (65_536, 9000, 6), (65_536, 9000, 255),
        ] as [(UInt32, UInt32, UInt32)] {
            #expect(entry(raw, size, kind) == nil, "\(raw) bytes in \(size), kind \(kind)")
        }
    }

    private func directoryEntry(
        _ raw: Int, _ size: Int, _ kind: UInt8, checksum: UInt32 = 0
    ) -> [UInt8] {
        var sink = ArraySink()
        for number in [UInt32(raw), UInt32(size) | UInt32(kind) << 24, checksum] {
            sink.write(littleEndian: number)
        }
        return sink.bytes
    }

    private func header(byteCount: Int, stateHash: Digest256) -> SnapshotHeader {
        SnapshotHeader(
            projector: ExampleProjector.name, version: ExampleProjector.version,
            fingerprint: ExampleProjector.fingerprint, position: Position(1),
            anchor: LogAnchor(store: "s", position: Position(1), lineChecksum: 0),
            stateHash: stateHash, rowCount: 0, byteCount: byteCount)
    }

    private func written(_ parts: [[UInt8]]) -> (file: [UInt8], header: SnapshotHeader) {
        var sink = SnapshotBlockSink(stateHash: nil)
        for part in parts { sink.write(part) }
        let stateHash = sink.endState()
        let header = header(byteCount: sink.byteCount, stateHash: stateHash)
        let (line, checksum) = header.encoded()
        return (line + sink.sealed(headerChecksum: checksum), header)
    }

    private func opened(_ file: [UInt8]) throws -> SnapshotBlockFile {
        let fileSystem = SimulatedFileSystem(seed: 1)
        try fileSystem.replaceFile("/a.snap", with: file, temporary: "/a.t")
        let (header, start, checksum) = try #require(
            SnapshotHeader.decode(Array(file.prefix(SnapshotHeader.byteLimit))))
        return try SnapshotBlockFile(
            try fileSystem.open("/a.snap", .read), fileByteCount: file.count, header: header,
            headerByteCount: start, headerChecksum: checksum, fileSystem: fileSystem)
    }

    @Test func `a block that is there already is stored once, and read as any other`() throws {
        var random = SeededRandom(testSeed())
        func noise() -> [UInt8] {
            (0..<SnapshotBlocks.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let (one, two) = (noise(), noise())
        let parts = [one, two, one, one, [1, 2, 3], two]
        let all = parts.flatMap { $0 }

        let (file, header) = written(Array(parts.prefix(4)))
        let (longer, _) = written(parts)

        #expect(file.count < 2 * SnapshotBlocks.byteCount + 1000)
        #expect(longer.count < 4 * SnapshotBlocks.byteCount)
        #expect(SnapshotStore.state(of: longer) == all)
        let blocks = try opened(file)
        var source = blocks.source()
        #expect(try source.hashOfRest() == header.stateHash)
        for place in [0, 65_535, 65_536, 131_072, 200_000, 262_143] {
            #expect(blocks.integer(at: place, UInt8.self) == all[place])
        }
        let (arena, range) = blocks.bytes(60_000..<262_144)
        #expect(arena[range].elementsEqual(all[60_000..<262_144]))
        #expect(blocks.failure == nil)
    }

    @Test func `no file holds more than its size tells, however often its blocks are the same`()
        throws
    {
        let same = [UInt8](repeating: 7, count: SnapshotBlocks.byteCount)

        let (file, header) = written(Array(repeating: same, count: 400))

        #expect(header.byteCount / SnapshotBlocks.largestRatio <= file.count)
        var source = try opened(file).source()
        #expect(try source.hashOfRest() == header.stateHash)
    }

    @Test func `a file of blocks that are the same is refused where it would hold too much`() throws
    {
        let size = SnapshotBlocks.largestByteCount
        let block = [UInt8](repeating: 9, count: size)
        func file(sameCount: Int) -> [UInt8] {
            let header = header(byteCount: size * (1 + sameCount), stateHash: SHA256.hash([]))
            let (line, seed) = header.encoded()
            let checksum = CRC32C.checksum(block, seed: seed)
            var body = directoryEntry(size, size, 0, checksum: checksum)
            for _ in 0..<sameCount { body += directoryEntry(size, 0, 4, checksum: checksum) }
            body = withUnsafeBytes(of: UInt32(1 + sameCount).littleEndian) { Array($0) } + body
            let end = CRC32C.checksum(body, seed: seed)
            return line + body + withUnsafeBytes(of: end.littleEndian) { Array($0) } + block
        }
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        let folder = "\(store.directory)/\(store.folder(ExampleProjector.self))"
        try RealFileSystem().createDirectory(folder)
        let anchor = LogAnchor(store: "s", position: Position(1), lineChecksum: 0)
        for (sameCount, isRefused) in [(3, false), (100, false), (400, true)] {
            let path = "\(folder)/00000000000000000001.snap"
            try RealFileSystem().replaceFile(
                path, with: file(sameCount: sameCount), temporary: path + ".t")
            let (_, refused) = store.load(ExampleProjector.self, through: Position(1)) { _ in
                anchor
            }
            #expect((refused.map(\.reason) == [.damaged(.truncated)]) == isRefused)
        }
    }

    @Test func `a block is the same only as one before it of that size`() {
        let first = directoryEntry(1000, 500, 2, checksum: 77)
        let entries = [
            SnapshotBlocks.Entry(first[...], behind: [], start: 40, place: 0, seed: 1)
        ].compactMap { $0 }
        func same(_ raw: Int, _ number: Int, checksum: UInt32 = 77) -> SnapshotBlocks.Entry? {
            SnapshotBlocks.Entry(
                directoryEntry(raw, number, 4, checksum: checksum)[...], behind: entries,
                start: 540, place: 1000, seed: 1)
        }
        let found = same(1000, 0)
        #expect(found?.start == 40 && found?.size == 500 && found?.places == 1000..<2000)
        #expect(found?.kind == .zstd && found?.number == 0)
        for none in [
            same(999, 0), same(1001, 0), same(1000, 1), same(1000, 0xFF_FFFF),
            same(1000, 0, checksum: 78),
        ] {
            #expect(none == nil)
        }
    }

    @Test func `a table makes the same file each time, with blocks of several kinds`() throws {
        var log = MemoryLog()
        var random = SeededRandom(testSeed())
        for number in 0..<9000 {
            let note = String(random.next(), radix: 16)
            log.append(
                stream: "stream_\(String(random.next() | 1 << 63, radix: 16))",
                type: "example.noted",
                data: "{\"note\":\"\(note)\",\"cost\":\(number * 40 + Int(random.next() % 60))}")
        }
        var projections = Projections([ExampleProjector.self])
        try projections.fold(log.batch(0..<log.lines.count))
        let projection = try #require(projections["example"])
        let anchor = LogAnchor(store: "s", position: projection.checkpoint, lineChecksum: 0)

        let file = SnapshotFile.encode(projection, anchor: anchor)

        #expect(try projection.inSnapshot().table.value(0, 8999) == projection.table.value(0, 8999))
        #expect(SnapshotFile.encode(projection, anchor: anchor) == file)
        let (_, start, _) = try #require(SnapshotHeader.decode(Array(file.prefix(4096))))
        let kinds = (0..<file[start...].number(at: start)).map { file[start + 4 + 12 * $0 + 7] }
        for kind in [Kind.lz4, .zstd, .differences, .planes] {
            #expect(kinds.contains(kind.rawValue), "\(kind)")
        }
        var sink = ArraySink()
        projection.encode(to: &sink)
        #expect(SnapshotStore.state(of: file) == sink.bytes)
    }

    @Test(arguments: [2, 3])
    func `a snapshot of a format before is passed over, and said to be of another`(
        format: Int
    ) throws {
        let directory = try TemporaryDirectory()
        let store = SnapshotStore(directory: directory.file("snap"))
        var projections = Projections([ExampleProjector.self])
        try projections.fold(MemoryLog.random(50, seed: testSeed()).batch(0..<50))
        let projection = try #require(projections["example"])
        let anchor = LogAnchor(store: "s", position: Position(50), lineChecksum: 0)
        var file = SnapshotFile.encode(projection, anchor: anchor)
        var (header, start, _) = try #require(SnapshotHeader.decode(Array(file.prefix(4096))))
        header.format = format
        file.replaceSubrange(..<start, with: header.encoded().line)
        try store.write(projection, anchor: anchor)
        let path =
            "\(store.directory)/\(store.folder(ExampleProjector.self))/00000000000000000050.snap"
        try RealFileSystem().replaceFile(path, with: file, temporary: path + ".t")

        let (loaded, refused) = store.load(ExampleProjector.self, through: Position(50)) { _ in
            anchor
        }

        #expect(loaded == nil)
        #expect(refused.map(\.reason) == [.damaged(.unsupportedFormat)])
        #expect(refused.first?.description.hasSuffix("it was written in another format") == true)
        #expect(SnapshotStore.state(of: file).isEmpty)
    }
}
