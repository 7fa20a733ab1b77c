import TachoLog
import TachoSimulation
import TestSupport
import Testing

/// Records of a segment that is not sealed, asked for by position: it has no index, and is searched.
struct PlainPlaceTests {
    private static let path = "store/log/00000000000000000001.active.jsonl"

    private let fileSystem = SimulatedFileSystem(seed: 1)
    private var random: SeededRandom
    private let seed: UInt64

    init() {
        seed = testSeed()
        random = SeededRandom(seed)
    }

    /// Some 2 MB, lines of very different lengths among them, one as long as some windows.
    private mutating func fill() throws -> LogReader {
        var log = try LogWriter.open("store", fileSystem: fileSystem)
        var number = 0
        while number < 1500 {
            let batch = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                number += 1
                let filler = Int.random(in: 0...50, using: &random) == 0 ? 30_000 : 500
                return NewEvent.numbered(
                    number,
                    filler: number == 700 ? 300_000 : Int.random(in: 0...filler, using: &random))
            }
            _ = try log.append(batch)
        }
        return try LogReader.open("store", fileSystem: fileSystem)
    }

    private struct Answer: Equatable {
        var positions: [UInt64] = []
        var isDamaged = false
    }

    private func ask(
        _ reader: LogReader, from first: UInt64? = nil, through last: UInt64? = nil
    ) throws -> Answer {
        var answer = Answer()
        try reader.forEachBatch(
            from: first.map { Position($0) }, through: last.map { Position($0) },
            onDamage: { _ in answer.isDamaged = true },
            { batch in
                try batch.forEachRecord { record in
                    answer.positions.append(record.position.rawValue)
                    return true
                }
                return true
            })
        return answer
    }

    @Test mutating func `any range is the same part of the whole`() throws {
        let reader = try fill()
        let count = reader.lastPosition.rawValue

        for _ in 0..<200 {
            let first = UInt64.random(in: 1...count, using: &random)
            let last = UInt64.random(in: first...count, using: &random)
            let answer = try ask(reader, from: first, through: last)
            let isRight = answer == Answer(positions: Array(first...last))
            #expect(isRight, "seed \(seed), \(first) to \(last)")
        }
    }

    @Test mutating func `who asks for the end does not read the beginning`() throws {
        let reader = try fill()
        let last = reader.lastPosition.rawValue
        fileSystem.corrupt(Self.path) { $0[100] ^= 1 }

        #expect(try ask(reader, from: last) == Answer(positions: [last]))
        #expect(try ask(reader).isDamaged)
    }

    /// What a disk may do to a file; checksums of moved lines are right.
    private enum Harm: CaseIterable {
        case byte, zeros, copied, swapped
    }

    private mutating func harm(_ bytes: inout [UInt8]) {
        let length = min(Int.random(in: 1...80_000, using: &random), bytes.count / 3)
        let one = Int.random(in: 0..<bytes.count / 2 - length, using: &random)
        let other = Int.random(in: bytes.count / 2..<bytes.count - length, using: &random)
        switch Harm.allCases.randomElement(using: &random) ?? .byte {
        case .byte: bytes[one] ^= 0x10
        case .zeros:
            bytes.replaceSubrange(other..<other + length, with: repeatElement(0, count: length))
        case .copied: bytes.replaceSubrange(other..<other + length, with: bytes[one..<one + length])
        case .swapped:
            let moved = Array(bytes[one..<one + length])
            bytes.replaceSubrange(one..<one + length, with: bytes[other..<other + length])
            bytes.replaceSubrange(other..<other + length, with: moved)
        }
    }

    /// Where lines have changed places it may have more: whoever reads all passes over those that stand
    /// behind later ones.
    @Test
    mutating func `of a damaged file a range lacks nothing that reading all of it finds there`()
        throws
    {
        let reader = try fill()
        let whole = try #require(fileSystem.contents(Self.path))
        let count = reader.lastPosition.rawValue

        for _ in 0..<60 {
            var bytes = whole
            harm(&bytes)
            fileSystem.corrupt(Self.path) { $0 = bytes }
            let all = try ask(reader)
            for _ in 0..<4 {
                let first = UInt64.random(in: 1...count, using: &random)
                let last = UInt64.random(in: first...count, using: &random)
                let answer = try ask(reader, from: first, through: last)
                let found = Set(answer.positions)
                let lacks = all.positions.filter {
                    (first...last).contains($0) && !found.contains($0)
                }
                let isInOrder = zip(answer.positions, answer.positions.dropFirst()).allSatisfy {
                    $0 < $1
                }
                let isComplete = answer.positions == Array(first...last)
                #expect(lacks.isEmpty, "seed \(seed), \(first) to \(last)")
                #expect(isInOrder, "seed \(seed), \(first) to \(last)")
                // What is missing is told.
                #expect(isComplete || answer.isDamaged, "seed \(seed), \(first) to \(last)")
            }
        }
    }
}
