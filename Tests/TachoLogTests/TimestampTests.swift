import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// A record says a moment with four digits for the year.
struct TimestampTests {
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

    @Test(arguments: [
        ("2026-01-05T10:06", "2026-01-05T10:06:00Z"), ("2026-01-05 10:06Z", "2026-01-05T10:06:00Z"),
        ("2026-01-05T10:06-01:00", "2026-01-05T11:06:00Z"),
        ("2026-01-05T10", "2026-01-05T10:00:00Z"),
        ("2026-01-05T10+0100", "2026-01-05T09:00:00Z"), ("2026-01-05", "2026-01-05T00:00:00Z"),
    ])
    func `a short stamp is the beginning of what it names, where data say it`(
        text: String, whole: String
    ) {
        let short = Array(text.utf8).withUnsafeBytes { Timestamp(shortISO8601: $0) }

        #expect(short != nil && short == Timestamp(iso8601: whole))
        #expect(Timestamp(iso8601: text) == nil)
        let same = Array(whole.utf8).withUnsafeBytes { Timestamp(shortISO8601: $0) }
        #expect(same == short)
    }

    @Test(arguments: [
        "2026-01", "2026-01-5", "2026-02-30", "2026-01-05T", "2026-01-05T1", "2026-01-05T10:",
        "2026-01-05T10:6", "2026-01-05T10:06:", "2026-01-05T10:60", "2026-01-05T24", "2026-01-05Z",
        "2026-01-05T10:06.5", "2026-01-05T10:06 ", "20260105",
    ])
    func `what is no beginning of a stamp is none`(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Timestamp(shortISO8601: $0) } == nil)
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

    /// Such an event was acknowledged, and the next writer took it for one that a crash had cut off.
    @Test(arguments: [
        Timestamp.recordable.lowerBound.microseconds - 1,
        Timestamp.recordable.upperBound.microseconds + 1, .min, .max,
    ])
    func `a clock that is out of its mind loses no event`(microseconds: Int64) throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var options = LogOptions()
        options.clock = { Timestamp(microseconds: microseconds) }
        for number in 1...3 {
            var log = try LogWriter.open("store", options: options, fileSystem: fileSystem)
            #expect(log.recovery == nil)
            _ = try log.append([.numbered(number)])
            try log.close()
        }

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.numbers() == [1, 2, 3])
        #expect(try LogVerifier(reader).verify(.deep).isGood)
    }
}
