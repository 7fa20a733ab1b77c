internal import TachoLog
internal import TachoSimulation

/// Something that reads bytes from outside: made inputs from seeds, and asked whether it holds.
///
/// Checksums are made to fit by ``prepare(_:)``, so that inputs get behind them; inputs need not
/// come from ``makeInput(_:)``.
package protocol FuzzTarget: Sendable {
    var name: String { get }
    /// A good input, changed in some places; of several kinds.
    func makeInput(_ random: inout FuzzRandom) -> [UInt8]
    /// What is done to any input before it is tried.
    func prepare(_ input: [UInt8]) -> [UInt8]
    /// Tries a prepared input.
    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome
}

extension FuzzTarget {
    package func prepare(_ input: [UInt8]) -> [UInt8] { input }
}

/// What came of one input.
package enum FuzzOutcome: Equatable, Sendable {
    case accepted
    /// Refused with an error of ours.
    case refused
    /// A promise that did not hold.
    case fault(String)
}

/// A bug that the harness has to find.
package enum PlantedBug: Sendable {
    /// What must be refused is accepted, or another answer is given the second time.
    case wrongAnswer
    /// A size is believed and asked for at once.
    case unboundedRead
}

/// Random numbers, and what to do with bytes by them.
package struct FuzzRandom: RandomNumberGenerator, Sendable {
    private var random: SimulatedRandom

    package init(seed: UInt64) { random = SimulatedRandom(seed: seed) }

    package mutating func next() -> UInt64 { random.next() }

    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &self) }
    mutating func once(in count: Int) -> Bool { random.once(in: count) }

    /// Integers at which programs go wrong.
    mutating func integer() -> UInt64 {
        let edges: [UInt64] = [
            0, 1, 2, 127, 128, 255, 256, 4095, 65_535, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32,
            1 << 62, 1 << 63 - 1, 1 << 63, .max - 1, .max,
        ]
        return once(in: 2) ? edges[below(edges.count)] : next() >> UInt64(below(64))
    }

    /// Changes some places of `bytes`: bits, bytes, integers, runs copied, dropped, and doubled.
    mutating func mutate(_ bytes: inout [UInt8], in range: Range<Int>? = nil, times: Int? = nil) {
        for _ in 0..<(times ?? 1 + below(4)) {
            guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: next())) }
            let range = range.map { $0.clamped(to: bytes.indices) } ?? bytes.indices
            let offset = range.isEmpty ? 0 : range.lowerBound + below(range.count)
            let count = min(1 + below(once(in: 4) ? 64 : 6), bytes.count - offset)
            switch below(10) {
            case 0, 1: bytes[offset] ^= 1 << UInt8(below(8))
            case 2, 3: bytes[offset] = UInt8(truncatingIfNeeded: next())
            case 4: bytes.store(UInt32(truncatingIfNeeded: integer()), at: offset / 4 * 4)
            case 5: bytes.store(integer(), at: offset / 8 * 8)
            case 6: bytes.removeSubrange(offset..<offset + count)
            case 7: bytes.insert(contentsOf: Array(bytes[offset..<offset + count]), at: offset)
            case 8:
                let other = below(bytes.count - count + 1)
                bytes.replaceSubrange(
                    offset..<offset + count, with: Array(bytes[other..<other + count]))
            default: digits(&bytes, near: offset)
            }
        }
    }

    /// Moves, every other time, what comes behind a byte against the 64 that are looked at together.
    mutating func shift(_ bytes: inout [UInt8], behind byte: UInt8, by filler: UInt8) {
        guard once(in: 2), let place = bytes.firstIndex(of: byte) else { return }
        bytes.insert(contentsOf: [UInt8](repeating: filler, count: below(130)), at: place + 1)
    }

    /// Puts another number in place of the one that is written at or behind `offset`.
    private mutating func digits(_ bytes: inout [UInt8], near offset: Int) {
        let isDigit = { (byte: UInt8) in byte &- 0x30 < 10 }
        guard let start = bytes[offset...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Array("\(integer())".utf8))
    }
}
