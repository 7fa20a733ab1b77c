import TachoLog
import TestSupport
import Testing

@Suite struct BackgroundSealerTests {
    @Test func `segments are sealed while events are appended, and not one line changes`() throws {
        let directory = try TemporaryDirectory()
        let (store, plain) = (directory.file("store"), directory.file("plain"))
        var options = LogOptions()
        options.sealByteCount = 64 << 10
        options.clock = { Timestamp(milliseconds: 1_766_052_000_091) }
        var log = try LogWriter.open(store, options: options)
        var twin = try LogWriter.open(plain, options: options)
        let sealer = BackgroundSealer(store, options: options)
        for batch in 0..<60 {
            let events = (0..<50).map { number in
                NewEvent(
                    id: ByteString("e-\(batch)-\(number)"), stream: "s", type: "t", source: "x",
                    data: Array(
                        "{\"n\":\(number),\"text\":\"\(String(repeating: "a", count: 90))\"}".utf8))
            }
            _ = try log.append(events)
            _ = try twin.append(events)
            sealer.wake()
        }
        sealer.finish()
        // What the thread did not come to.
        _ = try log.sealPending()

        #expect(
            try LogReader.open(store).allLines().lines == LogReader.open(plain).allLines().lines)
        // Ids are known in what was sealed meanwhile, too.
        let again = NewEvent(
            id: "e-0-0", stream: "s", type: "t", source: "x",
            data: Array("{\"n\":0,\"text\":\"\(String(repeating: "a", count: 90))\"}".utf8))
        #expect(try log.append([again]).outcomes == [.duplicate(.first)])
        try log.close()
        try twin.close()
    }

    @Test func `where there can be no store it ends all the same, however often it is told to`()
        throws
    {
        let directory = try TemporaryDirectory()
        let file = directory.file("file")
        RealFileSystem().close(try RealFileSystem().open(file, .createNew))
        let sealer = BackgroundSealer(file + "/store")

        sealer.wake()
        sealer.finish()
        sealer.finish()

        #expect(try RealFileSystem().status(file)?.byteCount == 0)
    }
}
