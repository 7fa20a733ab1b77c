import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// Single cases; the random and the exhaustive ones are the campaigns of `TachoTorture`.
@Suite struct RecoveryTests {
    private func open(_ fileSystem: SimulatedFileSystem) throws -> LogWriter {
        var options = LogOptions()
        options.sealByteCount = 4_000
        return try LogWriter.open("store", options: options, fileSystem: fileSystem)
    }

    @Test func `short writes do no harm`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        fileSystem.inject(
            SimulatedFault(call: 1, lasts: true, operation: .write, kind: .shortWrite(3)))
        var log = try open(fileSystem)
        for number in 0..<20 { _ = try log.append([.numbered(number)]) }
        try log.close()

        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == Array(0..<20))
    }

    @Test func `a full disk is a typed error, reads go on, and appends resume`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        _ = try log.append([.numbered(0)])
        fileSystem.setCapacity(0)

        let error = #expect(throws: LogError.self) { try log.append([.numbered(1, filler: 500)]) }
        #expect(error?.code == .outOfSpace)
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0])
        do {
            let again = try open(fileSystem)
            _ = consume again
        }

        fileSystem.setCapacity(.max)
        _ = try log.append([.numbered(2)])
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 2])
    }

    @Test func `after a failed sync nothing is acknowledged and the log goes on in a new file`()
        throws
    {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        _ = try log.append([.numbered(0)])
        fileSystem.inject(
            SimulatedFault(call: fileSystem.callCount + 1, operation: .synchronize, kind: .error(5))
        )

        let error = #expect(throws: LogError.self) { try log.append([.numbered(1)]) }
        #expect(error?.code == .syncFailed)
        fileSystem.clearFaults()
        _ = try log.append([.numbered(2)])
        fileSystem.losePower()

        let numbers = try LogReader.open("store", fileSystem: fileSystem).numbers()
        #expect(numbers.first == 0)
        #expect(numbers.last == 2)
    }

    @Test func `a flipped bit in acknowledged bytes is reported, and the rest is kept`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let byteCount = try #require(fileSystem.contents(path)).count

        for offset in stride(from: 0, to: byteCount, by: 11) {
            fileSystem.corrupt(path) { $0[offset] ^= 0x10 }
            let read = try LogReader.open("store", fileSystem: fileSystem).allLines()
            #expect(!read.damage.isEmpty, "byte \(offset)")
            #expect(read.lines.count >= 8, "byte \(offset)")
            fileSystem.corrupt(path) { $0[offset] ^= 0x10 }
        }
    }

    @Test func `after a restart damage below the durable end is not cut off`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let before = try #require(fileSystem.contents(path))
        fileSystem.losePower()
        fileSystem.corrupt(path) { $0[before.count / 2] ^= 0x10 }

        var again = try open(fileSystem)
        _ = try again.append([.numbered(10)])

        #expect(again.recovery?.damagedOffset != nil)
        #expect(fileSystem.contents(path)?.count == before.count)
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        let read = try reader.allLines()
        #expect(!read.damage.isEmpty)
        #expect(try reader.numbers().count == 10)
        #expect(try reader.numbers().last == 10)
    }

    @Test func `missing acknowledged bytes make the store read-only, not empty`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        fileSystem.losePower()
        fileSystem.corrupt(path) { $0.removeLast($0.count / 2) }

        let error = #expect(throws: LogError.self) { _ = try open(fileSystem) }

        #expect(error?.code == .readOnly)
        #expect(try !LogReader.open("store", fileSystem: fileSystem).numbers().isEmpty)
    }

    @Test func `recover accepts a loss, says so in the log, and appends go on`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        fileSystem.losePower()
        fileSystem.corrupt(path) { $0.removeLast($0.count / 2) }
        var options = LogOptions()
        options.acceptsLoss = true

        var again = try LogWriter.open("store", options: options, fileSystem: fileSystem)
        _ = try again.append([.numbered(10)])

        #expect(again.recovery?.isLossless == false)
        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.numbers() == [0, 1, 2, 3, 4, 10])
        #expect(try reader.allLines().lines.count { $0.contains("tacho.damaged") } == 1)
    }

    @Test func `a lost manifest is made anew from the files`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<30 {
            _ = try log.append([.numbered(number)])
            if number == 9 || number == 19 { _ = try log.seal() }
        }
        try log.close()
        let before = try LogReader.open("store", fileSystem: fileSystem).allLines().lines
        for path in ["store/MANIFEST", "store/MANIFEST.prev"] { try fileSystem.remove(path) }
        #expect(throws: LogError.self) {
            _ = try LogReader.open("store", fileSystem: fileSystem)
        }
        var options = LogOptions()
        options.acceptsLoss = true

        do {
            let again = try LogWriter.open("store", options: options, fileSystem: fileSystem)
            _ = consume again
        }

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.allLines().lines == before)
        #expect(try LogVerifier(reader).verify(.deep).isGood)
    }
}
