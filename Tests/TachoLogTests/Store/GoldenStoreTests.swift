import Foundation
import TachoLog
import TestSupport
import Testing

/// Stores of released formats stay readable for ever, and those of later ones as they are.
@Suite struct GoldenStoreTests {
    private let home: TemporaryDirectory
    private var store: String { home.file("store") }

    init() throws {
        home = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: SampleData.packageRoot + "/Fixtures/stores/v1", toPath: home.file("store"))
    }

    private func files() throws -> [String: Data] {
        var files = [String: Data]()
        let names = FileManager.default.enumerator(atPath: store)
        while let name = names?.nextObject() as? String {
            files[name] = FileManager.default.contents(atPath: store + "/" + name)
        }
        return files
    }

    private func changeFormat(_ old: String, _ new: String) throws {
        let url = URL(fileURLWithPath: store + "/FORMAT")
        let text = try String(contentsOf: url, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacingOccurrences(of: old, with: new)
            .write(to: url, atomically: true, encoding: .utf8)
    }

    private func code(_ body: () throws -> Void) -> LogError.Code? {
        #expect(throws: LogError.self) { try body() }?.code
    }

    @Test func `a store of format 1 has the lines and the chain it had`() throws {
        let expected = try String(
            contentsOfFile: SampleData.packageRoot + "/Fixtures/stores/v1.jsonl", encoding: .utf8)

        let reader = try LogReader.open(store)

        #expect(try reader.allLines().lines.joined() == expected)
        let report = try LogVerifier(reader).verify(.deep)
        #expect(report.isGood)
        #expect(report.chain == "8d5349ae7e2ae86aa92961d340adc2943ce84b9a4606ea9dfb1c5fc997ea3b05")
    }

    @Test func `a store of format 1 goes on, and knows what it has had`() throws {
        var log = try LogWriter.open(store)
        let again = NewEvent(
            id: "tail-1", stream: "wf-1", type: "x", source: "y", data: [123, 125])
        let erased = NewEvent(id: "p1-3", stream: "wf-3", type: "x", source: "y", data: [123, 125])
        let outcomes = try log.append([again, erased, .numbered(1)]).outcomes
        try log.close()

        #expect(
            outcomes == [
                .conflict(Position(64)), .duplicate(Position(3)), .appended(Position(65)),
            ])
        #expect(try LogVerifier(LogReader.open(store)).verify(.deep).isGood)
    }

    @Test(arguments: [
        ("tacho store 1", "tacho store 2"), ("required: ", "required: frames-of-2031 "),
    ])
    func `a store that needs what is not known is refused, and stays as it is`(
        old: String, new: String
    ) throws {
        try changeFormat(old, new)
        let before = try files()

        #expect(code { _ = try LogReader.open(store) } == .unsupported)
        #expect(code { _ = try LogWriter.open(store) } == .unsupported)
        #expect(code { _ = try LogMaintenance.begin(store) } == .unsupported)
        #expect(try files() == before)
    }

    @Test func `a store with something new beside it is read, and not written to`() throws {
        try changeFormat("optional: erased", "optional: erased hints-of-2031")
        let before = try files()

        #expect(try LogReader.open(store).allLines().lines.count == 49)
        #expect(code { _ = try LogWriter.open(store) } == .readOnly)
        #expect(code { _ = try LogMaintenance.begin(store) } == .readOnly)
        #expect(try files() == before)
    }
}
