import Foundation
import TachoLog
import TachoStorage
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite struct S3PartUploadTests {
    private static let credentials = S3Storage.Credentials(keyID: "test", secret: "secret")
    private let home: TemporaryDirectory
    private let content: [UInt8]
    private var path: String { home.file("large") }

    init() throws {
        home = try TemporaryDirectory()
        content = (0..<2500).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        try Data(content).write(to: URL(fileURLWithPath: home.file("large")))
    }

    private func storage(_ address: String, partByteCount: Int = 1000) throws -> S3Storage {
        var patience = S3Storage.Patience()
        patience.pauseMilliseconds = 1
        patience.stallSeconds = 1
        patience.attemptCount = 3
        var parts = S3Storage.Parts()
        parts.byteCount = partByteCount
        return try S3Storage(address, Self.credentials, patience, parts: parts)
    }

    private func answer(_ address: String) throws -> String {
        try String(contentsOf: try #require(URL(string: address)), encoding: .utf8)
    }

    @Test(.enabled(if: isServerInstalled, "no S3 server: tools/s3-server --install"))
    func `a file above the limit goes in parts and comes back as it was`() throws {
        let server = try #require(try LoopbackServer.s3())
        let large = (0..<11_000_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
        try Data(large).write(to: URL(fileURLWithPath: path))
        try storage(server.address + "/logs").put("", [])  // makes the bucket
        // Below 5 MiB the server takes no part but the last.
        let storage = try storage(server.address + "/logs/a", partByteCount: 5 << 20)

        try storage.upload(path, as: "large")
        try storage.download("large", to: home.file("copy"))

        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: home.file("copy")))) == large)
        #expect(try !answer(server.address + "/logs?uploads").contains("<Upload>"))
        // What was put together of parts is known to the server by an ETag that counts them.
        #expect(try answer(server.address + "/logs?prefix=a/large").contains("-3\"</ETag>"))
    }

    @Test func `parts are put together in their order, and one that is sent whole is not parted`()
        throws
    {
        let server = try #require(try LoopbackServer.hostile())
        let storage = try storage(server.address + "/good/bucket")

        try storage.upload(path, as: "large")
        #expect(try storage.contents(of: "large") == content)
        #expect(try answer(server.address + "/good?sent") == "[(1, 1), (2, 1), (3, 1)]")
        try Data(content.prefix(1000)).write(to: URL(fileURLWithPath: path))
        try storage.upload(path, as: "small")
        #expect(try storage.contents(of: "small") == Array(content.prefix(1000)))
        #expect(try answer(server.address + "/good?sent") == "[(1, 1), (2, 1), (3, 1)]")
    }

    @Test(arguments: [
        ("part500", LogError.Code.archived), ("part403", .notAllowed), ("untagged", .archived),
        ("incomplete", .archived),
    ])
    func `an upload that fails leaves neither an object nor parts`(
        fault: String, code: LogError.Code
    ) throws {
        let server = try #require(try LoopbackServer.hostile())
        let storage = try storage("\(server.address)/\(fault)/bucket")

        let error = #expect(throws: LogError.self) { try storage.upload(path, as: "large") }

        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(try storage.contents(of: "large") == nil)
        #expect(try answer("\(server.address)/\(fault)?uploads") == "<R></R>")
    }

    @Test func `parts that a dead process left are not sent again, and nothing else is left`()
        throws
    {
        let server = try #require(try LoopbackServer.hostile())
        let storage = try storage("\(server.address)/away/bucket")
        // Neither its second part nor its end gets through.
        #expect(throws: LogError.self) { try storage.upload(path, as: "large") }
        #expect(try answer(server.address + "/away?uploads").contains("<Upload>"))

        for _ in 0..<3 where try storage.contents(of: "large") == nil {
            try? storage.upload(path, as: "large")
        }

        #expect(try storage.contents(of: "large") == content)
        #expect(try answer(server.address + "/away?sent") == "[(1, 1), (2, 1), (3, 1)]")
        #expect(try answer(server.address + "/away?uploads") == "<R></R>")
    }
}
