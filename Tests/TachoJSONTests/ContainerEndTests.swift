import TestSupport
import Testing

@testable import TachoJSON

/// The ways from quote to quote against a walk byte by byte.
@Suite struct ContainerEndTests {
    /// The same for valid JSON, one byte after the other.
    private func end(of bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isText = false
        var isEscaped = false
        for place in start..<bytes.count {
            let byte = bytes[place]
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isText = false
                }
            } else if byte == 0x22 {
                isText = true
            } else if byte == 0x7B || byte == 0x5B {
                depth += 1
            } else if byte == 0x7D || byte == 0x5D {
                depth -= 1
                if depth == 0 { return place + 1 }
            }
        }
        return nil
    }

    private func text(_ random: inout SeededRandom) -> [UInt8] {
        let pieces = ["a", "{", "]", "\\\"", "\\\\", "\\\\\\\"", "é", "\\u007B", ":", ",", "[}"]
        let count = Int.random(in: 0...(Bool.random(using: &random) ? 6 : 60), using: &random)
        return (0..<count).flatMap { _ in
            Array(pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8)
        }
    }

    private func container(_ random: inout SeededRandom, depth: Int) -> [UInt8] {
        let isObject = Bool.random(using: &random)
        var bytes: [UInt8] = [isObject ? 0x7B : 0x5B]
        for index in 0..<Int.random(in: 0...(depth > 3 ? 0 : 4), using: &random) {
            if index > 0 { bytes.append(0x2C) }
            if isObject { bytes += [0x22] + text(&random) + [0x22, 0x3A] }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes += container(&random, depth: depth + 1)
            case 1: bytes += Array("-12.5e3".utf8)
            case 2: bytes += Array(repeating: 0x20, count: 3) + Array("true".utf8)
            default: bytes += [0x22] + text(&random) + [0x22]
            }
        }
        bytes.append(isObject ? 0x7D : 0x5D)
        return bytes
    }

    @Test func `a container ends where a walk byte by byte says, wherever it lies`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        let memory = GuardedBytes(capacity: 1 << 16)
        for trial in 0..<2000 {
            let before = Array(repeating: UInt8(0x20), count: trial % 67)
            let own = container(&random, depth: 0)
            let behind = [UInt8](
                ",\"next\":\"\\\"\"}".utf8.prefix(Int.random(in: 0...14, using: &random)))
            let bytes = before + own + behind
            let expected = end(of: bytes, from: before.count)
            #expect(expected == before.count + own.count)
            memory.lend(bytes) { raw in
                guard let base = raw.baseAddress else { return }
                let limit = base + raw.count
                let found = JSONScan.endOfContainer(base + before.count, limit)
                #expect(found.map { $0 - base } == expected, "seed \(seed), trial \(trial)")
                var quotes = JSONQuotes(from: base, limit)
                #expect(quotes.endOfContainer(base + before.count).map { $0 - base } == expected)
                let next = bytes[(before.count + own.count)...].firstIndex(of: 0x22)
                #expect(quotes.peek() - base == next ?? raw.count, "seed \(seed), trial \(trial)")
            }
        }
    }

    @Test func `bytes that are cut off or changed are never left`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        let memory = GuardedBytes(capacity: 1 << 16)
        for _ in 0..<2000 {
            var bytes = container(&random, depth: 0)
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            for _ in 0..<3 {
                let place = bytes.indices.dropFirst().randomElement(using: &random)
                if let place { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            }
            memory.lend(bytes, atStart: Bool.random(using: &random)) { raw in
                guard let base = raw.baseAddress else { return }
                let limit = base + raw.count
                if let end = JSONScan.endOfContainer(base, limit) {
                    #expect(end > base && end <= limit, "seed \(seed)")
                }
                var quotes = JSONQuotes(from: base, limit)
                if let end = quotes.endOfContainer(base) {
                    #expect(end > base && end <= limit, "seed \(seed)")
                    #expect(quotes.peek() >= end && quotes.peek() <= limit, "seed \(seed)")
                }
            }
        }
    }
}
