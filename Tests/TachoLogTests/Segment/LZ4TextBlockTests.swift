import CLZ4
import CLZ4Start
import Foundation
import TachoLog
import TestSupport
import Testing

/// Blocks are decoded as the library decodes them, and not a byte is touched outside of the buffers.
@Suite struct LZ4TextBlockTests {
    @Test(arguments: 0...12) func `blocks of every level are decoded`(level: Int) throws {
        let seed = testSeed(UInt64(level))
        var random = SeededRandom(seed)
        let both = BothDecoders(capacity: 1 << 18)
        for text in Self.texts(&random) {
            let block = Self.compressed(text, level: level)

            for room in [text.count, text.count + 1, text.count + 700] {
                #expect(both.decode(block, room: room) == text, "seed \(seed)")
            }
            for missing in [1, 5, 12, 13, 64, 320, 321] where missing <= text.count {
                #expect(both.decode(block, room: text.count - missing) == nil, "seed \(seed)")
            }
        }
    }

    @Test func `most of a block is decoded here and not by the library`() throws {
        guard Self.isDecodedHere else { return }
        var random = SeededRandom(1)
        let text = Self.lines(900, &random)
        let block = Self.compressed(text, level: 1)
        var decoded = [UInt8](repeating: 0, count: text.count)

        let start = decoded.withUnsafeMutableBytes {
            tacho_lz4_start(block, block.count, $0.baseAddress, $0.count)
        }

        #expect(start.written > text.count - 400)
        #expect(start.consumed > block.count - 100)
        #expect(decoded[..<start.written] == text[..<start.written])
    }

    @Test func `sequences of all lengths and offsets are decoded`() throws {
        let both = BothDecoders(capacity: 1 << 13)
        let literals = Array(0...50) + Array(250...290) + [300, 524, 525, 526, 1000]
        let matches =
            Array(4...36) + Array(62...66) + Array(94...98) + Array(126...130)
            + Array(270...292) + [500, 528, 529, 530, 1000]
        let offsets = Array(1...40) + [63, 64, 65, 95, 96, 97, 300]
        for literal in literals {
            for match in matches {
                // All of them take minutes; which ones are left out has no meaning.
                for offset in offsets where (literal * 7 + match * 3 + offset) % 41 == 0 {
                    var block = HandmadeBlock()
                    block.add(literals: 300, offset: 7, match: 9)
                    block.add(literals: literal, offset: offset, match: match)
                    block.add(literals: literal / 2, offset: 280, match: 24)
                    block.end(literals: 400)

                    let decoded = both.decode(block.bytes, room: block.text.count)

                    #expect(decoded == block.text, "\(literal) literals, \(match) at \(offset)")
                }
            }
        }
    }

    @Test func `sequences near to both ends are decoded or refused as by the library`() throws {
        let both = BothDecoders(capacity: 1 << 13)
        var refused = 0
        for before in [0, 1, 8, 15, 16, 31, 32, 33, 100] {
            for offset in [1, 3, 8, 15, 16, 20, 31, 32, 33, 100] {
                for match in [4, 18, 19, 33, 273, 274, 600] {
                    for behind in [0, 1, 4, 5, 6, 7, 8, 9, 12, 13, 31, 64, 300, 360]
                    where (before + offset + match + behind) % 5 == 0 {
                        var block = HandmadeBlock()
                        if before > 0 { block.add(literals: before, offset: 1, match: 4) }
                        block.add(literals: 3, offset: offset, match: match)
                        block.end(literals: behind)

                        let decoded = both.decode(block.bytes, room: block.text.count)

                        if decoded == nil { refused += 1 }
                        if offset <= before + 3, behind >= 12 { #expect(decoded == block.text) }
                        if offset > before + 7 { #expect(decoded == nil) }
                    }
                }
            }
        }
        #expect(refused > 0)
    }

    @Test(arguments: 1...40) func `runs of every period are decoded`(period: Int) throws {
        let both = BothDecoders(capacity: 1 << 14)
        var random = SeededRandom(UInt64(period))
        let run = (0..<period).map { _ in UInt8.random(in: 0...255, using: &random) }
        for count in [100, 400, 401, 700, 5000] {
            let text = (0..<count).map { run[$0 % period] }
            for level in [1, 9, 12] {
                let block = Self.compressed(text, level: level)

                #expect(both.decode(block, room: count) == text)
            }
        }
    }

    @Test func `every truncation and every room gives what the library gives`() throws {
        let seed = testSeed(7)
        var random = SeededRandom(seed)
        let both = BothDecoders(capacity: 1 << 13)
        let text = Self.lines(5, &random)
        let block = Self.compressed(text, level: 9)
        for count in 0..<block.count {
            _ = both.decode(Array(block.prefix(count)), room: text.count)
            _ = both.decode(Array(block.dropFirst(count)), room: text.count)
        }
        for room in 0...text.count + 40 {
            let decoded = both.decode(block, room: room)
            #expect((decoded != nil) == (room >= text.count), "seed \(seed)")
        }
    }

    @Test func `damaged blocks and garbage give what the library gives`() throws {
        let seed = testSeed(8)
        var random = SeededRandom(seed)
        let both = BothDecoders(capacity: 1 << 15)
        let texts = Self.texts(&random).map { Array($0.prefix(6000)) }
        let blocks = texts.map { Self.compressed($0, level: 3) }
        var accepted = 0
        for _ in 0..<1500 {
            let index = Int.random(in: 0..<texts.count, using: &random)
            var block = blocks[index]
            for _ in 0...Int.random(in: 0...3, using: &random) where !block.isEmpty {
                let offset = Int.random(in: 0..<block.count, using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0: block[offset] = [0, 1, 0x0F, 0xF0, 0xFF].randomElement(using: &random) ?? 0
                case 1: block[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
                case 2: block.remove(at: offset)
                case 3: block.insert(UInt8.random(in: 0...255, using: &random), at: offset)
                default: block.removeSubrange(offset...)
                }
            }
            let room = texts[index].count + Int.random(in: -1...600, using: &random)
            if both.decode(block, room: max(0, room)) != nil { accepted += 1 }
        }
        for _ in 0..<700 {
            let count = Int.random(in: 0...2000, using: &random)
            let most = [3, 0x1F, 0xFF].randomElement(using: &random) ?? 0
            let garbage = (0..<count).map { _ in UInt8.random(in: 0...UInt8(most), using: &random) }
            if both.decode(garbage, room: 4 * count) != nil { accepted += 1 }
        }
        #expect(accepted > 100, "seed \(seed)")
    }
}

extension LZ4TextBlockTests {
    /// Whether the processor has what it takes.
    private static let isDecodedHere: Bool = {
        var block = HandmadeBlock()
        for _ in 0..<40 { block.add(literals: 33, offset: 32, match: 8) }
        var room = [UInt8](repeating: 0, count: 4096)
        return room.withUnsafeMutableBytes {
            tacho_lz4_start(block.bytes, block.bytes.count, $0.baseAddress, $0.count).written > 0
        }
    }()

    static func compressed(_ text: [UInt8], level: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Int(LZ4_compressBound(CInt(text.count))))
        // LZ4 reads `text.count` bytes and writes at most `block.count`.
        let count = text.withUnsafeBytes { text in
            block.withUnsafeMutableBytes { block in
                level < 3
                    ? LZ4_compress_fast(
                        text.baseAddress, block.baseAddress, CInt(text.count), CInt(block.count),
                        CInt(level == 0 ? 8 : 1))
                    : LZ4_compress_HC(
                        text.baseAddress, block.baseAddress, CInt(text.count), CInt(block.count),
                        CInt(level))
            }
        }
        return Array(block.prefix(Int(count)))
    }

    static func lines(_ count: Int, _ random: inout SeededRandom) -> [UInt8] {
        var text = [UInt8]()
        for position in 1...count {
            let stream = Int.random(in: 0..<20, using: &random)
            let number = UInt64.random(in: 0...UInt64.max >> 20, using: &random)
            text += Array(
                #"{"position":\#(position),"stream":"s-\#(stream)","data":{"tool":"Bash","#.utf8)
            text += Array(#""id":"\#(String(number, radix: 16))","ok":\#(number % 3 == 0)}}"#.utf8)
            text += [0x0A]
        }
        return text
    }

    static func texts(_ random: inout SeededRandom) -> [[UInt8]] {
        let noise = (0..<20_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let letters = (0..<9000).map { _ in UInt8.random(in: 0x61...0x64, using: &random) }
        let numbers = (0..<4000).flatMap { number in
            let value = UInt32(number * 3 + Int.random(in: 0...2, using: &random))
            return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
        }
        return [
            lines(900, &random), lines(4, &random), noise, Array(noise[..<500]), letters, numbers,
            [UInt8](repeating: 0, count: 30_000), [0x7B], Array(letters[..<13]),
            Array(noise[..<300] + letters[..<2000] + noise[..<300] + letters[..<300]),
        ]
    }
}

/// Ours and the library's decoder, each between guards.
private struct BothDecoders {
    private let source: GuardedBytes
    private let target: GuardedBytes

    init(capacity: Int) {
        source = GuardedBytes(capacity: capacity)
        target = GuardedBytes(capacity: capacity)
    }

    /// What ours decodes; that it is what the library decodes is expected.
    func decode(_ block: [UInt8], room: Int) -> [UInt8]? {
        let theirs = decoded(block, room: room, atStart: false) { block, target in
            let count = LZ4_decompress_safe(
                block.baseAddress, target.baseAddress, CInt(block.count), CInt(target.count))
            return count < 0 ? nil : Int(count)
        }
        let ours = [false, true].map { atStart in
            decoded(block, room: room, atStart: atStart) { LZ4TextBlock.decode($0, into: $1) }
        }
        if ours[0] != theirs || ours[1] != theirs {
            Issue.record("decoded otherwise with room for \(room): \(block)")
        }
        return ours[0]
    }

    private func decoded(
        _ block: [UInt8], room: Int, atStart: Bool,
        _ decode: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int?
    ) -> [UInt8]? {
        source.lend(block, atStart: atStart) { block in
            target.lend(count: room, atStart: atStart) { target in
                // Quick without optimisation, too, as is the copy: both stay inside `target`.
                if let start = target.baseAddress { memset(start, 0xEE, room) }
                return decode(block, target).map { count in
                    [UInt8](unsafeUninitializedCapacity: count) { copy, copied in
                        if let to = copy.baseAddress, let from = target.baseAddress {
                            memcpy(to, from, count)
                        }
                        copied = count
                    }
                }
            }
        }
    }
}

/// A block of which each sequence is known, and what it decodes to.
private struct HandmadeBlock {
    private(set) var bytes: [UInt8] = []
    private(set) var text: [UInt8] = []
    private var random = SeededRandom(3)

    /// A match that begins before the text has no bytes of its own in it.
    mutating func add(literals: Int, offset: Int, match: Int) {
        begin(literals: literals, low: min(15, match - 4))
        bytes += [UInt8(offset & 0xFF), UInt8(offset >> 8)]
        if match >= 19 { count(match - 19) }
        for _ in 0..<match { text.append(offset > text.count ? 0 : text[text.count - offset]) }
    }

    mutating func end(literals: Int) { begin(literals: literals, low: 0) }

    private mutating func begin(literals: Int, low: Int) {
        bytes.append(UInt8(min(15, literals) << 4 | low))
        if literals >= 15 { count(literals - 15) }
        let new = (0..<literals).map { _ in UInt8.random(in: 0...255, using: &random) }
        bytes += new
        text += new
    }

    private mutating func count(_ rest: Int) {
        bytes += [UInt8](repeating: 255, count: rest / 255) + [UInt8(rest % 255)]
    }
}
