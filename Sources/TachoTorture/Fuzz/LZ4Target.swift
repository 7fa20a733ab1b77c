internal import CLZ4
internal import TachoLog

/// Blocks of LZ4 against the library's own decoder: the same bytes, and the same blocks refused.
///
/// An input begins with how many bytes there is room for, as two bytes.
struct LZ4Target: FuzzTarget {
    let name = "lz4"

    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        let text = Self.text(&random)
        var block = [UInt8](repeating: 0, count: Int(LZ4_compressBound(CInt(text.count))))
        // LZ4 reads `text.count` bytes and writes at most `block.count`.
        let count = text.withUnsafeBytes { text in
            block.withUnsafeMutableBytes { block in
                LZ4_compress_HC(
                    text.baseAddress, block.baseAddress, CInt(text.count), CInt(block.count),
                    CInt(random.below(13)))
            }
        }
        block.removeSubrange(Int(count)...)
        var room = text.count
        if random.once(in: 4) { room += random.below(400) - 200 }
        room = min(max(0, room), 65_535)
        if random.once(in: 2) { random.mutate(&block) }
        if random.once(in: 20) { block = Array(block.prefix(random.below(block.count))) }
        return [UInt8(room >> 8), UInt8(room & 0xFF)] + block
    }

    /// Repeats itself, from near and from far, and is new in between.
    private static func text(_ random: inout FuzzRandom) -> [UInt8] {
        var text = [UInt8]()
        let count = 1 + random.below(6000)
        while text.count < count {
            let length = random.below(random.once(in: 6) ? 400 : 24)
            if text.isEmpty || random.once(in: 3) {
                text += (0..<length / 2).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            } else {
                let start = max(0, text.count - 1 - random.below(random.once(in: 3) ? 40 : 4000))
                for offset in start..<start + length + 4 { text.append(text[offset]) }
            }
        }
        return text
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        guard input.count > 2 else { return .refused }
        let room = Int(input[0]) << 8 | Int(input[1])
        let block = Array(input[2...])
        let theirs = Self.filled(room) { target in
            // The library reads and writes only inside the two buffers it is given.
            let count = block.withUnsafeBytes {
                LZ4_decompress_safe(
                    $0.baseAddress, target.baseAddress, CInt($0.count), CInt(target.count))
            }
            return count < 0 ? nil : Int(count)
        }
        var ours = Self.filled(room) { target in
            block.withUnsafeBytes { LZ4TextBlock.decode($0, into: target) }
        }
        if planted != nil, let last = ours.bytes?.indices.last { ours.bytes?[last] ^= 1 }
        guard ours.isInside else { return .fault("wrote outside: \(input)") }
        guard ours.bytes == theirs.bytes else { return .fault("decoded otherwise: \(input)") }
        return theirs.bytes == nil ? .refused : .accepted
    }

    /// What is written into `room` bytes, and whether those around them are as they were.
    private static func filled(
        _ room: Int, by decode: (UnsafeMutableRawBufferPointer) -> Int?
    ) -> (bytes: [UInt8]?, isInside: Bool) {
        let margin = 512
        var bytes = [UInt8](repeating: 0xA5, count: room + 2 * margin)
        let count = bytes.withUnsafeMutableBytes { bytes in
            decode(UnsafeMutableRawBufferPointer(rebasing: bytes[margin..<margin + room]))
        }
        let isInside = (bytes[..<margin] + bytes[(margin + room)...]).allSatisfy { $0 == 0xA5 }
        return (count.map { Array(bytes[margin..<margin + $0]) }, isInside)
    }
}
