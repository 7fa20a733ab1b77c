import Foundation
import TachoLog
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Real processes, killed without warning.
@Suite struct KillTests {
    @Test func `a killed writer loses nothing that a reader has seen, and doubles nothing`() throws
    {
        let program = try Program()
        let seed = testSeed()
        var generator = SystemRandom(seed: seed)
        var written = 0

        for cycle in 0..<25 {
            // Each cycle appends numbers of its own, many more than it lives to write.
            let lines = (0..<40_000).map { "{\"n\":\(cycle * 40_000 + $0)}\n" }.joined()
            let input = program.home.file("in-\(cycle)")
            try lines.write(toFile: input, atomically: false, encoding: .utf8)
            let process = program.process(["append", "--type", "test.event", "--quiet"])
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
            process.standardError = FileHandle.nullDevice
            try process.run()
            let target = written + Int.random(in: 0..<8_000, using: &generator)
            var seen = 0
            while process.isRunning, seen < target {
                seen = (try? LogReader.open(program.store).lastPosition.rawValue).map(Int.init) ?? 0
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()

            let log = try LogWriter.open(program.store)
            try log.close()
            let reader = try LogReader.open(program.store)
            #expect(reader.lastPosition.rawValue >= UInt64(seen), "seed \(seed), cycle \(cycle)")
            #expect(try LogVerifier(reader).verify(.quick).isGood, "seed \(seed), cycle \(cycle)")
            written = Int(reader.lastPosition.rawValue)
        }

        let reader = try LogReader.open(program.store)
        let numbers = try reader.numbers()
        #expect(numbers == numbers.sorted(), "seed \(seed)")
        #expect(Set(numbers).count == numbers.count, "seed \(seed): an event twice")
        for cycle in 0..<25 {
            let own = numbers.filter { $0 / 40_000 == cycle }
            #expect(
                own == Array(cycle * 40_000..<cycle * 40_000 + own.count),
                "seed \(seed), cycle \(cycle): a hole")
        }
    }

    @Test func `eight processes appending 2,000 events each get contiguous positions`() throws {
        let program = try Program()
        var processes = [Process]()
        for writer in 0..<8 {
            let lines = (0..<2_000).map { "{\"n\":\(writer * 2_000 + $0)}\n" }.joined()
            let input = program.home.file("in-\(writer)")
            try lines.write(toFile: input, atomically: false, encoding: .utf8)
            let process = program.process([
                "append", "--type", "test.event", "--stream", "w\(writer)", "--quiet",
            ])
            process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
            try process.run()
            processes.append(process)
        }
        // One reader opens the store again and again meanwhile; what it sees is always a prefix.
        var seen = 0
        while processes.contains(where: \.isRunning) {
            guard let reader = try? LogReader.open(program.store) else { continue }
            let positions = try reader.positions()
            #expect(positions == (0..<positions.count).map { UInt64($0) + 1 })
            #expect(positions.count >= seen)
            seen = positions.count
        }

        #expect(processes.allSatisfy { $0.terminationStatus == 0 })
        let reader = try LogReader.open(program.store)
        #expect(try reader.positions() == Array(1...16_000))
        #expect(Set(try reader.numbers()).count == 16_000)
        for writer in 0..<8 {
            let own = try reader.numbers(RecordFilter(streams: [ByteString("w\(writer)")]))
            #expect(own == Array(writer * 2_000..<(writer + 1) * 2_000))
        }
    }
}

/// Random numbers from a seed.
private struct SystemRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
