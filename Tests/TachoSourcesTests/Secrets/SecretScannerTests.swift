import TachoCapture
import TachoJSON
import TachoLog
import TachoSimulation
import TachoSources
import TestSupport
import Testing

/// All keys here are made up.
@Suite struct SecretScannerTests {
    private static let letters = "Q7w2E9r4T1y8U3i6O5p0A2s4D6f8G1h3J5k7L9z1"
    private static let body = "MIIEfake0000fake1111fake2222fake3333fake4444"

    static let samples: [(SecretKind, String)] = [
        (.awsKey, "AKIA" + "QWERTYUIOP123456"), (.awsKey, "ASIA" + "0000111122223333"),
        (.githubToken, "ghp_" + letters), (.githubToken, "ghs_" + letters),
        (.githubToken, "github_pat_" + letters + "_" + letters),
        (.anthropicKey, "sk-ant-" + "api03-" + letters + "-AA"),
        (.openAIKey, "sk-" + letters), (.openAIKey, "sk-proj-" + letters + "_x"),
        (.slackToken, "xoxb-" + "1234567890-abcdefABCDEF"),
        (.googleKey, "AIza" + letters.prefix(35)),
        (
            .privateKey,
            "-----BEGIN RSA PRIVATE KEY-----\\n" + body + "\\n-----END RSA PRIVATE KEY-----"
        ),
        (.privateKey, "-----BEGIN PRIVATE KEY-----\\n" + body),
        (.webToken, "eyJ" + "hbGciOiJub25lIn0.eyJ" + "zdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl0"),
    ]

    private func find(_ text: String) -> [(SecretKind, String)] {
        let bytes = Array(text.utf8)
        return SecretScanner.scan(bytes).map {
            ($0.kind, String(decoding: bytes[$0.range], as: UTF8.self))
        }
    }

    @Test(arguments: samples)
    func `a secret is found wherever it stands in a string, and redacted in place`(
        kind: SecretKind, secret: String
    ) throws {
        for (before, after) in [
            ("", ""), ("key: ", "."), ("\\n", "\\n"), ("\\\\", ""), ("=", ";x"), ("(", ")"),
            ("é", " é"), ("\\\"", "\\\""),
        ] {
            let json = "{\"a\":\"\(before)\(secret)\(after)\",\"b\":1.50}"
            let bytes = Array(json.utf8)
            let found = find(json)
            // Whatever follows an unended block is taken for a part of it.
            let isOpen = kind == .privateKey && !secret.contains("END")
            let expected = isOpen ? secret + after : secret
            #expect(found.map(\.0) == [kind], "\(json)")
            #expect(found.map(\.1) == [expected], "\(json)")

            let redacted = SecretScanner.redacted(bytes, SecretScanner.scan(bytes))
            #expect(try JSON.validate(redacted) == .object)
            let text = String(decoding: redacted, as: UTF8.self)
            let rest = isOpen ? "" : after
            #expect(text == "{\"a\":\"\(before)[redacted:\(kind.rawValue)]\(rest)\",\"b\":1.50}")
            #expect(SecretScanner.scan(redacted).isEmpty)
        }
    }

    @Test func `only the secret of a header and of a URL is one`() {
        let token = "abc123DEF456ghi789"
        #expect(find("\"Authorization: Bearer \(token)\"").map(\.1) == [token])
        #expect(find("\"authorization: bearer \(token)\\n\"").map(\.1) == [token])
        let key = "sk-ant-" + Self.letters
        #expect(find("\"Bearer \(key)\"").map(\.0) == [.anthropicKey])
        #expect(find("\"postgres://me:hunter2@db/x\"").map(\.1) == ["hunter2"])
        #expect(find(#""https:\/\/me:p%40ss@h\/x""#).map(\.1) == ["p%40ss"])
    }

    @Test(arguments: [
        "sk-learn-is-a-library-with-a-long-name-and-no-key-in-it",
        "task-abcdefghijklmnopqrstuvwxyz0123456789",
        "AKIAQWERTYUIOP1234567", "XAKIAQWERTYUIOP123456", "AKIA", "ghp_short", "gh", "github_pat_",
        "Bearer of bad news, bearer bonds", "Bearer $TOKEN_OF_SOMEBODY", "https://host:8080/a@b",
        "https://user@host/", "https://u:${PASSWORD}@host", "//u:p@x", "eyJhbGciOiJub25lIn0",
        "eyJ.eyJ.",
        "-----BEGIN PUBLIC KEY-----\\n0123456789012345678901234567890123456789",
        "-----BEGIN PRIVATE KEY-----", "AIzaShort", "xoxb-not-a-token-at-all", "xox", "/path//to/x",
    ])
    func `what only looks a little like one is none`(text: String) {
        #expect(find("{\"a\":\"\(text)\"}").isEmpty)
    }

    @Test func `every cut of a text is read within its bounds`() {
        let text = Array(Self.samples.map(\.1).joined(separator: " ").utf8)
        for start in text.indices where start % 3 == 0 {
            // An allocation of exactly this size, so that a read beyond it is caught by tools.
            let part = Array(text[start...])
            _ = SecretScanner.scan(part)
            _ = SecretScanner.scan(Array(text[..<start]))
        }
        #expect(SecretScanner.scan([]).isEmpty)
    }

    @Test func `a redacted text stays valid JSON, whatever the text was`() throws {
        let seed = testSeed()
        var random = SimulatedRandom(seed: seed)
        let pieces =
            Self.samples.map(\.1) + [
                "\\n", "\\\\", "\\\"", " ", "a", "Bearer ", "://", "u:p@", "é", "-", "_",
            ]
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int(random.next() % 12) {
                text += pieces[Int(random.next() % UInt64(pieces.count))]
            }
            let json = Array("{\"k\":\"\(text)\",\"n\":[1,\"\(text)\"]}".utf8)
            let redacted = SecretScanner.redacted(json, SecretScanner.scan(json))
            #expect((try? JSON.validate(redacted)) == .object, "seed \(seed): \(text)")
        }
    }

    @Test func `hostile repetition is read once, not as often as it is long`() {
        for piece in [
            "eyJ-", "xoxb-", "AIza-", "gh", "-----BEGIN ", "Bearer ", "://a:", "sk-", "\\\\",
        ] {
            let text = String(repeating: piece, count: 200_000 / piece.utf8.count)
            _ = SecretScanner.scan(Array(text.utf8))
        }
    }

    @Test func `marking counts and changes nothing, redacting changes and counts`() {
        let data = Array("{\"k\":\"\(Self.samples[0].1)\"}".utf8)
        for mode in SecretMode.allCases {
            var event = NewEvent(stream: "s", type: "t", source: "s", data: data)
            var report = SecretReport()
            report.inspect(&event, mode) { "line 1" }
            #expect(report.count == (mode == .off ? 0 : 1))
            #expect((event.data == data) == (mode != .redact))
            guard mode != .off else { continue }
            #expect(
                report.findings
                    == [SecretReport.Finding(kind: .awsKey, place: "line 1", offset: 6)])
        }
    }

    @Test func `data without room for words is starred out`() {
        let secret = "u:p@h"
        let filler = String(repeating: "x", count: NewEvent.maximumDataByteCount - 20)
        var data = Array("{\"k\":\"://\(secret)\(filler)\"}".utf8)
        data.removeLast(max(0, data.count - NewEvent.maximumDataByteCount))
        data.replaceSubrange((data.count - 2)..., with: Array("\"}".utf8))
        var event = NewEvent(stream: "s", type: "t", source: "s", data: data)
        var report = SecretReport()

        report.inspect(&event, .redact) { "" }

        #expect(report.count == 1)
        #expect(event.data.count == data.count)
        #expect(String(decoding: event.data.prefix(20), as: UTF8.self).contains("u:*@h"))
    }
}
