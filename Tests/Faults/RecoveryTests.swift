import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// Single cases; the random and the exhaustive ones are the campaigns of `TachoTorture`.
@Suite struct RecoveryTests {
    private func open(_ fileSystem: SimulatedFileSystem) throws -> LogWriter {
        var options = LogOptions()
        options.sealByteCount = 4_000
        options.reserveByteCount = 512
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

    @Test func `a reader alone reports damage after a restart, and reads behind it`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<10 { _ = try log.append([.numbered(number)]) }
        try log.close()
        let path = "store/log/" + StoreLayout.activeName(first: .first)
        let whole = try #require(fileSystem.contents(path))
        fileSystem.losePower()

        fileSystem.corrupt(path) { $0[whole.count / 2] ^= 0x10 }
        let damaged = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try damaged.allLines().damage.count == 1)
        #expect(try damaged.numbers().count == 9)

        fileSystem.corrupt(path) { $0 = Array(whole[..<(whole.count / 2)]) }
        let cut = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try !cut.allLines().damage.isEmpty)
        #expect(try !cut.numbers().isEmpty)
        #expect(cut.lastPosition == Position(10))
    }

    /// After a loss of power a file that was renamed may have its old name, too.
    @Test func `the manifest is not written to under a name that a lost rename left it`() throws {
        var callCount = 0
        repeat {
            let fileSystem = SimulatedFileSystem(seed: 1)
            var log = try open(fileSystem)
            _ = try log.append([.numbered(0)])
            try fileSystem.link("store/MANIFEST", as: "store/tmp/MANIFEST")
            let first = fileSystem.callCount
            callCount += 1
            fileSystem.inject(SimulatedFault(call: first + callCount, lasts: true, kind: .death))
            if (try? log.seal()) != nil { return #expect(callCount > 20, "a seal of some calls") }
            _ = consume log
            fileSystem.clearFaults()
            fileSystem.kill()

            let again = try open(fileSystem)
            _ = consume again
            let numbers = try LogReader.open("store", fileSystem: fileSystem).numbers()
            #expect(numbers == [0], "death at call \(callCount) of the seal")
        } while true
    }

    @Test(arguments: [0, 512]) func `a damaged HEAD slot after a roll loses no append`(
        slot: Int
    ) throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        for number in 0..<5 { _ = try log.append([.numbered(number)]) }
        // Another process is sealing, so that the ended segment stays as it is.
        let lock = try fileSystem.open("store/LOCK.seal", .updateOrCreate)
        _ = try fileSystem.lock(lock, waits: false)
        #expect(throws: LogError.self) { _ = try log.seal() }
        _ = consume log
        fileSystem.kill()
        fileSystem.corrupt("store/HEAD") { $0[slot + 40] ^= 1 }

        var again = try open(fileSystem)
        _ = try again.append([.numbered(5)])

        let reader = try LogReader.open("store", fileSystem: fileSystem)
        #expect(try reader.numbers() == Array(0...5))
        #expect(try reader.allLines().damage.isEmpty)
    }

    @Test func `an event that a failed sync left behind is not taken for one in the log`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        _ = try log.append([.numbered(0, id: "a")])
        fileSystem.inject(
            SimulatedFault(call: fileSystem.callCount + 1, operation: .synchronize, kind: .error(5))
        )
        #expect(throws: LogError.self) { try log.append([.numbered(1, id: "b")]) }

        let outcomes = try log.append([.numbered(1, id: "b")]).outcomes

        #expect(outcomes == [.appended(Position(2))])
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 1])
    }

    @Test func `an old manifest put back hides nothing, and recover makes it anew`() throws {
        let fileSystem = SimulatedFileSystem(seed: 1)
        var log = try open(fileSystem)
        _ = try log.append([.numbered(0)])
        let old = try #require(fileSystem.contents("store/MANIFEST"))
        _ = try log.seal()
        _ = try log.append([.numbered(1)])
        try log.close()
        fileSystem.losePower()
        fileSystem.corrupt("store/MANIFEST") { $0 = old }
        // The power loss may have brought its name back.
        try? fileSystem.remove("store/log/" + StoreLayout.activeName(first: .first))

        let refused = #expect(throws: LogError.self) { _ = try open(fileSystem) }
        #expect(refused?.code == .readOnly)
        var options = LogOptions()
        options.acceptsLoss = true
        do {
            let again = try LogWriter.open("store", options: options, fileSystem: fileSystem)
            _ = consume again
        }

        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 1])
    }
}
