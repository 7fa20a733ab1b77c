import CLZ4
import Foundation
import TachoCapture
import TachoLog
import TachoSources
import TestSupport
import Testing

/// What people, crashes, and disks do to files: counted, located, and everything good beside kept.
@Suite(.serialized) struct BadInputTests {
    private let directory: TemporaryDirectory
    private let good =
        "{\"type\":\"user\",\"uuid\":\"1\",\"sessionId\":\"s\"}\n{\"type\":\"user\",\"uuid\":\"2\",\"sessionId\":\"s\"}\n"

    init() throws { directory = try TemporaryDirectory() }

    private static let bad: [(name: String, bytes: [UInt8], reason: String)] = [
        ("text", Array("nonsense".utf8), "unexpectedByte"),
        ("binary", [0x00, 0x01, 0xFE, 0xFF, 0x80], "unexpectedByte"),
        ("NUL bytes", [UInt8](repeating: 0, count: 5000), "unexpectedByte"),
        ("NUL in a string", Array("{\"a\":\"\u{0}\"}".utf8), "controlCharacterInString"),
        ("truncated", Array("{\"type\":\"user\",\"uuid\":\"3".utf8), "unexpectedEnd"),
        (
            "invalid UTF-8", Array("{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8),
            "invalidUTF8"
        ),
        (
            "overlong UTF-8", Array("{\"a\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8),
            "invalidUTF8"
        ),
        ("lone surrogate", Array("{\"a\":\"\\udc00\"}".utf8), "loneSurrogate"),
        (
            "array", Array("[{\"type\":\"user\",\"uuid\":\"3\",\"sessionId\":\"s\"}]".utf8),
            "notAnObject"
        ),
        ("number", Array("42".utf8), "notAnObject"), ("string", Array("\"x\"".utf8), "notAnObject"),
        ("null", Array("null".utf8), "notAnObject"),
        ("513 deep", Array(String(repeating: "[", count: 513).utf8), "tooDeep"),
        ("10⁶ deep", Array(String(repeating: "{\"a\":", count: 1_000_000).utf8), "tooDeep"),
        ("mark inside", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D], "unexpectedByte"),
    ]

    @Test(arguments: bad.indices, ["first", "middle", "last", "torn"])
    func `a bad line is located and those beside it are kept`(index: Int, place: String) throws {
        let (name, bytes, reason) = Self.bad[index]
        let lines = Array(good.utf8)
        let half = good.utf8.count / 2
        let content: [UInt8]
        let offset: Int
        switch place {
        case "first": (content, offset) = (bytes + [0x0A] + lines, 0)
        case "middle": (content, offset) = (lines[..<half] + bytes + [0x0A] + lines[half...], half)
        case "last": (content, offset) = (lines + bytes + [0x0A], lines.count)
        default: (content, offset) = (lines + bytes, lines.count)
        }
        // At a file's front this is the mark that may stand there, and what follows is an object.
        if name == "mark inside", place == "first" { return }
        let path = try directory.write("s.jsonl", content)
        var options = ImportOptions()
        options.kind = .transcript
        var sink = MemorySink()
        let quarantine = Quarantine(directory: directory.file("quarantine"))

        let report = try importing([path], into: &sink, quarantine: quarantine, options: options)

        let file = try #require(report.files.first)
        #expect(sink.events.map(\.id) == ["s/1", "s/2"], "\(name)")
        #expect(file.recordCount == 3 && file.rejectedCount == 1 && file.quarantinedCount == 1)
        #expect(file.rejections.first?.offset == offset)
        #expect(file.rejections.first?.reason.name == reason, "\(name)")
        #expect(file.byteCount == content.count)
    }

    @Test func `line ends, blank lines, marks, and a missing last newline are no faults`() throws {
        let lines = good.split(separator: "\n")
        let texts = [
            lines.joined(separator: "\n"), lines.joined(separator: "\r\n") + "\r\n",
            "\n\n \(lines[0])\n\n\t\n\(lines[1])\n\n", "\u{FEFF}" + good, lines.joined(),
        ]
        for text in texts {
            let path = try directory.write("s.jsonl", text)
            let (report, events) = try importing(path)
            #expect(events.map(\.text) == lines.map(String.init), "\(text)")
            #expect(report.recordCount == 2 && report.eventCount == 2)
            #expect(report.files.first?.hasByteOrderMark == text.hasPrefix("\u{FEFF}"))
        }
    }

    @Test func `a line of 100 MB costs bounded memory, and the next line is read`() throws {
        let path = try directory.write("s.jsonl", good)
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("{\"a\":\"".utf8))
        let piece = Data(repeating: 0x78, count: 1 << 20)
        for _ in 0..<100 { try handle.write(contentsOf: piece) }
        // And a hole, which costs no disk: an unbounded buffer would show beside the other tests.
        let hole = try handle.offset() + 300 << 20
        try handle.truncate(atOffset: hole)
        try handle.seek(toOffset: hole)
        try handle.write(
            contentsOf: Data("\"}\n{\"type\":\"user\",\"uuid\":\"3\",\"sessionId\":\"s\"}\n".utf8))
        try handle.close()
        let before = forgetPeakMemory()

        let (report, events) = try importing(path)

        #expect(events.map(\.id) == ["s/1", "s/2", "s/3"])
        let rejection = try #require(report.files.first?.rejections.first)
        #expect(rejection.reason == .lineTooLong && rejection.offset == good.utf8.count)
        #expect(report.recordCount == 4 && report.rejectedCount == 1)
        #expect(memoryKilobytes("VmHWM:") - before < 160 << 10)
    }

    /// Starts measuring the peak anew, and says what is in use now.
    private func forgetPeakMemory() -> Int {
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
        return memoryKilobytes("VmRSS:")
    }

    private func memoryKilobytes(_ name: String) -> Int {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix(name) }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    @Test func `a document beyond its bound is one rejection`() throws {
        let path = try directory.write("stop.json", "[\n")
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.seekToEnd()
        let piece = Data(("{\"x\":\"" + String(repeating: "y", count: 1 << 20) + "\"},\n").utf8)
        for _ in 0..<65 { try handle.write(contentsOf: piece) }
        try handle.close()

        let report = try importing(path).report

        #expect(report.files.first?.rejections.first?.reason == .documentTooLong)
        #expect(report.recordCount == 1 && report.byteCount == 2 + 65 * piece.count)
    }

    @Test func `random damage never loses a good line beside it`() throws {
        let seed = testSeed()
        var random = SeededRandom(seed)
        let lines = (0..<40).map {
            "{\"type\":\"user\",\"uuid\":\"\($0)\",\"sessionId\":\"s\",\"m\":{\"a\":[\($0)]}}"
        }
        var options = ImportOptions()
        // Ids of the chain, since damage can turn one uuid into another.
        options.kind = .hookLog
        for round in 0..<300 {
            var damaged = lines.map { Array($0.utf8) }
            var hit: Set<Int> = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let line = Int.random(in: lines.indices, using: &random)
                hit.insert(line)
                let place = Int.random(in: damaged[line].indices, using: &random)
                var byte = UInt8.random(in: 0...255, using: &random)
                if byte == 0x0A { byte = 0 }
                damaged[line][place] = byte
            }
            let path = try directory.write("s.jsonl", damaged.joined(separator: [0x0A]))
            var sink = MemorySink()

            let report = try importing([path], into: &sink, options: options)

            let found = Set(sink.events.map(\.text))
            for line in lines.indices where !hit.contains(line) {
                #expect(found.contains(lines[line]), "seed \(seed), round \(round), line \(line)")
            }
            #expect(report.isBalanced)
        }
    }

    @Test func `random damage to files of every form is counted and never crashes`() throws {
        let seed = testSeed()
        var random = SeededRandom(seed)
        let names = try FileManager.default.subpathsOfDirectory(atPath: fixture("sample"))
            .filter { $0.contains(".json") }.sorted()
        for round in 0..<150 {
            let name = try #require(names.randomElement(using: &random))
            var bytes = Array(try Data(contentsOf: URL(filePath: fixture("sample/" + name))))
            for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(place..<min(place + 40, bytes.count))
                case 2: bytes.insert(contentsOf: bytes[place...].prefix(100), at: place)
                default: bytes.removeLast(min(bytes.count - place, bytes.count / 4))
                }
            }
            let run = try TemporaryDirectory()
            try run.write(name, bytes)
            var sink = MemorySink()

            let report = try importing([run.path], into: &sink)

            #expect(report.isBalanced, "seed \(seed), round \(round), \(name)")
            #expect(report.eventCount == sink.events.count)
        }
    }

    // MARK: - LZ4

    private func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        let bound = LZ4F_compressFrameBound(bytes.count, &preferences)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            count = bytes.withUnsafeBytes {
                LZ4F_compressFrame(
                    buffer.baseAddress, bound, $0.baseAddress, $0.count, &preferences)
            }
        }
    }

    @Test func `a compressed file is read as its plain content, whatever its name`() throws {
        let one = try directory.write("s.jsonl.lz4", compressed(Array(good.utf8)))
        let two = try directory.write(
            "t.jsonl", compressed(Array(good.utf8)) + compressed(Array("x\n".utf8)))

        let (report, events) = try importing(one, two)

        #expect(events.map(\.id) == ["s/1", "s/2"])
        #expect(report.duplicateCount == 2 && report.rejectedCount == 1)
        #expect(report.files[1].rejections.first?.offset == good.utf8.count)
    }

    @Test func `a damaged frame is located, and what came before is kept`() throws {
        let lines = (0..<5000).map {
            "{\"type\":\"user\",\"uuid\":\"\($0)\",\"sessionId\":\"s\",\"r\":\(SHA256.hash(Array("\($0)".utf8)).hex.debugDescription)}\n"
        }
        let whole = compressed(Array(lines.joined().utf8))
        for cut in [whole.count - 1, whole.count / 2, 200_000] {
            let path = try directory.write("s.jsonl.lz4", Array(whole.prefix(cut)))
            let (report, events) = try importing(path)
            let file = try #require(report.files.first)
            #expect(events.count > 500 && zip(events, lines).allSatisfy { $0.text + "\n" == $1 })
            #expect(
                file.problem?.contains("damaged at byte \(cut)") == true, "\(file.problem ?? "")")
            #expect(report.problemCount == 1 && report.isBalanced)
        }
        var flipped = whole
        flipped[whole.count / 2] ^= 0x10
        let path = try directory.write("s.jsonl.lz4", flipped)
        let report = try importing(path).report
        #expect(report.eventCount > 500 && report.problemCount == 1)
    }

    @Test func `a bomb is read in bounded memory`() throws {
        let path = try directory.write(
            "s.jsonl.lz4",
            compressed(Array(good.utf8)) + compressed([UInt8](repeating: 0x20, count: 300 << 20)))
        let before = forgetPeakMemory()
        let (report, _) = try importing(path)
        #expect(report.eventCount == 2 && report.rejectedCount == 1)
        #expect(report.files.first?.rejections.first?.reason == .lineTooLong)
        #expect(memoryKilobytes("VmHWM:") - before < 160 << 10)
    }

    // MARK: - Quarantine

    @Test func `the quarantine keeps each rejected record once, with where it came from`() throws {
        let path = try directory.write("s.jsonl", good + "nonsense\n{\"a\":\"\u{1}\"}\nnonsense\n")
        let quarantine = Quarantine(directory: directory.file("quarantine"))
        var sink = MemorySink()

        let first = try importing([path], into: &sink, quarantine: quarantine)
        let second = try importing([path], into: &sink, quarantine: quarantine)
        try directory.append("s.jsonl", "more nonsense\n")
        let third = try importing([path], into: &sink, quarantine: quarantine)

        #expect([first, second, third].map(\.quarantinedCount) == [3, 3, 4])
        let url = URL(filePath: quarantine.path(for: try #require(first.files.first?.path)))
        let lines = try String(decoding: Data(contentsOf: url), as: UTF8.self).split(
            separator: "\n")
        #expect(lines.count == 4)
        let line = try #require(
            try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(line["source"] as? String == first.files.first?.path)
        #expect(line["kind"] as? String == "transcript")
        #expect(line["reason"] as? String == "unexpectedByte")
        #expect(line["offset"] as? Int == good.utf8.count)
        #expect(line["byte_count"] as? Int == 8)
        #expect(line["fault_offset"] as? Int == good.utf8.count + 1)
        #expect(line["text"] as? String == "nonsense")
        #expect(line["sha256"] as? String == SHA256.hash(Array("nonsense".utf8)).hex)
    }

    @Test func `a long text is cut at a character`() throws {
        let bytes = Array(("x" + String(repeating: "ü", count: 40_000)).utf8)
        let path = try directory.write("s.jsonl", Array(good.utf8) + bytes + [0x0A])
        var sink = MemorySink()
        let quarantine = Quarantine(directory: directory.file("quarantine"))
        let report = try importing([path], into: &sink, quarantine: quarantine)
        let name = quarantine.path(for: try #require(report.files.first?.path))
        let text = try String(contentsOfFile: name, encoding: .utf8)
        #expect(text.contains("\"text\":\"xü") && text.contains("ü\"}\n"))
        #expect(text.contains("\"byte_count\":80001"))
    }

    @Test func `bytes that are no text are kept as base64`() throws {
        let path = try directory.write("s.jsonl", Array(good.utf8) + [0x00, 0xFF, 0x80, 0x0A])
        var sink = MemorySink()
        let quarantine = Quarantine(directory: directory.file("quarantine"))
        let report = try importing([path], into: &sink, quarantine: quarantine)
        let name = quarantine.path(for: try #require(report.files.first?.path))
        let text = try String(contentsOfFile: name, encoding: .utf8)
        #expect(text.contains("\"base64\":\"AP+A\""))
    }
}
