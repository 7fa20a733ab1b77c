import Foundation
import TestSupport
import Testing

struct LogCommandTests {
    @Test func `lz4 prints of a sealed log exactly what cat prints`() throws {
        let tacho = try Program()
        try tacho.append((0..<3000).map { "{\"n\":\($0),\"text\":\"some text to compress\"}" })
        #expect(try tacho.run("seal").status == 0)
        try tacho.append(["{\"n\":3000}"])
        #expect(try tacho.run("seal", "--json").status == 0)

        let lines = try tacho.run("cat").output
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "for f in \"$1\"/log/*.lz4; do lz4 -dc \"$f\"; done", "sh"]
        shell.arguments?.append(tacho.store)
        let pipe = Pipe()
        shell.standardOutput = pipe
        try shell.run()
        let decompressed = try pipe.fileHandleForReading.readToEnd() ?? Data()
        shell.waitUntilExit()

        #expect(decompressed == lines)
        #expect(try tacho.run("verify", "--deep").status == 0)
    }

    @Test func `events of many processes get contiguous positions, none lost and none doubled`()
        async throws
    {
        let tacho = try Program()
        let writerCount = 8
        let lineCount = 250
        var writers = [Process]()
        for writer in 0..<writerCount {
            let path = tacho.home.file("in\(writer)")
            let lines = (0..<lineCount).map { "{\"w\":\(writer),\"n\":\($0)}\n" }.joined()
            try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
            let process = tacho.process([
                "append", "--type", "t", "--stream", "w\(writer)", "--quiet",
            ])
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            process.standardError = FileHandle.nullDevice
            writers.append(process)
        }

        for writer in writers { try writer.run() }
        // A reader in between sees a prefix without holes.
        let between = try tacho.run("cat", "--quiet")
        for writer in writers { writer.waitUntilExit() }

        #expect(writers.allSatisfy { $0.terminationStatus == 0 })
        #expect([0, 1].contains(between.status), "the store may not be there yet")
        let seen = try between.positions()
        #expect(seen == Array(1..<(seen.count + 1)))
        let result = try tacho.run("cat")
        #expect(try result.positions() == Array(1...(writerCount * lineCount)))
        for writer in 0..<writerCount {
            let own = try tacho.run("cat", "--stream", "w\(writer)").lines
            let numbers = own.compactMap { $0.firstMatch(of: #/"n":(\d+)/#).map { Int($0.1) } }
            #expect(numbers == Array(0..<lineCount))
        }
    }

    @Test func `single appends of many processes are all there`() throws {
        let tacho = try Program()
        let script = """
            i=0; while [ $i -lt 20 ]; do
              echo "{\\"n\\":$i}" | "$TACHO" append --type t -q || exit 1; i=$((i+1))
            done
            """
        let shells = try (0..<8).map { _ in
            let shell = tacho.process([])
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = ["-c", script]
            shell.environment?["TACHO"] = Program.directory.appendingPathComponent("tacho").path
            try shell.run()
            return shell
        }
        for shell in shells { shell.waitUntilExit() }

        #expect(shells.allSatisfy { $0.terminationStatus == 0 })
        #expect(try tacho.run("cat").positions() == Array(1...160))
    }

    @Test func `a followed log shows an event when it is appended, and Ctrl-C ends with 130`()
        throws
    {
        let tacho = try Program()
        try tacho.append(["{\"n\":1}"])
        let tail = tacho.process([])
        // A shell starts background jobs with interrupts ignored, and a test may be one.
        tail.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let path = Program.directory.appendingPathComponent("tacho").path
        tail.arguments = ["--default-signal=INT", path, "tail", "-f", "-n", "1"]
        let pipe = Pipe()
        tail.standardOutput = pipe
        try tail.run()
        var lines = LineReader(pipe.fileHandleForReading)
        let first = lines.next()

        try tacho.append(["{\"n\":2}"])
        let second = lines.next()
        tail.interrupt()
        tail.waitUntilExit()

        #expect(first?.hasPrefix("{\"position\":1,") == true)
        #expect(second?.hasPrefix("{\"position\":2,") == true)
        #expect(tail.terminationStatus == 130)
    }

    @Test func `tail prints the last matching events, however far back they are`() throws {
        let tacho = try Program()
        try tacho.append(["{\"n\":1}", "{\"n\":2}"], type: "rare")
        try tacho.append((0..<9000).map { "{\"n\":\($0)}" })

        let rare = try tacho.run("tail", "-n", "1", "--type", "rare").positions()
        let more = try tacho.run("tail", "-n", "5", "--type", "rare").positions()
        let last = try tacho.run("tail", "-n", "3").positions()

        #expect(rare == [2])
        #expect(more == [1, 2])
        #expect(last == [9000, 9001, 9002])
    }

    @Test func `a reader that goes away is no failure`() throws {
        let tacho = try Program()
        try tacho.append((0..<20_000).map { "{\"n\":\($0)}" })
        let cat = tacho.process(["cat"])
        let pipe = Pipe()
        let errors = Pipe()
        cat.standardOutput = pipe
        cat.standardError = errors
        try cat.run()
        var lines = LineReader(pipe.fileHandleForReading)
        _ = lines.next()
        try pipe.fileHandleForReading.close()
        cat.waitUntilExit()

        #expect(cat.terminationStatus == 0)
        #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
    }

    @Test func `damage is told, what is good is printed, and the exit code is 5`() throws {
        let tacho = try Program()
        try tacho.append((0..<2000).map { "{\"n\":\($0)}" }, type: "hook.Stop")
        #expect(try tacho.run("seal").status == 0)
        try tacho.append(["{\"n\":2000}"])
        let log = tacho.store + "/log"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: log).first { $0.hasSuffix(".lz4") })
        let file = URL(fileURLWithPath: log + "/" + name)
        var bytes = try Data(contentsOf: file)
        bytes[500] ^= 0x10
        try bytes.write(to: file)

        let cat = try tacho.run("cat")
        let verify = try tacho.run("verify", "--deep", "--json")
        let table = try tacho.run("table", "hook_events")

        #expect(cat.status == 5)
        #expect(cat.errors.contains("damaged"))
        #expect(try cat.positions().last == 2001)
        #expect(verify.status == 5)
        #expect(try verify.data()["good"] as? Bool == false)
        #expect(table.status == 5)
    }

    @Test func `a torn append is put right when the log is opened for writing`() throws {
        let tacho = try Program()
        try tacho.append(["{\"n\":1}"])
        let log = tacho.store + "/log"
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: log).first)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: log + "/" + name))
        try file.seekToEnd()
        try file.write(contentsOf: Data("{\"position\":2,\"rec".utf8))
        try file.close()

        #expect(try tacho.run("cat").positions() == [1])
        let result = try tacho.run("recover", "--json")

        #expect(result.status == 0)
        #expect(try result.data()["torn_bytes"] as? Int == 18)
        let kept = try #require(try result.data()["quarantine"] as? String)
        #expect(
            try String(contentsOfFile: "\(tacho.store)/quarantine/\(kept)", encoding: .utf8)
                == "{\"position\":2,\"rec")
        #expect(try tacho.run("verify").status == 0)
    }

    @Test func `an anchor kept elsewhere tells a log that was cut from one that has grown`() throws
    {
        let tacho = try Program()
        try tacho.append((0..<50).map { "{\"n\":\($0)}" })
        let anchor = try tacho.run("anchor").text
        let file = tacho.home.file("anchors")
        try anchor.write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try tacho.run("seal").status == 0)
        try tacho.append(["{\"n\":50}"])

        #expect(try tacho.run("verify", "--anchor", file).status == 0)
        let forged = anchor.replacingOccurrences(of: "50 ", with: "49 ")
        let result = try tacho.run("verify", "--anchor", forged, "--json")

        #expect(result.status == 5)
        #expect(try result.data()["good"] as? Bool == false)
        #expect(try tacho.run("verify", "--anchor", "nonsense").status == 2)
    }

    @Test func `a rotten byte is found by a scrub, noted, and healed by a repair`() throws {
        let tacho = try Program()
        try tacho.append((0..<500).map { "{\"n\":\($0)}" })
        #expect(try tacho.run("seal").status == 0)
        let before = try tacho.run("cat").output
        let log = tacho.store + "/log"
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: log).first { $0.hasSuffix(".lz4") })
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: log + "/" + name))
        try file.seek(toOffset: 1_000)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: 1_000)
        try file.write(contentsOf: Data([byte ^ 0x20]))
        try file.close()

        #expect(try tacho.run("scrub").status == 5)
        #expect(try tacho.run("cat", "--type", "tacho.damaged", "--quiet").lines.count == 1)
        #expect(try tacho.run("repair", "--segments", "--dry-run").status == 5)
        let repaired = try tacho.run("repair", "--segments", "--json")

        #expect(repaired.status == 0)
        #expect(try repaired.rows().first?["missing"] as? Int == 0)
        #expect(try tacho.run("verify", "--deep").status == 0)
        #expect(try tacho.run("cat", "--to", "500").output == before)
        #expect(try tacho.run("scrub", "--seconds", "1").status == 0)
    }

    @Test func `of two producers who expect the same end of a stream the second is told`() throws {
        let tacho = try Program()
        let input = Data("{\"n\":1}\n".utf8)
        let arguments = ["append", "--type", "t", "--stream", "s", "--expect-last", "0"]

        #expect(try tacho.run(arguments, input: input).status == 0)
        #expect(try tacho.run(arguments, input: input).status == 4)
        #expect(try tacho.run("cat").lines.count == 1)
    }
}

/// Lines of a pipe, one at a time, each as soon as it is there.
///
/// `nil` at the end, and after a minute without any.
struct LineReader {
    private let file: FileHandle
    private var buffer = Data()

    init(_ file: FileHandle) {
        self.file = file
    }

    mutating func next() -> String? {
        while true {
            if let newline = buffer.firstIndex(of: 0x0A) {
                let line = String(decoding: buffer[..<newline], as: UTF8.self)
                buffer.removeSubrange(...newline)
                return line
            }
            // What never comes must fail the test, not hang it.
            var request = pollfd(fd: file.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, 60_000) > 0 else { return nil }
            let piece = file.availableData
            if piece.isEmpty { return nil }
            buffer += piece
        }
    }
}
