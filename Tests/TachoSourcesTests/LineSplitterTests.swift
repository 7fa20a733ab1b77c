import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct LineSplitterTests {
    struct Line: Equatable, CustomStringConvertible {
        var offset: Int
        var content: [UInt8]
        var tooLongByteCount: Int?
        var isTerminated = true
        var description: String {
            "\(offset):\(String(decoding: content, as: UTF8.self))"
                + (tooLongByteCount.map { "…\($0)" } ?? "") + (isTerminated ? "" : "~")
        }
    }

    private func split(
        _ bytes: [UInt8], limit: Int = 8, chunks: (Int) -> Int
    ) throws -> (lines: [Line], hasMark: Bool) {
        var splitter = LineSplitter(limit: limit)
        var lines: [Line] = []
        func take(_ line: SourceLine) -> Bool {
            switch line.content {
            case .bytes(let bytes):
                lines.append(
                    Line(
                        offset: line.offset, content: Array(bytes), tooLongByteCount: nil,
                        isTerminated: line.isTerminated))
            case .tooLong(let byteCount, let digest, _):
                lines.append(
                    Line(
                        offset: line.offset, content: Array(digest.hex.utf8),
                        tooLongByteCount: byteCount, isTerminated: line.isTerminated))
            }
            return true
        }
        var start = 0
        while start < bytes.count {
            let end = min(start + max(chunks(start), 1), bytes.count)
            _ = try bytes[start..<end].withUnsafeBytes { try splitter.feed($0, take) }
            start = end
        }
        try splitter.finish(take)
        #expect(splitter.endOffset == bytes.count)
        return (lines, splitter.hasByteOrderMark)
    }

    /// The same, in the plainest way.
    private func model(_ bytes: [UInt8], limit: Int) -> [Line] {
        var lines: [Line] = []
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            let content = Array(bytes[start..<end])
            let isLong = content.count > limit
            let digest = Array(SHA256.hash(content).hex.utf8)
            let hasMark = !isLong && start == 0 && content.starts(with: [0xEF, 0xBB, 0xBF])
            lines.append(
                Line(
                    offset: hasMark ? 3 : start,
                    content: isLong ? digest : hasMark ? Array(content[3...]) : content,
                    tooLongByteCount: isLong ? content.count : nil, isTerminated: end < bytes.count)
            )
            start = end + 1
        }
        return lines
    }

    @Test(arguments: 1...40) func `any chunk size gives the same lines`(size: Int) throws {
        let bytes = Array("a\n\nbcd\nelevenlong!\r\nx\n12345678\n123456789\nend".utf8)

        let lines = try split(bytes) { _ in size }.lines

        #expect(lines == model(bytes, limit: 8))
    }

    @Test func `random bytes in random chunks give the lines of the model`() throws {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for round in 0..<2000 {
            let alphabet: [UInt8] = [0x0A, 0x0A, 0x61, 0x62, 0x00, 0xEF, 0xBB, 0xBF, 0x0D]
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }

            let lines = try split(bytes) { _ in Int.random(in: 1...12, using: &random) }.lines

            #expect(lines == model(bytes, limit: 8), "seed \(seed), round \(round)")
        }
    }

    @Test func `a byte order mark belongs to no line, in whatever pieces it comes`() throws {
        for size in 1...5 {
            let (lines, hasMark) = try split([0xEF, 0xBB, 0xBF, 0x61, 0x0A]) { _ in size }
            #expect(lines == [Line(offset: 3, content: [0x61])])
            #expect(hasMark)
        }
    }
}
