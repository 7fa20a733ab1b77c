import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// A record says a moment with four digits for the year.
struct RecordableTimeTests {
    @Test(arguments: [
        "0000-01-01T00:00:00Z", "0000-12-31T23:59:59.999Z", "0000-12-31T23:59:59.999999Z",
        "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
    ])
    func `a text outside the years 1 to 9999 is no moment`(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test(arguments: [
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "0000-12-31T23:59:00-00:01",
        "9999-12-31T23:59:59.9999999Z",
    ])
    func `a moment at either end is written as it is read`(text: String) throws {
        let moment = try #require(Timestamp(iso8601: text))

        #expect(Timestamp(iso8601: moment.iso8601) == moment)
        #expect(moment.iso8601.count <= 27)
    }

    /// Once such a record was acknowledged, nothing of its log could be read any more.
    @Test(arguments: [
        Timestamp.recordable.lowerBound.microseconds - 1,
        Timestamp.recordable.upperBound.microseconds + 1, .min, .max,
    ])
    func `an event at a moment that no record can say is refused`(microseconds: Int64) throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try LogWriter.open("store", fileSystem: fileSystem)
        let event = NewEvent(
            stream: "s", type: "t", source: "test", time: Timestamp(microseconds: microseconds),
            data: Array("{}".utf8))

        #expect(throws: LogError.self) { try log.append([event]) }

        _ = try log.append([.numbered(1)])
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.numbers() == [1])
        try log.close()
    }
}
