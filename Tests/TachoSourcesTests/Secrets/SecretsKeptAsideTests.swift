import Foundation
import TachoCapture
import TachoJSON
import TachoLog
import TachoSources
import TestSupport
import Testing

/// Secrets in what could not become an event, and in what waited in the spool.
///
/// All keys are made up.
@Suite struct SecretsKeptAsideTests {
    private let directory: TemporaryDirectory
    private let key = "ghp_" + "Q7w2E9r4T1y8U3i6O5p0A2s4D6f8G1h3J5k7"

    init() throws { directory = try TemporaryDirectory() }

    private func quarantined(of source: String) throws -> String {
        let path = Quarantine(directory: directory.file("quarantine")).path(for: source)
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    private func importing(_ path: String, _ mode: SecretMode) throws -> ImportReport {
        var options = ImportOptions()
        options.kind = .transcript
        options.secrets = mode
        var importer = Importer(
            MemorySink(), quarantine: Quarantine(directory: directory.file("quarantine")),
            options: options)
        return try importer.run([path])
    }

    @Test(arguments: [SecretMode.off, .mark, .redact])
    func `a rejected record is kept as the mode says, and known again by its bytes`(
        mode: SecretMode
    ) throws {
        let broken = #"{"type":"user","key":"\#(key)","b":tru}"#
        let path = try directory.write("s.jsonl", broken + "\n")

        let first = try importing(path, mode)
        let kept = try quarantined(of: path)
        let second = try importing(path, mode)

        #expect(kept.contains(key) == (mode != .redact))
        #expect(kept.contains("[redacted:github-token]") == (mode == .redact))
        #expect(kept.contains(SHA256.hash(Array(broken.utf8)).hex))
        #expect(first.secrets.counts.map(\.count) == (mode == .off ? [] : [1]))
        #expect(
            first.secrets.findings.first?.place.hasSuffix("rejected at byte 0")
                == (mode == .off ? nil : true))
        #expect(first.quarantinedCount == 1 && second.quarantinedCount == 1)
        #expect(try quarantined(of: path) == kept)
    }

    @Test func `bytes that are no text are redacted, too`() throws {
        let path = try directory.write("s.jsonl", [0xFF] + Array("\(key) ".utf8) + [0xFE, 0x0A])

        _ = try importing(path, .redact)

        let line = try quarantined(of: path)
        let base64 = try #require(
            line.split(separator: #""base64":""#).last?.split(separator: "\"").first)
        let bytes = try #require(Data(base64Encoded: String(base64)))
        #expect([UInt8](bytes) == [0xFF] + Array("[redacted:github-token] ".utf8) + [0xFE])
    }

    @Test func `of a record that was cut, the beginning of a secret goes as well`() throws {
        let head = #"{"type":"user","text":"\#(String(repeating: "x ", count: 32_740))"#
        let text = head + String(key.prefix(64 << 10 - head.utf8.count)) + key
        let cut = Array(text.utf8.prefix(RejectedRecord.maximumExcerptByteCount))
        var record = Array(text.utf8).withUnsafeBytes {
            RejectedRecord(.recordTooLong, offset: 0, bytes: $0)
        }
        #expect(record.excerpt == cut)

        var report = SecretReport()
        report.inspect(&record, .mark) { "" }
        #expect(record.excerpt == cut)
        report.inspect(&record, .redact) { "" }

        let kept = String(decoding: record.excerpt, as: UTF8.self)
        #expect(kept.hasSuffix("x ") && !kept.contains("ghp_"))
        #expect(record.digest == SHA256.hash(Array(text.utf8)))
    }

    @Test(arguments: [SecretMode.off, .mark, .redact])
    func `what waited in the spool is drained as the mode says`(mode: SecretMode) throws {
        let spool = Spool([SpoolDirectory(path: directory.file("spool"))])
        let data = Array(#"{"prompt":"\#(key)"}"#.utf8)
        let rejected = Array(#"{"prompt":"\#(key)"#.utf8).withUnsafeBytes {
            RejectedRecord(.json(.unexpectedEnd), offset: 0, bytes: $0)
        }
        for (id, content) in [
            (
                "a" as ByteString,
                SpoolRecord.Content.event(
                    NewEvent(id: "a", stream: "x", type: "hook.Stop", source: "s", data: data))
            ), ("b", .rejected(rejected, kind: "claude-code/hook")),
        ] {
            _ = spool.write(
                SpoolRecord(id: id, store: "/s", time: Timestamp(milliseconds: 1), content: content)
            )
        }
        var sink = MemorySink()
        var quarantine = Quarantine(directory: directory.file("quarantine"))

        let report = try spool.drain(
            store: "/s", into: &sink, quarantine: &quarantine, secrets: mode, at: .now)

        #expect(report.eventCount == 1 && report.quarantinedCount == 1)
        #expect(report.secrets.counts.map(\.count) == (mode == .off ? [] : [2]))
        let kept = [sink.events[0].text, try quarantined(of: "claude-code/hook")]
        #expect(
            kept.map { $0.contains(key) } == (mode == .redact ? [false, false] : [true, true]))
    }

    @Test func `a hook that redacts keeps no secret of an input it could not read`() throws {
        let store = directory.file("store")
        _ = try LogWriter.open(store)
        var recorder = HookRecorder(store: store, environment: HookEnvironment(), spool: Spool([]))
        recorder.secrets = .redact
        let path = try directory.write("input", #"{"prompt":"\#(key)"#)
        let input = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? input.close() }

        #expect(recorder.record(input: input.fileDescriptor) == .quarantined)

        let line = try String(
            contentsOfFile: Quarantine(directory: store + "/quarantine").path(
                for: "claude-code/hook"), encoding: .utf8)
        #expect(line.contains("[redacted:github-token]") && !line.contains(key))
    }
}
