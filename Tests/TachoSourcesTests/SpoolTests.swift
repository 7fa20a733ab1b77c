import Foundation
import TachoCapture
import TachoJSON
import TachoLog
import TachoSources
import TestSupport
import Testing

@Suite struct SpoolTests {
    private let directory: TemporaryDirectory
    private let time = Timestamp(milliseconds: 1_766_052_000_091)

    init() throws { directory = try TemporaryDirectory() }

    private func record(_ id: String, store: String = "/s", data: String = "{\"a\":1.0}")
        -> SpoolRecord
    {
        SpoolRecord(
            id: ByteString(id), store: store, time: time,
            content: .event(
                NewEvent(
                    id: ByteString(id), stream: "x", type: "hook.Stop", source: "claude-code/hook",
                    time: time, data: Array(data.utf8))))
    }

    private func spool() -> Spool { Spool([SpoolDirectory(path: directory.file("spool"))]) }

    private func drain(
        _ spool: Spool, into sink: inout MemorySink, store: String = "/s", at time: Timestamp = .now
    ) throws -> SpoolReport {
        var quarantine = Quarantine(directory: directory.file("quarantine"))
        return try spool.drain(store: store, into: &sink, quarantine: &quarantine, at: time)
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.file("spool"))) ?? [])
            .sorted()
    }

    @Test func `what is spooled is drained in the order of ids, as it was given`() throws {
        let spool = spool()
        #expect(spool.write(record("b", data: "{\"a\": 2}")) == directory.file("spool/b.json"))
        #expect(spool.write(record("a")) != nil)
        var sink = MemorySink()

        let report = try drain(spool, into: &sink)

        #expect(report == SpoolReport(eventCount: 2))
        #expect(sink.events.map(\.text) == ["{\"a\":1.0}", "{\"a\": 2}"])
        #expect(sink.events.first?.time == time && sink.events.first?.id == "a")
        #expect(names == [])
    }

    @Test func `draining again after a cut adds nothing`() throws {
        let spool = spool()
        var sink = MemorySink()
        for _ in 0..<2 {
            _ = spool.write(record("a"))
            _ = try drain(spool, into: &sink)
        }
        #expect(sink.events.count == 1 && names == [])
    }

    @Test func `a failed append removes nothing`() throws {
        let spool = spool()
        _ = spool.write(record("a"))
        var sink = MemorySink()
        sink.failingAppend = 1
        #expect(throws: LogError.self) { _ = try drain(spool, into: &sink) }
        #expect(names == ["a.json"])
    }

    @Test func `a store is the same by whatever path the writer knew it`() throws {
        let store = directory.file("real")
        try FileManager.default.createDirectory(
            atPath: store, withIntermediateDirectories: false)
        let link = directory.file("link")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: store)
        let spool = spool()
        for (id, path) in [
            ("a", link), ("b", store + "/../real"), ("c", link + "/."), ("d", "/other"),
        ] {
            _ = spool.write(record(id, store: path))
        }
        var sink = MemorySink()
        let report = try drain(spool, into: &sink, store: store)
        #expect(report == SpoolReport(eventCount: 3, leftCount: 1))
    }

    @Test func `files of others, for other stores, and half-written ones are left or kept aside`()
        throws
    {
        let spool = spool()
        _ = spool.write(record("a", store: "/other"))
        try directory.write("spool/b.json", "{\"id\":\"b\"")
        try directory.write("spool/c.tmp", "{\"id\"")
        try directory.write("spool/readme.txt", "hello")
        var sink = MemorySink()

        let report = try drain(spool, into: &sink)
        #expect(report == SpoolReport(quarantinedCount: 1, leftCount: 1))
        #expect(names == ["a.json", "c.tmp", "readme.txt"])

        let later = Timestamp(microseconds: Timestamp.now.microseconds + 7_200_000_000)
        let second = try drain(spool, into: &sink, store: "/other", at: later)
        #expect(second == SpoolReport(eventCount: 1, quarantinedCount: 1))
        #expect(names == ["readme.txt"])
    }

    @Test func `a rejected input goes through the spool into quarantine`() throws {
        let bytes: [UInt8] = [0xFF, 0x00, 0x41]
        let rejected = bytes.withUnsafeBytes {
            RejectedRecord(.json(.unexpectedByte), offset: 0, bytes: $0)
        }
        let spool = spool()
        _ = spool.write(
            SpoolRecord(
                id: "r", store: "/s", time: time,
                content: .rejected(rejected, kind: "claude-code/hook")))
        var sink = MemorySink()

        #expect(try drain(spool, into: &sink) == SpoolReport(quarantinedCount: 1))
        let path = Quarantine(directory: directory.file("quarantine")).path(for: "claude-code/hook")
        let line = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            line.contains("\"reason\":\"unexpectedByte\"") && line.contains("\"base64\":\"/wBB\""))
        #expect(line.contains(SHA256.hash(bytes).hex))
    }

    @Test func `the first directory that takes it is used`() throws {
        try directory.write("file", "not a directory")
        let spool = Spool([
            SpoolDirectory(path: directory.file("file/spool")),
            SpoolDirectory(path: directory.file("x/y/spool")),
        ])
        #expect(spool.write(record("a")) == directory.file("x/y/spool/a.json"))
        #expect(
            Spool([SpoolDirectory(path: directory.file("file/spool"))]).write(record("a")) == nil)
    }

    @Test func `a shared directory is trusted only if it is the user's alone`() throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: directory.file("open"), withIntermediateDirectories: false)
        try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.file("open"))
        try manager.createSymbolicLink(atPath: directory.file("link"), withDestinationPath: "open")
        for name in ["open", "link"] {
            let spool = Spool([SpoolDirectory(path: directory.file(name), isShared: true)])
            #expect(spool.write(record("a")) == nil)
        }
        let own = Spool([SpoolDirectory(path: directory.file("own"), isShared: true)])
        #expect(own.write(record("a")) != nil)
        let attributes = try manager.attributesOfItem(atPath: directory.file("own"))
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test func `the candidates stand in their order`() {
        let paths = SpoolDirectory.candidates(store: "/s", spool: "/a", stateHome: "/b", home: "/c")
            .map(\.path)
        #expect(paths == ["/a", "/s/spool", "/b/tacho/spool", "/tmp/tacho-spool-\(geteuid())"])
        let home = SpoolDirectory.candidates(store: "/s", spool: nil, stateHome: "", home: "/c")
            .map(\.path)
        #expect(home.dropFirst().first == "/c/.local/state/tacho/spool")
    }

    @Test func `no id can name a file elsewhere`() throws {
        #expect(spool().write(record("../../x")) == directory.file("spool/______x.json"))
    }

    // MARK: - The recorder

    private func record(_ bytes: [UInt8], in store: String) throws -> HookRecorder.Outcome {
        let path = try directory.write("input", bytes)
        let input = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? input.close() }
        return recorder(store).record(input: input.fileDescriptor)
    }

    private func recorder(_ store: String) -> HookRecorder {
        HookRecorder(store: store, environment: HookEnvironment(), spool: spool())
    }

    @Test func `a hook call is in the log`() throws {
        let text = "{\"hook_event_name\":\"Stop\",\"session_id\":\"s\"}"
        let store = directory.file("store")

        let outcome = try record(Array(text.utf8), in: store)

        #expect(outcome == .appended(.first))
        let line = try LogReader.open(store).allLines().lines.first
        #expect(line?.hasSuffix("\"data\":\(text)}\n") == true)
    }

    @Test func `a store that cannot be written spools, and the drain brings it home`() throws {
        let text = "{\"hook_event_name\":\"Stop\",\"session_id\":\"s\"}"
        let store = try directory.write("store", "a file is in the way")

        let outcome = try record(Array(text.utf8), in: store)

        guard case .spooled = outcome else {
            Issue.record("\(outcome)")
            return
        }
        try FileManager.default.removeItem(atPath: store)
        var sink = LogSink(try LogWriter.open(store))
        var quarantine = Quarantine(directory: directory.file("quarantine"))
        let report = try spool().drain(store: store, into: &sink, quarantine: &quarantine, at: .now)
        #expect(report == SpoolReport(eventCount: 1))
        #expect(try LogReader.open(store).lastPosition == .first)
    }

    @Test(arguments: [[], [0xFF, 0xFE], Array("{\"a\":".utf8)] as [[UInt8]])
    func `an input that is no event is quarantined`(bytes: [UInt8]) throws {
        let store = directory.file("store")
        _ = try LogWriter.open(store)
        #expect(try record(bytes, in: store) == .quarantined)
        let path = Quarantine(directory: store + "/quarantine").path(for: "claude-code/hook")
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains(SHA256.hash(bytes).hex))
    }

    @Test func `an input beyond 16 MiB is quarantined by its digest and beginning`() throws {
        let bytes = Array("{\"a\":\"".utf8) + [UInt8](repeating: 0x78, count: 17 << 20)
        let store = directory.file("store")
        _ = try LogWriter.open(store)
        #expect(try record(bytes, in: store) == .quarantined)
        let path = Quarantine(directory: store + "/quarantine").path(for: "claude-code/hook")
        let line = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            line.contains(SHA256.hash(bytes).hex) && line.contains("\"byte_count\":\(bytes.count)"))
        #expect(line.utf8.count < 70_000)
    }
}
