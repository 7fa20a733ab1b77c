import TachoLog
import TachoSimulation
import TestSupport
import Testing

@Suite struct StreamExpectationTests {
    private let fileSystem = SimulatedFileSystem(seed: 1)

    private func open() throws -> LogWriter {
        try LogWriter.open("store", fileSystem: fileSystem)
    }

    private func expecting(_ stream: ByteString, _ last: UInt64) -> [StreamExpectation] {
        [StreamExpectation(stream: stream, lastPosition: Position(last))]
    }

    @Test func `an append to a stream that ends where it is expected to is made`() throws {
        var log = try open()
        _ = try log.append([.numbered(0, stream: "a")], expecting: expecting("a", 0))
        _ = try log.append([.numbered(1, stream: "b")], expecting: expecting("b", 0))
        _ = try log.append([.numbered(2, stream: "a")], expecting: expecting("a", 1))

        #expect(log.lastPosition == Position(3))
    }

    @Test func `of two producers who expect the same end one is first and the other is told`()
        throws
    {
        var log = try open()
        var other = try open()
        _ = try log.append([.numbered(0, stream: "a")])
        _ = try other.append([.numbered(1, stream: "a")], expecting: expecting("a", 1))

        let error = #expect(throws: LogError.self) {
            try log.append([.numbered(2, stream: "a")], expecting: expecting("a", 1))
        }

        #expect(error?.code == .conflict)
        #expect(error?.message.contains("ends at position 2") == true)
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 1])
    }

    @Test func `the end of a stream is found in sealed segments and behind later ones`() throws {
        var log = try open()
        _ = try log.append([.numbered(0, stream: "a"), .numbered(1, stream: "b")])
        _ = try log.seal()
        _ = try log.append([.numbered(2, stream: "b")])
        _ = try log.seal()
        var fresh = try open()

        _ = try fresh.append([.numbered(3, stream: "a")], expecting: expecting("a", 1))
        _ = try fresh.append([.numbered(4, stream: "b")], expecting: expecting("b", 3))
        #expect(throws: LogError.self) {
            try fresh.append([.numbered(5, stream: "c")], expecting: expecting("c", 1))
        }
    }

    @Test func `a repeated append is acknowledged although its stream has gone on`() throws {
        var log = try open()
        let event = NewEvent.numbered(0, stream: "a", id: "first")
        _ = try log.append([event], expecting: expecting("a", 0))
        _ = try log.append([.numbered(1, stream: "a")], expecting: expecting("a", 1))

        let receipt = try log.append([event], expecting: expecting("a", 0))

        #expect(receipt.outcomes == [.duplicate(.first)])
    }

    @Test func `streams that differ only in their Unicode form end on their own`() throws {
        var log = try open()
        _ = try log.append([.numbered(0, stream: "caf\u{E9}")])

        _ = try log.append(
            [.numbered(1, stream: "cafe\u{301}")], expecting: expecting("cafe\u{301}", 0))

        #expect(log.lastPosition == Position(2))
    }
}
