import TachoLog
import TachoSimulation
import TestSupport
import Testing

@Suite struct FullDiskTests {
    private let fileSystem = SimulatedFileSystem(seed: 1)

    private func open() throws -> LogWriter {
        var options = LogOptions()
        options.reserveByteCount = 4_096
        return try LogWriter.open("store", options: options, fileSystem: fileSystem)
    }

    private func fill() { fileSystem.setCapacity(fileSystem.usedByteCount) }

    @Test func `a log opens, reads, and seals its end without a byte of free space`() throws {
        var log = try open()
        for number in 0..<20 { _ = try log.append([.numbered(number, filler: 100)]) }
        fileSystem.losePower()
        fill()

        var again = try open()

        #expect(again.lastPosition.rawValue >= 20)
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == Array(0..<20))
        // The new active file is named in a manifest that RESERVE has made room for.
        let error = #expect(throws: LogError.self) { try again.seal() }
        #expect(error?.code == .outOfSpace)
        #expect(fileSystem.contents("store/RESERVE") == nil)
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == Array(0..<20))
    }

    @Test func `events do not get the reserve`() throws {
        var log = try open()
        _ = try log.append([.numbered(0)])
        fill()

        for _ in 0..<3 {
            let error = #expect(throws: LogError.self) { try log.append([.numbered(1)]) }
            #expect(error?.code == .outOfSpace)
        }

        #expect(fileSystem.contents("store/RESERVE")?.count == 4_096)
    }

    @Test func `appends resume with the same writer, and the reserve comes back`() throws {
        var log = try open()
        for number in 0..<20 { _ = try log.append([.numbered(number, filler: 100)]) }
        fill()
        // Takes the reserve for its manifest, and may then find room for the rest or not.
        _ = try? log.seal()
        #expect(fileSystem.contents("store/RESERVE") == nil)
        fileSystem.setCapacity(.max)

        _ = try log.append([.numbered(20)])
        _ = try log.seal()

        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == Array(0...20))
        #expect(fileSystem.contents("store/RESERVE")?.count == 4_096)
    }

    @Test func `a sync that fails on a full disk still ends the file it failed on`() throws {
        var log = try open()
        _ = try log.append([.numbered(0)])
        let head = try #require(fileSystem.contents("store/HEAD"))
        _ = try log.append([.numbered(1)], durability: .interval)
        fill()
        fileSystem.inject(
            SimulatedFault(
                call: fileSystem.callCount + 1, operation: .synchronize, kind: .error(28)))

        #expect(throws: LogError.self) { try log.synchronizeAll() }
        fileSystem.setCapacity(.max)
        _ = try log.append([.numbered(2)])

        #expect(fileSystem.contents("store/HEAD") != head)
        #expect(try LogReader.open("store", fileSystem: fileSystem).numbers() == [0, 2])
    }
}
