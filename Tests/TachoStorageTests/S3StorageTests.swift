import Foundation
import TachoLog
import TachoOperations
import TachoStorage
import TestSupport
import Testing

let isServerInstalled = FileManager.default.isExecutableFile(
    atPath: SampleData.packageRoot + "/.build/s3-server/bin/moto_server")

@Suite struct S3StorageTests {
    private static let credentials = S3Storage.Credentials(keyID: "test", secret: "secret")

    private static func patience() -> S3Storage.Patience {
        var patience = S3Storage.Patience()
        patience.pauseMilliseconds = 1
        patience.stallSeconds = 1
        patience.attemptCount = 3
        return patience
    }

    private func makeStore(_ store: String) throws {
        var log = try LogWriter.open(store)
        for part in 0..<3 {
            _ = try log.append((0..<40).map { .numbered(part * 40 + $0, filler: 300) })
            _ = try log.seal()
        }
        _ = try log.append([.numbered(120)])
        try log.close()
    }

    private func lines(_ store: String) throws -> [String] {
        try LogReader.open(store).allLines().lines
    }

    @Test(
        .enabled(if: isServerInstalled, "no S3 server: tools/s3-server --install"))
    func `a log goes to a bucket and comes back as it was`() throws {
        let server = try #require(try LoopbackServer.s3())
        let home = try TemporaryDirectory()
        let store = home.file("store")
        try makeStore(store)
        let before = try lines(store)
        let anchor = try LogReader.open(store).anchor()
        try S3Storage(server.address + "/logs", Self.credentials).put("", [])  // makes the bucket
        let storage = try S3Storage(server.address + "/logs/a/b", Self.credentials)

        let archived = try Archiver(store, projectors: []).archive(ArchivePolicy(), to: storage)

        #expect(archived.moved.count == 3)
        let files = try FileManager.default.contentsOfDirectory(atPath: store + "/log")
        #expect(files.filter { $0.hasSuffix(".lz4") }.isEmpty)
        let error = #expect(throws: LogError.self) { _ = try lines(store) }
        #expect(error?.code == .archived)
        #expect(error?.message.contains(server.address + "/logs/a/b") == true)
        let listing = try #require(try storage.contents(of: "ARCHIVE"))
        #expect(String(decoding: listing, as: UTF8.self).split(separator: "\n").count == 4)

        let thawed = try Archiver(store, projectors: []).thaw(Position(1)...Position(999)) {
            location throws(LogError) in try S3Storage(location, Self.credentials)
        }

        #expect(thawed.moved.count == 3)
        #expect(try Array(lines(store).prefix(before.count)) == before)
        #expect(
            try LogVerifier(LogReader.open(store)).verify(.deep, anchors: [anchor]).isGood)
        try storage.remove("ARCHIVE")
        try storage.remove("ARCHIVE")
        #expect(try storage.contents(of: "ARCHIVE") == nil)
    }

    @Test(arguments: [
        ("500", LogError.Code.archived), ("403", .notAllowed), ("slow", .archived),
        ("truncated", .archived), ("lying", .damaged), ("halves", .damaged),
    ])
    func `a server that fails costs nothing`(fault: String, code: LogError.Code) throws {
        let server = try #require(try LoopbackServer.hostile())
        let home = try TemporaryDirectory()
        let store = home.file("store")
        try makeStore(store)
        let before = try lines(store)
        let storage = try S3Storage(
            "\(server.address)/\(fault)/bucket", Self.credentials, Self.patience())

        let error = #expect(throws: LogError.self) {
            try Archiver(store, projectors: []).archive(ArchivePolicy(), to: storage)
        }

        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(try lines(store) == before)
        #expect(try LogReader.open(store).segments.allSatisfy { $0.state != "archived" })
        #expect(try FileManager.default.contentsOfDirectory(atPath: store + "/tmp").isEmpty)
    }

    @Test(arguments: ["flaky", "reset"])
    func `what may pass is tried again`(fault: String) throws {
        let server = try #require(try LoopbackServer.hostile())
        let home = try TemporaryDirectory()
        let store = home.file("store")
        try makeStore(store)
        let storage = try S3Storage(
            "\(server.address)/\(fault)/bucket", Self.credentials, Self.patience())

        let archived = try Archiver(store, projectors: []).archive(ArchivePolicy(), to: storage)

        #expect(archived.moved.count == 3)
    }

    @Test func `nobody there is an archive that cannot be reached`() throws {
        let storage = try S3Storage("http://127.0.0.1:1/b", Self.credentials, Self.patience())
        let error = #expect(throws: LogError.self) { try storage.put("x", [1]) }
        #expect(error?.code == .archived)
    }

    @Test(arguments: [
        "http://h", "ftp://h/b", "http://h/b/../c", "http://h//b", "http://h/b?x=1", "http://u@h/b",
        "file:///etc",
    ])
    func `an address that is none is refused`(address: String) {
        let error = #expect(throws: LogError.self) {
            try S3Storage(address, Self.credentials)
        }
        #expect(error?.code == .conflict)
    }

    @Test func `a place is a directory, a bucket of Amazon's, or one of another server`() {
        func location(_ text: String, _ environment: [String: String] = [:]) -> String {
            ArchivePlace.location(text, endpoint: nil, { environment[$0] }) { "/here/" + $0 }
        }
        #expect(location("cold") == "/here/cold")
        #expect(location("s3://b/p") == "https://s3.us-east-1.amazonaws.com/b/p")
        let lan = ["AWS_ENDPOINT_URL": "http://lan:9000/", "AWS_REGION": "eu-west-1"]
        #expect(location("s3://b/p", lan) == "http://lan:9000/b/p")
        let error = #expect(throws: LogError.self) {
            _ = try ArchivePlace.storage(at: "http://lan:9000/b") { _ in nil }
        }
        #expect(error?.code == .notAllowed)
    }
}
